package balance

import (
	"math/rand/v2"
	"sync/atomic"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// RoundRobin takes the endpoints in turn, those with more weight more often. It starts at a random one, so that many
// gateways that start together, or a picker that is often rebuilt, do not all begin with the first.
func RoundRobin(endpoints []*endpoint.Endpoint, o Options) Picker {
	switch len(endpoints) {
	case 0:
		return none{}
	case 1:
		return single{endpoints[0]}
	}
	p := &roundRobin{candidates: newCandidates(endpoints, o), strides: newStrides(endpoints)}
	p.next.Store(rand.Uint64N(p.strides.cycle()))
	return p
}

type roundRobin struct {
	candidates
	strides strides
	next    atomic.Uint64
}

func (p *roundRobin) Pick(c Call) *endpoint.Endpoint {
	first := p.turn()
	for i, n := first, 0; n < draws; n++ {
		if e := p.endpoints[i]; p.take(&c, e) {
			return e
		}
		i = p.turn()
	}
	return p.endpoints[p.instead(&c, first)]
}

// turn returns the index of the endpoint whose turn it is.
func (p *roundRobin) turn() int {
	for {
		if i, ok := p.strides.at(p.next.Add(1)); ok {
			return i
		}
	}
}
