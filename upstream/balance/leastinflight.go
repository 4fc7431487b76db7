package balance

import "github.com/sluice-gateway/sluice/upstream/endpoint"

// LeastInFlight takes two different endpoints at random and of these the one with fewer requests in flight for its weight.
// A slow endpoint so gets fewer requests, and there is no herd on the least loaded one, as there would be if all were
// compared.
func LeastInFlight(endpoints []*endpoint.Endpoint, o Options) Picker {
	switch len(endpoints) {
	case 0:
		return none{}
	case 1:
		return single{endpoints[0]}
	}
	return &leastInFlight{newTwoChoices(endpoints, o)}
}

type leastInFlight struct{ twoChoices }

func (p *leastInFlight) Pick(c Call) *endpoint.Endpoint {
	i, j := p.pair(&c)
	a := p.endpoints[i]
	if j < 0 {
		return a
	}
	b := p.endpoints[j]
	now, warming := p.warmup.now()
	if b.InFlight()*p.weight(i, now, warming) < a.InFlight()*p.weight(j, now, warming) {
		return b
	}
	return a
}
