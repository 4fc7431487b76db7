package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/schema"
)

func TestConnectorsWithoutASourceHaveTheSettingsOfTheirSubgraph(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte(r.Header.Get("Authorization")))
	}))
	t.Cleanup(service.Close)
	sdl := `extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect"])
		type Query {
			secret: String @connect(
				http: { GET: "` + service.URL + `/", headers: [{ name: "authorization", value: "Bearer {$config.token}" }] }
				selection: "$"
			)
		}`
	subgraph, problems := schema.LoadSources("vault", schema.Remote, &ast.Source{Name: "vault.graphql", Input: sdl})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	g, problems := gateway.New(gateway.Options{
		Subgraphs: []*schema.Subgraph{subgraph},
		Sources:   map[string]gateway.Source{"vault": {Config: map[string]any{"token": "open-sesame"}}},
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	t.Cleanup(g.Close)
	op, errs := g.Prepare(t.Context(), &operation.Request{Query: "{ secret }"})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	res := op.Execute(t.Context())
	defer res.Release()
	if got, want := string(res.Data), `{"secret":"Bearer open-sesame"}`; got != want {
		t.Errorf("data = %s, want %s; errors: %v", got, want, res.Errors)
	}

	_, problems = gateway.New(gateway.Options{
		Subgraphs: []*schema.Subgraph{subgraph},
		Sources:   map[string]gateway.Source{"valt": {}},
	})
	if err := problems.Err(); err == nil || !strings.Contains(err.Error(), `Did you mean "vault"?`) {
		t.Errorf("settings of a subgraph that is not there: %v, want a suggestion", err)
	}
}
