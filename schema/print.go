package schema

import (
	"cmp"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/sdl"
)

// SDL returns the API schema as schema definition language: what clients see, with its descriptions, and nothing of
// how it is answered. Directives come first, then the root types, then the other types by name.
func (s *Supergraph) SDL() string {
	p := &sdl.Printer{}
	for _, name := range sortedKeys(s.API.Directives) {
		// Definitions of GraphQL itself have the parser's own source.
		if d := s.API.Directives[name]; d.Position == nil || d.Position.Src == nil || !d.Position.Src.BuiltIn {
			p.Directive(d)
		}
	}
	var types []*ast.Definition
	for _, t := range s.API.Types {
		if !t.BuiltIn {
			types = append(types, t)
		}
	}
	slices.SortFunc(types, func(a, b *ast.Definition) int {
		return cmp.Or(cmp.Compare(rank(a.Name), rank(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	for _, t := range types {
		p.Definition(t)
	}
	return p.String()
}

// rank puts the root types first.
func rank(name string) int {
	if i := slices.Index([]string{"Query", "Mutation", "Subscription"}, name); i >= 0 {
		return i
	}
	return 3
}
