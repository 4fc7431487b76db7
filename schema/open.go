package schema

import (
	"cmp"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/merge"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// addOpen adds the source of a subgraph that answers any selection of its own schema, with an entrance on each root
// type and one for each resolvable key.
func (b *builder) addOpen(index int, p *part) {
	s := b.addSource(&Source{
		Name: p.declared.Name, Subgraph: p.declared.Name, Kind: p.kind, URL: p.url, Open: &Open{Types: map[*Type]*OpenType{}},
	})
	members := b.members(p.declared)
	for _, decl := range p.declared.Types {
		t := b.supergraph.Types[decl.Name]
		if decl.Composite() {
			o := b.openType(index, decl)
			o.Members = members[decl.Name]
			s.Open.Types[t] = o
		}
		if subgraph.IsRoot(t.Name) && len(decl.Fields) > 0 {
			b.addEntrance(&Entrance{Source: s, On: t})
		}
	}
	for _, decl := range p.declared.Types {
		t := b.supergraph.Types[decl.Name]
		if o := s.Open.Types[t]; decl.Kind == ast.Interface && len(o.Members) == 0 {
			continue // no entity is of this type there
		}
		var seen []string
		for _, k := range decl.Keys {
			if !k.Resolvable || slices.Contains(seen, k.Fields.Text) {
				continue
			}
			seen = append(seen, k.Fields.Text)
			needs, wrong := b.selection(t, k.Fields.Selections)
			if wrong != "" {
				b.report(k.Fields.Position, "KEY_INVALID_FIELDS", decl.Name, "The key %q of %s is not valid in the supergraph: %s", k.Fields.Text, decl.Name, wrong)
				continue
			}
			b.addEntrance(&Entrance{Source: s, On: t, Needs: needs})
		}
	}
	if p.kind == Remote {
		b.addLookups(s, p.declared)
	}
}

// members returns the object types that a subgraph can return for each of its abstract types, sorted by name.
func (b *builder) members(declared *subgraph.Schema) map[string][]*Type {
	members := map[string][]*Type{}
	for _, decl := range declared.Types {
		switch decl.Kind {
		case ast.Union:
			for _, m := range decl.Members {
				members[decl.Name] = append(members[decl.Name], b.supergraph.Types[declared.Rename(m.Name)])
			}
		case ast.Object:
			for _, i := range decl.Interfaces {
				members[i.Name] = append(members[i.Name], b.supergraph.Types[decl.Name])
			}
		}
	}
	for _, list := range members {
		slices.SortFunc(list, func(a, b *Type) int { return cmp.Compare(a.Name, b.Name) })
	}
	return members
}

func (b *builder) openType(index int, decl *subgraph.Type) *OpenType {
	t := b.supergraph.Types[decl.Name]
	o := &OpenType{Fields: map[string]*OpenField{}, InterfaceObject: decl.InterfaceObject}
	for _, f := range decl.Fields {
		in := fieldIn(b.merged, index, decl.Name, f.Name)
		if in == nil {
			continue // overridden, and used for nothing here
		}
		o.Fields[f.Name] = b.openField(t, in)
	}
	return o
}

func (b *builder) openField(t *Type, in *merge.FieldIn) *OpenField {
	decl := in.Decl
	f := &OpenField{Type: decl.Type, External: !in.Resolved(), Label: in.Label, LabelOn: in.LabelOn, Contextual: b.contextual(in)}
	if decl.Requires != nil {
		sel, wrong := b.selection(t, decl.Requires.Selections)
		if wrong != "" {
			b.report(decl.Requires.Position, "REQUIRES_INVALID_FIELDS", decl.Coordinate(), "The fields %q that %s requires are not valid in the supergraph: %s", decl.Requires.Text, decl.Coordinate(), wrong)
		}
		f.Requires = sel
	}
	if decl.Provides != nil {
		sel, wrong := b.selection(b.supergraph.Types[decl.Type.Name()], decl.Provides.Selections)
		if wrong != "" {
			b.report(decl.Provides.Position, "PROVIDES_INVALID_FIELDS", decl.Coordinate(), "The fields %q that %s provides are not valid in the supergraph: %s", decl.Provides.Text, decl.Coordinate(), wrong)
		} else {
			f.Provides = providedShape(sel)
		}
	}
	return f
}

// providedShape makes the shape of a @provides: what it lists, on top of what the source resolves anyway.
func providedShape(sel *Selection) *Shape {
	s := &Shape{Fields: providedFields(sel.Fields), Open: true}
	for _, on := range sel.On {
		if s.On == nil {
			s.On = map[*Type]*Shape{}
		}
		s.On[on.Type] = &Shape{Fields: providedFields(on.Fields), Open: true}
	}
	return s
}

func providedFields(fields []*Select) map[string]*Shape {
	out := make(map[string]*Shape, len(fields))
	for _, f := range fields {
		switch {
		case f.Field == nil: // __typename comes with everything
		case f.Sub == nil:
			out[f.Name] = nil
		default:
			out[f.Name] = providedShape(f.Sub)
		}
	}
	return out
}
