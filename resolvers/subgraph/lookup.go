package subgraph

import (
	"context"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/value"
)

// lookupsAtOnce is how many objects one request looks up where the configuration does not say: many servers limit the
// aliases of a query.
const lookupsAtOnce = 50

// finder is the query of one fetch of objects from a server that has no _entities: each object is looked up by a field of
// Query, under an alias of its own. It is the [execute.Runner] of the fetch.
type finder struct {
	remote      *remote
	lookups     []lookup // by the entries of the fetch
	variables   []variable
	definitions []string
	prefix      string // of the names it makes up, which are none of the operation's
	atOnce      int
	share       bool // see [request]
}

// lookup is one way to find an object.
type lookup struct {
	entry
	field     string
	args      []lookupArgument
	selection string
	want      *value.Filter
}

type lookupArgument struct {
	name, typ string
	nonNull   bool
	path      []string
}

// newFinder returns nil for a fetch of entities by _entities.
func newFinder(r *remote, f *plan.Fetch, share bool) (*finder, error) {
	if !f.Query.Entities || f.Entries[0].Entrance.Bind == nil {
		return nil, nil
	}
	q := &finder{remote: r, definitions: f.Query.Definitions, prefix: "l", atOnce: lookupsAtOnce, share: share}
	if r.maxBatch > 0 {
		q.atOnce = r.maxBatch
	}
	for _, name := range f.Query.Variables {
		q.variables = append(q.variables, variable{name, `"` + name + `":`})
		for strings.HasPrefix(name, q.prefix) {
			q.prefix += "_"
		}
	}
	for _, e := range f.Entries {
		bind, ok := e.Entrance.Bind.(*schema.Lookup)
		if !ok {
			return nil, fmt.Errorf("fetch %d: it enters %s both by a lookup and by _entities", f.ID, f.Source.Name)
		}
		l := lookup{entry: entry{tree: e.Want}, field: bind.Field, want: &value.Filter{}}
		for _, a := range bind.Args {
			l.args = append(l.args, lookupArgument{a.Name, a.Type.String(), a.Type.NonNull, a.Path})
		}
		var b strings.Builder
		writeTree(&b, e.Want)
		l.selection = b.String()
		addTree(l.want, e.Want)
		for _, field := range e.Want.Fields {
			l.required = append(l.required, field.Name)
		}
		q.lookups = append(q.lookups, l)
	}
	return q, nil
}

// writeTree writes what is asked for as a selection.
func writeTree(b *strings.Builder, t *plan.Tree) {
	b.WriteByte('{')
	if t.Typename >= 0 || len(t.Fields) == 0 && len(t.On) == 0 {
		b.WriteString(typenameField + " ")
	}
	writeFields(b, t.Fields)
	for _, on := range t.On {
		b.WriteString("...on " + on.Type.Name + "{")
		if len(on.Fields) == 0 {
			b.WriteString(typenameField)
		}
		writeFields(b, on.Fields)
		b.WriteByte('}')
	}
	b.WriteByte('}')
}

func writeFields(b *strings.Builder, fields []plan.TreeField) {
	for _, f := range fields {
		if f.Name != f.Select.Name {
			b.WriteString(f.Name + ":")
		}
		b.WriteString(f.Select.Name)
		for i, a := range f.Select.Args {
			b.WriteByte("(,"[min(i, 1)])
			b.WriteString(a.Name + ":" + a.Value.String())
		}
		if len(f.Select.Args) > 0 {
			b.WriteByte(')')
		}
		if f.Sub != nil {
			writeTree(b, f.Sub)
		} else {
			b.WriteByte(' ')
		}
	}
}

// Run looks up what one fetch wants; see [execute.Runner].
func (q *finder) Run(ctx context.Context, in *execute.Inputs) *execute.Outcome {
	out := &execute.Outcome{Values: make([]value.Value, len(in.Reps))}
	var complete []int
	for i, rep := range in.Reps {
		if q.lookups[rep.Entry].complete(rep.Object) {
			complete = append(complete, i)
		} // else there is no such object
	}
	var searches []*search
	for from := 0; from < len(complete); from += q.atOnce {
		searches = append(searches, &search{finder: q, in: in, reps: complete[from:min(from+q.atOnce, len(complete))]})
	}
	runEach(len(searches), func(i int) { searches[i].run(ctx) })
	for _, s := range searches {
		for i, at := range s.reps {
			out.Values[at] = s.values[i]
		}
		out.Errors = append(out.Errors, s.errors...)
	}
	out.Release = func() {
		for _, s := range searches {
			s.request.release()
		}
	}
	return out
}

// complete reports whether an object has all that it is looked up by.
func (l *lookup) complete(object value.Value) bool {
	for _, a := range l.args {
		if a.nonNull && !there(a.value(object)) {
			return false
		}
	}
	return true
}

// value is that of the argument.
func (a *lookupArgument) value(object value.Value) value.Value {
	for _, name := range a.path {
		object = object.Get(name)
	}
	return object
}

// search is one request that looks up some objects.
type search struct {
	*finder
	in      *execute.Inputs
	reps    []int // indexes into those of in
	request request
	values  []value.Value // of the reps
	errors  []execute.SourceError
}

// run sends the request and reads the answer. It does not panic.
func (s *search) run(ctx context.Context) {
	s.values = make([]value.Value, len(s.reps))
	defer func() {
		if v := recover(); v != nil {
			s.fail(&failure{code: fault.Internal, message: messageInternal, cause: fmt.Errorf("panic: %v\n%s", v, debug.Stack())})
		}
	}()
	data := &value.Filter{}
	for i, at := range s.reps {
		data.Keys = append(data.Keys, value.FilterKey{Key: s.alias(i), Want: s.lookup(at).want})
	}
	s.request = request{
		remote: s.remote, share: s.share, parts: []part{{in: s.in}},
		layout: &layout{answer: &value.Filter{Keys: []value.FilterKey{{Key: "data", Want: data}, {Key: "errors"}}}},
	}
	answer, f := s.request.exchange(ctx, s.body())
	if f != nil {
		s.fail(f)
		return
	}
	s.read(answer)
}

func (s *search) alias(i int) string         { return s.prefix + strconv.Itoa(i) }
func (s *search) lookup(rep int) *lookup     { return &s.lookups[s.in.Reps[rep].Entry] }
func (s *search) variable(i, arg int) string { return s.alias(i) + "_" + strconv.Itoa(arg) }

// fail has all objects of the search fail: each by itself, as the others of the fetch may have been found.
func (s *search) fail(f *failure) {
	clear(s.values)
	s.errors = nil
	for _, at := range s.reps {
		s.errors = append(s.errors, f.error(s.remote, at))
	}
}

// body writes the request.
func (s *search) body() []byte {
	var definitions, fields strings.Builder
	vars := []byte(`,"variables":{`)
	for i, at := range s.reps {
		l := s.lookup(at)
		fields.WriteString(s.alias(i) + ":" + l.field)
		for j, a := range l.args {
			name := s.variable(i, j)
			fmt.Fprintf(&definitions, "$%s:%s,", name, a.typ)
			fmt.Fprintf(&fields, "%c%s:$%s", "(,"[min(j, 1)], a.name, name)
			if v := a.value(s.in.Reps[at].Object); !v.IsMissing() {
				vars = append(append(append(vars, '"'), name...), `":`...)
				vars = append(v.AppendJSON(vars), ',')
			}
		}
		fields.WriteString(")" + l.selection)
	}
	for _, v := range s.variables {
		if value := s.in.Variables.Get(v.name); !value.IsMissing() {
			vars = append(value.AppendJSON(append(vars, v.key...)), ',')
		}
	}
	text := "query(" + strings.TrimSuffix(definitions.String()+strings.Join(s.definitions, ","), ",") + "){" + fields.String() + "}"
	body := value.AppendString([]byte(`{"query":`), text)
	if vars[len(vars)-1] == ',' {
		body = append(append(body, vars[:len(vars)-1]...), '}')
	}
	return append(body, '}')
}

// read takes the objects out of an answer.
func (s *search) read(answer value.Value) {
	data, errs := answer.Get("data"), answer.Get("errors")
	if there(data) && data.Kind() != value.Object {
		s.fail(malformed(messageNoGraphQL, "the data are not an object, but this: %s", data.Kind()))
		return
	}
	failed := make([]bool, len(s.reps))
	if reports(errs) {
		s.readErrors(errs, failed)
	}
	for i, at := range s.reps {
		v := data.Get(s.alias(i))
		f := s.lookup(at).check(v)
		if f == nil && v.IsMissing() && there(data) {
			f = malformed(messageIncomplete, "there is no %s in the data", s.alias(i))
		}
		switch {
		case f == nil:
			s.values[i] = v
		case !failed[i]:
			s.errors = append(s.errors, f.error(s.remote, at))
		}
	}
}

// readErrors hands each error of an answer to the object that it is about. What is about none is told once.
func (s *search) readErrors(errs value.Value, failed []bool) {
	items := errs.Items()
	if errs.Kind() != value.List {
		items = []value.Value{errs}
	}
	for _, item := range items[:min(len(items), mostErrors)] {
		e, path := s.remote.sourceError(item), pathOf(item.Get("path"))
		if i := s.about(path); i >= 0 {
			failed[i] = true
			if e.Rep = s.reps[i]; fits(s.lookup(e.Rep).tree, path[1:]) {
				e.Path = path[1:]
			}
		} else {
			e.Rep, e.Once = -1, true
		}
		s.errors = append(s.errors, e)
	}
}

// about returns which object the path of an error leads to, or -1.
func (s *search) about(path []any) int {
	if len(path) == 0 {
		return -1
	}
	name, _ := path[0].(string)
	rest, ok := strings.CutPrefix(name, s.prefix)
	n, err := strconv.Atoi(rest)
	if !ok || err != nil || n < 0 || n >= len(s.reps) || s.alias(n) != name {
		return -1
	}
	return n
}
