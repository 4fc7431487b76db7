package balance

import (
	"time"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// PeakEWMA takes two different endpoints at random and of these the one that will probably answer sooner: the one with the
// smaller product of its average latency and the requests that are in its way, the new one included. The average follows
// a rise at once and a fall slowly, as in Finagle's balancer of the same name, and fades while an endpoint is not asked.
func PeakEWMA(endpoints []*endpoint.Endpoint, o Options) Picker {
	switch len(endpoints) {
	case 0:
		return none{}
	case 1:
		return single{endpoints[0]}
	}
	p := &peakEWMA{twoChoices: newTwoChoices(endpoints, o)}
	for _, w := range p.weights {
		p.mean += float64(w*full) / float64(len(p.weights))
	}
	return p
}

type peakEWMA struct {
	twoChoices
	mean float64 // weight of an endpoint
}

func (p *peakEWMA) Pick(c Call) *endpoint.Endpoint {
	i, j := p.pair(&c)
	a := p.endpoints[i]
	if j < 0 {
		return a
	}
	b := p.endpoints[j]
	now := time.Now()
	_, warming := p.warmup.now()
	la, lb := a.LatencyAt(now), b.LatencyAt(now)
	// Of an endpoint that nothing is known of, the best is believed: that it is as fast as the other. With no latency at
	// all, it would get every request until its first answer.
	switch {
	case la == 0 && lb == 0:
		la, lb = 1, 1
	case la == 0:
		la = lb
	case lb == 0:
		lb = la
	}
	if p.cost(j, lb, now, warming) < p.cost(i, la, now, warming) {
		return b
	}
	return a
}

// cost is the time that a request to the endpoint i probably takes. The weight counts for the requests in flight alone, so
// that endpoints without any, and equally fast, are taken as often as their weights say.
func (p *peakEWMA) cost(i int, latency time.Duration, now time.Time, warming bool) float64 {
	load := float64(p.endpoints[i].InFlight()) * p.mean / float64(p.weight(i, now, warming))
	return float64(latency) * (load + 1)
}
