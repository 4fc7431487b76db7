// Package discovery finds the addresses of a service: from DNS, a file or a URL, and keeps looking whether they change.
//
// A [Source] tells whole lists. It keeps the last good one through every error, and tells a list only if it differs from
// the one before. What becomes of a list, the endpoints with their connections, is its reader's business; the package
// knows nothing of clients and balancing. An upstream client runs one source, which [New] makes of its configuration.
package discovery

import (
	"cmp"
	"context"
	"slices"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// Address is where one instance of a service is found, with what balancing may know of it.
type Address = endpoint.Address

// Source tells where the instances of a service are.
type Source interface {
	// Run looks for addresses until ctx ends, and returns nil then. It is called once. It calls update with the whole
	// list, in a stable order, as soon as there is one and whenever it has changed; the list belongs to update's
	// side from then on, and is never empty unless the configuration allows it. All calls of update come one after
	// the other, and none after Run has returned.
	Run(ctx context.Context, update func([]Address)) error
}

// Static is a source whose addresses never change.
type Static []Address

// Run tells the addresses once.
func (s Static) Run(ctx context.Context, update func([]Address)) error {
	update(normal(s))
	<-ctx.Done()
	return nil
}

// normal returns list in the order in which lists are compared, without addresses that stand in it twice: of these the
// first is kept.
func normal(list []Address) []Address {
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b Address) int { return cmp.Compare(a.URL, b.URL) })
	return slices.CompactFunc(out, func(a, b Address) bool { return a.URL == b.URL })
}
