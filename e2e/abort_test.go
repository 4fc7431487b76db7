package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// Clients that go away in every way there is, in the middle of an operation, leave nothing behind: each call to the
// service is cancelled, and while the program runs on, its goroutines are as many as before.
func TestClientsThatGoAwayLeaveNothingBehind(t *testing.T) { //nolint:paralleltest // it counts goroutines
	const each = 20
	asked, canceled := make(chan struct{}, 10*each), make(chan struct{}, 10*each)
	w := newWorld(t, `
type Query {
  wait: Int @connect(source: "a", http: { GET: "/wait" }, selection: "$")
  list: [Thing] @connect(source: "a", http: { GET: "/list" }, selection: "id: $")
}
type Thing {
  id: ID!
  more: Int @connect(source: "a", http: { GET: "/wait/{$this.id}" }, selection: "$")
}`,
		func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/list" {
				_, _ = w.Write([]byte("[1,2,3]"))
				return
			}
			asked <- struct{}{}
			<-r.Context().Done()
			canceled <- struct{}{}
		}, "")
	w.want(t, `{ list { id } }`, `{"data":{"list":[{"id":"1"},{"id":"2"},{"id":"3"}]}}`)
	w.client.CloseIdleConnections()
	before := runtime.NumGoroutine()

	address := strings.TrimSuffix(strings.TrimPrefix(w.url, "http://"), "/graphql")
	post := func(accept, query string) string {
		body := fmt.Sprintf(`{"query":%q}`, query)
		return fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: %s\r\nContent-Length: %d\r\n\r\n%s", accept, len(body), body)
	}
	subscribe := `{"id":"1","type":"subscribe","payload":{"query":"{ wait }"}}`
	for name, leave := range map[string]struct {
		calls int    // of one client, that wait
		text  string // for a connection that is closed when the calls are there
		ws    []string
	}{
		"a POST":                  {calls: 1, text: post("application/json", "{ wait }")},
		"a POST of three calls":   {calls: 3, text: post("application/json", "{ list { more } }")},
		"a GET":                   {calls: 1, text: "GET /graphql?" + url.Values{"query": {"{ wait }"}}.Encode() + " HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nSluice-Require-Preflight: 1\r\n\r\n"},
		"a stream":                {calls: 1, text: post("text/event-stream", "{ wait }")},
		"requests in a row":       {calls: 1, text: post("application/json", "{ wait }") + post("application/json", "{ wait }")},
		"a WebSocket":             {calls: 1, ws: []string{subscribe}},
		"an operation on one":     {calls: 1, ws: []string{subscribe, `{"id":"1","type":"complete"}`}},
		"a body that breaks off":  {calls: 0, text: post("application/json", "{ wait }")[:120]},
		"a header that does":      {calls: 0, text: "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-"},
		"a handshake and no more": {calls: 0, ws: []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var clients []func()
			var leaving sync.WaitGroup
			for range each {
				gone, err := open(ctx, address, leave.text, leave.ws)
				if err != nil {
					t.Fatal(err)
				}
				clients = append(clients, gone)
			}
			for range each * leave.calls {
				await(t, "a call", asked)
			}
			for _, gone := range clients {
				leaving.Go(gone)
			}
			for range each * leave.calls {
				await(t, "the end of a call", canceled)
			}
			leaving.Wait()
		})
	}

	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	// The gateway keeps the connections over which answers came, with two goroutines for each and one at the service: as
	// many as there were clients at a time. What ten kinds of clients left behind would be more.
	idle := 3 * each
	for runtime.NumGoroutine() > before+idle {
		select {
		case <-tick.C:
		case <-deadline:
			var stacks bytes.Buffer
			_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks.String())
		}
	}
	w.want(t, `{ list { id } }`, `{"data":{"list":[{"id":"1"},{"id":"2"},{"id":"3"}]}}`)
}

// open makes a client that sends a text, or else messages over a WebSocket of which the first begins an operation, and
// returns what makes it go away; messages beyond the first are sent before that.
func open(ctx context.Context, address, text string, messages []string) (gone func(), err error) {
	if messages == nil {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return nil, err
		}
		_, err = conn.Write([]byte(text))
		return func() { _ = conn.Close() }, err
	}
	c, _, err := websocket.Dial(ctx, "ws://"+address+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
	if err != nil {
		return nil, err
	}
	if len(messages) > 0 {
		for _, m := range []string{`{"type":"connection_init"}`, messages[0]} {
			if err := c.Write(ctx, websocket.MessageText, []byte(m)); err != nil {
				return nil, err
			}
		}
	}
	return func() {
		for _, m := range messages[min(1, len(messages)):] {
			_ = c.Write(ctx, websocket.MessageText, []byte(m))
		}
		_ = c.CloseNow()
	}, nil
}
