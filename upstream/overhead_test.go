package upstream_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/sluice-gateway/sluice/upstream"
)

// The two benchmarks are a pair: the difference is what the client adds to net/http.
func BenchmarkDo(b *testing.B) {
	for _, size := range []int{300, 27_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			c := client(b, nil, sized(b, size))
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					resp, err := c.Do(b.Context(), &upstream.Request{Method: "GET", Path: "/posts?first=100", Header: http.Header{}})
					if err != nil {
						b.Error(err)
						return
					}
					resp.Release()
				}
			})
		})
	}
}

func BenchmarkBareNetHTTP(b *testing.B) {
	for _, size := range []int{300, 27_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			address := sized(b, size)
			t := &http.Transport{MaxIdleConnsPerHost: 256, ReadBufferSize: 32 << 10, DisableCompression: true}
			b.Cleanup(t.CloseIdleConnections)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				var body bytes.Buffer
				for pb.Next() {
					req, err := http.NewRequestWithContext(b.Context(), "GET", address+"/posts?first=100", nil)
					if err != nil {
						b.Error(err)
						return
					}
					resp, err := t.RoundTrip(req)
					if err != nil {
						b.Error(err)
						return
					}
					body.Reset()
					if _, err := io.Copy(&body, resp.Body); err != nil {
						b.Error(err)
					}
					resp.Body.Close()
				}
			})
		})
	}
}

func sized(tb testing.TB, n int) string {
	tb.Helper()
	body := bytes.Repeat([]byte("x"), n)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(n))
		_, _ = w.Write(body)
	}))
	tb.Cleanup(s.Close)
	return s.URL
}
