package worlds

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Local is a subgraph in Go. It is to the gateway what gqlgen generates.
type Local struct {
	world    *World
	subgraph *Subgraph
	schema   *ast.Schema
	sdl      string
}

var _ graphql.ExecutableSchema = (*Local)(nil)

// Local returns the subgraph that is Go code; nil if the world has none.
func (w *World) Local() (*Local, error) {
	i := slices.IndexFunc(w.Subgraphs, func(s *Subgraph) bool { return s.Local })
	if i < 0 {
		return nil, nil //nolint:nilnil // most worlds have none
	}
	s := w.Subgraphs[i]
	l := &Local{world: w, subgraph: s, sdl: w.SDL(s, "")}
	var b strings.Builder
	b.WriteString("scalar _Any\ntype _Service { sdl: String! }\ndirective @key(fields: String!, resolvable: Boolean) repeatable on OBJECT\n" +
		"directive @requires(fields: String!) on FIELD_DEFINITION\n" +
		"directive @override(from: String!) on FIELD_DEFINITION\ndirective @shareable on FIELD_DEFINITION\ndirective @external on FIELD_DEFINITION\ndirective @inaccessible on FIELD_DEFINITION\n")
	var entities []string
	for _, t := range w.Entities {
		if s.knows(t) {
			entities = append(entities, t.Name)
		}
	}
	extend := "extend type Query {\n  _service: _Service!\n"
	if !s.knows(w.Query) {
		extend = strings.TrimPrefix(extend, "extend ")
	}
	if len(entities) > 0 {
		b.WriteString("union _Entity = " + strings.Join(entities, " | ") + "\n")
		extend += "  _entities(representations: [_Any!]!): [_Entity]!\n"
	}
	b.WriteString(extend + "}\n")
	_, types, _ := strings.Cut(l.sdl, federation)
	b.WriteString(types)
	var err error
	l.schema, err = gqlparser.LoadSchema(&ast.Source{Name: s.Name, Input: b.String()})
	return l, err
}

// Schema returns the schema with what federation adds to it.
func (l *Local) Schema() *ast.Schema { return l.schema }

// Complexity knows of nothing.
func (l *Local) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

// Exec runs the operation in the context.
func (l *Local) Exec(ctx context.Context) graphql.ResponseHandler {
	oc := graphql.GetOperationContext(ctx)
	return graphql.OneShot(l.run(ctx, oc.Doc, oc.Variables))
}

func (l *Local) run(ctx context.Context, doc *ast.QueryDocument, variables map[string]any) *graphql.Response {
	x := &executor{world: l.world, schema: l.schema, doc: doc, variables: variables}
	l.world.data.RLock()
	defer l.world.data.RUnlock()
	x.other = func(o *Object, f *ast.Field) (any, bool) {
		if f.Name == "_service" {
			t := &Type{Name: "_Service", Fields: []*Field{{Name: "sdl"}}}
			return &Object{Type: t, Fields: map[string]any{"sdl": l.sdl}}, true
		}
		if g := o.Type.field(f.Name); g != nil && g.How == Calc && !o.Missing {
			return calc(o, g, func(u *Deep) (any, error) { return required(o, u) }), true
		}
		return nil, false
	}
	x.entities = func(f *ast.Field, args map[string]any, sets []ast.SelectionSet, path []string) any {
		list, _ := args["representations"].([]any) //nolint:errcheck // by its type
		out := make([]any, len(list))
		for i, rep := range list {
			row, err := l.find(rep)
			if err != nil {
				graphql.AddError(ctx, gqlerror.Errorf("%v", err))
			}
			if row != nil {
				row = &Object{Type: row.Type, Fields: maps.Clone(row.Fields)}
				row.Fields[representation] = rep
				out[i], _ = x.complete(&ast.Type{NamedType: "_Entity"}, row, sets, append(slices.Clip(path), fmt.Sprint(i)))
			}
		}
		return out
	}
	data, ok := x.object(l.world.root, []ast.SelectionSet{doc.Operations[0].SelectionSet}, nil)
	if !ok {
		data = nil
	}
	r := &graphql.Response{Data: appendOrdered(nil, data)}
	for _, at := range x.errors {
		r.Errors = append(r.Errors, gqlerror.Errorf("null where nothing may be null: %s", at))
	}
	return r
}

// representation is the name under which an object has the representation that it was asked for by. It is no name of a
// field.
const representation = ""

// required takes a field out of an object's representation.
func required(o *Object, d *Deep) (any, error) {
	rep, _ := o.Fields[representation].(map[string]any) //nolint:errcheck // nil has no members
	v, ok := rep[d.Value.Name]
	if ok && d.Field != nil && v != nil {
		object, _ := v.(map[string]any) //nolint:errcheck // nil has no members
		v, ok = object[d.Field.Name]
	}
	if !ok {
		return nil, fmt.Errorf("%s is required, and not in the representation", d)
	}
	return v, nil
}

// find returns the row that a representation stands for.
func (l *Local) find(rep any) (*Object, error) {
	object, _ := rep.(map[string]any) //nolint:errcheck // nil has no members
	for _, t := range l.world.Entities {
		if t.Name != object["__typename"] {
			continue
		}
		for _, key := range t.Keys {
			if slices.ContainsFunc(key, func(k *Field) bool { return object[k.Name] == nil }) {
				continue
			}
			row := t.find(key, func(k *Field) any { return object[k.Name] })
			if row == nil || row.Missing {
				return nil, nil //nolint:nilnil // there is no such row, which is no error
			}
			return row, nil
		}
	}
	text, _ := json.Marshal(rep) //nolint:errchkjson // for a message
	return nil, fmt.Errorf("nothing can be found by %s", text)
}

// SDL returns the schema as composition reads it.
func (l *Local) SDL() string { return l.sdl }
