package subgraph

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/value"
)

// concurrency is how many requests of one fetch or group may be on their way at a time. There are several only where a
// request is limited to some objects.
const concurrency = 8

// Run asks for what one fetch wants; see [execute.Runner].
func (q *query) Run(ctx context.Context, in *execute.Inputs) *execute.Outcome {
	all := part{query: q, place: q.alone, in: in, to: len(in.Reps)}
	if most := q.remote.maxBatch; q.entities && most > 0 && len(in.Reps) > most {
		requests := make([]*request, 0, (len(in.Reps)+most-1)/most)
		for _, parts := range pack([]part{all}, most) {
			requests = append(requests, &request{remote: q.remote, layout: q.layout, share: q.share, parts: parts})
		}
		runAll(ctx, requests)
		return outcomes([]*execute.Inputs{in}, requests...)[0]
	}
	r := &request{remote: q.remote, layout: q.layout, share: q.share, parts: []part{all}}
	r.run(ctx)
	return outcomes([]*execute.Inputs{in}, r)[0]
}

// group is several queries for entities that go to one subgraph together: an [execute.GroupRunner].
type group struct {
	queries []*query
	places  []place
	layout  *layout // if all of them have something to ask for
}

// compile finds a place for each query. The names that it makes up are none of the operation's.
func (g *group) compile() {
	prefix := "e"
	for taken := true; taken; {
		taken = false
		for _, q := range g.queries {
			for _, v := range q.variables {
				taken = taken || strings.HasPrefix(v.name, prefix)
			}
		}
		if taken {
			prefix += "_"
		}
	}
	for i := range g.queries {
		name := fmt.Sprint(prefix, i)
		g.places = append(g.places, place{name, name})
	}
	g.layout = newLayout(joined(g.queries, g.places), g.queries[0].remote.persisted, g.queries, g.places)
}

// Run asks for what the fetches of the group want; see [execute.GroupRunner].
func (g *group) Run(ctx context.Context, in []*execute.Inputs) []*execute.Outcome {
	parts := make([]part, 0, len(in))
	for i, in := range in {
		if in != nil {
			parts = append(parts, part{query: g.queries[i], place: g.places[i], in: in, number: i, to: len(in.Reps)})
		}
	}
	var requests []*request
	for _, parts := range pack(parts, g.queries[0].remote.maxBatch) {
		requests = append(requests, g.request(parts))
	}
	runAll(ctx, requests)
	return outcomes(in, requests...)
}

// request makes the request for some parts.
func (g *group) request(parts []part) *request {
	r := &request{remote: g.queries[0].remote, layout: g.layout, share: g.queries[0].share, parts: parts}
	switch {
	case len(parts) == 1:
		parts[0].place = parts[0].query.alone
		r.layout = parts[0].query.layout
	case len(parts) < len(g.queries): // some have nothing to ask for
		var queries []*query
		var places []place
		for i := range parts {
			queries, places = append(queries, parts[i].query), append(places, parts[i].place)
		}
		r.layout = newLayout(joined(queries, places), r.remote.persisted, queries, places)
	}
	return r
}

// pack distributes parts over requests of no more than so many representations; 0: of any number.
func pack(parts []part, most int) [][]part {
	if most == 0 {
		return [][]part{parts}
	}
	var out [][]part
	room := 0
	for _, p := range parts {
		for p.from < p.to {
			if room == 0 {
				out, room = append(out, nil), most
			}
			now := p
			now.to = min(p.to, p.from+room)
			room -= now.to - now.from
			out[len(out)-1] = append(out[len(out)-1], now)
			p.from = now.to
		}
	}
	return out
}

// runAll runs requests, some at a time, and waits for all of them.
func runAll(ctx context.Context, requests []*request) {
	runEach(len(requests), func(i int) { requests[i].run(ctx) })
}

// runEach calls run for each number below n, in a few goroutines, and waits for all of them.
func runEach(n int, run func(i int)) {
	if n == 1 {
		run(0)
		return
	}
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(concurrency, n) {
		wg.Go(func() {
			for i := range next {
				run(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// outcomes puts together what requests brought for each of some queries.
func outcomes(in []*execute.Inputs, requests ...*request) []*execute.Outcome {
	out := make([]*execute.Outcome, len(in))
	var first *execute.Outcome
	for _, r := range requests {
		for i := range r.parts {
			p, res := &r.parts[i], &r.results[i]
			o := out[p.number]
			if o == nil {
				o = &execute.Outcome{}
				out[p.number] = o
			}
			if first == nil {
				first = o
			}
			switch {
			case p.to-p.from == len(p.in.Reps): // all of them, or a query for root fields
				o.Values = res.values
			default:
				if o.Values == nil {
					o.Values = make([]value.Value, len(p.in.Reps))
				}
				copy(o.Values[p.from:p.to], res.values)
			}
			for _, e := range res.errors {
				if e.Rep >= 0 {
					e.Rep += p.from
				}
				o.Errors = append(o.Errors, e)
			}
		}
	}
	for _, r := range requests { // whoever has a part in a request names it; the same one twice counts once
		for i := range r.parts {
			o := out[r.parts[i].number]
			o.Given = append(o.Given, r.given...)
		}
	}
	first.Release = func() {
		for _, r := range requests {
			r.release()
		}
	}
	return out
}
