package connection_test

import (
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/upstream/connection"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// pool returns a pool of the endpoint that is closed with the test. configure may be nil.
func pool(tb testing.TB, address string, configure func(*connection.Options)) *connection.Pool {
	tb.Helper()
	e, err := endpoint.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	o := connection.Options{
		Config: connection.DefaultConfig(), HTTP2: connection.DefaultHTTP2(), TLS: connection.DefaultTLS(),
		ConnectTimeout: 5 * time.Second, TLSTimeout: 5 * time.Second, HeaderTimeout: 10 * time.Second, HeaderBytes: 64 << 10,
	}
	if configure != nil {
		configure(&o)
	}
	p, err := connection.New(e, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.Close)
	return p
}
