package routes_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/routes"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const sdl = `
extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "api", http: { baseURL: "http://127.0.0.1:1" })

type Query {
  user(id: ID!): User @connect(source: "api", http: { GET: "/users/{$args.id}" }, selection: "id name age")
  orders(user: ID!, first: Int = 2, states: [State!], paid: Boolean, above: Float): [Order!]
    @connect(source: "api", http: { GET: "/orders", queryParams: "user: $args.user first: $args.first states: $args.states->joinNotNull(',') paid: $args.paid above: $args.above" }, selection: "id total")
  "Always fails in the same way."
  broken: Int @connect(source: "api", http: { GET: "/broken" }, selection: "$")
  strange(of: Filter): Strange @connect(source: "api", http: { GET: "/strange" }, selection: "$")
}

type Mutation {
  rename(id: ID!, input: Rename!): User
    @connect(source: "api", http: { PUT: "/users/{$args.id}", body: "name: $args.input.name" }, selection: "id name age")
  create(name: String!, age: Int): User
    @connect(source: "api", http: { POST: "/users", body: "name: $args.name age: $args.age" }, selection: "id name age")
}

"Somebody with an account."
type User { id: ID! name: String! age: Int }
type Order { id: ID! total: Float }
enum State { OPEN CLOSED }
input Rename { name: String! tags: [String!] = ["a"] }
input Filter { name: String }
scalar Strange
`

// service answers as a REST service would.
func service(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, status int, body string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
	mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, r *http.Request) {
		switch id := r.PathValue("id"); id {
		case "1":
			reply(w, 200, `{"id": "1", "name": "Ida", "age": 36}`)
		case "404", "401", "409", "429", "500", "503":
			status := map[string]int{"404": 404, "401": 401, "409": 409, "429": 429, "500": 500, "503": 503}[id]
			reply(w, status, `{"secret": "s3cret"}`)
		case "null":
			reply(w, 200, `null`)
		case "text":
			reply(w, 200, `<html>`)
		default:
			reply(w, 200, `{"id": `+quote(id)+`, "name": "Bo"}`)
		}
	})
	mux.HandleFunc("PUT /users/{id}", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var in struct{ Name string }
		_ = json.Unmarshal(body, &in)
		reply(w, 200, `{"id": `+quote(r.PathValue("id"))+`, "name": `+quote(in.Name)+`}`)
	})
	mux.HandleFunc("POST /users", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var in struct {
			Name string
			Age  *int
		}
		_ = json.Unmarshal(body, &in)
		age, _ := json.Marshal(in.Age)
		reply(w, 201, `{"id": "9", "name": `+quote(in.Name)+`, "age": `+string(age)+`}`)
	})
	mux.HandleFunc("GET /orders", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("user") == "broken" {
			reply(w, 500, `{}`)
			return
		}
		reply(w, 200, `[{"id": `+quote(strings.ReplaceAll(r.URL.RawQuery, "&", " "))+`, "total": 1.50}]`)
	})
	mux.HandleFunc("GET /broken", func(w http.ResponseWriter, _ *http.Request) { reply(w, 500, `{"secret": "s3cret"}`) })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func quote(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

// engine makes a gateway in front of the service.
func engine(t *testing.T, api string) *gateway.Gateway {
	t.Helper()
	sub, problems := schema.LoadSources("users", schema.Connector, &ast.Source{Name: "users.graphql", Input: sdl})
	if problems != nil {
		t.Fatal(problems)
	}
	cfg := upstream.DefaultConfig()
	cfg.Endpoints = endpoint.At(api)
	g, problems := gateway.New(gateway.Options{Subgraphs: []*schema.Subgraph{sub}, Services: map[string]upstream.Config{"api": cfg}})
	if g == nil {
		t.Fatal(problems)
	}
	t.Cleanup(g.Close)
	return g
}

// fixed is a gateway that is not reloaded: its snapshot of the moment knows the operations.
type fixed struct{ *gateway.Gateway }

func (f fixed) Definition(document, name string) (*ast.OperationDefinition, gqlerror.List) {
	s := f.Hold()
	defer s.Release()
	return s.Definition(document, name)
}

// forwarder passes everything on to one service.
type forwarder struct{ client *upstream.Client }

func forward(t *testing.T, url string) forwarder {
	t.Helper()
	cfg := upstream.DefaultConfig()
	cfg.Endpoints = endpoint.At(url)
	c, err := upstream.New("api", cfg, upstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return forwarder{c}
}

func (f forwarder) Forward(ctx context.Context, _ string, r *routes.Request) (*http.Response, error) {
	out := &upstream.StreamRequest{Request: upstream.Request{Method: r.Method, Path: r.Path, Header: r.Header}, Length: r.Length, Upgrade: r.Upgrade}
	if r.Body != nil {
		out.Stream = io.NopCloser(r.Body)
	}
	return f.client.Stream(ctx, out)
}

// table makes the routes in front of a service, with their problems.
func table(t *testing.T, list []routes.Route, change func(*routes.Options)) (*routes.Table, problem.List) {
	t.Helper()
	api := service(t).URL
	g := engine(t, api)
	o := routes.Options{
		Engine: fixed{g}, Services: forward(t, api), Schema: g.Supergraph().API, HasService: func(name string) bool { return name == "api" },
		OpenAPI: routes.DefaultOpenAPI(), Reserved: map[string]string{"/graphql": "GraphQL", "/": "the playground"},
	}
	if change != nil {
		change(&o)
	}
	return routes.New(list, o)
}

// serve serves routes that have no problems.
func serve(t *testing.T, list []routes.Route, change func(*routes.Options)) *httptest.Server {
	t.Helper()
	tab, problems := table(t, list, change)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return serveTable(t, tab)
}

func serveTable(t *testing.T, tab *routes.Table) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h, _ := tab.Find(r); h != nil {
			h.ServeHTTP(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// answer is what a client got.
type answer struct {
	status int
	header http.Header
	body   string
}

func ask(t *testing.T, s *httptest.Server, method, path, body string, header ...string) answer {
	t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, in)
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	c := *s.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}
