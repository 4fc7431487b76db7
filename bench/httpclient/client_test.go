// Package httpclient compares clients that could speak HTTP/1.1 with services. It is a module of its own, so that what it
// compares with is not a dependency of Sluice.
package httpclient

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/sluice-gateway/sluice/upstream/connection"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// caller makes one call, and reads the answer into a buffer that it keeps.
type caller func(b *testing.B, into *bytes.Buffer) error

// BenchmarkClient has eight connections for each client; the server is the same process for all, and its time is in all
// figures.
func BenchmarkClient(b *testing.B) {
	for _, size := range []int{300, 27_000} {
		body := bytes.Repeat([]byte("x"), size)
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(size))
			_, _ = w.Write(body)
		}))
		for _, client := range []struct {
			name string
			open func(b *testing.B, url string) (caller, func())
		}{
			{"native", func(b *testing.B, url string) (caller, func()) { return pooled(b, url, connection.Native) }},
			{"net-http", func(b *testing.B, url string) (caller, func()) { return pooled(b, url, connection.NetHTTP) }},
			{"fasthttp", fast},
		} {
			b.Run(fmt.Sprintf("%d/%s", size, client.name), func(b *testing.B) {
				call, end := client.open(b, s.URL)
				defer end()
				b.SetParallelism(4)
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					var into bytes.Buffer
					for pb.Next() {
						into.Reset()
						if err := call(b, &into); err != nil || into.Len() != size {
							b.Errorf("%d bytes, %v", into.Len(), err)
							return
						}
					}
				})
			})
		}
		s.Close()
	}
}

// pooled calls over the connections of an upstream endpoint.
func pooled(b *testing.B, url, client string) (caller, func()) {
	b.Helper()
	e, err := endpoint.Parse(url)
	if err != nil {
		b.Fatal(err)
	}
	cfg := connection.DefaultConfig()
	cfg.Client = client
	p, err := connection.New(e, connection.Options{
		Config: cfg, HTTP2: connection.DefaultHTTP2(), TLS: connection.DefaultTLS(),
		ConnectTimeout: time.Second, TLSTimeout: time.Second, HeaderTimeout: 10 * time.Second, HeaderBytes: 64 << 10,
	})
	if err != nil {
		b.Fatal(err)
	}
	return func(b *testing.B, into *bytes.Buffer) error {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url+"/posts?first=100", nil)
		if err != nil {
			return err
		}
		resp, err := p.RoundTrip(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.Copy(into, resp.Body)
		return err
	}, p.Close
}

// fast calls with fasthttp, whose requests have a deadline and cannot be canceled.
func fast(_ *testing.B, url string) (caller, func()) {
	c := &fasthttp.Client{MaxConnsPerHost: 256, MaxResponseBodySize: 16 << 20, NoDefaultUserAgentHeader: true}
	return func(_ *testing.B, into *bytes.Buffer) error {
		req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(req)
		defer fasthttp.ReleaseResponse(resp)
		req.SetRequestURI(url + "/posts?first=100")
		if err := c.DoTimeout(req, resp, 10*time.Second); err != nil {
			return err
		}
		into.Write(resp.Body())
		return nil
	}, c.CloseIdleConnections
}
