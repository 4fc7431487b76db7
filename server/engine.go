package server

import (
	"context"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/operation"
)

// Engine answers GraphQL requests. It is safe for concurrent use.
type Engine interface {
	// Prepare parses and validates the document of a request, chooses the operation and coerces the variables. The
	// server calls it once a request. It may not wait for anything outside the process.
	//
	// Errors mean that the operation was not executed and never will be; then the Operation is nil. Every error has
	// a code of package fault, from which the server takes the HTTP status.
	//
	// The texts of the request's Variables and Extensions are on loan until the response is released.
	Prepare(ctx context.Context, r *operation.Request) (Operation, gqlerror.List)
}

// Operation is one operation that can be executed, once.
type Operation interface {
	// Definition returns the operation's definition in the document. It is never nil and may not be changed.
	Definition() *ast.OperationDefinition
	// Execute runs the operation and returns its answer, which is never nil. It blocks until the answer is complete
	// or ctx is done, and ctx is done when the client goes away or the operation's time is over. The server calls
	// Release on the response when it is written.
	Execute(ctx context.Context) *operation.Response
}
