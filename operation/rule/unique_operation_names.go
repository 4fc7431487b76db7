package rule

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// uniqueOperationNames: no two operations have one name. Its own file, as gqlparser's counts a second anonymous operation
// as one of the same name; there is another rule for those.
func uniqueOperationNames(r *report, events *core.Events) {
	first := map[string]*ast.Position{}
	events.OnOperation(func(_ *core.Walker, op *ast.OperationDefinition) {
		if op.Name == "" {
			return
		}
		if p, ok := first[op.Name]; ok {
			r.addf([]*ast.Position{p, op.Position}, `There can be only one operation named "%s".`, quoted(op.Name))
			return
		}
		first[op.Name] = op.Position
	})
}
