package balance

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// Rendezvous takes the same endpoint for equal keys, as long as it is there, so that what the endpoint has cached for a
// key is used again. Every endpoint gets a number out of the key and its own address, and the highest one wins (Thaler and
// Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998); with weights as by Schindelhauer and Schomaker
// ("Weighted Distributed Hash Tables", 2005). When an endpoint goes, its keys alone move, to all others evenly; when one
// comes, it takes keys from all others and none moves between them. Gateways that do not know of each other choose alike.
//
// A pick looks at every endpoint, for three nanoseconds each: of a thousand, that is a small part of what a call costs. A
// table with fewer steps would be bought with keys that move without need, or with memory and time to build it whenever an
// endpoint goes or returns.
//
// A call without a key is balanced as by [LeastInFlight].
func Rendezvous(endpoints []*endpoint.Endpoint, o Options) Picker {
	switch len(endpoints) {
	case 0:
		return none{}
	case 1:
		return single{endpoints[0]}
	}
	p := &rendezvous{other: LeastInFlight(endpoints, o), warmup: newWarmup(endpoints, o.SlowStart)}
	now := time.Now()
	byWeight := slices.SortedStableFunc(slices.Values(endpoints), func(a, b *endpoint.Endpoint) int {
		return cmp.Compare(a.Weight(), b.Weight())
	})
	for _, e := range byWeight {
		weight, seed := float64(e.Weight()), Hash(e.String())
		if p.warmup != nil && e.UsedFor(now) < o.SlowStart {
			p.young = append(p.young, young{e, seed, weight})
			continue
		}
		if n := len(p.equals); n == 0 || p.equals[n-1].weight != weight {
			p.equals = append(p.equals, equals{weight: weight})
		}
		group := &p.equals[len(p.equals)-1]
		group.endpoints = append(group.endpoints, e)
		group.seeds = append(group.seeds, seed)
	}
	return p
}

type rendezvous struct {
	equals []equals
	young  []young
	warmup *warmup
	other  Picker
}

// equals are the endpoints of one weight. The number of each begins with its seed.
type equals struct {
	weight    float64
	seeds     []uint64
	endpoints []*endpoint.Endpoint
}

// young is an endpoint that was new when the picker was built.
type young struct {
	*endpoint.Endpoint
	seed   uint64
	weight float64
}

func (p *rendezvous) Pick(c Call) *endpoint.Endpoint {
	if !c.HasKey {
		return p.other.Pick(c)
	}
	if e := p.highest(&c); e != nil {
		return e
	}
	c.Avoid = nil
	return p.highest(&c)
}

// highest returns the winner among the endpoints that are not to be avoided; nil if there are none.
func (p *rendezvous) highest(c *Call) (winner *endpoint.Endpoint) {
	best := math.Inf(-1)
	for i := range p.equals {
		group := &p.equals[i]
		// Among equal weights the highest number wins whatever the weight is, so that only the winner of each weight
		// needs a logarithm, which costs many times the number.
		local, top := -1, uint64(0)
		for j, seed := range group.seeds {
			if h := mix(seed ^ c.Key); h >= top && !c.avoids(group.endpoints[j]) {
				local, top = j, h
			}
		}
		if local < 0 {
			continue
		}
		if s := score(top, group.weight); s > best {
			best, winner = s, group.endpoints[local]
		}
	}
	if len(p.young) == 0 {
		return winner
	}
	now, warming := p.warmup.now()
	for i := range p.young {
		y := &p.young[i]
		weight := y.weight
		if warming {
			weight *= float64(p.warmup.ramp(y.Endpoint, now)) / full
		}
		if s := score(mix(y.seed^c.Key), weight); s > best && !c.avoids(y.Endpoint) {
			best, winner = s, y.Endpoint
		}
	}
	return winner
}

// score is what the endpoints of different weights are compared by. With a number h that is even between 0 and 1, weight
// divided by -ln(h) is the highest of all with a probability in proportion to the weight.
func score(h uint64, weight float64) float64 {
	return -weight / math.Log((float64(h>>11)+0.5)/(1<<53))
}

// mix makes every bit of the result depend on every bit of x: the last step of MurmurHash3.
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	x ^= x >> 33
	return x
}
