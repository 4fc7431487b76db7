package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/problem"
	remote "github.com/sluice-gateway/sluice/resolvers/subgraph"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

const sdl = `
extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "api", http: { baseURL: "http://api.example/v1" })
type Query {
  user(id: ID!): User @connect(source: "api", http: { GET: "/users/{$args.id}", headers: [{ name: "x-key", value: "{$config.key}" }] }, selection: "id name")
}
type User { id: ID! name: String }
`

func subgraph(t *testing.T, text string) *schema.Subgraph {
	t.Helper()
	s, problems := schema.LoadSources("users", schema.Connector, &ast.Source{Name: "users.graphql", Input: text})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return s
}

func service(url string) upstream.Config {
	cfg := upstream.DefaultConfig()
	cfg.Endpoints = endpoint.At(url)
	return cfg
}

// start makes a gateway in front of a service that answers for user 1 and counts nothing.
func start(t *testing.T, change func(*gateway.Options)) *gateway.Gateway {
	t.Helper()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/users/1" || r.Header.Get("X-Key") != "secret" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"id": 1, "name": "Ida"}`))
	}))
	t.Cleanup(api.Close)
	o := gateway.Options{
		Subgraphs: []*schema.Subgraph{subgraph(t, sdl)},
		Services:  map[string]upstream.Config{"api": service(api.URL)},
		Sources:   map[string]gateway.Source{"api": {Config: map[string]any{"key": "secret"}}},
		Version:   "test",
	}
	if change != nil {
		change(&o)
	}
	g, problems := gateway.New(o)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// ask returns the data and the codes of the errors.
func ask(t *testing.T, g *gateway.Gateway, query string) (data string, codes []any) {
	t.Helper()
	op, errs := g.Prepare(t.Context(), &operation.Request{Query: query, Caller: &operation.Caller{}})
	if len(errs) == 0 {
		resp := op.Execute(t.Context())
		defer resp.Release()
		data, errs = string(resp.Data), resp.Errors
	}
	for _, e := range errs {
		codes = append(codes, e.Extensions["code"])
	}
	return data, codes
}

func TestAQueryIsAnsweredFromTheServiceThatItsSourceIsBoundTo(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	for range 2 { // planned, then from the cache
		data, codes := ask(t, g, `{ user(id: 1) { name } }`)
		if want := `{"user":{"name":"Ida"}}`; data != want || codes != nil {
			t.Errorf("got %s %v, want %s", data, codes, want)
		}
	}
}

func TestIntrospectionCanBeDisabled(t *testing.T) {
	t.Parallel()
	g := start(t, func(o *gateway.Options) { o.DisableIntrospection = true })
	for query, allowed := range map[string]bool{
		`{ __schema { queryType { name } } }`:                                          false,
		`query { ...F } fragment F on Query { ... { t: __type(name: "X") { name } } }`: false,
		`{ __typename user(id: 1) { __typename } }`:                                    true,
	} {
		data, codes := ask(t, g, query)
		if refused := len(codes) == 1 && codes[0] == "INTROSPECTION_DISABLED" && data == ""; refused == allowed {
			t.Errorf("%s: %s %v", query, data, codes)
		}
	}
	if text, err := g.Introspection(t.Context()); err != nil || !strings.Contains(string(text), `"name":"User"`) {
		t.Errorf("the program itself may ask: %v", err)
	}
}

func TestTheStatusIsPartOfTheGraph(t *testing.T) {
	t.Parallel()
	g := start(t, func(o *gateway.Options) { o.Status = true })
	data, codes := ask(t, g, `{ user(id: 1) { name } }`)
	if codes != nil {
		t.Fatal(data, codes)
	}
	data, codes = ask(t, g, `{ sluice { version snapshot { number hash } services { name requests endpoints { state } } sources { name kind service } } user(id: 1) { id } }`)
	if codes != nil {
		t.Fatal(data, codes)
	}
	var got struct {
		Sluice struct {
			Version  string
			Snapshot struct {
				Number int
				Hash   string
			}
			Services []struct {
				Name      string
				Requests  int
				Endpoints []struct{ State string }
			}
			Sources []struct{ Name, Kind, Service string }
		}
		User struct{ ID string }
	}
	if err := json.Unmarshal([]byte(data), &got); err != nil {
		t.Fatal(err)
	}
	s := got.Sluice
	if s.Version != "test" || s.Snapshot.Number != 1 || s.Snapshot.Hash != g.Supergraph().Hash || got.User.ID != "1" {
		t.Errorf("got %s", data)
	}
	if len(s.Services) != 1 || s.Services[0].Name != "api" || s.Services[0].Requests < 1 || len(s.Services[0].Endpoints) != 1 || s.Services[0].Endpoints[0].State != "READY" {
		t.Errorf("services: %+v", s.Services)
	}
	if len(s.Sources) != 2 || s.Sources[0].Name != "users:Query.user[0]" || s.Sources[0].Kind != "CONNECTOR" || s.Sources[0].Service != "api" {
		t.Errorf("sources: %+v", s.Sources)
	}
}

func TestTheStatusCountsWhatBecameOfOperationsThatNeededAPlan(t *testing.T) {
	t.Parallel()
	const maxSteps = 200
	g := start(t, func(o *gateway.Options) { o.Status, o.Plan.MaxSteps = true, maxSteps })
	var large strings.Builder
	for i := range maxSteps { // each field takes a step at least
		fmt.Fprintf(&large, " u%d: user(id: 1) { name }", i)
	}
	for range 2 { // that there is no plan is kept, too
		if data, codes := ask(t, g, "{"+large.String()+" }"); data != "" || !slices.Equal(codes, []any{"QUERY_PLANNING_FAILED"}) {
			t.Fatalf("the operation over the bound: %s %v", data, codes)
		}
	}
	for range 2 { // the second is answered with the plan of the first
		if data, codes := ask(t, g, `{ user(id: 1) { name } }`); data != `{"user":{"name":"Ida"}}` || codes != nil {
			t.Fatalf("the operation within the bound: %s %v", data, codes)
		}
	}
	data, codes := ask(t, g, `{ sluice { planning { planned impossible excessive } } }`)
	if want := `{"sluice":{"planning":{"planned":2,"impossible":0,"excessive":1}}}`; data != want || codes != nil {
		t.Errorf("got %s %v, want %s", data, codes, want)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*gateway.Options)
		want   string // a part of one problem
	}{
		"a service without endpoints":            {func(o *gateway.Options) { o.Services["api"] = upstream.DefaultConfig() }, "services.api.endpoints"},
		"a source that is bound to nothing":      {func(o *gateway.Options) { o.Bind = func(string, string) string { return "apo" } }, `"apo"`},
		"settings of a source that is not there": {func(o *gateway.Options) { o.Sources["apj"] = gateway.Source{MaxRequests: 1} }, `Did you mean "api"`},
		"a GraphQL server that nobody says the place of": {func(o *gateway.Options) {
			s, _ := schema.LoadSources("remote", schema.Remote, &ast.Source{Name: "remote.graphql", Input: "type Query { now: String }"})
			o.Subgraphs = append(o.Subgraphs, s)
		}, "nobody says where it is"},
		"a GraphQL server at a service that is not there": {func(o *gateway.Options) {
			s, _ := schema.LoadSources("remote", schema.Remote, &ast.Source{Name: "remote.graphql", Input: "type Query { now: String }"})
			o.Subgraphs = append(o.Subgraphs, s)
			o.Remotes = map[string]remote.Config{"remote": {Service: "apo"}}
		}, `subgraphs.remote.service: there is no service "apo". Did you mean "api"?`},
		"settings of a GraphQL server that is not there": {func(o *gateway.Options) {
			o.Remotes = map[string]remote.Config{"my stock": {}}
		}, `subgraphs["my stock"]: no subgraph of that name is a GraphQL server.`},
		"a schema that does not compose": {func(o *gateway.Options) { o.Subgraphs = nil }, "NO_QUERIES"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := gateway.Options{
				Subgraphs: []*schema.Subgraph{subgraph(t, sdl)},
				Services:  map[string]upstream.Config{"api": service("http://127.0.0.1:1")},
				Sources:   map[string]gateway.Source{},
			}
			tt.change(&o)
			g, problems := gateway.New(o)
			if g != nil {
				g.Close()
			}
			if text := lines(problems); g != nil || !strings.Contains(text, tt.want) {
				t.Errorf("New() = %v, want a problem with %s:\n%s", g, tt.want, text)
			}
		})
	}
}

func lines(list problem.List) string {
	var b strings.Builder
	for _, p := range list {
		b.WriteString(p.String() + "\n")
	}
	return b.String()
}

func TestAClosedGatewayAnswersWithErrors(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	g.Close()
	g.Close()
	data, codes := ask(t, g, `{ user(id: 1) { name } }`)
	if data != `{"user":null}` || len(codes) != 1 {
		t.Errorf("got %s %v, want null and one error", data, codes)
	}
}

func TestAnOperationWhoseClientLeftIsCanceled(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	op, errs := g.Prepare(t.Context(), &operation.Request{Query: `{ user(id: 1) { name } }`, Caller: &operation.Caller{}})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	resp := op.Execute(ctx)
	defer resp.Release()
	if len(resp.Errors) != 1 || resp.Errors[0].Extensions["code"] != "REQUEST_CANCELED" {
		t.Errorf("errors %v, want REQUEST_CANCELED", resp.Errors)
	}
}
