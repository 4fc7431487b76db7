package merge

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// resolver is a subgraph that resolves a field.
type resolver struct {
	subgraph int
	decl     *subgraph.Field
	label    string // of a progressive override
	labelOn  bool
}

// resolvers returns who resolves a field of an object type, interface objects that stand in for it included.
func (m *merger) resolvers(f *Field) []resolver {
	var out []resolver
	for _, in := range f.In {
		if in.Resolved() {
			out = append(out, resolver{in.Subgraph, in.Decl, in.Label, in.LabelOn})
		}
	}
	for _, name := range f.Parent.Definition.Interfaces {
		i := m.schema.byName[name]
		if i == nil {
			continue
		}
		for _, in := range i.In {
			if !in.Decl.InterfaceObject {
				continue
			}
			if decl := in.Decl.Field(f.Name); decl != nil && !decl.External {
				out = append(out, resolver{subgraph: in.Subgraph, decl: decl})
			}
		}
	}
	return out
}

// checkSharing verifies that fields which several subgraphs resolve are meant to be shared.
func (m *merger) checkSharing() {
	for _, t := range m.schema.Types {
		if t.Kind != ast.Object {
			continue
		}
		for _, f := range t.Fields {
			for _, res := range together(m.resolvers(f)) {
				if len(res) > 1 && !m.checkShareable(f, res) {
					break
				}
				m.checkRuntimeTypes(f, res)
			}
		}
	}
}

// together returns who resolves a field in one request: with labels, that differs by whether they are on or off.
func together(res []resolver) [][]resolver {
	labelled := func(on bool) []resolver {
		return slices.DeleteFunc(slices.Clone(res), func(r resolver) bool { return r.label != "" && r.labelOn != on })
	}
	on, off := labelled(true), labelled(false)
	if len(on) == len(res) {
		return [][]resolver{res}
	}
	return [][]resolver{on, off}
}

// checkShareable reports whether the subgraphs that resolve a field mean to share it.
func (m *merger) checkShareable(f *Field, res []resolver) bool {
	if f.Parent.Name == "Subscription" {
		m.report(res[1].decl.Position, "INVALID_FIELD_SHARING", f.Coordinate(), "%s is resolved by the subgraphs %s and %s, but fields of subscriptions cannot be shared.",
			f.Coordinate(), m.at(res[0].subgraph, res[0].decl.Position), m.at(res[1].subgraph, res[1].decl.Position))
		return false
	}
	shared := true
	for _, r := range res {
		if r.decl.Shareable {
			continue
		}
		other := res[0]
		if other == r {
			other = res[1]
		}
		m.report(r.decl.Position, "INVALID_FIELD_SHARING", f.Coordinate(), "%s is resolved by subgraph %s too: mark it @shareable in both, make it part of a @key, or resolve it in one of them alone.",
			f.Coordinate(), m.at(other.subgraph, other.decl.Position))
		shared = false
	}
	return shared
}

// checkRuntimeTypes verifies that the subgraphs which share a field of abstract type have some object type in common.
func (m *merger) checkRuntimeTypes(f *Field, res []resolver) {
	if t := m.schema.byName[f.Definition.Type.Name()]; t == nil || t.Kind != ast.Interface && t.Kind != ast.Union {
		return
	}
	var common map[string]bool
	for i, r := range res {
		types := m.runtimeTypes(r)
		if types == nil {
			return
		}
		if common == nil {
			common = types
		}
		maps.DeleteFunc(common, func(name string, _ bool) bool { return !types[name] })
		if i > 0 && len(common) == 0 {
			m.report(r.decl.Position, "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES", f.Coordinate(), "%s is shared, but no object type can be its value both here and in subgraph %s.",
				f.Coordinate(), m.at(res[0].subgraph, res[0].decl.Position))
			return
		}
	}
}

// runtimeTypes returns the object types that a subgraph can return for a field; nil if it does not know them.
func (m *merger) runtimeTypes(r resolver) map[string]bool {
	s := m.schema.Subgraphs[r.subgraph]
	t := s.Type(r.decl.Type.Name())
	switch {
	case t == nil || t.InterfaceObject:
		return nil
	case t.Kind == ast.Object:
		return map[string]bool{t.Name: true}
	}
	out := map[string]bool{}
	for _, member := range t.Members {
		out[s.Rename(member.Name)] = true
	}
	for _, o := range s.Types {
		if o.Kind == ast.Object && o.Implements(t.Name) {
			out[o.Name] = true
		}
	}
	return out
}

// addInterfaceObjectFields gives object types the fields that interface objects contribute to their interfaces.
func (m *merger) addInterfaceObjectFields() {
	for _, t := range m.schema.Types {
		if t.Kind != ast.Object {
			continue
		}
		for _, name := range t.Definition.Interfaces {
			i := m.schema.byName[name]
			if i == nil {
				continue
			}
			for _, f := range i.Fields {
				if t.fields[f.Name] != nil || !contributed(i, f) {
					continue
				}
				def := *f.Definition
				added := &Field{Parent: t, Name: f.Name, Definition: &def, Args: f.Args, Hidden: f.Hidden, Tags: f.Tags}
				t.fields[f.Name] = added
				t.Fields = append(t.Fields, added)
			}
		}
	}
}

// contributed reports whether an interface object resolves the field of an interface.
func contributed(i *Type, f *Field) bool {
	for _, in := range i.In {
		if in.Decl.InterfaceObject && in.Decl.Field(f.Name) != nil {
			return true
		}
	}
	return false
}

// checkInterfaceObjects verifies that an interface object has a real interface elsewhere, and that subgraphs with
// a key on an interface know all its implementations: they are asked for objects of any of them.
func (m *merger) checkInterfaceObjects() {
	for _, t := range m.schema.Types {
		if t.Kind != ast.Interface {
			continue
		}
		var object, real, keyed *TypeIn
		for i := range t.In {
			in := &t.In[i]
			switch {
			case in.Decl.InterfaceObject:
				object = in
				m.checkNoImplementations(t, *in)
			case len(in.Decl.Keys) > 0:
				keyed = in
				m.checkAllImplementations(t, *in)
			default:
				real = in
			}
		}
		if object == nil {
			continue
		}
		for _, in := range t.In {
			if in.Decl.OldKey {
				m.report(in.Decl.Position, "INTERFACE_OBJECT_USAGE_ERROR", t.Name, "Interface %q is an @interfaceObject type in subgraph %s, so its @key needs federation 2 here: link it.", t.Name, m.at(object.Subgraph, object.Decl.Position))
			}
		}
		if keyed != nil {
			continue
		}
		// Without a key of the interface its objects can still be entered by their own: what cannot be had is told later.
		if real == nil {
			m.report(object.Decl.Position, "INTERFACE_OBJECT_USAGE_ERROR", t.Name, "Type %q has @interfaceObject in every subgraph: some subgraph must define it as an interface.", t.Name)
		}
	}
}

func (m *merger) checkNoImplementations(t *Type, in TypeIn) {
	for _, o := range m.schema.Subgraphs[in.Subgraph].Types {
		if other := m.schema.byName[o.Name]; other != nil && slices.Contains(other.Definition.Interfaces, t.Name) && o.Kind == ast.Object {
			m.report(o.Position, "INTERFACE_OBJECT_USAGE_ERROR", o.Name, "Type %q implements %q, so it cannot be in a subgraph where %q is an @interfaceObject type.", o.Name, t.Name, t.Name)
		}
	}
}

func (m *merger) checkAllImplementations(t *Type, in TypeIn) {
	s := m.schema.Subgraphs[in.Subgraph]
	for _, o := range m.schema.Types {
		if o.Kind != ast.Object || !slices.Contains(o.Definition.Interfaces, t.Name) {
			continue
		}
		if own := s.Type(o.Name); own == nil || !own.Implements(t.Name) {
			m.report(in.Decl.Position, "INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE", t.Name, "Interface %q has a @key in subgraph %q, so that subgraph must define all its implementations, but %q is missing.", t.Name, s.Name, o.Name)
		}
	}
}

// checkImplementations verifies that merged types have what their merged interfaces promise.
func (m *merger) checkImplementations() {
	for _, t := range m.schema.Types {
		if t.Kind != ast.Object && t.Kind != ast.Interface {
			continue
		}
		for _, name := range t.Definition.Interfaces {
			i := m.schema.byName[name]
			if i == nil || i.Kind != ast.Interface {
				continue
			}
			for _, f := range i.Fields {
				own := t.fields[f.Name]
				switch {
				case own == nil:
					in := f.In[0]
					m.report(t.Definition.Position, "INTERFACE_FIELD_NO_IMPLEM", t.Name, "Interface field %s, of subgraph %s, is not implemented by %q in any subgraph.", f.Coordinate(), m.at(in.Subgraph, in.Decl.Position), t.Name)
				case !m.subtype(own.Definition.Type, f.Definition.Type):
					m.report(own.Definition.Position, "INTERFACE_FIELD_NO_IMPLEM", own.Coordinate(), "%s is of type %s, but interface field %s is of type %s.", own.Coordinate(), own.Definition.Type, f.Coordinate(), f.Definition.Type)
				}
			}
		}
	}
}

// checkQuery verifies that there is something to ask for.
func (m *merger) checkQuery() {
	if q := m.schema.byName["Query"]; q == nil || len(q.Fields) == 0 {
		m.report(nil, "NO_QUERIES", "Query", "No subgraph has a field of the root type Query.")
	}
	for _, name := range []string{"Mutation", "Subscription"} {
		if t := m.schema.byName[name]; t != nil && len(t.Fields) == 0 {
			delete(m.schema.byName, name)
			m.schema.Types = slices.DeleteFunc(m.schema.Types, func(other *Type) bool { return other == t })
		}
	}
}
