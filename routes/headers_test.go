package routes_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/routes"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/upstream/header"
)

func TestRulesOfAServiceHoldForTheRoutesToIt(t *testing.T) {
	t.Parallel()
	s := pass(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Version", "7")
		w.Header().Set("X-Internal", "s3cret")
		w.Header().Set("X-Kept", "a")
	}, func(o *routes.Options) {
		o.ResponseRules = func(service string) []header.Rule {
			of := header.ResponseRule{Set: "x-service", Value: service}
			return []header.Rule{of.Rule(), {Forward: "x-version", As: "x-api-version"}, {Remove: "x-internal"}, {Set: "x-both", Value: "service"}}
		}
	}, routes.Route{Path: "/a", Service: "api", Headers: routes.Headers{Response: []header.Rule{{Set: "x-both", Value: "route"}, {Remove: "x-version"}}}})
	got := ask(t, s, "GET", "/a", "").header
	for name, want := range map[string]string{
		"X-Service": "api", "X-Api-Version": "7", "X-Internal": "", "X-Kept": "a", "X-Both": "route", "X-Version": "",
	} {
		if got.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Get(name), want)
		}
	}
}

func TestHeadersOfServicesComeWithTheAnswersOfOperations(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h["Set-Cookie"] = []string{"a=1", "b=2"}
		h.Set("Cache-Control", "public, max-age=60")
		h.Set("X-Left", "7")
		if r.URL.Path == "/broken" {
			w.WriteHeader(500)
		}
		_, _ = io.WriteString(w, `{"id": 1, "name": "Ida"}`)
	}))
	t.Cleanup(api.Close)
	sub, problems := schema.LoadSources("users", schema.Connector, &ast.Source{Name: "users.graphql", Input: sdl})
	if problems != nil {
		t.Fatal(problems)
	}
	cfg := upstream.DefaultConfig()
	cfg.Endpoints = endpoint.At(api.URL)
	cfg.Headers.Response = []header.ResponseRule{{Forward: "set-cookie"}, {Forward: "cache-control"}, {Forward: "x-*"}}
	g, problems := gateway.New(gateway.Options{Subgraphs: []*schema.Subgraph{sub}, Services: map[string]upstream.Config{"api": cfg}})
	if g == nil {
		t.Fatal(problems)
	}
	t.Cleanup(g.Close)
	s := serve(t, []routes.Route{
		{Path: "/users/{id}", Operation: routes.Operation{Text: `query ($id: ID!) { user(id: $id) { name } }`}},
		{Path: "/fixed/{id}", Operation: routes.Operation{Text: `query ($id: ID!) { user(id: $id) { name } }`, CacheControl: "max-age=1"}},
		{Path: "/some/{id}", Operation: routes.Operation{Text: `query ($id: ID!) { user(id: $id) { name } broken }`}},
		{Path: "/broken", Operation: routes.Operation{Text: `{ broken }`}},
	}, func(o *routes.Options) { o.Engine, o.Schema = fixed{g}, g.Supergraph().API })
	for _, tt := range []struct {
		path, cacheControl string
		status, calls      int
	}{
		{"/users/1", "public, max-age=60", 200, 1},
		{"/fixed/1", "max-age=1", 200, 1},
		{"/some/1", "no-store", 200, 2},
		{"/broken", "no-store", 502, 1},
	} {
		got := ask(t, s, "GET", tt.path, "")
		if got.status != tt.status || got.header.Get("Cache-Control") != tt.cacheControl {
			t.Errorf("%s: %d with %q, want %d with %q", tt.path, got.status, got.header.Get("Cache-Control"), tt.status, tt.cacheControl)
		}
		if diff := cmp.Diff(slices.Repeat([]string{"a=1", "b=2"}, tt.calls), got.header["Set-Cookie"]); diff != "" {
			t.Errorf("%s: cookies (-want +got)\n%s", tt.path, diff)
		}
		if got.header.Get("X-Left") != "7" {
			t.Errorf("%s: %v", tt.path, got.header)
		}
	}
}
