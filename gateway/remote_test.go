package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/internal/subgraphtest"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/upstream"
)

const (
	usersSDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
		type Query { me: User }
		type User @key(fields: "id") { id: ID! name: String! }`
	reviewsSDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
		type Query { top(first: Int = 2): [Review!]! }
		type Review { body: String author: User }
		type User @key(fields: "id") { id: ID! reviews: [Review!]! }`
)

func remoteSubgraph(t *testing.T, name, sdl string) *schema.Subgraph {
	t.Helper()
	s, problems := schema.LoadSources(name, schema.Remote, &ast.Source{Name: name + ".graphql", Input: sdl})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func execute(t *testing.T, g *gateway.Gateway, query string) string {
	t.Helper()
	op, errs := g.Prepare(t.Context(), &operation.Request{Query: query, Caller: &operation.Caller{}})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	resp := op.Execute(t.Context())
	defer resp.Release()
	text := string(resp.Data)
	for _, e := range resp.Errors {
		text += "\n" + e.Error()
	}
	return text
}

func TestGraphQLServersAreJoinedWithConnectors(t *testing.T) {
	t.Parallel()
	_, users := subgraphtest.Start(t, usersSDL, `{"Query": {"me": "$User:1"}, "User": [{"id": "1", "name": "Ida"}, {"id": "2", "name": "Bo"}]}`)
	_, reviews := subgraphtest.Start(t, reviewsSDL, `{"Query": {"top": [{"body": "good", "author": "$User:1"}, {"body": "bad", "author": "$User:2"}]},
		"User": [{"id": "1", "reviews": [{"body": "good"}]}, {"id": "2", "reviews": []}]}`)
	rest := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"id": "` + strings.TrimPrefix(r.URL.Path, "/") + `", "mail": "x@example.com"}`))
	}))
	t.Cleanup(rest.Close)
	mails := remoteSubgraph(t, "mails", `extend schema
		@link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
		@link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
		@source(name: "mails", http: { baseURL: "`+rest.URL+`" })
		type User @key(fields: "id") @connect(source: "mails", http: { GET: "/{$this.id}" }, selection: "id mail") { id: ID! mail: String }`)
	g, problems := gateway.New(gateway.Options{
		Subgraphs: []*schema.Subgraph{remoteSubgraph(t, "users", usersSDL), remoteSubgraph(t, "reviews", reviewsSDL), mails},
		Services:  map[string]upstream.Config{"users": service(users), "reviews": service(reviews)},
	})
	if problems.Errors() != nil {
		t.Fatal(lines(problems))
	}
	t.Cleanup(g.Close)
	for query, want := range map[string]string{
		`{ me { name reviews { body } mail } }`:                    `{"me":{"name":"Ida","reviews":[{"body":"good"}],"mail":"x@example.com"}}`,
		`{ top { body author { n: name mail } } }`:                 `{"top":[{"body":"good","author":{"n":"Ida","mail":"x@example.com"}},{"body":"bad","author":{"n":"Bo","mail":"x@example.com"}}]}`,
		`{ a: top(first: 1) { body } b: top { body } }`:            `{"a":[{"body":"good"},{"body":"bad"}],"b":[{"body":"good"},{"body":"bad"}]}`,
		`{ top { author { name } } me { reviews { body } name } }`: `{"top":[{"author":{"name":"Ida"}},{"author":{"name":"Bo"}}],"me":{"reviews":[{"body":"good"}],"name":"Ida"}}`,
	} {
		if diff := cmp.Diff(want, execute(t, g, query)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
}
