package merge

import (
	"cmp"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// Assemble makes the schema of types that were merged elsewhere. It puts them in order, makes them and their fields known
// by name, and completes their definitions, in which fields and enum values are missing so far. It checks nothing: the
// caller has made sure that no two types have one name, nor two fields of a type.
func Assemble(subgraphs []*subgraph.Schema, types []*Type) *Schema {
	s := &Schema{Subgraphs: subgraphs, Types: types, byName: make(map[string]*Type, len(types))}
	slices.SortFunc(types, func(a, b *Type) int {
		return cmp.Or(cmp.Compare(rank(a.Name), rank(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	for _, t := range types {
		s.byName[t.Name] = t
		t.fields = make(map[string]*Field, len(t.Fields))
		for _, f := range t.Fields {
			f.Parent, t.fields[f.Name] = t, f
		}
		t.complete()
	}
	return s
}

// OperationDirective returns the definition of a directive as clients use it: with the locations in operations alone. It
// is nil for one that has no such location, or is GraphQL's own.
func OperationDirective(d *ast.DirectiveDefinition) *ast.DirectiveDefinition {
	if builtin(d.Name) {
		return nil
	}
	def := *d
	def.Locations = slices.DeleteFunc(slices.Clone(d.Locations), func(l ast.DirectiveLocation) bool { return !executable(l) })
	if len(def.Locations) == 0 {
		return nil
	}
	def.Arguments, def.Directives = make(ast.ArgumentDefinitionList, 0, len(d.Arguments)), nil
	for _, a := range d.Arguments {
		arg := *a
		arg.Directives = nil
		def.Arguments = append(def.Arguments, &arg)
	}
	return &def
}

// Add returns the schema with the types of another one. Only root types may be in both.
func (s *Schema) Add(other *Schema) (*Schema, problem.List) {
	var problems problem.List
	types := slices.Clone(s.Types)
	taken := func(pos *ast.Position, coordinate string) {
		problems = append(problems, problem.At(pos, "INVALID_FIELD_SHARING", coordinate, "%s is in the supergraph already, and cannot be added to it.", coordinate))
	}
	for _, t := range other.Types {
		t = t.moved(len(s.Subgraphs))
		at := slices.IndexFunc(types, func(o *Type) bool { return o.Name == t.Name })
		switch {
		case at < 0:
			types = append(types, t)
			continue
		case !subgraph.IsRoot(t.Name):
			taken(t.Definition.Position, t.Name)
			continue
		}
		root := *types[at]
		root.In, root.Fields = slices.Concat(root.In, t.In), slices.Clone(root.Fields)
		for _, f := range t.Fields {
			if root.fields[f.Name] != nil {
				taken(f.Definition.Position, f.Coordinate())
				continue
			}
			root.Fields = append(root.Fields, f)
		}
		def := *root.Definition
		root.Definition, types[at] = &def, &root
	}
	for i, t := range types { // definitions are completed again
		c, def := *t, *t.Definition
		def.Fields, def.EnumValues = nil, nil
		c.Definition, types[i] = &def, &c
	}
	sum := Assemble(slices.Concat(s.Subgraphs, other.Subgraphs), types)
	sum.Directives, sum.Features = s.Directives, s.Features
	return sum, problems
}

// moved returns a type with the numbers of its subgraphs moved up.
func (t *Type) moved(by int) *Type {
	m := *t
	m.In, m.Fields, m.Values = slices.Clone(t.In), slices.Clone(t.Fields), slices.Clone(t.Values)
	for i := range m.In {
		m.In[i].Subgraph += by
	}
	for i, f := range m.Fields {
		c := *f
		c.In = slices.Clone(f.In)
		for j := range c.In {
			c.In[j].Subgraph += by
		}
		m.Fields[i] = &c
	}
	for i, v := range m.Values {
		c := *v
		c.In = slices.Clone(v.In)
		for j := range c.In {
			c.In[j] += by
		}
		m.Values[i] = &c
	}
	return &m
}
