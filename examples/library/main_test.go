package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/demo"
	"github.com/sluice-gateway/sluice/server"
)

// The test stands inside the package because a command exports nothing.
func TestRESTAndGoAnswerOneQuery(t *testing.T) {
	t.Parallel()
	store, err := demo.Start(t.Context(), demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	accounts := store.Service("accounts")
	g, err := newGateway(accounts.URLs())
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

	body, err := json.Marshal(map[string]string{
		"query": `{ users(ids: [1, 2, 99]) { id name points level } loyaltyThreshold(level: GOLD) }`,
	})
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(front.URL+"/graphql", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var got any
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"data": map[string]any{
		"users": []any{
			map[string]any{"id": "1", "name": "Zoë Lindqvist", "points": 1250.0, "level": "GOLD"},
			map[string]any{"id": "2", "name": "José Núñez", "points": 40.0, "level": "BRONZE"},
			map[string]any{"id": "99", "name": "Chiara Müller", "points": nil, "level": nil},
		},
		"loyaltyThreshold": 1000.0,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if n := accounts.Requests(); n != 1 {
		t.Errorf("the accounts service had %d requests, want 1", n)
	}
}
