package rest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/resolvers/rest"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/balance"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// keyed is a client of four endpoints whose calls are balanced by an expression, and by path which endpoints were asked.
func keyed(t *testing.T, key string) (*upstream.Client, func() map[string]map[int]int) {
	t.Helper()
	var mu sync.Mutex
	asked := map[string]map[int]int{}
	var urls []string
	for i := range 4 {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if asked[r.URL.Path] == nil {
				asked[r.URL.Path] = map[int]int{}
			}
			asked[r.URL.Path][i]++
			fmt.Fprint(w, `{"full_name":"a"}`)
		})
		urls = append(urls, s.URL)
	}
	cfg := upstream.DefaultConfig()
	cfg.Endpoints = endpoint.At(urls...)
	cfg.Balance.Policy, cfg.Balance.Key = balance.RendezvousName, key
	c, err := upstream.New("users", cfg, upstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, func() map[string]map[int]int {
		mu.Lock()
		defer mu.Unlock()
		return asked
	}
}

func TestEqualKeysGoToOneEndpoint(t *testing.T) {
	t.Parallel()
	c, asked := keyed(t, "$args.id")
	f := load(t, nil, strings.ReplaceAll(users, "BASE", "https://api.invalid"), rest.Options{
		Bind: func(string, *connect.Source) rest.Binding { return rest.Binding{Client: c} },
	})
	used := map[int]bool{}
	for id := range 20 {
		for range 5 {
			_, errs := f.query(f.fetch("Query.user[0]", fmt.Sprintf("user(id: %d) { name }", id))).run(0)
			want(t, "errors", errs)
		}
	}
	for path, endpoints := range asked() {
		if len(endpoints) != 1 {
			t.Errorf("%s was asked of the endpoints %v, want one", path, endpoints)
		}
		for i := range endpoints {
			used[i] = true
		}
	}
	if len(used) < 3 {
		t.Errorf("20 keys went to %d of 4 endpoints", len(used))
	}
}

func TestAKeyThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	c, _ := keyed(t, "user.id")
	sg := &schema.Supergraph{Sources: []*schema.Source{{Bind: &connect.Connector{Subgraph: "shop", Coordinate: "Query.a"}}}}
	_, err := rest.New(sg, rest.Options{Bind: func(string, *connect.Source) rest.Binding { return rest.Binding{Client: c} }})
	if err == nil || !strings.Contains(err.Error(), `the service "users": balance.key: has nothing to read but variables`) {
		t.Errorf("the error is %v", err)
	}
}
