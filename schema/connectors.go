package schema

import (
	"cmp"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/schema/merge"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// addConnectors adds a source for each connector of a subgraph, and the entrances through which it gives its fields.
func (b *builder) addConnectors(index int, p *part) {
	for _, c := range p.connectors.Connectors {
		t := b.supergraph.Types[p.declared.Rename(c.Type)]
		if t == nil {
			continue // the subgraph lost the type, which has been reported
		}
		var entrances []*Entrance
		if c.Field == "" {
			entrances = b.typeConnector(index, c, t)
		} else {
			entrances = b.fieldConnector(index, c, t)
		}
		entrances = slices.DeleteFunc(entrances, func(e *Entrance) bool { return len(e.Gives.Fields)+len(e.Gives.On) == 0 })
		if len(entrances) == 0 {
			continue // nobody can ask it for anything
		}
		s := b.addSource(&Source{
			Name: p.declared.Name + ":" + c.Coordinate, Subgraph: p.declared.Name, Kind: Connector, Bind: c,
		})
		for _, e := range entrances {
			e.Source, e.Bind = s, c
			e.Virtual = c.Target == nil
			b.addEntrance(e)
		}
	}
}

// typeConnector makes the entrance of a connector on a type. One that reads nothing of the object has none: it would
// not matter which object it is asked for.
func (b *builder) typeConnector(index int, c *connect.Connector, t *Type) []*Entrance {
	needs := b.connectorNeeds(c, t)
	if needs == nil {
		return nil
	}
	e := &Entrance{On: t, Needs: needs, Gives: b.shape(index, t, t, c.Gives), Batch: 1}
	if c.Batch {
		e.Batch = c.MaxSize
	}
	return []*Entrance{e}
}

// fieldConnector makes the entrance of a connector on a field and, if it finds entities, that on their type.
func (b *builder) fieldConnector(index int, c *connect.Connector, t *Type) []*Entrance {
	field := t.Fields[c.Field]
	if field == nil || !resolves(b.merged, index, t.Name, c.Field) {
		return nil // another subgraph has taken the field over
	}
	value := b.shape(index, field.Named, b.localType(index, field), c.Gives)
	e := &Entrance{On: t, Field: field, Gives: &Shape{Fields: map[string]*Shape{field.Name: value}}, Batch: 1}
	if !subgraph.IsRoot(t.Name) {
		if e.Needs = b.connectorNeeds(c, t); e.Needs == nil {
			return nil
		}
	}
	entrances := []*Entrance{e}
	if c.Entity && value != nil {
		if needs := b.connectorNeeds(c, field.Named); needs != nil {
			entrances = append(entrances, &Entrance{On: field.Named, Needs: needs, Gives: value, Batch: 1})
		}
	}
	return entrances
}

// connectorNeeds returns what a connector reads of the object it is asked for; nil if that is nothing.
func (b *builder) connectorNeeds(c *connect.Connector, t *Type) *Selection {
	if c.Needs == "" {
		return nil
	}
	set, wrong := subgraph.ParseFieldSet(c.Needs)
	if wrong != "" {
		b.report(c.Position, "CONNECTORS_CANNOT_RESOLVE_KEY", c.Coordinate, "The fields that the connector reads cannot be formed: %s", wrong)
		return nil
	}
	sel, wrong := b.selection(t, set)
	if wrong != "" {
		b.report(c.Position, "CONNECTORS_CANNOT_RESOLVE_KEY", c.Coordinate, "The fields that the connector reads cannot be formed: %s", wrong)
		return nil
	}
	return sel
}

// localType returns the type of a field as a subgraph declares it, which may be narrower than the supergraph's.
func (b *builder) localType(index int, f *Field) *Type {
	declared := b.merged.Subgraphs[index].Field(f.Parent.Name, f.Name)
	if declared == nil {
		return f.Named
	}
	return b.supergraph.Types[declared.Type.Name()]
}

// shape makes the closed shape of a connector's output for a value of type t, which the subgraph declares as local.
// Fields that another subgraph has taken over are not in it.
func (b *builder) shape(index int, t, local *Type, out *connect.Output) *Shape {
	if !t.Composite() {
		return nil
	}
	s := &Shape{Fields: map[string]*Shape{}}
	if out == nil || local == nil {
		return s // nothing, which is not the same as an open shape
	}
	fields := b.shapeFields(index, local, out)
	for name, sub := range fields {
		if t.Fields[name] != nil {
			s.Fields[name] = sub
		}
	}
	if t.Abstract() && local.Kind == ast.Object {
		s.On, s.Only = map[*Type]*Shape{local: {Fields: fields}}, local
		return s
	}
	for _, name := range slices.Sorted(maps.Keys(out.On)) {
		o := b.supergraph.Types[name]
		if o == nil || o.Kind != ast.Object {
			continue
		}
		if s.On == nil {
			s.On = map[*Type]*Shape{}
		}
		s.On[o] = &Shape{Fields: b.shapeFields(index, o, out.On[name])}
	}
	// A field that was taken over on one of the object types cannot be had of the interface.
	maps.DeleteFunc(s.Fields, func(name string, _ *Shape) bool {
		for _, part := range s.On {
			if _, ok := part.Fields[name]; !ok {
				return true
			}
		}
		return false
	})
	return s
}

func (b *builder) shapeFields(index int, t *Type, out *connect.Output) map[string]*Shape {
	fields := map[string]*Shape{}
	if out == nil {
		return fields
	}
	for name, sub := range out.Fields {
		f := t.Fields[name]
		if f == nil || overridden(b.merged, index, t.Name, name) {
			continue
		}
		fields[name] = b.shape(index, f.Named, b.localType(index, f), sub)
	}
	return fields
}

// resolves reports whether a subgraph resolves a field.
func resolves(m *merge.Schema, index int, typ, field string) bool {
	in := fieldIn(m, index, typ, field)
	return in != nil && in.Resolved()
}

// overridden reports whether a subgraph declares a field that another subgraph has taken over. It then stands in the
// merged schema as overridden, or no more at all.
func overridden(m *merge.Schema, index int, typ, field string) bool {
	if in := fieldIn(m, index, typ, field); in != nil {
		return in.Overridden
	}
	return m.Subgraphs[index].Field(typ, field) != nil
}

func fieldIn(m *merge.Schema, index int, typ, field string) *merge.FieldIn {
	t := m.Type(typ)
	if t == nil {
		return nil
	}
	f := t.Field(field)
	if f == nil {
		return nil
	}
	i, ok := slices.BinarySearchFunc(f.In, index, func(in merge.FieldIn, index int) int { return cmp.Compare(in.Subgraph, index) })
	if !ok {
		return nil
	}
	return &f.In[i]
}
