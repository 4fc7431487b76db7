package server_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/server"
)

// instantEngine answers every operation with the same bytes, so that a benchmark sees the server alone.
type instantEngine struct{ data []byte }

func (e instantEngine) Prepare(context.Context, *operation.Request) (operation.Operation, gqlerror.List) {
	return e, nil
}

func (instantEngine) Definition() *ast.OperationDefinition { return &ast.OperationDefinition{} }

func (e instantEngine) Execute(context.Context) *operation.Response {
	return operation.NewResponse(e.data, nil, nil)
}

// discard is a response writer that costs nothing itself.
type discard struct{ header http.Header }

func (d discard) Header() http.Header        { return d.header }
func (discard) Write(p []byte) (int, error)  { return len(p), nil }
func (discard) WriteHeader(int)              {}
func (d discard) reset() http.ResponseWriter { clear(d.header); return d }

const benchBody = `{"query":"query A($id: ID!) { user(id: $id) { id name orders(first: 3) { id total { amount } } } }","operationName":"A","variables":{"id":"7"}}`

// BenchmarkPOST is the way of a request through the middleware and the transport, without net/http and the engine.
func BenchmarkPOST(b *testing.B) {
	for _, size := range []int{100, 27_000} {
		b.Run(fmt.Sprintf("answer=%d", size), func(b *testing.B) {
			s, err := server.New(server.DefaultConfig(), instantEngine{[]byte(`{"a":"` + strings.Repeat("x", size) + `"}`)}, server.Options{})
			if err != nil {
				b.Fatal(err)
			}
			h := s.Handler()
			w := discard{http.Header{}}
			text := strings.NewReader(benchBody)
			r := httptest.NewRequest("POST", "/graphql", nil)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Accept", "application/json")
			r.ContentLength = int64(len(benchBody))
			body := readCloser{text}
			b.ReportAllocs()
			for b.Loop() {
				text.Reset(benchBody)
				r.Body = body
				h.ServeHTTP(w.reset(), r)
			}
		})
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// BenchmarkLoopback is a whole request over loopback, and the same bytes from a bare handler of net/http.
func BenchmarkLoopback(b *testing.B) {
	data := []byte(`{"a":"` + strings.Repeat("x", 1000) + `"}`)
	s, err := server.New(server.DefaultConfig(), instantEngine{data}, server.Options{})
	if err != nil {
		b.Fatal(err)
	}
	answer := append(append([]byte(`{"data":`), data...), '}')
	for name, h := range map[string]http.Handler{
		"server": s.Handler(),
		"bare":   http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(answer) }),
	} {
		b.Run(name, func(b *testing.B) {
			ts := httptest.NewServer(h)
			defer ts.Close()
			b.ReportAllocs()
			buf := make([]byte, 4<<10)
			for b.Loop() {
				resp, err := ts.Client().Post(ts.URL+"/graphql", "application/json", strings.NewReader(benchBody))
				if err != nil {
					b.Fatal(err)
				}
				for err == nil {
					_, err = resp.Body.Read(buf)
				}
				_ = resp.Body.Close()
			}
		})
	}
}
