package balance

import (
	"math/rand/v2"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// Random takes any endpoint, each as often as its weight says. It needs no memory at all, and many gateways share calls
// out evenly by it without knowing of each other; but it does not see which endpoints are busy.
func Random(endpoints []*endpoint.Endpoint, o Options) Picker {
	switch len(endpoints) {
	case 0:
		return none{}
	case 1:
		return single{endpoints[0]}
	}
	return &random{newCandidates(endpoints, o), newDice(endpoints)}
}

type random struct {
	candidates
	dice dice
}

func (p *random) Pick(c Call) *endpoint.Endpoint {
	return p.endpoints[p.dice.draw(&p.candidates, &c)]
}

// dice throws the index of an endpoint, each with the probability that its weight gives it, in constant time: by the alias
// method of Walker (1977), with the table built as by Vose (1991). Each index i has one slot; a slot is shared by i
// itself, below its threshold, and at most one other.
type dice struct {
	n     int
	slots []slot // nil: all weights are equal
}

type slot struct {
	below uint32 // i itself, if the second number is below this
	other int32
}

func newDice(endpoints []*endpoint.Endpoint) dice {
	n := len(endpoints)
	weights, sum, equal := make([]float64, n), 0.0, true
	for i, e := range endpoints {
		weights[i] = float64(e.Weight())
		sum += weights[i]
		equal = equal && weights[i] == weights[0]
	}
	d := dice{n: n}
	if equal {
		return d
	}
	d.slots = make([]slot, n)
	var small, large []int
	for i := range weights {
		weights[i] *= float64(n) / sum // 1 fills a slot
		if weights[i] < 1 {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		d.slots[s] = slot{uint32(weights[s] * (1 << 32)), int32(l)}
		if weights[l] -= 1 - weights[s]; weights[l] < 1 {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	for _, i := range append(small, large...) { // what is left fills its slot, but for rounding
		d.slots[i] = slot{1<<32 - 1, int32(i)}
	}
	return d
}

// throw returns the index of any endpoint.
func (d *dice) throw() int {
	r := rand.Uint64()
	i := scale(uint32(r>>32), d.n)
	if d.slots == nil {
		return i
	}
	if s := d.slots[i]; uint32(r) >= s.below {
		return int(s.other)
	}
	return i
}

// draw returns the index of an endpoint that may be taken.
func (d *dice) draw(from *candidates, c *Call) int {
	first := d.throw()
	for i, n := first, 0; n < draws; n++ {
		if from.take(c, from.endpoints[i]) {
			return i
		}
		i = d.throw()
	}
	return from.instead(c, first)
}
