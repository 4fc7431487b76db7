package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/resolvers/rest"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/schema/link"
	"github.com/sluice-gateway/sluice/value"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// service is an HTTP server that remembers what it was asked.
type service struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string // "GET /users/1 body", in order of arrival
}

func serve(tb testing.TB, h http.HandlerFunc) *service {
	tb.Helper()
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			tb.Error(err)
		}
		line := r.Method + " " + r.RequestURI
		if len(body) > 0 {
			line += " " + string(body)
		}
		s.mu.Lock()
		s.seen = append(s.seen, line)
		s.mu.Unlock()
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		h(w, r)
	}))
	tb.Cleanup(s.Close)
	return s
}

// answers serves JSON texts by path; what is not there is 404.
func answers(tb testing.TB, byPath map[string]string) *service {
	tb.Helper()
	return serve(tb, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		text, ok := byPath[r.RequestURI]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			text = `{"error":"no such thing"}`
		}
		_, _ = io.WriteString(w, text)
	})
}

// asked returns what the service was asked since the last call, sorted.
func (s *service) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.seen
	s.seen = nil
	slices.Sort(out)
	return out
}

func (s *service) wantAsked(t *testing.T, want ...string) {
	t.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(want, s.asked()); diff != "" {
		t.Errorf("requests mismatch (-want +got):\n%s", diff)
	}
}

const link4 = `extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"]) `

// fixture is a driver over the connectors of one subgraph, and the types that plans speak of.
type fixture struct {
	tb      testing.TB
	sg      *schema.Supergraph
	driver  *rest.Driver
	sources map[string]*schema.Source // by coordinate
}

// load reads a subgraph without its link. In it, BASE stands for the address of the service.
func load(tb testing.TB, s *service, sdl string, o rest.Options) *fixture {
	tb.Helper()
	if s != nil {
		sdl = strings.ReplaceAll(sdl, "BASE", s.URL)
	}
	sg := supergraph(tb, sdl)
	d, err := rest.New(sg, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(d.Close)
	f := &fixture{tb: tb, sg: sg, driver: d, sources: map[string]*schema.Source{}}
	for _, src := range sg.Sources {
		c, ok := src.Bind.(*connect.Connector)
		if !ok {
			tb.Fatalf("%s is no connector", src.Name)
		}
		f.sources[c.Coordinate] = src
	}
	return f
}

func supergraph(tb testing.TB, sdl string) *schema.Supergraph {
	tb.Helper()
	doc, err := parser.ParseSchema(&ast.Source{Name: "test.graphql", Input: link4 + sdl})
	if err != nil {
		tb.Fatal(err)
	}
	links, problems := link.Of(doc)
	if err := problems.Err(); err != nil {
		tb.Fatal(err)
	}
	sub, problems := connect.Read("shop", doc, links)
	if err := problems.Err(); err != nil {
		tb.Fatal(err)
	}
	sg := &schema.Supergraph{Types: map[string]*schema.Type{}}
	for _, name := range []string{"ID", "String", "Int", "Float", "Boolean"} {
		sg.Types[name] = &schema.Type{Name: name, Kind: ast.Scalar, Definition: &ast.Definition{Kind: ast.Scalar, Name: name}}
	}
	for _, d := range doc.Definitions {
		sg.Types[d.Name] = &schema.Type{Name: d.Name, Kind: d.Kind, Definition: d, Fields: map[string]*schema.Field{}}
	}
	for _, d := range doc.Definitions {
		t := sg.Types[d.Name]
		for _, fd := range d.Fields {
			t.Fields[fd.Name] = &schema.Field{Parent: t, Name: fd.Name, Type: fd.Type, Named: sg.Types[fd.Type.Name()], Args: fd.Arguments}
		}
		for _, name := range d.Interfaces {
			sg.Types[name].Possible = append(sg.Types[name].Possible, t)
		}
		if d.Kind == ast.Object {
			t.Possible = []*schema.Type{t}
		}
	}
	sg.Query, sg.Mutation = sg.Types["Query"], sg.Types["Mutation"]
	for i, c := range sub.Connectors {
		sg.Sources = append(sg.Sources, &schema.Source{ID: i, Name: "shop:" + c.Coordinate, Subgraph: "shop", Kind: schema.Connector, Bind: c})
	}
	return sg
}

// selection parses the inside of a selection set on a type.
func (f *fixture) selection(on *schema.Type, text string) *schema.Selection {
	f.tb.Helper()
	doc, err := parser.ParseQuery(&ast.Source{Input: "{" + text + "}"})
	if err != nil {
		f.tb.Fatalf("%s: %v", text, err)
	}
	return f.canonical(on, doc.Operations[0].SelectionSet)
}

func (f *fixture) canonical(on *schema.Type, set ast.SelectionSet) *schema.Selection {
	f.tb.Helper()
	out := &schema.Selection{Type: on}
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			sel := &schema.Select{Name: s.Name, Key: schema.Key(s.Name, s.Arguments), Args: s.Arguments, Field: on.Fields[s.Name]}
			if sel.Field == nil && s.Name != "__typename" {
				f.tb.Fatalf("no field %s.%s", on.Name, s.Name)
			}
			if len(s.SelectionSet) > 0 {
				sel.Sub = f.canonical(sel.Field.Named, s.SelectionSet)
			}
			out.Fields = append(out.Fields, sel)
		case *ast.InlineFragment:
			t := f.sg.Types[s.TypeCondition]
			out.On = append(out.On, schema.TypeSelection{Type: t, Fields: f.canonical(t, s.SelectionSet).Fields})
		}
	}
	return out
}

func tree(s *schema.Selection) *plan.Tree {
	t := &plan.Tree{Type: s.Type, Typename: -1}
	fields := func(list []*schema.Select) (out []plan.TreeField) {
		for _, sel := range list {
			if sel.Field == nil {
				t.Typename = 0
				continue
			}
			tf := plan.TreeField{Select: sel, Name: sel.Name}
			if sel.Sub != nil {
				tf.Sub = tree(sel.Sub)
			}
			out = append(out, tf)
		}
		return out
	}
	t.Fields = fields(s.Fields)
	for _, on := range s.On {
		t.On = append(t.On, plan.TreeOn{Type: on.Type, Fields: fields(on.Fields)})
	}
	return t
}

// fetch makes a fetch of the connector with the given coordinate. ask is what is asked for: of the root type or the
// object, "user(id: 1) { name }", or of the entity, "name email".
func (f *fixture) fetch(coordinate, ask string) *plan.Fetch {
	f.tb.Helper()
	src := f.sources[coordinate]
	if src == nil {
		f.tb.Fatalf("no connector %s", coordinate)
	}
	c, ok := src.Bind.(*connect.Connector)
	if !ok {
		f.tb.Fatal("no connector")
	}
	on := f.sg.Types[c.Type]
	root := on == f.sg.Query || on == f.sg.Mutation
	entity := c.Field == "" || root && c.Entity && !strings.HasPrefix(ask, c.Field)
	if entity && root {
		on = on.Fields[c.Field].Named
	}
	s := f.selection(on, ask)
	e := &plan.Entry{Entrance: &schema.Entrance{Source: src, On: on}, Want: tree(s)}
	if !entity {
		e.Entrance.Field, e.Call = s.Fields[0].Field, s.Fields[0]
	}
	if entity || !root {
		e.Entrance.Needs, e.Needs = &schema.Selection{Type: on}, &plan.Needs{}
		if c.Needs != "" {
			e.Entrance.Needs = f.selection(on, c.Needs)
		}
	}
	return &plan.Fetch{Source: src, Entries: []*plan.Entry{e}}
}

// op is an operation: a compiled plan and what its runs share.
type op struct {
	tb        testing.TB
	runners   []execute.Runner
	scope     *execute.Scope
	variables string
	header    http.Header
	driver    *rest.Driver
}

func (f *fixture) operation(kind ast.Operation, fetches ...*plan.Fetch) *op {
	f.tb.Helper()
	p := &plan.Plan{Operation: kind, Fetches: fetches}
	for i, fetch := range fetches {
		fetch.ID = i
	}
	runners, err := f.driver.Compile(p, fetches)
	if err != nil {
		f.tb.Fatal(err)
	}
	return &op{tb: f.tb, runners: runners, scope: &execute.Scope{}, variables: "{}", driver: f.driver}
}

func (f *fixture) query(fetches ...*plan.Fetch) *op { return f.operation(ast.Query, fetches...) }

// again returns the same operation, to be run anew.
func (o *op) again() *op {
	next := *o
	next.scope = &execute.Scope{}
	return &next
}

// run runs one fetch for the given representations, JSON texts, and returns the values as JSON and the errors as texts.
func (o *op) run(fetch int, reps ...string) (values, errs []string) {
	o.tb.Helper()
	return o.runContext(o.tb.Context(), fetch, reps...)
}

func (o *op) runContext(ctx context.Context, fetch int, reps ...string) (values, errs []string) {
	o.tb.Helper()
	out := o.outcome(ctx, fetch, reps...)
	values = texts(out.Values)
	for _, e := range out.Errors {
		text := fmt.Sprintf("%d %v %s %s", e.Rep, e.Path, e.Code, e.Message)
		if strings.Contains(text, "127.0.0.1") {
			o.tb.Errorf("an address in an error for clients: %s", text)
		}
		errs = append(errs, text)
	}
	return values, errs
}

// texts returns values as JSON.
func texts(list []value.Value) (out []string) {
	for _, v := range list {
		text := "missing"
		if !v.IsMissing() {
			text = string(v.AppendJSON(nil))
		}
		out = append(out, text)
	}
	return out
}

func (o *op) outcome(ctx context.Context, fetch int, reps ...string) *execute.Outcome {
	o.tb.Helper()
	return o.runners[fetch].Run(ctx, o.inputs(reps...))
}

// inputs are what a run is given for representations.
func (o *op) inputs(reps ...string) *execute.Inputs {
	o.tb.Helper()
	arena := value.NewArena() // not released: the values are still read after the run
	scan := func(text string) value.Value {
		v, err := value.Scan([]byte(text), nil, arena)
		if err != nil {
			o.tb.Error(err)
		}
		return v
	}
	in := &execute.Inputs{Variables: scan(o.variables), Caller: &operation.Caller{Header: o.header}, Scope: o.scope}
	for _, text := range reps {
		in.Reps = append(in.Reps, execute.Rep{Object: scan(text)})
	}
	return in
}

func want(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s mismatch (-want +got):\n%s", what, diff)
	}
}

func extensions(tb testing.TB, e execute.SourceError) string {
	tb.Helper()
	text, err := json.Marshal(e.Extensions)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}
