package gateway

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/upstream"
)

// Reloads is what became of attempts to put a gateway on other options.
type Reloads struct {
	Succeeded, Refused uint64
	// Refusal is why the last attempt was refused; nil if it succeeded, or there was none.
	Refusal *Refusal
}

// Refusal is why options were not taken.
type Refusal struct {
	At       time.Time
	Problems problem.List // those that are errors
}

// Operations counts operations by what became of them.
type Operations struct {
	Refused  uint64 // not executed: the request was wrong
	Complete uint64 // answered without an error
	Partial  uint64 // answered with errors beside data
	Failed   uint64 // executed, and without data in the end
}

// Counts are what a gateway counted since it was made. All of it goes on over reloads, but for the plans and services that
// are new.
type Counts struct {
	Started    time.Time
	Snapshot   int // number of the one that is in use
	Hash       string
	Loaded     time.Time // when it came into use
	Open       int       // snapshots that somebody still uses, that one included
	Reloads    Reloads
	Operations Operations
	Plans      plan.Stats
	Services   []upstream.Status // by name
}

// Counts returns the counts of this moment.
func (g *Gateway) Counts() Counts {
	s := g.Hold()
	defer s.Release()
	g.mu.Lock()
	open := len(g.open)
	g.mu.Unlock()
	out := Counts{
		Started: g.started, Snapshot: s.number, Hash: s.Hash(), Loaded: s.loaded, Open: open,
		Reloads: g.reloads.get(), Operations: g.operations.get(), Plans: s.wiring.planner.Stats(),
	}
	for _, name := range slices.Sorted(maps.Keys(s.services)) {
		out.Services = append(out.Services, s.services[name].client.Status())
	}
	return out
}

// Refuse counts a reload that was given up before it came to [Gateway.Build] or after, with what was wrong.
func (g *Gateway) Refuse(problems problem.List) { g.reloads.refuse(problems.Errors()) }

// reloads counts reloads.
type reloads struct {
	mu  sync.Mutex // guards now
	now Reloads
}

func (r *reloads) get() Reloads {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *reloads) succeed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now.Succeeded++
	r.now.Refusal = nil
}

func (r *reloads) refuse(problems problem.List) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now.Refused++
	r.now.Refusal = &Refusal{At: time.Now(), Problems: problems}
}

// operations counts operations.
type operations struct{ refused, complete, partial, failed atomic.Uint64 }

func (o *operations) get() Operations {
	return Operations{Refused: o.refused.Load(), Complete: o.complete.Load(), Partial: o.partial.Load(), Failed: o.failed.Load()}
}

// count counts an operation that was executed.
func (o *operations) count(r *operation.Response) {
	switch {
	case len(r.Errors) == 0:
		o.complete.Add(1)
	case len(r.Data) == 0 || string(r.Data) == "null":
		o.failed.Add(1)
	default:
		o.partial.Add(1)
	}
}
