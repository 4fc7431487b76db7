package worlds

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Graph answers the queries of one open subgraph, and complains of those that no gateway may send it.
type Graph struct {
	world    *World
	subgraph *Subgraph
	schema   *ast.Schema
	sdl      string
}

const protocol = `
scalar _Any
type _Service { sdl: String! }
directive @key(fields: String!, resolvable: Boolean) repeatable on OBJECT | INTERFACE
directive @interfaceObject on OBJECT
directive @requires(fields: String!) on FIELD_DEFINITION
directive @provides(fields: String!) on FIELD_DEFINITION
directive @override(from: String!, label: String) on FIELD_DEFINITION
directive @shareable on FIELD_DEFINITION | OBJECT
directive @external on FIELD_DEFINITION | OBJECT
directive @inaccessible on FIELD_DEFINITION | ENUM_VALUE | OBJECT
`

// Graph returns the server of an open subgraph.
func (w *World) Graph(s *Subgraph) (*Graph, error) {
	g := &Graph{world: w, subgraph: s, sdl: w.SDL(s, "")}
	entities := g.entities()
	text := protocol + w.types(s)
	if s.fields[w.Query] != nil {
		text += "extend "
	}
	text += "type Query {\n  _service: _Service!\n"
	if len(entities) > 0 {
		text += "  _entities(representations: [_Any!]!): [_Entity]!\n"
	}
	text += "}\n"
	if len(entities) > 0 {
		text += "union _Entity = " + strings.Join(typeNames(entities), " | ") + "\n"
	}
	var err error
	g.schema, err = gqlparser.LoadSchema(&ast.Source{Name: s.Name, Input: text})
	s.graph = g
	return g, err
}

// entities are the object types of the subgraph that it can be asked for.
func (g *Graph) entities() (types []*Type) {
	for _, t := range append(slices.Clone(g.world.Entities), g.world.Abstract...) {
		keys := g.world.keysOf(g.subgraph, t, nil)
		if g.subgraph.knows(t) && slices.ContainsFunc(keys, func(k declaredKey) bool { return k.resolvable }) {
			types = append(types, t)
		}
	}
	return types
}

// SDL returns the schema as composition reads it.
func (g *Graph) SDL() string { return g.sdl }

// run runs an operation, or makes it fail if it is to fail in the way that queries can.
func (g *Graph) run(doc *ast.QueryDocument, variables map[string]any) (data any, errs gqlerror.List) {
	w := g.world
	op := doc.Operations[0]
	root := *w.root
	if op.Operation == ast.Mutation {
		root.Type = w.Mutation
		w.data.Lock()
		defer w.data.Unlock()
	} else {
		w.data.RLock()
		defer w.data.RUnlock()
	}
	x := &executor{source: g, schema: g.schema, doc: doc, variables: map[string]any{}}
	for _, def := range op.VariableDefinitions {
		v, ok := variables[def.Variable]
		if !ok && def.DefaultValue != nil {
			v, ok = x.literal(def.DefaultValue)
		}
		if ok {
			x.variables[def.Variable] = x.coerce(def.Type, v)
		}
	}
	data, ok := x.object(&root, []ast.SelectionSet{op.SelectionSet}, nil)
	if !ok {
		data = nil
	}
	for _, at := range x.errors {
		e := gqlerror.Errorf("there is a null, or nothing that fits")
		for _, part := range strings.Split(strings.TrimSuffix(at, "/"), "/") {
			if i, err := strconv.Atoi(part); err == nil {
				e.Path = append(e.Path, ast.PathIndex(i))
			} else {
				e.Path = append(e.Path, ast.PathName(part))
			}
		}
		errs = append(errs, e)
	}
	return data, errs
}

// spoil makes an answer one that has no data, or no data of one object.
func (f *Failure) spoil(data any) (any, gqlerror.List) {
	failed := gqlerror.Errorf("this fails")
	root, ok := data.(*ordered)
	if f.Kind == FailEntity && ok {
		for i, key := range root.keys {
			if list, ok := root.values[i].([]any); ok && len(list) > 0 && strings.HasPrefix(key, "_e") {
				list[0] = nil
				failed.Path = ast.Path{ast.PathName(key), ast.PathIndex(0)}
				return root, gqlerror.List{failed}
			}
		}
	}
	return nil, gqlerror.List{failed}
}

// complain notes that the gateway sent what it must not.
func (g *Graph) complain(format string, args ...any) {
	g.world.complain(g.subgraph.Name + ": " + fmt.Sprintf(format, args...))
}

// name is the type of an object in the subgraph's schema.
func (g *Graph) name(o *Object) string {
	if g.strange(o) {
		return g.world.shared.Name
	}
	if g.subgraph.knows(o.Type) || o.Type == g.world.Query || o.Type.Name == serviceType {
		return o.Type.Name
	}
	g.complain("it has an object of a type that it does not know: %s", o.Type.Name)
	return ""
}

const serviceType = "_Service"

// value answers a field.
func (g *Graph) value(x *executor, o *Object, f *ast.Field, args map[string]any, sets []ast.SelectionSet, path []string) any {
	switch {
	case f.Name == "_service":
		t := &Type{Name: serviceType, Fields: []*Field{{Name: "sdl"}}}
		return &Object{Type: t, Fields: map[string]any{"sdl": g.sdl}}
	case o.Type.Name == serviceType:
		return o.Fields[f.Name]
	case f.Name == "_entities":
		return g.find(x, args["representations"], sets)
	}
	def := o.Type.field(f.Name)
	if !g.has(o, def) {
		g.complain("it was asked for what it does not give: %s.%s", o.Type.Name, f.Name)
	}
	if def.How == Calc && !o.Missing {
		return calc(o, def, func(u *Use) string {
			text, _ := represented(o.representation, u, func(what string) {
				g.complain("%s.%s needs %s, and there is none of it in %s", o.Type.Name, f.Name, what, asText(o.representation))
			})
			return text
		})
	}
	v := g.world.resolve(o, def, args)
	brought := g.subgraph.provides[def]
	for _, u := range o.provided {
		if u.Field == def {
			brought = u.Sub
		}
	}
	return bring(v, brought)
}

// has reports whether the subgraph gives a field of an object at its place.
func (g *Graph) has(o *Object, f *Field) bool {
	s, w := g.subgraph, g.world
	if g.strange(o) {
		return s.gives(w.shared, w.shared.field(f.Name))
	}
	return s.gives(o.Type, f) || slices.ContainsFunc(o.provided, func(u *Use) bool {
		return u.Field == f && (u.On == nil || u.On == o.Type)
	})
}

// strange reports whether the subgraph does not know the type of an object, but an interface alone.
func (g *Graph) strange(o *Object) bool {
	return g.subgraph == g.world.stranger && slices.Contains(g.world.shared.Members, o.Type)
}

// bring makes copies of objects that know what is provided of them.
func bring(v any, provided FieldSet) any {
	if provided == nil {
		return v
	}
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = bring(item, provided)
		}
		return out
	case *Object:
		o := *v
		o.provided = provided
		return &o
	}
	return v
}

// find returns the objects that representations stand for.
func (g *Graph) find(x *executor, representations any, sets []ast.SelectionSet) any {
	list, _ := representations.([]any) //nolint:errcheck // a list by its type
	out := make([]any, len(list))
	seen := map[string]bool{}
	for i, r := range list {
		rep, _ := r.(map[string]any) //nolint:errcheck // nil has no members
		text := asText(rep)
		if seen[text] {
			g.world.repeated()
		}
		seen[text] = true
		if row := g.entity(x, rep, sets); row != nil {
			o := *row
			o.representation = rep
			out[i] = &o
		}
	}
	return out
}

// entity returns the row that a representation stands for, nil if there is none. What the representation has must be one
// key, and what the fields require that are asked for.
func (g *Graph) entity(x *executor, rep map[string]any, sets []ast.SelectionSet) *Object {
	w := g.world
	var t *Type
	for _, other := range g.entityTypes() {
		if other.Name == rep["__typename"] {
			t = other
		}
	}
	if t == nil {
		g.complain("it has no entity of the type of %s", asText(rep))
		return nil
	}
	var keys []declaredKey
	if t.abstract() {
		keys = []declaredKey{{plainSet([]*Field{t.field("id")}), true}}
	} else {
		keys = w.keysOf(g.subgraph, t, nil)
	}
	var row *Object
	var found [][]string // the names of the keys that it has
	for _, key := range keys {
		if own := key.fields.names(); key.resolvable && !slices.ContainsFunc(own, func(name string) bool { return rep[name] == nil && len(own) == 1 || !has(rep, name) }) {
			found = append(found, own)
			row = w.row(t.objects(), key.fields, rep)
		}
	}
	if found == nil {
		g.complain("nothing is found by what is in %s", asText(rep))
		return nil
	}
	of := t
	if row != nil && g.subgraph != w.stranger {
		of = row.Type
	}
	must, may := g.required(x, of, sets)
	beyond := func(key []string) bool {
		for name := range rep {
			if name != "__typename" && !slices.Contains(key, name) && !slices.Contains(may, name) {
				return true
			}
		}
		return false
	}
	if !slices.ContainsFunc(found, func(key []string) bool { return !beyond(key) }) {
		g.complain("there is more than a key, and what is required, in %s", asText(rep))
	}
	for _, name := range must {
		if !has(rep, name) {
			g.complain("%s is required and not in %s", name, asText(rep))
		}
	}
	if row == nil || row.Missing {
		return nil
	}
	return row
}

func has(m map[string]any, name string) bool {
	_, ok := m[name]
	return ok
}

// entityTypes are the types that representations can have: the interface too whose key the subgraph has.
func (g *Graph) entityTypes() []*Type {
	types := g.entities()
	if g.subgraph == g.world.home {
		types = append(types, g.world.shared)
	}
	return types
}

// row finds the object with a key.
func (w *World) row(types []*Type, key FieldSet, rep map[string]any) *Object {
	for _, t := range types {
		for _, row := range t.Rows {
			same := true
			for _, u := range key {
				want, _ := w.told(row, u)
				got, _ := represented(rep, u, func(string) { same = false })
				same = same && got == want
			}
			if same {
				return row
			}
		}
	}
	return nil
}

// required are the names of what the fields of an entity require that are asked for, and of what those require too that
// conditions leave out.
func (g *Graph) required(x *executor, t *Type, sets []ast.SelectionSet) (must, may []string) {
	asked := func(all bool) (names []string) {
		y := *x
		y.all = all
		c := &collected{fields: map[string][]*ast.Field{}}
		for _, set := range sets {
			y.collect(c, t.Name, set)
		}
		for _, key := range c.order {
			if f := t.field(c.fields[key][0].Name); f != nil {
				names = append(names, f.Uses.names()...)
			}
		}
		return names
	}
	return asked(false), asked(true)
}

func asText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
