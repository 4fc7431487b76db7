package rule

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// knownTypeNames: variables, type conditions and fragments name types of the schema. Its own file, as gqlparser's goes
// through all types for every error, and offers names in a random order.
func knownTypeNames(r *report, events *core.Events) {
	check := func(name string, pos *ast.Position) {
		if name == "" || r.schema.Types[name] != nil {
			return
		}
		hint := r.didYouMean("", name, func() []string {
			var names []string
			for n := range r.schema.Types {
				if !strings.HasPrefix(n, "__") {
					names = append(names, n)
				}
			}
			return names
		})
		r.addf(at(pos), `Unknown type "%s".%s`, quoted(name), hint)
	}
	events.OnVariable(func(_ *core.Walker, v *ast.VariableDefinition) { check(v.Type.Name(), v.Type.Position) })
	events.OnInlineFragment(func(_ *core.Walker, f *ast.InlineFragment) { check(f.TypeCondition, f.Position) })
	events.OnFragment(func(_ *core.Walker, f *ast.FragmentDefinition) { check(f.TypeCondition, f.Position) })
}
