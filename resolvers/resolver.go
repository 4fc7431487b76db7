// Package resolvers answers the fields of Sluice's own subgraph, which are coded in Go. How the kinds of source are
// asked is in the packages below it.
package resolvers

import (
	"context"

	"github.com/sluice-gateway/sluice/graph/model"
)

//go:generate go run github.com/99designs/gqlgen generate

// Gateway is what the subgraph reads of the running gateway.
type Gateway interface {
	// Status returns the state of the gateway at this moment, for one query: the caller owns the result. It does not
	// block, and may be called from any goroutine.
	Status(ctx context.Context) (*model.SluiceStatus, error)
}

// Resolver is the root of the resolvers of Sluice's own subgraph.
type Resolver struct {
	Gateway Gateway
}
