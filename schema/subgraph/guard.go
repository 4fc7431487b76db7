package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// IsGuard reports whether a directive, by its name in the federation, says who may ask for an element.
func IsGuard(name string) bool {
	return name == "authenticated" || name == "requiresScopes" || name == "policy"
}

// checkGuards verifies that only what is resolved is guarded: an interface takes over what its implementations ask for.
func (r *reader) checkGuards(t *Type) {
	if t.Kind != ast.Interface && !t.InterfaceObject {
		return
	}
	const sentence = "@%s cannot be used on an interface, an @interfaceObject type or a field of one: guard the object types instead."
	for _, d := range t.Carried {
		if IsGuard(d.Name) {
			r.report(d.Position, "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE", t.Name, sentence, d.Name)
		}
	}
	for _, f := range t.Fields {
		for _, d := range f.Carried {
			if IsGuard(d.Name) && t.Kind == ast.Interface {
				r.report(d.Position, "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE", f.Coordinate(), sentence, d.Name)
			}
		}
	}
}
