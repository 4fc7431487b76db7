package gateway

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Definition returns the operation that a request with a document and the name of an operation would run, whatever the
// variables, or what is wrong with it. It is for documents that are known before any request, such as those of routes. The
// definition may not be changed.
func (g *Gateway) Definition(document, name string) (*ast.OperationDefinition, gqlerror.List) {
	return g.current.Load().Definition(document, name)
}
