package balance

import (
	"math/rand/v2"
	"sync/atomic"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// RoundRobin takes the endpoints in turn. It starts at a random one, so that many gateways that start together, or a
// picker that is often rebuilt, do not all begin with the first.
func RoundRobin(endpoints []*endpoint.Endpoint, _ Options) Picker {
	switch len(endpoints) {
	case 0:
		return none{}
	case 1:
		return single{endpoints[0]}
	}
	p := &roundRobin{endpoints: endpoints}
	p.next.Store(rand.Uint64N(uint64(len(endpoints))))
	return p
}

type roundRobin struct {
	endpoints []*endpoint.Endpoint
	next      atomic.Uint64
}

func (p *roundRobin) Pick(c Call) *endpoint.Endpoint {
	first := p.endpoints[p.next.Add(1)%uint64(len(p.endpoints))]
	for e, tries := first, 1; tries < len(p.endpoints); tries++ {
		if !c.avoids(e) {
			return e
		}
		e = p.endpoints[p.next.Add(1)%uint64(len(p.endpoints))]
	}
	return first
}
