package merge

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// mergeFields merges the fields of an object type or interface.
func (m *merger) mergeFields(t *Type) {
	m.gatherFields(t)
	for _, f := range t.Fields {
		m.applyOverrides(f)
		m.mergeOutputType(f)
		m.mergeArguments(f)
		m.checkExternals(f)
	}
}

// gatherFields finds the declarations of each field and merges what is the same for all kinds of field.
func (m *merger) gatherFields(t *Type) {
	for _, in := range t.In {
		for _, decl := range in.Decl.Fields {
			f := t.fields[decl.Name]
			if f == nil {
				f = &Field{Parent: t, Name: decl.Name, Definition: &ast.FieldDefinition{Name: decl.Name, Position: decl.Position}}
				t.fields[decl.Name] = f
				t.Fields = append(t.Fields, f)
			}
			f.In = append(f.In, FieldIn{Subgraph: in.Subgraph, Decl: decl})
			f.Hidden = f.Hidden || decl.Inaccessible
			f.Tags = unite(f.Tags, decl.Tags)
			if f.Definition.Description == "" {
				f.Definition.Description = decl.Description
			}
			f.Definition.Directives = keep(f.Definition.Directives, decl.Kept)
		}
	}
	for _, f := range t.Fields {
		f.Carried = mergeCarried(f.carriedOf()...)
	}
}

// applyOverrides marks the declarations that another subgraph has taken over.
func (m *merger) applyOverrides(f *Field) {
	for at := range f.In {
		taker := &f.In[at]
		in := *taker
		o := in.Decl.Override
		if o == nil {
			continue
		}
		from, known := m.names[o.From]
		if !known {
			continue // overriding from a subgraph that is gone is how a migration ends
		}
		for i := range f.In {
			other := &f.In[i]
			if other.Subgraph != from || other.Subgraph == in.Subgraph {
				continue
			}
			switch d := other.Decl; {
			case d.Override != nil:
				m.report(o.Position, "OVERRIDE_SOURCE_HAS_OVERRIDE", f.Coordinate(), "%s is overridden from subgraph %q, which overrides it itself.", f.Coordinate(), o.From)
			case d.External: // it does not resolve the field anyway
			case d.Requires != nil || d.Provides != nil:
				m.report(o.Position, "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", f.Coordinate(), "%s cannot be overridden from subgraph %s, where it has @requires or @provides.", f.Coordinate(), m.at(other.Subgraph, d.Position))
			case o.Label != "":
				f.In[i].Label = o.Label
				taker.Label, taker.LabelOn = o.Label, true
			default:
				other.Overridden = true
			}
		}
		for _, t := range m.standIns(f) {
			if t.Subgraph == from {
				m.report(o.Position, "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", f.Coordinate(), "%s cannot be overridden from the @interfaceObject type of subgraph %q.", f.Coordinate(), o.From)
			}
		}
	}
	// An overridden field that nothing in its subgraph uses is as good as removed there.
	f.In = slices.DeleteFunc(f.In, func(in FieldIn) bool {
		return in.Overridden && !m.schema.Subgraphs[in.Subgraph].Used(in.Decl)
	})
}

// standIns returns the interface objects that resolve a field for all objects of an interface.
func (m *merger) standIns(f *Field) []TypeIn {
	var out []TypeIn
	for _, name := range append([]string{f.Parent.Name}, f.Parent.Definition.Interfaces...) {
		if t := m.schema.byName[name]; t != nil {
			for _, in := range t.In {
				if in.Decl.InterfaceObject && in.Decl.Field(f.Name) != nil {
					out = append(out, in)
				}
			}
		}
	}
	return out
}

// mergeOutputType takes the widest of the declared types.
func (m *merger) mergeOutputType(f *Field) {
	var first *FieldIn
	for i := range f.In {
		in := &f.In[i]
		if in.Decl.External {
			continue
		}
		if first == nil {
			first, f.Definition.Type = in, in.Decl.Type
			continue
		}
		switch a, b := f.Definition.Type, in.Decl.Type; {
		case m.subtype(b, a):
		case m.subtype(a, b):
			f.Definition.Type = b
		default:
			m.mismatch(f, *first, *in, "FIELD_TYPE_MISMATCH")
		}
	}
	if first == nil {
		in := f.In[0]
		f.Definition.Type = in.Decl.Type
		m.report(in.Decl.Position, "EXTERNAL_MISSING_ON_BASE", f.Coordinate(), "%s is @external in all subgraphs that have it, so none resolves it.", f.Coordinate())
	}
}

func (m *merger) mismatch(f *Field, a, b FieldIn, code string) {
	m.report(b.Decl.Position, code, f.Coordinate(), "%s has the type %s in subgraph %s, but %s in subgraph %s.", f.Coordinate(),
		b.Decl.Type, m.at(b.Subgraph, b.Decl.Position), a.Decl.Type, m.at(a.Subgraph, a.Decl.Position))
}

// mergeArguments keeps the arguments that every subgraph knows which resolves the field.
func (m *merger) mergeArguments(f *Field) {
	var in []FieldIn
	for _, d := range f.In {
		if d.Resolved() {
			in = append(in, d)
		}
	}
	if len(in) == 0 {
		in = f.In
	}
	for _, name := range argumentNames(in) {
		var decls []*subgraph.Argument
		var missing *FieldIn
		var contextual *FieldIn
		var required *subgraph.Argument
		for i, d := range in {
			a := d.Decl.Arg(name)
			switch {
			case a != nil && a.Context != nil:
				contextual = &in[i]
				continue
			case a == nil:
				missing = &in[i]
				continue
			case a.Required() && required == nil:
				required = a
			}
			decls = append(decls, a)
		}
		if contextual != nil {
			if required != nil {
				m.report(required.Position, "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS", argCoordinate(f, name), "Argument %s is required here, but subgraph %s fills it from a context, so clients do not give it.",
					argCoordinate(f, name), m.at(contextual.Subgraph, contextual.Decl.Position))
			}
			continue
		}
		if missing != nil {
			if required != nil {
				m.report(required.Position, "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH", argCoordinate(f, name), "Argument %s is required here, but subgraph %s does not have it.",
					argCoordinate(f, name), m.at(missing.Subgraph, missing.Decl.Position))
			}
			continue
		}
		f.Args = append(f.Args, m.mergeArgument(f, decls))
	}
}

func argCoordinate(f *Field, name string) string { return f.Coordinate() + "(" + name + ":)" }

func argumentNames(in []FieldIn) []string {
	var names []string
	for _, d := range in {
		for _, a := range d.Decl.Args {
			names = unite(names, []string{a.Name})
		}
	}
	return names
}

func (m *merger) mergeArgument(f *Field, decls []*subgraph.Argument) *Argument {
	first := decls[0]
	def := &ast.ArgumentDefinition{Name: first.Name, Description: first.Description, Type: first.Type, Position: first.Position}
	arg := &Argument{Definition: def}
	var values defaults
	var carried []ast.DirectiveList
	for _, d := range decls {
		carried = append(carried, d.Carried)
		switch {
		case m.subtype(def.Type, d.Type):
		case m.subtype(d.Type, def.Type):
			def.Type = d.Type
		default:
			m.report(d.Position, "FIELD_ARGUMENT_TYPE_MISMATCH", argCoordinate(f, d.Name), "Argument %s has the type %s here, but %s at %s.", argCoordinate(f, d.Name), d.Type, first.Type, where(first.Position))
		}
		if def.Description == "" {
			def.Description = d.Description
		}
		def.Directives = keep(def.Directives, d.Kept)
		arg.Hidden = arg.Hidden || d.Inaccessible
		arg.Tags = unite(arg.Tags, d.Tags)
		values.add(d.Default, d.Position)
	}
	arg.Carried = mergeCarried(carried...)
	def.DefaultValue = values.merged()
	if values.differ != nil {
		m.report(values.differ, "FIELD_ARGUMENT_DEFAULT_MISMATCH", argCoordinate(f, first.Name), "Argument %s has another default value here than at %s.", argCoordinate(f, first.Name), where(values.position))
	}
	return arg
}

// checkExternals verifies that what is @external is declared as it is where it is resolved.
func (m *merger) checkExternals(f *Field) {
	for _, in := range f.In {
		d := in.Decl
		if !d.External || f.Definition.Type == d.Type {
			continue
		}
		if !m.subtype(d.Type, f.Definition.Type) {
			m.report(d.Position, "EXTERNAL_TYPE_MISMATCH", f.Coordinate(), "%s is @external with the type %s, but it is resolved with the type %s.", f.Coordinate(), d.Type, f.Definition.Type)
		}
		for _, a := range f.Args {
			def := a.Definition
			coordinate := argCoordinate(f, def.Name)
			own := d.Arg(def.Name)
			switch {
			case own == nil:
				m.report(d.Position, "EXTERNAL_ARGUMENT_MISSING", coordinate, "%s is @external without the argument %q that it has where it is resolved.", f.Coordinate(), def.Name)
			case !m.subtype(def.Type, own.Type):
				m.report(own.Position, "EXTERNAL_ARGUMENT_TYPE_MISMATCH", coordinate, "Argument %s is @external with the type %s, but it has the type %s where the field is resolved.", coordinate, own.Type, def.Type)
			case constant(own.Default) != constant(def.DefaultValue):
				m.report(own.Position, "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH", coordinate, "Argument %s is @external with another default value than where the field is resolved.", coordinate)
			}
		}
	}
}
