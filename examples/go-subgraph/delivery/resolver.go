// Package delivery is a subgraph in Go: a schema, the code that gqlgen generates from it, and what is written by hand: the
// resolvers, here and in the *.resolvers.go beside it, and how they ask the carrier.
package delivery

import (
	"time"

	"github.com/sluice-gateway/sluice/upstream"
)

// Resolver is the root of the resolvers. What they need is its fields.
type Resolver struct {
	Carrier *upstream.Client // the service that knows how long it takes to a country
}

// packing is how long an order stays in the store.
const packing = 24 * time.Hour

// estimate computes when an order arrives. It is nil if that cannot be known.
func estimate(order *OrderRepresentation, way *transit) *DeliveryEstimate {
	if way == nil || order.PlacedAt == nil {
		return nil
	}
	sent := order.PlacedAt.Add(packing)
	return &DeliveryEstimate{Earliest: sent.AddDate(0, 0, way.From), Latest: sent.AddDate(0, 0, way.To), Carrier: way.Carrier}
}

// country is where an order goes; empty if it has no customer.
func country(order *OrderRepresentation) string {
	if order.Customer == nil || order.Customer.Address == nil || order.Customer.Address.Country == nil {
		return ""
	}
	return *order.Customer.Address.Country
}
