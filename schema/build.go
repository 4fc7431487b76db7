package schema

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema/join"
	"github.com/sluice-gateway/sluice/schema/merge"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// The prices of calls, in the planner's choice against 1 for a field.
const (
	priceCall  = 1000
	priceEach  = 500 // more, for an entrance that takes one object: there may be many
	priceLocal = 10
)

// builder makes the supergraph of the merged schema.
type builder struct {
	merged     *merge.Schema
	parts      []*part
	supergraph *Supergraph
	contexts   map[int]map[string][]*subgraph.Type // made by setters
	problems   problem.List
}

func newBuilder(merged *merge.Schema, parts []*part) *builder {
	joined := &join.Supergraph{Merged: merged}
	for _, p := range parts {
		joined.Graphs = append(joined.Graphs, join.Graph{Name: p.declared.Name, URL: p.url})
	}
	return &builder{merged: merged, parts: parts, supergraph: &Supergraph{Types: map[string]*Type{}, joined: joined}}
}

func (b *builder) report(pos *ast.Position, code, coordinate, format string, args ...any) {
	b.problems = append(b.problems, problem.At(pos, code, coordinate, format, args...))
}

func (b *builder) build() {
	api, err := apiSchema(b.merged)
	if err != nil {
		b.problems = append(b.problems, problem.Problem{Code: "INVALID_GRAPHQL", Message: fmt.Sprintf("The API schema is not valid: %v.", err)})
		return
	}
	b.supergraph.API, b.supergraph.Labels, b.supergraph.Guarded = api, labels(b.merged), guarded(b.merged)
	b.addTypes()
	for i, p := range b.parts {
		if p.kind == Connector {
			b.addConnectors(i, p)
		} else {
			b.addOpen(i, p)
		}
	}
	for _, e := range b.supergraph.Entrances {
		e.On.Entrances = append(e.On.Entrances, e)
	}
}

// addTypes makes the types and their fields, without entrances.
func (b *builder) addTypes() {
	sg := b.supergraph
	for _, def := range validator.PreludeDocument().Definitions {
		if def.Kind == ast.Scalar {
			sg.Types[def.Name] = &Type{Name: def.Name, Kind: ast.Scalar, Definition: def}
		}
	}
	for _, m := range b.merged.Types {
		sg.Types[m.Name] = &Type{Name: m.Name, Kind: m.Kind, Definition: m.Definition, Hidden: m.Hidden}
	}
	for _, m := range b.merged.Types {
		b.completeType(sg.Types[m.Name], m)
	}
	for _, t := range sg.Types {
		byName := func(a, b *Type) int { return cmp.Compare(a.Name, b.Name) }
		slices.SortFunc(t.Possible, byName)
		slices.SortFunc(t.Interfaces, byName)
	}
	sg.Query, sg.Mutation, sg.Subscription = sg.Types["Query"], sg.Types["Mutation"], sg.Types["Subscription"]
}

func (b *builder) completeType(t *Type, m *merge.Type) {
	sg := b.supergraph
	switch t.Kind {
	case ast.Object, ast.Interface, ast.InputObject:
		t.Fields = make(map[string]*Field, len(m.Fields))
		for _, f := range m.Fields {
			t.Fields[f.Name] = &Field{
				Parent: t, Name: f.Name, Type: f.Definition.Type, Named: sg.Types[f.Definition.Type.Name()],
				Args: f.Definition.Arguments, Hidden: f.Hidden,
			}
		}
	case ast.Enum:
		t.Values = make(map[string]bool, len(m.Values))
		for _, v := range m.Values {
			t.Values[v.Definition.Name] = !v.Hidden
		}
	case ast.Union:
		for _, name := range m.Definition.Types {
			t.Possible = append(t.Possible, sg.Types[name])
		}
	}
	if t.Kind == ast.Object {
		t.Possible = []*Type{t}
	}
	for _, name := range m.Definition.Interfaces {
		i := sg.Types[name]
		t.Interfaces = append(t.Interfaces, i)
		if t.Kind == ast.Object {
			i.Possible = append(i.Possible, t)
		}
	}
}

// addSource adds a source and gives it its id.
func (b *builder) addSource(s *Source) *Source {
	s.ID = len(b.supergraph.Sources)
	b.supergraph.Sources = append(b.supergraph.Sources, s)
	return s
}

// addEntrance adds an entrance, gives it its id and its price.
func (b *builder) addEntrance(e *Entrance) {
	e.ID = len(b.supergraph.Entrances)
	e.Price = priceCall
	switch {
	case e.Source.Kind == Local || e.Virtual:
		e.Price = priceLocal
	case e.Batch == 1 && e.Needs != nil:
		e.Price += priceEach
	}
	b.supergraph.Entrances = append(b.supergraph.Entrances, e)
}
