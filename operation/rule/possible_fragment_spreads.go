package rule

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// possibleFragmentSpreads: a fragment is spread only where an object can be of its type. Its own file, as gqlparser's
// compares every possible type with every other for each spread; here each pair of types is compared once.
func possibleFragmentSpreads(r *report, events *core.Events) {
	type pair struct{ parent, fragment string }
	known := map[pair]bool{}
	possible := func(parent *ast.Definition, name string) bool {
		fragment := r.schema.Types[name]
		if parent == nil || fragment == nil || parent == fragment || !parent.IsCompositeType() || !fragment.IsCompositeType() {
			return true // or another rule's business
		}
		p := pair{parent.Name, name}
		ok, done := known[p]
		if !done {
			ok = r.overlap(parent, fragment)
			known[p] = ok
		}
		return ok
	}
	events.OnInlineFragment(func(_ *core.Walker, f *ast.InlineFragment) {
		if f.TypeCondition != "" && !possible(f.ObjectDefinition, f.TypeCondition) {
			r.addf(at(f.Position), `Fragment cannot be spread here as objects of type "%s" can never be of type "%s".`,
				f.ObjectDefinition.Name, f.TypeCondition)
		}
	})
	events.OnFragmentSpread(func(_ *core.Walker, s *ast.FragmentSpread) {
		if s.Definition != nil && !possible(s.ObjectDefinition, s.Definition.TypeCondition) {
			r.addf(at(s.Position), `Fragment "%s" cannot be spread here as objects of type "%s" can never be of type "%s".`,
				quoted(s.Name), s.ObjectDefinition.Name, s.Definition.TypeCondition)
		}
	})
}

// overlap reports whether some object type can be both.
func (r *report) overlap(a, b *ast.Definition) bool {
	of := map[string]bool{}
	for _, t := range r.schema.GetPossibleTypes(a) {
		of[t.Name] = true
	}
	for _, t := range r.schema.GetPossibleTypes(b) {
		if of[t.Name] {
			return true
		}
	}
	return false
}
