package operation

import "github.com/vektah/gqlparser/v2/ast"

// Document is a parsed and validated GraphQL document. It is immutable and shared by the requests that send it.
type Document struct {
	AST  *ast.QueryDocument
	Hash string // of the text it was parsed from
}
