package upstream_test

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/upstream"
)

var quiet = log.New(io.Discard, "", 0)

// secureClient returns a client of an HTTP/2 server. The client trusts the server through the test's hook, as roots of
// one's own are not part of the configuration.
func secureClient(tb testing.TB, h http.HandlerFunc) *upstream.Client {
	tb.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = quiet
	s.StartTLS()
	tb.Cleanup(s.Close)
	c := client(tb, nil, s.URL)
	upstream.Trust(c, s.Certificate())
	return c
}

// tlsRaw answers the first bytes of each connection with a fixed text.
func tlsRaw(tb testing.TB, answer string) string {
	tb.Helper()
	return listen(tb, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 10))
		_, _ = io.WriteString(conn, answer)
	})
}

// silent takes connections and says nothing.
func silent(tb testing.TB) string {
	tb.Helper()
	return listen(tb, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
}

func listen(tb testing.TB, serve func(net.Conn)) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				serve(conn)
			})
		}
	})
	tb.Cleanup(func() { l.Close(); wg.Wait() })
	return "http://" + l.Addr().String()
}
