package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/link"
)

// checkFederation verifies the rules of the federation that concern one subgraph.
func (r *reader) checkFederation() {
	for _, t := range r.schema.Types {
		r.checkKeys(t)
		r.checkInterfaceObject(t)
	}
	// What keys say decides which @external fields are such, and that is what the other field sets are checked for.
	for _, t := range r.schema.Types {
		for _, f := range t.Fields {
			r.checkRequires(f)
			r.checkProvides(f)
			r.checkContextual(f)
		}
	}
	for _, t := range r.schema.Types {
		for _, f := range t.Fields {
			r.checkExternal(f)
			r.checkOverride(f)
			r.checkCost(f)
		}
		r.checkContexts(t)
		r.checkGuards(t)
	}
}

func (r *reader) checkKeys(t *Type) {
	if len(t.Keys) > 0 && t.Kind == ast.Interface && !r.atLeast(3) && !r.schema.Version1 {
		r.report(t.Keys[0].Fields.Position, "KEY_UNSUPPORTED_ON_INTERFACE", t.Name, "@key on an interface needs the federation v2.3 or later.")
	}
	rules := selectionRules{prefix: "KEY", directive: "key"}
	for _, k := range t.Keys {
		var fields []*Field
		r.walkFieldSet(k.Fields, t, t.Name, rules, func(f *Field) { fields = append(fields, f) }, func(*Field, bool) {})
		for _, f := range fields {
			f.Shareable, f.InKey, f.used = true, true, true
			if k.extension {
				f.External = false
			}
		}
		if t.Kind == ast.Interface {
			r.checkInterfaceKey(t, k)
		}
	}
}

// checkInterfaceKey verifies that the implementations of an interface with a key have that key.
func (r *reader) checkInterfaceKey(t *Type, k *Key) {
	for _, o := range r.schema.Types {
		if o.Kind != ast.Object || !o.Implements(t.Name) {
			continue
		}
		found := false
		for _, other := range o.Keys {
			found = found || sameSelections(other.Fields.Selections, k.Fields.Selections) && other.Resolvable == k.Resolvable
		}
		if !found {
			r.report(k.Fields.Position, "INTERFACE_KEY_NOT_ON_IMPLEMENTATION", t.Name, "Interface %q has the key %q, but its implementation %q does not have it likewise.", t.Name, k.Fields.Text, o.Name)
		}
	}
}

func sameSelections(a, b ast.SelectionSet) bool {
	return containsSelections(a, b) && containsSelections(b, a)
}

// containsSelections reports whether all fields of b are in a.
func containsSelections(a, b ast.SelectionSet) bool {
	for _, sel := range b {
		want, ok := sel.(*ast.Field)
		if !ok {
			return false
		}
		found := false
		for _, sel := range a {
			if got, ok := sel.(*ast.Field); ok && got.Name == want.Name && containsSelections(got.SelectionSet, want.SelectionSet) {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func (r *reader) checkInterfaceObject(t *Type) {
	if !t.InterfaceObject {
		return
	}
	if len(t.Keys) == 0 {
		r.report(t.Position, "INTERFACE_OBJECT_USAGE_ERROR", t.Name, "The @interfaceObject type %q needs a @key.", t.Name)
	}
	for _, f := range t.Fields {
		if f.Override != nil {
			r.report(f.Override.Position, "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", f.Coordinate(), "@override cannot be used on a field of an @interfaceObject type.")
		}
	}
}

func (r *reader) checkRequires(f *Field) {
	if f.Requires == nil {
		return
	}
	if f.Parent.Kind == ast.Interface {
		r.report(f.Requires.Position, "REQUIRES_UNSUPPORTED_ON_INTERFACE", f.Coordinate(), "@requires cannot be used on a field of an interface.")
		return
	}
	rules := selectionRules{prefix: "REQUIRES", directive: "requires", arguments: true, abstract: true, fragments: true}
	r.walkFieldSet(f.Requires, f.Parent, f.Coordinate(), rules, r.use, func(leaf *Field, external bool) {
		if !external && !r.schema.Version1 && !leaf.InKey {
			r.report(f.Requires.Position, "REQUIRES_FIELDS_MISSING_EXTERNAL", f.Coordinate(), "Field %s is required, so it should come from elsewhere, but it is not marked @external.", leaf.Coordinate())
		}
	})
}

func (r *reader) checkProvides(f *Field) {
	if f.Provides == nil {
		return
	}
	t := r.schema.byName[f.Type.Name()]
	switch {
	case f.Parent.Kind == ast.Interface:
		r.report(f.Provides.Position, "PROVIDES_UNSUPPORTED_ON_INTERFACE", f.Coordinate(), "@provides cannot be used on a field of an interface.")
		return
	case t == nil || !t.Composite():
		r.report(f.Provides.Position, "PROVIDES_ON_NON_OBJECT_FIELD", f.Coordinate(), "@provides can only be used on fields of object, interface and union types, but %s is of type %q.", f.Coordinate(), f.Type)
		return
	}
	rules := selectionRules{prefix: "PROVIDES", directive: "provides", abstract: true, fragments: true}
	r.walkFieldSet(f.Provides, t, f.Coordinate(), rules, r.use, func(leaf *Field, external bool) {
		if !external && !r.schema.Version1 && !leaf.InKey {
			r.report(f.Provides.Position, "PROVIDES_FIELDS_MISSING_EXTERNAL", f.Coordinate(), "Field %s is provided here alone, but it is not marked @external.", leaf.Coordinate())
		}
	})
}

// use notes that a field is used by another directive: of an interface, in all its implementations.
func (r *reader) use(f *Field) {
	f.used = true
	if f.Parent.Kind != ast.Interface {
		return
	}
	for _, t := range r.schema.Types {
		if t.Implements(f.Parent.Name) {
			if own := t.Field(f.Name); own != nil {
				own.used = true
			}
		}
	}
}

func (r *reader) checkExternal(f *Field) {
	if !f.External {
		return
	}
	if f.Parent.Kind == ast.Interface {
		r.report(f.Position, "EXTERNAL_ON_INTERFACE", f.Coordinate(), "@external cannot be used on a field of an interface.")
		return
	}
	if f.Requires != nil || f.Provides != nil {
		r.report(f.Position, "EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE", f.Coordinate(), "@external says that %s is not resolved here, so @requires and @provides make no sense on it.", f.Coordinate())
	}
	for _, d := range f.ast.Directives {
		switch name, _ := r.specs.canonical(d.Name); name {
		case "tag", "inaccessible":
			if !r.schema.Version1 {
				r.report(d.Position, "MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL", f.Coordinate(), "@%s belongs on the definition of %s that is resolved, not on an @external one.", d.Name, f.Coordinate())
			}
		}
	}
	// Connectors read what they need by $this, without @requires: an @external field is used by them.
	if !f.used && !r.satisfiesInterface(f) && !r.schema.Connectors {
		r.report(f.Position, "EXTERNAL_UNUSED", f.Coordinate(), "%s is @external, but no @key, @requires or @provides and no interface uses it: remove it.", f.Coordinate())
	}
}

func (r *reader) satisfiesInterface(f *Field) bool {
	for _, ref := range f.Parent.Interfaces {
		if i := r.schema.byName[ref.Name]; i != nil && i.Field(f.Name) != nil {
			return true
		}
	}
	return false
}

func (r *reader) checkOverride(f *Field) {
	o := f.Override
	if o == nil {
		return
	}
	switch {
	case f.Parent.Kind == ast.Interface:
		r.report(o.Position, "OVERRIDE_ON_INTERFACE", f.Coordinate(), "@override cannot be used on a field of an interface.")
	case o.From == r.schema.Name:
		r.report(o.Position, "OVERRIDE_FROM_SELF_ERROR", f.Coordinate(), "%s cannot be overridden from its own subgraph %q.", f.Coordinate(), o.From)
	case o.Label != "" && !isLabel(o.Label):
		r.report(o.Position, "OVERRIDE_LABEL_INVALID", f.Coordinate(), "%q is no label: one is \"percent(x)\" with a number from 0 to 100 of at most 8 decimals, or begins with a letter and holds letters, digits and _ - : . / alone.", o.Label)
	case f.External:
		r.report(o.Position, "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", f.Coordinate(), "@override cannot be used together with @external on %s.", f.Coordinate())
	}
}

// atLeast reports whether the federation is linked in version 2.minor or a later one.
func (r *reader) atLeast(minor int) bool {
	v, _ := r.schema.Links.Version(federation)
	return link.AtLeast(v, 2, minor)
}

// Used reports whether a field is used by a key, @requires or @provides, or is there because an interface asks
// for it: then it stays declared even where it is overridden.
func (s *Schema) Used(f *Field) bool {
	if f.used {
		return true
	}
	for _, ref := range f.Parent.Interfaces {
		if i := s.byName[ref.Name]; i != nil && i.Field(f.Name) != nil {
			return true
		}
	}
	return false
}
