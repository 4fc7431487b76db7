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
	remote "github.com/sluice-gateway/sluice/resolvers/subgraph"
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

// supergraph is one of a single subgraph, which is called users.
func supergraph(url string) *ast.Source {
	return &ast.Source{Name: "supergraph.graphql", Input: `
				schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
				directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
				directive @join__graph(name: String!, url: String!) on ENUM_VALUE
				directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
				scalar join__FieldSet
				scalar link__Import
				enum link__Purpose { SECURITY EXECUTION }
				enum join__Graph { USERS @join__graph(name: "users", url: "` + url + `") }
				type Query @join__type(graph: USERS) { me: User }
				type User @join__type(graph: USERS) { name: String }`}
}

func TestASupergraphIsCalledAtTheURLsInIt(t *testing.T) {
	t.Parallel()
	calls := make(chan string, 8)
	users := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls <- r.Method + " " + r.URL.RequestURI()
		_, _ = w.Write([]byte(`{"data":{"me":{"name":"Ida"}}}`))
	}))
	t.Cleanup(users.Close)
	for _, tt := range []struct {
		name, url string
		options   gateway.Options
		want      string
	}{
		{"a path with a query", users.URL + "/api/graphql?tenant=7", gateway.Options{}, "POST /api/graphql?tenant=7"},
		{"no path", users.URL, gateway.Options{}, "POST /"},
		{"a path of the settings", users.URL + "/api", gateway.Options{Remotes: map[string]remote.Config{"users": {Path: "/graphql"}}}, "POST /api/graphql"},
		{"a path of the settings, and none in the URL", users.URL + "/", gateway.Options{Remotes: map[string]remote.Config{"users": {Path: "/graphql"}}}, "POST /graphql"},
		{"a service of that name", "http://127.0.0.1:1/elsewhere", gateway.Options{Services: map[string]upstream.Config{"users": service(users.URL + "/v2")}}, "POST /v2"},
		{"a service of another name", "", gateway.Options{
			Services: map[string]upstream.Config{"people": service(users.URL + "/v3/")}, Remotes: map[string]remote.Config{"users": {Service: "people"}},
		}, "POST /v3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := tt.options
			composed, problems := schema.ReadSupergraph(supergraph(tt.url))
			if problems.Errors() != nil {
				t.Fatal(lines(problems))
			}
			o.Supergraph, o.Status = composed, true
			g, problems := gateway.New(o)
			if problems.Errors() != nil {
				t.Fatal(lines(problems))
			}
			defer g.Close()
			if got := execute(t, g, `{ me { name } }`); got != `{"me":{"name":"Ida"}}` {
				t.Errorf("the answer is %s", got)
			}
			if got := <-calls; got != tt.want || len(calls) > 0 {
				t.Errorf("the call was %s, with %d more; want %s", got, len(calls), tt.want)
			}
			name := "users"
			if o.Remotes["users"].Service != "" {
				name = o.Remotes["users"].Service
			}
			want := `{"sluice":{"services":[{"name":"` + name + `","requests":1}],"sources":[{"name":"users","kind":"GRAPHQL","service":"` + name + `"},{"name":"sluice","kind":"LOCAL","service":null}]}}`
			if diff := cmp.Diff(want, execute(t, g, `{ sluice { services { name requests } sources { name kind service } } }`)); diff != "" {
				t.Errorf("the status (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAURLThatCannotBeCalledIsAProblem(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"redis://127.0.0.1/0":           "scheme must be http, https or unix",
		"users":                         "scheme must be http, https or unix",
		"http://":                       "a host is missing",
		"http://ida:s3cret@127.0.0.1/":  "must not hold a user or password",
		"http://127.0.0.1/graphql#here": "must not have a fragment",
		"http://127.0.0.1:x/":           "invalid port",
	} {
		composed, problems := schema.ReadSupergraph(supergraph(address))
		if problems.Errors() != nil {
			t.Fatal(lines(problems))
		}
		g, problems := gateway.New(gateway.Options{Supergraph: composed})
		if g != nil {
			g.Close()
		}
		if text := lines(problems); g != nil || !strings.Contains(text, "NO_SOURCE") || !strings.Contains(text, want) || strings.Contains(text, "s3cret") {
			t.Errorf("%s: %s, want %s", address, text, want)
		}
	}
}
