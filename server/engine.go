package server

import (
	"context"

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
	Prepare(ctx context.Context, r *operation.Request) (operation.Operation, gqlerror.List)
}
