package gateway_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/schema"
)

const composed = `
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
{
  query: Query
}
enum join__Graph {
  TIME @join__graph(name: "time", url: "URL")
}
type Query @join__type(graph: TIME) {
  now: String
}
`

// composedAt reads a supergraph whose one subgraph answers at a URL.
func composedAt(t *testing.T, url string) *schema.Composed {
	t.Helper()
	c, problems := schema.ReadSupergraph(&ast.Source{Name: "supergraph.graphql", Input: strings.Replace(composed, "URL", url, 1)})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestASubgraphIsCalledAtTheURLInItsSupergraph(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path != "/api/graphql" || !strings.Contains(string(body), "now") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"data": {"now": "noon"}}`))
	}))
	t.Cleanup(server.Close)
	g, problems := gateway.New(gateway.Options{Supergraph: composedAt(t, server.URL+"/api/graphql"), Status: true})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	data, codes := ask(t, g, `{ now sluice { snapshot { number } } }`)
	if want := `{"now":"noon","sluice":{"snapshot":{"number":1}}}`; data != want || codes != nil {
		t.Errorf("got %s %v, want %s", data, codes, want)
	}
}

func TestASupergraphIsNotComposedWithSubgraphs(t *testing.T) {
	t.Parallel()
	g, problems := gateway.New(gateway.Options{Supergraph: composedAt(t, "http://127.0.0.1:1"), Subgraphs: []*schema.Subgraph{subgraph(t, sdl)}})
	if g != nil || !strings.Contains(lines(problems), "give one of them") {
		t.Errorf("New() = %v, %v", g, problems)
	}
}
