package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/app"
)

// A configuration with services and routes alone is a plain gateway: nothing of GraphQL is there.
func TestRoutesNeedNoSchema(t *testing.T) {
	t.Parallel()
	var urls []string
	for i := range 2 {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprintf(w, "%d %s", i, r.URL.Path) }))
		t.Cleanup(s.Close)
		urls = append(urls, s.URL)
	}
	path := filepath.Join(t.TempDir(), "sluice.yaml")
	writeFile(t, path, fmt.Appendf(nil, `
listen: 127.0.0.1:0
services:
  api:
    endpoints: [%q, %q]
    balance: { policy: rendezvous, key: "$request.headers.'x-user'->first" }
    headers: { response: [ { set: x-from, value: api } ] }
routes:
  - { path: "/api/{path...}", service: api, rewrite: { strip_prefix: /api } }
`, urls[0], urls[1]))
	p := launch(t, app.IO{Environ: lookup(nil)}, "1 route at ", "serve", "-c", path, "--admin", "")
	c := client(t)
	get := func(path, user string) (int, string, http.Header) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "GET", p.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-User", user)
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(text), resp.Header
	}
	seen := map[string]bool{}
	for user := range 16 {
		var first string
		for range 4 { // the same user comes to the same instance
			status, text, header := get("/api/users/7", fmt.Sprint(user))
			if first == "" {
				first = text
			}
			if status != 200 || text != first || !strings.HasSuffix(text, " /users/7") || header.Get("X-From") != "api" {
				t.Errorf("user %d: %d %s, before that %s; X-From is %q", user, status, text, first, header.Get("X-From"))
			}
		}
		seen[first] = true
	}
	if len(seen) != 2 {
		t.Errorf("all users came to one instance: %v", seen)
	}
	for _, path := range []string{"/graphql", "/", "/graphql?query={nothing}"} {
		if status, text, _ := get(path, ""); status != 404 {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	if status, text, _ := get("/openapi.json", ""); status != 200 || !strings.Contains(text, `"/api/{path}"`) {
		t.Errorf("the description: %d %s", status, text)
	}
}
