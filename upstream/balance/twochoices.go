package balance

import (
	"math/rand/v2"
	"time"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// twoChoices draws two different endpoints, of which a policy takes the better one. Against the best of all endpoints, that
// costs the same for any number of them, and does not send everybody to the one that looks best at the moment; against one
// random endpoint, the longest queue is exponentially shorter (Mitzenmacher, "The Power of Two Choices in Randomized Load
// Balancing", 2001).
type twoChoices struct {
	candidates
	dice    dice
	weights []int64
}

func newTwoChoices(endpoints []*endpoint.Endpoint, o Options) twoChoices {
	p := twoChoices{newCandidates(endpoints, o), newDice(endpoints), make([]int64, len(endpoints))}
	for i, e := range endpoints {
		p.weights[i] = int64(e.Weight())
	}
	return p
}

// pair returns the indices of two different endpoints; j is that of none, -1, if there is only one that may be taken.
// Each is drawn as often as its weight says, so that the weights hold when nobody is busy, too.
func (p *twoChoices) pair(c *Call) (i, j int) {
	if p.dice.slots == nil && len(c.Avoid) == 0 && p.warmup == nil {
		// The usual case: one random number gives both, the high and the low half choose independently, and the second
		// skips the first.
		r := rand.Uint64()
		i = scale(uint32(r>>32), len(p.endpoints))
		j = scale(uint32(r), len(p.endpoints)-1)
		if j >= i {
			j++
		}
		return i, j
	}
	i = p.dice.draw(&p.candidates, c)
	j = i
	for n := 0; j == i && n < 3; n++ {
		j = p.dice.throw()
	}
	if j == i { // which hardly has an equal in weight
		if j = scale(rand.Uint32(), len(p.endpoints)-1); j >= i {
			j++
		}
	}
	if !p.take(c, p.endpoints[j]) {
		return i, -1
	}
	return i, j
}

// weight returns the weight of the endpoint i as it counts at present.
func (p *twoChoices) weight(i int, now time.Time, warming bool) int64 {
	if !warming {
		return p.weights[i] * full
	}
	return p.weights[i] * p.warmup.ramp(p.endpoints[i], now)
}
