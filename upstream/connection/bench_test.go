package connection_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/sluice-gateway/sluice/upstream/connection"
)

// The clients that can be configured, and net/http as it is, over real connections.
func BenchmarkRoundTrip(b *testing.B) {
	for _, size := range []int{300, 27_000} {
		body := bytes.Repeat([]byte("x"), size)
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(size))
			_, _ = w.Write(body)
		}))
		bare := &http.Transport{MaxIdleConnsPerHost: 256, ReadBufferSize: 32 << 10, DisableCompression: true}
		b.Cleanup(func() { bare.CloseIdleConnections(); s.Close() })
		for _, client := range []struct {
			name string
			http.RoundTripper
		}{
			{"native", pool(b, s.URL, nil)},
			{"net_http", pool(b, s.URL, func(o *connection.Options) { o.Config.Client = connection.NetHTTP })},
			{"bare", bare},
		} {
			b.Run(fmt.Sprintf("%s/%d", client.name, size), func(b *testing.B) {
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					buf := make([]byte, size+1)
					for pb.Next() {
						req, err := http.NewRequestWithContext(b.Context(), "GET", s.URL+"/posts?first=100", nil)
						if err != nil {
							b.Error(err)
							return
						}
						resp, err := client.RoundTrip(req)
						if err != nil {
							b.Error(err)
							return
						}
						if n, err := io.ReadFull(resp.Body, buf); n != size {
							b.Errorf("%d bytes, %v", n, err)
						}
						resp.Body.Close()
					}
				})
			})
		}
	}
}
