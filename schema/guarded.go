package schema

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/merge"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// Guarded is an element of the supergraph that not everybody may ask for: it has @authenticated, @requiresScopes or
// @policy.
type Guarded struct {
	Coordinate string
	Directive  string // its name in the federation, without "@"
	Position   *ast.Position
}

// guarded lists what of a merged schema not everybody may ask for, in the order of its types.
func guarded(m *merge.Schema) []Guarded {
	var out []Guarded
	add := func(coordinate string, carried merge.Carried) {
		for _, d := range carried {
			if subgraph.IsGuard(d.Name) {
				out = append(out, Guarded{Coordinate: coordinate, Directive: d.Name, Position: d.Position})
			}
		}
	}
	for _, t := range m.Types {
		add(t.Name, t.Carried)
		for _, f := range t.Fields {
			add(f.Coordinate(), f.Carried)
		}
	}
	return out
}
