package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/demo"
	"github.com/sluice-gateway/sluice/server"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// world is the example as it runs, with what the carrier was asked for.
type world struct {
	store *demo.Storefront
	url   string

	mu        sync.Mutex
	countries [][]string // of each call
	languages []string
}

// start starts everything. The test stands inside the package because a command exports nothing.
func start(t *testing.T, carrier http.Handler) *world {
	t.Helper()
	w := &world{}
	var err error
	if w.store, err = demo.Start(t.Context(), demo.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.store.Close)
	parcels := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.countries = append(w.countries, strings.Split(r.URL.Query().Get("to"), ","))
		w.languages = append(w.languages, r.Header.Get("Accept-Language"))
		w.mu.Unlock()
		carrier.ServeHTTP(rw, r)
	}))
	t.Cleanup(parcels.Close)
	service := upstream.DefaultConfig()
	service.Endpoints = endpoint.At(parcels.URL)
	client, err := upstream.New("carrier", service, upstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	g, err := newGateway(w.store, client)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	s, err := server.New(server.DefaultConfig(), g, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(s.Handler())
	t.Cleanup(front.Close)
	w.url = front.URL + "/graphql"
	return w
}

func (w *world) ask(t *testing.T, query string) any {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Language", "pt")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var got any
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestGoComputesFromFieldsOfTwoServices(t *testing.T) {
	t.Parallel()
	w := start(t, carrier())
	got := w.ask(t, `{ order(id: 1) { deliveryEstimate { earliest latest carrier } } }`)
	want := map[string]any{"data": map[string]any{"order": map[string]any{"deliveryEstimate": map[string]any{
		"earliest": "2024-03-06T11:27:00Z", "latest": "2024-03-08T11:27:00Z", "carrier": "Northern Parcel", // placed on the 1st, to Portugal
	}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]string{{"PT"}}, w.countries); diff != "" {
		t.Errorf("what the carrier was asked (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"pt"}, w.languages); diff != "" {
		t.Errorf("languages (-want +got):\n%s", diff)
	}
	calls := map[string]int64{"orders": w.store.Service("orders").Requests(), "accounts": w.store.Service("accounts").Requests()}
	if diff := cmp.Diff(map[string]int64{"orders": 1, "accounts": 1}, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestTheCarrierIsAskedForEachCountryOnceInAnOperation(t *testing.T) {
	t.Parallel()
	w := start(t, carrier())
	const query = `{
		users(ids: [1, 2, 3, 4, 5, 1]) { orders(first: 3) { deliveryEstimate { carrier } } }
		order(id: 1) { deliveryEstimate { latest } }
		again: user(id: 2) { orders { deliveryEstimate { earliest } } }
	}`
	w.ask(t, query)
	asked := slices.Sorted(slices.Values(slices.Concat(w.countries...)))
	if diff := cmp.Diff([]string{"BE", "CZ", "DK", "FI", "PT"}, asked); diff != "" {
		t.Errorf("countries (-want +got):\n%s", diff)
	}
	if n := len(w.countries); n > 3 {
		t.Errorf("the carrier had %d calls, want no more than one for each place in the query", n)
	}
	w.ask(t, query)
	if n := len(slices.Concat(w.countries...)); n != 2*len(asked) {
		t.Errorf("two operations asked for %d countries, want %d: they share nothing", n, 2*len(asked))
	}
}

func TestWithoutTheCarrierTheRestIsAnswered(t *testing.T) {
	t.Parallel()
	w := start(t, http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		http.Error(rw, "s3cret", http.StatusInternalServerError)
	}))
	got := w.ask(t, `{ order(id: 1) { id deliveryEstimate { carrier } } }`)
	want := map[string]any{
		"data": map[string]any{"order": map[string]any{"id": "1", "deliveryEstimate": nil}},
		"errors": []any{map[string]any{
			"message": "The field could not be resolved.", "path": []any{"order", "deliveryEstimate"},
			"extensions": map[string]any{"code": "SUBGRAPH_ERROR"},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}
