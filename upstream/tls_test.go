package upstream_test

import (
	"encoding/pem"
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

// secureClient returns a client of an HTTP/2 server, whose certificate it has as its root.
func secureClient(tb testing.TB, h http.HandlerFunc) *upstream.Client {
	tb.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = quiet
	s.StartTLS()
	tb.Cleanup(s.Close)
	roots := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	return client(tb, func(cfg *upstream.Config) { cfg.TLS.Roots = string(roots) }, s.URL)
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
