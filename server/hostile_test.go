package server_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/server"
)

// Clients that do wrong on purpose. What they get, and that others are served meanwhile.

// A client that asks for a long answer and does not read it used to keep the answer, and all that it was made of, for the
// sum of all timeouts.
func TestClientThatStopsReadingIsCutOff(t *testing.T) {
	t.Parallel()
	over := make(chan server.Record, 1)
	f := start(t, func(c *server.Config, o *server.Options) {
		c.Timeouts.Write = 30 * time.Millisecond
		o.OnRequest = func(_ context.Context, r server.Record) { over <- r }
	})
	conn, err := net.Dial("tcp", f.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	body := `{"query":"{ big(size: 50000000) }"}`
	if _, err := fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		t.Fatal(err)
	}
	timer := time.NewTimer(30 * time.Second) // less than the timeouts of the body and the operation
	defer timer.Stop()
	select {
	case r := <-over:
		if r.Bytes >= 50_000_000 {
			t.Errorf("%d bytes were written to a client that reads nothing", r.Bytes)
		}
	case <-timer.C:
		t.Error("the request is not over")
	}
	if n := f.engine.loaned.Load(); n != 0 {
		t.Errorf("%d responses were not released", n)
	}
}

func TestMalformedRequestsAreRefusedAndTheConnectionEnded(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	const post = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	const query = `{"query":"{ hello }"}`
	for name, tc := range map[string]struct{ text, status string }{
		"a chunk that has no size":         {post + "Transfer-Encoding: chunked\r\n\r\nZZ\r\n" + query + "\r\n0\r\n\r\n", "400"},
		"two lengths":                      {post + "Content-Length: 5\r\nContent-Length: 21\r\n\r\n" + query, "400"},
		"a negative length":                {post + "Content-Length: -1\r\n\r\n" + query, "400"},
		"a length that no number holds":    {post + "Content-Length: 99999999999999999999\r\n\r\n" + query, "400"},
		"a length over the limit":          {post + "Content-Length: 1048577\r\n\r\n", "413"},
		"the same, asked for first":        {post + "Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n", "413"},
		"chunks over the limit":            {post + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("40000\r\n"+strings.Repeat(" ", 0x40000)+"\r\n", 9), "413"},
		"a header over the limit":          {post + "X-Long: " + strings.Repeat("a", 100<<10) + "\r\n\r\n", "431"},
		"a header with NUL":                {post + "X-A: a\x00b\r\nContent-Length: 21\r\n\r\n" + query, "400"},
		"no host":                          {"POST /graphql HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "400"},
		"another protocol":                 {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "400"},
		"HTTP/2 without TLS":               {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "404"},
		"a second request that is garbage": {post + "Content-Length: 21\r\n\r\n" + query + "garbage\r\n\r\n", "200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := f.raw(t, tc.text)
			if !strings.HasPrefix(text, "HTTP/1.1 "+tc.status+" ") {
				t.Errorf("answer = %.200q, want %s", text, tc.status)
			}
		})
	}
}
