package balance

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// level are endpoints that stand in for those of the levels before, or are spared by them.
type level struct {
	usable []*endpoint.Endpoint
	health float64 // the part of all calls that the level can take
}

// levelsOf sorts endpoints into levels: by priority, and in each priority those of the gateway's own zone first. A level of
// which enough are usable can take all calls; otherwise a part of them, in proportion to what is usable of its weight.
func levelsOf(cfg Config, usable, all []*endpoint.Endpoint) []level {
	type rank struct {
		priority int
		far      bool
	}
	rankOf := func(e *endpoint.Endpoint) rank {
		return rank{e.Priority(), cfg.Zone != "" && e.Zone() != cfg.Zone}
	}
	type share struct{ all, usable float64 }
	shares := map[rank]*share{}
	of := func(r rank) *share {
		if shares[r] == nil {
			shares[r] = &share{}
		}
		return shares[r]
	}
	members := map[rank][]*endpoint.Endpoint{}
	for _, e := range all {
		of(rankOf(e)).all += float64(e.Weight())
	}
	for _, e := range usable {
		r := rankOf(e)
		of(r).usable += float64(e.Weight())
		members[r] = append(members[r], e)
	}
	ranks := make([]rank, 0, len(members))
	for r := range members {
		ranks = append(ranks, r)
	}
	slices.SortFunc(ranks, func(a, b rank) int {
		return cmp.Or(cmp.Compare(a.priority, b.priority), cmp.Compare(number(a.far), number(b.far)))
	})
	var levels []level
	for _, r := range ranks {
		s := shares[r]
		levels = append(levels, level{members[r], min(1, s.usable/max(s.all, s.usable)/cfg.SpillBelow)})
	}
	return levels
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// failOver returns a picker that shares calls out to the levels, and leaves the choice within each to a picker of its own.
// The first level gets as many as it can take, the next as many as it can take of those that are left, and so on. If all
// together cannot take all, each gets more in the same proportions.
func failOver(levels []level, policy func([]*endpoint.Endpoint) Picker) Picker {
	p := &failover{}
	left, sum := 1.0, 0.0
	for _, l := range levels {
		load := min(left, l.health)
		left -= load
		sum += load
		p.levels = append(p.levels, policy(l.usable))
		p.upTo = append(p.upTo, sum)
	}
	switch len(p.levels) {
	case 0:
		return none{}
	case 1:
		return p.levels[0]
	}
	for i := range p.upTo {
		p.upTo[i] *= math.MaxUint32 / sum
	}
	return p
}

type failover struct {
	levels []Picker
	upTo   []float64 // up to which number a call goes to the level
}

func (p *failover) Pick(c Call) *endpoint.Endpoint {
	r := float64(rand.Uint32())
	if c.HasKey {
		r = float64(uint32(mix(c.Key))) // equal keys go to the same level
	}
	at := 0
	for at < len(p.upTo)-1 && r > p.upTo[at] {
		at++
	}
	first := p.levels[at].Pick(c)
	if !c.avoids(first) {
		return first
	}
	for i, l := range p.levels {
		if i == at {
			continue
		}
		if e := l.Pick(c); !c.avoids(e) {
			return e
		}
	}
	return first
}
