package join

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/merge"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// owned notes the one subgraph that has a field of an entity where the first version of the join specification names none:
// the type's owner. It returns false if the type has no owner.
func (r *reader) owned(t *subgraph.Type, m *merge.Type, f *subgraph.Field, field *merge.Field) bool {
	for _, d := range r.directives(t) {
		if r.is(d.Name) != "join.owner" {
			continue
		}
		owner, ok := r.needGraph(d, t.Name)
		if !ok {
			return true
		}
		for _, in := range m.In {
			if in.Subgraph == owner && r.fact() {
				r.declareField(in, f, field)
				return true
			}
		}
		r.lacksType(d, t.Name, owner, t.Name)
		return true
	}
	return false
}

// completeFirst adds what supergraphs of the first version do not say: that subgraphs which extend an entity have the
// fields of its keys, and declare those that they require or provide.
func (r *reader) completeFirst() {
	c := &completion{reader: r, merged: map[string]*merge.Type{}, fields: map[*merge.Type]map[string]*merge.Field{}}
	for _, m := range r.types {
		c.merged[m.Name] = m
	}
	for _, m := range r.types {
		for _, in := range m.In {
			for _, k := range in.Decl.Keys {
				c.add(in.Subgraph, m, k.Fields.Selections, false)
			}
		}
		for _, f := range m.Fields {
			for _, in := range slices.Clone(f.In) { // adding changes the list
				if in.Decl.Requires != nil {
					c.add(in.Subgraph, m, in.Decl.Requires.Selections, true)
				}
				if of := c.merged[f.Definition.Type.Name()]; in.Decl.Provides != nil && of != nil {
					c.add(in.Subgraph, of, in.Decl.Provides.Selections, true)
				}
			}
		}
	}
}

type completion struct {
	*reader
	merged map[string]*merge.Type
	fields map[*merge.Type]map[string]*merge.Field // made by field
}

// add declares the fields of a field set in a subgraph, where it has the types.
func (c *completion) add(i int, m *merge.Type, set ast.SelectionSet, external bool) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.InlineFragment:
			on := m
			if sel.TypeCondition != "" {
				on = c.merged[sel.TypeCondition]
			}
			if on != nil {
				c.add(i, on, sel.SelectionSet, external)
			}
		case *ast.Field:
			f := c.field(m, sel.Name)
			if f == nil {
				continue // reported where the field set is read
			}
			c.declareIn(i, m, f, external)
			if of := c.merged[f.Definition.Type.Name()]; of != nil {
				c.add(i, of, sel.SelectionSet, external)
			}
		}
	}
}

func (c *completion) field(m *merge.Type, name string) *merge.Field {
	fields := c.fields[m]
	if fields == nil {
		fields = make(map[string]*merge.Field, len(m.Fields))
		for _, f := range m.Fields {
			fields[f.Name] = f
		}
		c.fields[m] = fields
	}
	return fields[name]
}

func (c *completion) declareIn(i int, m *merge.Type, f *merge.Field, external bool) {
	if c.declaredField(c.graphs[i], f) != nil {
		return
	}
	plain := c.plain.Type(m.Name)
	for _, in := range m.In {
		if in.Subgraph == i && c.fact() {
			c.declareField(in, plain.Field(f.Name), f).Decl.External = external
			slices.SortFunc(f.In, func(a, b merge.FieldIn) int { return a.Subgraph - b.Subgraph })
			return
		}
	}
}
