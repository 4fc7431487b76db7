package rule

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// singleRootField: a subscription has one root field, which is no introspection field, and no condition decides whether it
// is there. Its own file, as gqlparser's counts two aliases of one field as one, and does not know of conditions, which
// the draft of the specification forbids.
func singleRootField(r *report, events *core.Events) {
	events.OnOperation(func(_ *core.Walker, op *ast.OperationDefinition) {
		if op.Operation != ast.Subscription || r.schema.Subscription == nil {
			return
		}
		name := "Anonymous Subscription"
		if op.Name != "" {
			name = `Subscription "` + quoted(op.Name) + `"`
		}
		var keys []string
		var places []*ast.Position
		visited := map[*ast.FragmentDefinition]bool{}
		conditional := func(directives ast.DirectiveList) {
			for _, d := range directives {
				if d.Name == "skip" || d.Name == "include" {
					r.addf(at(d.Position), "%s must not use `@skip` or `@include` directives in the top level selection.", name)
				}
			}
		}
		var walk func(ast.SelectionSet)
		walk = func(set ast.SelectionSet) {
			for _, s := range set {
				switch s := s.(type) {
				case *ast.Field:
					conditional(s.Directives)
					if strings.HasPrefix(s.Name, "__") {
						r.addf(at(s.Position), "%s must not select an introspection top level field.", name)
					}
					if len(keys) == 0 || keys[0] != s.Alias {
						keys, places = append(keys, s.Alias), append(places, s.Position)
					}
				case *ast.InlineFragment:
					conditional(s.Directives)
					walk(s.SelectionSet)
				case *ast.FragmentSpread:
					conditional(s.Directives)
					if s.Definition != nil && !visited[s.Definition] {
						visited[s.Definition] = true
						walk(s.Definition.SelectionSet)
					}
				}
			}
		}
		walk(op.SelectionSet)
		if len(keys) > 1 {
			r.addf(places[1:], "%s must select only one top level field.", name)
		}
	})
}
