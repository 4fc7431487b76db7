package balance

import (
	"math/rand/v2"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// LeastInFlight takes two different endpoints at random and of these the one with fewer requests in flight. A slow
// endpoint so gets fewer requests, and there is no herd on the least loaded one, as there would be if all were compared.
func LeastInFlight(endpoints []*endpoint.Endpoint, _ Options) Picker {
	switch len(endpoints) {
	case 0:
		return none{}
	case 1:
		return single{endpoints[0]}
	}
	return leastInFlight(endpoints)
}

type leastInFlight []*endpoint.Endpoint

func (p leastInFlight) Pick(c Call) *endpoint.Endpoint {
	// One random number gives both: the high and the low half choose independently, and the second skips the first.
	r := rand.Uint64()
	i := scale(uint32(r>>32), len(p))
	j := scale(uint32(r), len(p)-1)
	if j >= i {
		j++
	}
	a, b := p[i], p[j]
	if c.avoids(a) {
		a, b = b, a
	}
	if b.InFlight() < a.InFlight() && !c.avoids(b) {
		return b
	}
	return a
}

// scale maps a random 32-bit number to 0…n-1 with a multiplication: a division would cost more than the rest of Pick.
func scale(r uint32, n int) int { return int(uint64(r) * uint64(n) >> 32) }
