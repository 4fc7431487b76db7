package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/config"
	"github.com/sluice-gateway/sluice/examples/two-services/service"
	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// counted serves a handler and counts its requests by method.
type counted struct {
	*httptest.Server
	gets, posts atomic.Int64
}

func serveCounted(t *testing.T, h http.Handler) *counted {
	c := &counted{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet:
			c.gets.Add(1)
		case http.MethodPost:
			c.posts.Add(1)
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(c.Close)
	return c
}

// start runs the gateway as sluice.yaml says, but for the addresses.
func start(t *testing.T, a, b string) *gateway.Gateway {
	t.Helper()
	c, problems := config.Load("sluice.yaml", nil)
	if c == nil {
		t.Fatal(problems.Err())
	}
	services := c.Services
	for name, address := range map[string]string{"a": a, "b": b} {
		s, ok := services[name]
		if !ok || len(s.Endpoints) != 1 {
			t.Fatalf("sluice.yaml: the service %s has endpoints %v, want one", name, s.Endpoints)
		}
		s.Endpoints = endpoint.At(address)
		services[name] = s
	}
	var locations []schema.Location
	for _, path := range c.Schema {
		locations = append(locations, schema.Location{Path: path})
	}
	subgraphs, problems := schema.Load(locations...)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	g, problems := gateway.New(gateway.Options{Subgraphs: subgraphs, Services: services})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	t.Cleanup(g.Close)
	return g
}

func ask(t *testing.T, g *gateway.Gateway, query string) map[string]any {
	t.Helper()
	op, errs := g.Prepare(t.Context(), &operation.Request{Query: query})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	res := op.Execute(t.Context())
	defer res.Release()
	if len(res.Errors) > 0 {
		t.Error(res.Errors)
	}
	var data map[string]any
	if err := json.Unmarshal(res.Data, &data); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestOneQueryGivesBothAnswersAndTwoMutationsPost(t *testing.T) {
	t.Parallel()
	a, b := serveCounted(t, service.A()), serveCounted(t, service.B())
	g := start(t, a.URL, b.URL)

	const both = `{ message { text length } counter { value } }`
	got := ask(t, g, both)
	want := map[string]any{
		"message": map[string]any{"text": "Hello", "length": 5.0}, "counter": map[string]any{"value": 0.0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the query before (-want +got):\n%s", diff)
	}

	got = ask(t, g, `mutation { setMessage(text: "Grüß Gott") { text length } addToCounter(number: 2) { value } again: addToCounter { value } }`)
	want = map[string]any{
		"setMessage":   map[string]any{"text": "Grüß Gott", "length": 9.0},
		"addToCounter": map[string]any{"value": 2.0}, "again": map[string]any{"value": 3.0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the mutations (-want +got):\n%s", diff)
	}

	got = ask(t, g, both)
	want = map[string]any{
		"message": map[string]any{"text": "Grüß Gott", "length": 9.0}, "counter": map[string]any{"value": 3.0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the query after (-want +got):\n%s", diff)
	}

	calls := []int64{a.gets.Load(), a.posts.Load(), b.gets.Load(), b.posts.Load()}
	if diff := cmp.Diff([]int64{2, 1, 2, 2}, calls); diff != "" {
		t.Errorf("GET and POST of a, GET and POST of b (-want +got):\n%s", diff)
	}
}

func TestTheQueryAsksBothServicesAtTheSameTime(t *testing.T) {
	t.Parallel()
	// Each service answers only when the other one has been asked too.
	var asked [2]chan struct{}
	for i := range asked {
		asked[i] = make(chan struct{})
	}
	meet := func(me int, h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(asked[me])
			select {
			case <-asked[1-me]:
				h.ServeHTTP(w, r)
			case <-r.Context().Done():
			}
		})
	}
	a, b := serveCounted(t, meet(0, service.A())), serveCounted(t, meet(1, service.B()))
	got := ask(t, start(t, a.URL, b.URL), `{ message { text } counter { value } }`)
	want := map[string]any{"message": map[string]any{"text": "Hello"}, "counter": map[string]any{"value": 0.0}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}
