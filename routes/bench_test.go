package routes_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sluice-gateway/sluice/routes"
	"github.com/sluice-gateway/sluice/upstream/header"
)

// canned answers at once, so that what is measured is the route.
type canned struct{ body []byte }

func (c canned) Forward(context.Context, string, *routes.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}, "X-Internal": {"1"}}, ContentLength: int64(len(c.body)),
		Body: io.NopCloser(bytes.NewReader(c.body)),
	}, nil
}

func BenchmarkPlainRoute(b *testing.B) {
	for name, route := range map[string]routes.Route{
		"as it is": {Path: "/users/{id}", Service: "api"},
		"rewritten": {Path: "/users/{id}", Service: "api", Rewrite: routes.Rewrite{Path: "/v2/users/{id}"},
			Headers: routes.Headers{Request: []header.Rule{{Set: "x-tenant", Value: "a"}}, Response: []header.Rule{{Remove: "x-internal"}}}},
	} {
		b.Run(name, func(b *testing.B) {
			table, problems := routes.New([]routes.Route{route}, routes.Options{
				Services: canned{bytes.Repeat([]byte("x"), 300)}, HasService: func(string) bool { return true }})
			if problems != nil {
				b.Fatal(problems)
			}
			r := httptest.NewRequest("GET", "/users/7?first=10", nil)
			r.Header = http.Header{"Accept": {"*/*"}, "User-Agent": {"bench"}, "Authorization": {"Bearer x"}}
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				h, _ := table.Find(r)
				h.ServeHTTP(w, r)
				if w.Code != 200 {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
