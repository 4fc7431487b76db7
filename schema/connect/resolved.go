package connect

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// giveUp notes that a broken connector may have been meant to give anything below its result, and to resolve its type
// by key.
func (r *reader) giveUp(s *site) {
	s.broken = true
	r.unsureKey[s.on.name] = true
	r.unsureKey[s.result.name] = true
	r.doubt(s.result)
}

// doubt marks a type and all below it as unsure.
func (r *reader) doubt(d *definition) {
	if r.unsure[d.name] {
		return
	}
	r.unsure[d.name] = true
	for _, o := range r.types.possible(d) {
		r.doubt(o)
	}
	for _, f := range d.fields {
		if sub := r.types.byName[f.Type.Name()]; sub != nil && !sub.leaf() {
			r.doubt(sub)
		}
	}
}

// given returns the fields that some connector gives.
func (r *reader) given() map[*ast.FieldDefinition]bool {
	given := map[*ast.FieldDefinition]bool{}
	for _, s := range r.sites {
		if s.field != nil {
			given[s.field] = true
		}
		if s.connector.Gives != nil {
			r.credit(given, s.result, s.connector.Gives)
		}
	}
	return given
}

// checkResolved reports the fields that no connector gives.
func (r *reader) checkResolved(given map[*ast.FieldDefinition]bool) {
	for _, d := range r.types.order {
		if d.kind != ast.Object || r.unsure[d.name] || d.name == "_Service" {
			continue
		}
		if l, _ := r.links.ResolveType(d.name); l != nil {
			continue
		}
		keys := r.keys(d)
		for _, f := range d.fields {
			if !given[f] && !r.external(d, f) && !inKeys(keys, f.Name) && f.Name != "_entities" && f.Name != "_service" {
				r.unresolved(d, f)
			}
		}
	}
}

func (r *reader) unresolved(d *definition, f *ast.FieldDefinition) {
	coordinate, at := d.name+"."+f.Name, placeOf(f.Position)
	switch {
	case r.types.root(d.name) != "":
		r.report(CodeUnresolvedField, coordinate, at, "No connector gives the field %s; add @%s to it.", coordinate, r.connect)
	case len(f.Arguments) > 0:
		r.report(CodeUnresolvedField, coordinate, at, "No connector gives the field %s. It has arguments, so it needs a @%s of its own.", coordinate, r.connect)
	default:
		r.report(CodeUnresolvedField, coordinate, at,
			"No connector gives the field %s; add it to the selection of a connector that gives %s, or give it a @%s of its own.", coordinate, d.name, r.connect)
	}
}

// credit notes the fields that an output gives.
func (r *reader) credit(given map[*ast.FieldDefinition]bool, d *definition, o *Output) {
	possible := append(r.types.possible(d), d)
	for _, name := range o.Order {
		for _, t := range possible {
			f := t.field(name)
			if f == nil {
				continue
			}
			given[f] = true
			if sub := o.Fields[name]; sub != nil {
				r.credit(given, r.types.named(f.Type), sub)
			}
		}
	}
	for name, sub := range o.On {
		if t := r.types.byName[name]; t != nil {
			r.credit(given, t, sub)
		}
	}
}

// inKeys reports whether a field is part of a key that this subgraph resolves.
func inKeys(keys []key, field string) bool {
	return slices.ContainsFunc(keys, func(k key) bool { return k.fields.sub[field] != nil })
}

// external reports whether a field is declared here but given elsewhere: it, or the block it stands in, is marked so.
func (r *reader) external(d *definition, f *ast.FieldDefinition) bool {
	name := r.federation("external")
	if f.Directives.ForName(name) != nil {
		return true
	}
	for _, dir := range d.directives {
		if dir.Name == name && slices.Contains(dir.block.Fields, f) {
			return true
		}
	}
	return false
}

// checkEntities reports the keys that no connector can resolve.
func (r *reader) checkEntities() {
	for _, d := range r.types.order {
		if d.kind != ast.Object && d.kind != ast.Interface || r.unsureKey[d.name] {
			continue
		}
		for _, k := range r.keys(d) {
			if !k.resolvable || r.resolves(d, k) {
				continue
			}
			r.report(CodeMissingEntity, d.name, placeOf(k.position),
				"No connector resolves %s by the key %q. Add a connector on the type %s or an entity: true field that uses these fields, or mark the key resolvable: false.",
				d.name, k.text, d.name)
		}
	}
}

func (r *reader) resolves(d *definition, k key) bool {
	return slices.ContainsFunc(r.resolving[d], func(s *site) bool {
		return len(s.needs.order) > 0 && s.needs.subset(k.fields)
	})
}
