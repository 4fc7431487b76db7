package gateway

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql/introspection"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/operation"
)

// introspects reports whether an operation asks for the schema: __schema or __type among its root fields. The name of
// a type, __typename, is not a question for the schema.
func introspects(op *ast.OperationDefinition) bool {
	seen := map[*ast.FragmentDefinition]bool{}
	var walk func(ast.SelectionSet) bool
	walk = func(set ast.SelectionSet) bool {
		for _, sel := range set {
			switch s := sel.(type) {
			case *ast.Field:
				if s.Name == "__schema" || s.Name == "__type" {
					return true
				}
			case *ast.InlineFragment:
				if walk(s.SelectionSet) {
					return true
				}
			case *ast.FragmentSpread:
				if s.Definition != nil && !seen[s.Definition] {
					seen[s.Definition] = true
					if walk(s.Definition.SelectionSet) {
						return true
					}
				}
			}
		}
		return false
	}
	return walk(op.SelectionSet)
}

// Introspection returns the answer to the usual introspection query, as tools that read a schema from a file want it,
// whether clients may ask for it or not.
func (g *Gateway) Introspection(ctx context.Context) ([]byte, error) {
	s := g.current.Load()
	r := &operation.Request{Query: introspection.Query, Caller: &operation.Caller{}}
	p, errs := s.preparer.Prepare(r)
	if len(errs) > 0 {
		return nil, errs
	}
	resp := (&running{snapshot: s, prepared: p, request: r}).Execute(ctx)
	defer resp.Release()
	if len(resp.Errors) > 0 {
		return nil, errors.Join(resp.Errors.Unwrap()...)
	}
	return append(append([]byte(`{"data":`), resp.Data...), '}'), nil
}
