package subgraph_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/resolvers/subgraph"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is some remote subgraphs behind one driver.
type world struct {
	tb         testing.TB
	supergraph *schema.Supergraph
	driver     *subgraph.Driver
	clients    map[string]*upstream.Client
}

// remote is one of them.
type remote struct {
	name, sdl string
	handler   http.HandlerFunc
	config    subgraph.Config
}

func newWorld(tb testing.TB, remotes ...remote) *world {
	tb.Helper()
	clients := map[string]*upstream.Client{}
	bindings := map[string]subgraph.Binding{}
	var subgraphs []*schema.Subgraph
	for _, r := range remotes {
		server := httptest.NewServer(r.handler)
		cfg := upstream.DefaultConfig()
		cfg.Endpoints = endpoint.At(server.URL)
		client, err := upstream.New(r.name, cfg, upstream.Options{})
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() {
			client.Close()
			server.CloseClientConnections()
			server.Close()
		})
		clients[r.name] = client
		bindings[r.name] = subgraph.Binding{Client: client, Config: r.config}
		s, problems := schema.LoadSources(r.name, schema.Remote, &ast.Source{Name: r.name, Input: head + r.sdl})
		if problems.Errors() != nil {
			tb.Fatal(problems)
		}
		subgraphs = append(subgraphs, s)
	}
	sg, problems := schema.Compose(subgraphs)
	if problems.Errors() != nil {
		tb.Fatal(problems)
	}
	driver, err := subgraph.New(bindings)
	if err != nil {
		tb.Fatal(err)
	}
	return &world{tb, sg, driver, clients}
}

const head = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
`

// plan plans a query; the variables are those of any run.
func (w *world) plan(query, variables string) (*plan.Plan, *operation.Prepared) {
	w.tb.Helper()
	prepared, errs := operation.New(w.supergraph.API, operation.DefaultConfig()).Prepare(&operation.Request{Query: query, Variables: []byte(variables)})
	if len(errs) > 0 {
		w.tb.Fatal(errs)
	}
	p, err := plan.New(w.supergraph, 0).Plan(prepared)
	if err != nil {
		w.tb.Fatal(err)
	}
	return p, prepared
}

// program compiles a query.
func (w *world) program(query, variables string) (*execute.Program, *operation.Prepared) {
	w.tb.Helper()
	p, prepared := w.plan(query, variables)
	program, err := execute.Compile(p, w.supergraph, func(*schema.Source) execute.Driver { return w.driver })
	if err != nil {
		w.tb.Fatal(err)
	}
	return program, prepared
}

// run runs a query and returns the answer: the data, then the codes and paths of the errors.
func (w *world) run(ctx context.Context, query, variables string) (data string, errs []string) {
	w.tb.Helper()
	program, prepared := w.program(query, variables)
	resp := program.Run(ctx, &execute.Request{Variables: prepared.Variables, Caller: &operation.Caller{}})
	defer resp.Release()
	if !json.Valid(resp.Data) {
		w.tb.Errorf("the data are not JSON: %s", resp.Data)
	}
	for _, e := range resp.Errors {
		code, _ := e.Extensions["code"].(string)
		if e.Message == "" || code == "" {
			w.tb.Errorf("an error without message or code: %v", e)
		}
		errs = append(errs, code+" "+e.Path.String())
	}
	return string(resp.Data), errs
}

// answers gives one answer to everything.
func answers(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}
