package execute

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/internal/stack"
	"github.com/sluice-gateway/sluice/value"
)

// run is one operation under way. Its memory is used again for later operations once the response was released.
type run struct {
	program *Program
	in      *Request
	scope   *Scope
	wg      sync.WaitGroup // the goroutines of this operation, but for the one of Run

	mu       sync.Mutex // guards everything below while goroutines run
	arena    *value.Arena
	root     value.Value // the store
	room     int         // how many more values the store may hold
	excess   bool        // it may not hold what was brought: the answer is refused
	states   []state     // one for each fetch
	waits    []int       // for each task, how many others it still waits for
	outcomes []*Outcome  // to be released
	failures []failure
	unplaced []int // failures that left no mark in the store
	effaced  []int // failures whose marks may be where nobody sees them, as values took their place
	panicked bool
	crashes  []error // the panics

	objects []value.Value  // scratch
	around  []value.Value  // scratch: the contextual variables of objects
	members []value.Member // scratch
	index   repIndex       // scratch
	buf     []byte         // of the answer
	path    []pathElement  // scratch of the projection
}

// state is how far one fetch is.
type state struct {
	targets []target // none: there is nothing to ask for
	inputs  Inputs
	given   []Giver // by its outcome
}

// target is an object that a fetch fills.
type target struct {
	object value.Value
	rep    int // index of the answer that belongs to it
}

// The largest buffers that are kept for later operations. What is larger is rare, and would stay in memory for good.
const (
	keepBytes   = 1 << 20
	keepTargets = 1 << 14
)

var runs = sync.Pool{New: func() any { return new(run) }}

func newRun(p *Program, in *Request) *run {
	r := runs.Get().(*run) //nolint:errcheck // the pool holds nothing else
	r.program, r.in, r.scope, r.arena = p, in, &Scope{}, value.NewArena()
	if n := len(p.fetches); cap(r.states) < n {
		r.states = make([]state, n)
	} else {
		r.states = r.states[:n]
	}
	r.waits = r.waits[:0]
	for i := range p.tasks {
		r.waits = append(r.waits, p.tasks[i].waits)
	}
	r.room, r.excess = r.maxValues(), false
	r.root = r.fresh(p.root)
	return r
}

// release gives everything back that the response and the store were made of.
func (r *run) release() {
	for _, o := range r.outcomes {
		if o.Release != nil {
			safely(o.Release)
		}
	}
	safely(r.scope.close)
	r.arena.Release()
	r.program, r.in, r.scope, r.arena, r.root = nil, nil, nil, nil, value.Value{}
	for i := range r.states {
		s := &r.states[i]
		*s = state{targets: recycle(s.targets, keepTargets), inputs: Inputs{Reps: recycle(s.inputs.Reps, keepTargets)}}
	}
	r.outcomes, r.failures = recycle(r.outcomes, keepTargets), recycle(r.failures, keepTargets)
	r.objects, r.members = recycle(r.objects, keepTargets), recycle(r.members, keepTargets)
	r.around = recycle(r.around, keepTargets)
	r.path = recycle(r.path, keepTargets)
	r.unplaced, r.effaced, r.crashes, r.panicked = nil, nil, nil, false
	r.index.slots = recycle(r.index.slots, 2*keepTargets)
	r.index.hashes = recycle(r.index.hashes, keepTargets)
	if cap(r.buf) > keepBytes {
		r.buf = nil
	}
	runs.Put(r)
}

// recycle empties a slice for its next use, unless it has grown too large to be kept.
func recycle[T any](s []T, keep int) []T {
	if cap(s) > keep {
		return nil
	}
	clear(s)
	return s[:0]
}

// safely calls a function of somebody else that releases or logs something. Its panic must not keep the others from
// being called, and the response is made already, so that there is nobody left to tell.
func safely(f func()) {
	defer func() { _ = recover() }()
	f()
}

// execute runs all fetches and returns when they have ended.
func (r *run) execute(ctx context.Context) {
	r.guard(func() { r.drive(ctx, r.begin(ctx)) })
	r.wg.Wait()
}

// drive runs tasks, then those that become ready by that, and so on until nothing is left to do: each time the last
// one on this goroutine, and every other one on a goroutine of its own.
func (r *run) drive(ctx context.Context, ready []int) {
	for len(ready) > 0 {
		last := len(ready) - 1
		for i := range last {
			one := ready[i : i+1]
			r.wg.Go(func() {
				stack.Grow()
				r.guard(func() { r.drive(ctx, one) })
			})
		}
		ready = r.run(ctx, ready[last])
	}
}

// run runs a task and returns the tasks that become ready by that.
func (r *run) run(ctx context.Context, id int) (ready []int) {
	t := &r.program.tasks[id]
	asking, one := 0, 0
	for _, f := range t.fetches {
		if len(r.states[f].targets) > 0 {
			asking, one = asking+1, f
		}
	}
	if asking == 1 {
		return r.settle(ctx, id, []*Outcome{r.program.fetches[one].runner.Run(ctx, &r.states[one].inputs)})
	}
	in := make([]*Inputs, len(t.fetches))
	for i, f := range t.fetches {
		if s := &r.states[f]; len(s.targets) > 0 {
			in[i] = &s.inputs
		}
	}
	out, brought := t.group.Run(ctx, in), make([]*Outcome, 0, asking)
	for i := range in {
		switch {
		case in[i] == nil:
		case i < len(out):
			brought = append(brought, out[i])
		default:
			brought = append(brought, nil)
		}
	}
	return r.settle(ctx, id, brought)
}

// guard calls f and lets no panic of it go further than this operation.
func (r *run) guard(f func()) {
	done := false
	defer func() {
		// A runner that ends its goroutine leaves nothing to recover, and is found by done.
		if v := recover(); v != nil || !done {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.crashed(v)
		}
	}()
	f()
	done = true
}

// crashed remembers a panic.
func (r *run) crashed(v any) {
	r.panicked = true
	r.crashes = append(r.crashes, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
}

// begin opens the tasks that wait for no other.
func (r *run) begin(ctx context.Context) (ready []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open(ctx, nil, r.program.initial)
}

// settle takes what those fetches of a task brought that asked for something, and opens the tasks that waited for it
// alone.
func (r *run) settle(ctx context.Context, id int, brought []*Outcome) (ready []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.program.tasks[id].fetches {
		if len(r.states[f].targets) == 0 {
			continue
		}
		out := brought[0]
		brought = brought[1:]
		if out == nil {
			out = &Outcome{Errors: []SourceError{{Rep: -1, Message: internalMessage, Code: string(fault.Internal), Cause: errNoOutcome}}}
		}
		r.outcomes = append(r.outcomes, out)
		r.states[f].given = out.Given
		r.absorb(f, out)
	}
	return r.closed(ctx, id, nil)
}

// open prepares tasks whose dependencies have ended and adds to ready those that have something to ask for. The others
// are over at once.
func (r *run) open(ctx context.Context, ready, ids []int) []int {
	for _, id := range ids {
		asks := false
		for _, f := range r.program.tasks[id].fetches {
			switch {
			case r.panicked || r.excess || errors.Is(ctx.Err(), context.Canceled):
				return ready // nobody will read the answer
			case ctx.Err() != nil:
				r.abandon(f)
			default:
				asks = r.prepare(f) || asks
			}
		}
		if asks {
			ready = append(ready, id)
		} else {
			ready = r.closed(ctx, id, ready)
		}
	}
	return ready
}

// closed counts a task as ended and opens those that waited for it alone.
func (r *run) closed(ctx context.Context, id int, ready []int) []int {
	waiting := r.program.tasks[id].next
	for i, next := range waiting {
		if r.waits[next]--; r.waits[next] == 0 {
			ready = r.open(ctx, ready, waiting[i:i+1])
		}
	}
	return ready
}
