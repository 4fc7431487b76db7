package execute_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/value"
)

// world is a schema to plan on by hand. Types and enum values with @hidden are not for clients.
type world struct {
	sg *schema.Supergraph
}

func newWorld(tb testing.TB, sdl string) *world {
	tb.Helper()
	api, err := gqlparser.LoadSchema(&ast.Source{Name: "test.graphql", Input: "directive @hidden on OBJECT | ENUM_VALUE\n" + sdl})
	if err != nil {
		tb.Fatal(err)
	}
	sg := &schema.Supergraph{API: api, Types: map[string]*schema.Type{}}
	for name, d := range api.Types {
		t := &schema.Type{Name: name, Kind: d.Kind, Definition: d, Fields: map[string]*schema.Field{}, Hidden: d.Directives.ForName("hidden") != nil}
		if d.Kind == ast.Enum {
			t.Values = map[string]bool{}
			for _, v := range d.EnumValues {
				t.Values[v.Name] = v.Directives.ForName("hidden") == nil
			}
		}
		sg.Types[name] = t
	}
	for name, t := range sg.Types {
		for _, f := range t.Definition.Fields {
			t.Fields[f.Name] = &schema.Field{Parent: t, Name: f.Name, Type: f.Type, Named: sg.Types[f.Type.Name()], Args: f.Arguments}
		}
		for _, d := range api.PossibleTypes[name] {
			if d.Kind == ast.Object {
				t.Possible = append(t.Possible, sg.Types[d.Name])
			}
		}
		slices.SortFunc(t.Possible, func(a, b *schema.Type) int { return strings.Compare(a.Name, b.Name) })
	}
	sg.Query = sg.Types["Query"]
	sg.Mutation = sg.Types["Mutation"]
	return &world{sg}
}

// step is a fetch as a test writes it.
type step struct {
	source string
	path   string   // "posts.author"; after a dot, "Book|Map:" before a key lets only objects of these types through
	on     []string // the types of objects that are entered
	needs  string   // "{ id weight @further }"; fields are parts of the key but those with @further; "": a root fetch
	want   string   // "{ name ... on Book { pages } }"
	more   []entry  // further entries
	after  []int
}

type entry struct {
	on          []string
	needs, want string
}

// planner makes a plan of a query and the fetches that a test wrote for it.
type planner struct {
	w   *world
	tb  testing.TB
	doc *ast.QueryDocument
}

func (w *world) plan(tb testing.TB, query string, steps ...step) *plan.Plan {
	tb.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(w.sg.API, query, nil)
	if errs != nil {
		tb.Fatal(errs)
	}
	b := &planner{w: w, tb: tb, doc: doc}
	op := doc.Operations[0]
	root := w.sg.Query
	if op.Operation == ast.Mutation {
		root = w.sg.Mutation
	}
	p := &plan.Plan{Operation: op.Operation, Variables: op.VariableDefinitions, Root: &plan.Place{}}
	sources := map[string]*schema.Source{}
	for i, s := range steps {
		if sources[s.source] == nil {
			sources[s.source] = &schema.Source{ID: len(sources), Name: s.source}
		}
		p.Fetches = append(p.Fetches, b.fetch(p.Root, root, i, s, sources[s.source]))
	}
	p.Output = b.output(p.Root, root, op.SelectionSet)
	return p
}

func slot(p *plan.Place, key string, composite bool) int {
	i := slices.IndexFunc(p.Slots, func(s plan.Slot) bool { return s.Key == key })
	if i < 0 {
		i = len(p.Slots)
		p.Slots = append(p.Slots, plan.Slot{Key: key})
	}
	if composite && p.Slots[i].Sub == nil {
		p.Slots[i].Sub = &plan.Place{}
	}
	return i
}

func (b *planner) types(names []string) (out []*schema.Type) {
	for _, n := range names {
		out = append(out, b.w.sg.Types[n])
	}
	return out
}

func (b *planner) fetch(at *plan.Place, t *schema.Type, id int, s step, source *schema.Source) *plan.Fetch {
	f := &plan.Fetch{ID: id, Source: source, Deps: s.after}
	if s.path != "" {
		for _, key := range strings.Split(s.path, ".") {
			st := plan.Step{Key: key}
			if on, rest, ok := strings.Cut(key, ":"); ok {
				slot(at, "__typename", false)
				st.Key, st.On = rest, b.types(strings.Split(on, "|"))
				t = st.On[0]
			}
			st.Slot = slot(at, st.Key, true)
			f.Path = append(f.Path, st)
			t, at = t.Fields[st.Key].Named, at.Slots[st.Slot].Sub
		}
	}
	for _, e := range append([]entry{{s.on, s.needs, s.want}}, s.more...) {
		pe := &plan.Entry{On: b.types(e.on)}
		in := t
		if len(e.on) > 0 {
			slot(at, "__typename", false)
			in = pe.On[0]
		}
		if e.needs != "" {
			pe.Needs = b.needs(at, in, b.selection(e.needs))
		}
		pe.Want = b.tree(at, in, b.selection(e.want))
		f.Entries = append(f.Entries, pe)
	}
	return f
}

func (b *planner) selection(s string) ast.SelectionSet {
	b.tb.Helper()
	doc, err := parser.ParseQuery(&ast.Source{Input: s})
	if err != nil {
		b.tb.Fatal(err)
	}
	return doc.Operations[0].SelectionSet
}

func keyOf(f *ast.Field) string {
	if len(f.Arguments) == 0 {
		return f.Name
	}
	args := make([]string, len(f.Arguments))
	for i, a := range f.Arguments {
		args[i] = a.Name + ":" + a.Value.String()
	}
	return f.Name + "(" + strings.Join(args, ",") + ")"
}

func (b *planner) needs(at *plan.Place, t *schema.Type, set ast.SelectionSet) *plan.Needs {
	n := &plan.Needs{Place: at, Typename: -1}
	if t.Abstract() {
		n.Typename = slot(at, "__typename", false)
	}
	fields := func(t *schema.Type, set ast.SelectionSet) (out []plan.Need) {
		for _, s := range set {
			f, ok := s.(*ast.Field)
			if !ok {
				continue
			}
			nd := plan.Need{Name: f.Name, Slot: slot(at, keyOf(f), f.SelectionSet != nil), Key: f.Directives.ForName("further") == nil}
			if f.SelectionSet != nil {
				nd.Sub = b.needs(at.Slots[nd.Slot].Sub, t.Fields[f.Name].Named, f.SelectionSet)
			}
			out = append(out, nd)
		}
		return out
	}
	n.Fields = fields(t, set)
	for _, s := range set {
		if in, ok := s.(*ast.InlineFragment); ok {
			on := b.w.sg.Types[in.TypeCondition]
			n.On = append(n.On, plan.NeedsOn{Type: on, Fields: fields(on, in.SelectionSet)})
		}
	}
	return n
}

func (b *planner) tree(at *plan.Place, t *schema.Type, set ast.SelectionSet) *plan.Tree {
	out := &plan.Tree{Place: at, Type: t, Typename: -1}
	if t.Abstract() {
		out.Typename = slot(at, "__typename", false)
	}
	fields := func(t *schema.Type, set ast.SelectionSet) (out []plan.TreeField) {
		for _, s := range set {
			f, ok := s.(*ast.Field)
			if !ok {
				continue
			}
			tf := plan.TreeField{Name: f.Alias, Slot: slot(at, keyOf(f), f.SelectionSet != nil)}
			if f.SelectionSet != nil {
				tf.Sub = b.tree(at.Slots[tf.Slot].Sub, t.Fields[f.Name].Named, f.SelectionSet)
			}
			out = append(out, tf)
		}
		return out
	}
	out.Fields = fields(t, set)
	for _, s := range set {
		if in, ok := s.(*ast.InlineFragment); ok {
			on := b.w.sg.Types[in.TypeCondition]
			out.On = append(out.On, plan.TreeOn{Type: on, Fields: fields(on, in.SelectionSet)})
		}
	}
	return out
}

func (b *planner) output(at *plan.Place, t *schema.Type, sets ...ast.SelectionSet) *plan.Output {
	o := &plan.Output{Place: at, Type: t, Typename: -1}
	if t.Abstract() {
		o.Typename = slot(at, "__typename", false)
	}
	for _, possible := range t.Possible {
		if possible.Hidden {
			continue
		}
		var fields []*ast.Field
		subs := map[string][]ast.SelectionSet{}
		for _, s := range sets {
			b.collect(possible, s, &fields, subs)
		}
		ot := plan.OutputType{Type: possible}
		for _, f := range fields {
			of := plan.OutputField{Key: f.Alias}
			switch {
			case f.Name == "__typename":
				of.Kind = plan.OutputTypename
			case strings.HasPrefix(f.Name, "__"):
				of.Kind, of.Introspection = plan.OutputIntrospection, f
			default:
				of.Field = possible.Fields[f.Name]
				of.Type, of.Slot = of.Field.Type, slot(at, keyOf(f), of.Field.Named.Composite())
				if of.Field.Named.Composite() {
					of.Sub = b.output(at.Slots[of.Slot].Sub, of.Field.Named, subs[f.Alias]...)
				}
			}
			ot.Fields = append(ot.Fields, of)
		}
		o.ByType = append(o.ByType, ot)
	}
	return o
}

func (b *planner) collect(t *schema.Type, set ast.SelectionSet, out *[]*ast.Field, subs map[string][]ast.SelectionSet) {
	on := func(name string) bool { return name == "" || b.w.sg.Types[name].CanBe(t) }
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if subs[s.Alias] == nil {
				*out = append(*out, s)
			}
			subs[s.Alias] = append(subs[s.Alias], s.SelectionSet)
		case *ast.InlineFragment:
			if on(s.TypeCondition) {
				b.collect(t, s.SelectionSet, out, subs)
			}
		case *ast.FragmentSpread:
			if on(s.Definition.TypeCondition) {
				b.collect(t, s.Definition.SelectionSet, out, subs)
			}
		}
	}
}

// sources is a driver of sources that are functions.
type sources map[string]func(ctx context.Context, in *execute.Inputs) *execute.Outcome

func (s sources) Compile(_ *plan.Plan, fetches []*plan.Fetch) ([]execute.Runner, error) {
	out := make([]execute.Runner, len(fetches))
	for i, f := range fetches {
		run := s[f.Source.Name]
		if run == nil {
			return nil, fmt.Errorf("no source %q", f.Source.Name)
		}
		out[i] = runner(run)
	}
	return out, nil
}

type runner func(ctx context.Context, in *execute.Inputs) *execute.Outcome

func (r runner) Run(ctx context.Context, in *execute.Inputs) *execute.Outcome { return r(ctx, in) }

func compile(tb testing.TB, w *world, p *plan.Plan, s sources) *execute.Program {
	tb.Helper()
	d := &s
	prog, err := execute.Compile(p, w.sg, func(*schema.Source) execute.Driver { return d })
	if err != nil {
		tb.Fatal(err)
	}
	return prog
}

// scan reads JSON that lives as long as the test.
func scan(tb testing.TB, text string) value.Value {
	v, err := value.Scan([]byte(text), nil, value.NewArena())
	if err != nil {
		tb.Errorf("%s: %v", text, err)
	}
	return v
}

// gives answers a fetch of root fields with a JSON text.
func gives(tb testing.TB, text string) func(context.Context, *execute.Inputs) *execute.Outcome {
	v := scan(tb, text)
	return func(context.Context, *execute.Inputs) *execute.Outcome {
		return &execute.Outcome{Values: []value.Value{v}}
	}
}

// finds answers each representation with the JSON text that stands beside its own; with nothing if none does.
func finds(tb testing.TB, table map[string]string) func(context.Context, *execute.Inputs) *execute.Outcome {
	rows := map[string]value.Value{}
	for k, text := range table {
		rows[k] = scan(tb, text)
	}
	return func(_ context.Context, in *execute.Inputs) *execute.Outcome {
		out := &execute.Outcome{}
		for _, rep := range in.Reps {
			out.Values = append(out.Values, rows[string(rep.Object.AppendJSON(nil))])
		}
		return out
	}
}

// fails answers with errors alone.
func fails(errs ...execute.SourceError) func(context.Context, *execute.Inputs) *execute.Outcome {
	return func(context.Context, *execute.Inputs) *execute.Outcome { return &execute.Outcome{Errors: errs} }
}

// errorLines are the errors of a response, each as "path CODE message".
func errorLines(resp *operation.Response) (out []string) {
	for _, e := range resp.Errors {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %v %s", e.Path, e.Extensions["code"], e.Message)))
	}
	return out
}
