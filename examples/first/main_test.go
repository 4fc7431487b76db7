package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/config"
	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// The test stands inside the package because a command exports nothing.
func TestPostsAndTheirAuthorsTakeTwoCalls(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var calls []string
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		calls = append(calls, r.URL.String())
		mu.Unlock()
		blog().ServeHTTP(w, r)
	}))
	t.Cleanup(service.Close)

	c, problems := config.Load("sluice.yaml", nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var locations []schema.Location
	for _, path := range c.Schema {
		locations = append(locations, schema.Location{Path: path})
	}
	subgraphs, problems := schema.Load(locations...)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	blog := upstream.DefaultConfig()
	blog.Endpoints = endpoint.At(service.URL)
	g, problems := gateway.New(gateway.Options{Subgraphs: subgraphs, Services: map[string]upstream.Config{"blog": blog}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	t.Cleanup(g.Close)

	query, err := os.ReadFile("query.graphql")
	if err != nil {
		t.Fatal(err)
	}
	op, errs := g.Prepare(t.Context(), &operation.Request{Query: string(query)})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	res := op.Execute(t.Context())
	defer res.Release()
	if len(res.Errors) > 0 {
		t.Error(res.Errors)
	}
	var got any
	if err := json.Unmarshal(res.Data, &got); err != nil {
		t.Fatal(err)
	}
	post := func(title, author string) any {
		return map[string]any{"title": title, "author": map[string]any{"name": author}}
	}
	want := map[string]any{"posts": []any{
		post("On the usefulness of locks", "Ida Baumann"), post("A canal in winter", "Tomás Vega"), post("Against pumps", "Ida Baumann"),
	}}
	if diff := cmp.Diff(any(want), got); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff([]string{"/posts", "/users?id=7&id=8"}, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestTheSchemaNamesTheAddressOfTheBlog(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("blog.graphql")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `baseURL: "http://`+address+`"`) {
		t.Errorf("blog.graphql does not name %s", address)
	}
	if lines := slices.DeleteFunc(strings.Split(string(text), "\n"), func(l string) bool { return l == "" }); len(lines) > 10 {
		t.Errorf("blog.graphql has %d lines; the README promises ten", len(lines))
	}
}
