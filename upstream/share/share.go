// Package share lets calls that are the same, and under way at the same time, be made once. It knows calls by their keys
// and results that can be split, and nothing of HTTP and GraphQL. What may be shared with whom is for its callers to say:
// it is all in the key.
//
// The clients in upstream call it for reads, with everything that is sent as the key.
package share

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// ErrPanic is wrapped by the error of a call that panicked on a goroutine of the group's own.
var ErrPanic = errors.New("the shared call panicked")

// Result is what a call brings.
type Result[T any] interface {
	// Split returns another handle on the same result for one more owner, who releases it by itself. It reports false if
	// the result is for one owner only. It is called on handles that were not released, from one goroutine at a time; other
	// handles may be released meanwhile.
	Split() (T, bool)
	// Release gives the owner's handle back.
	Release()
}

// Group is a set of calls of one kind. It is safe for concurrent use.
//
// The first to ask for a key makes the call, and those who come before it ends wait for its result. As long as nobody
// else comes, that is all there is to it: the call is made on the caller's goroutine and context, and nothing is
// allocated. If the first one gives up, one of those who wait makes the call again.
//
// Once there has been company, the next calls are made on goroutines of their own, which live as long as anybody waits:
// then the first one can give up without harm. So the price is paid where it brings something.
//
// Nobody joins a call that is late: who comes then makes another one, and what that brings is for those too who wait for
// the late one. So one call that hangs does not make all hang who ask for the same.
type Group[R any, T Result[T]] struct {
	run  func(context.Context, R) (T, error)
	late time.Duration
	seed maphash.Seed
	wg   sync.WaitGroup // the goroutines of calls

	mu      sync.Mutex // guards the fields below
	calls   map[uint64]*call[T]
	free    []*call[T]
	company int             // how many more calls get a goroutine
	solo    [soloSlots]solo // keys whose results are for one owner only
	stats   Stats
}

// Stats counts what a group has done, and does.
type Stats struct {
	Shared uint64 // calls that were not made, as another one's result served
	Again  uint64 // calls that waited in vain, and were made after that
	// Waiting is how many wait at the moment for a call that is made on another goroutine.
	Waiting int
}

const (
	// afterCompany is for how many calls after one that was shared it is expected that others are.
	afterCompany = 256
	soloSlots    = 256
	// soloFor is how many calls of a key are not shared after a result that could not be.
	soloFor = 64
	// keepFree and keepHead bound the memory that is kept for later calls.
	keepFree = 64
	keepHead = 8 << 10
)

type solo struct {
	hash uint64
	left int
}

// call is one call under way.
type call[T any] struct {
	hash     uint64
	head     []byte // of the key: a copy
	body     []byte // of the key: the caller's
	began    time.Time
	waiting  []*waiter[T]
	detached bool
	cancel   context.CancelFunc // of a detached call
	older    *call[T]           // a late one of the same key, in whose place this one was begun
	replaced bool               // it is the older one of another call
}

type waiter[T any] struct {
	answers chan answer[T] // of one
}

// answer is what one who waited gets.
type answer[T any] struct {
	result T
	err    error
	again  bool // there is no answer: ask again, and alone if alone is set
	alone  bool
}

// New returns a group of calls that are made by run. A call is late when it has taken longer than the given time; 0: never.
func New[R any, T Result[T]](late time.Duration, run func(context.Context, R) (T, error)) *Group[R, T] {
	return &Group[R, T]{run: run, late: late, seed: maphash.MakeSeed(), calls: map[uint64]*call[T]{}}
}

// Wait returns when no goroutine of the group is left. No call of Do may begin meanwhile.
func (g *Group[R, T]) Wait() { g.wg.Wait() }

// Stats returns what was counted so far.
func (g *Group[R, T]) Stats() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.stats
}

// Do makes the call r, or waits for the result of the same call that another one makes. Two calls are the same if head and
// body are: these must hold everything that the result may depend on. body is not copied and must not be changed while
// the call is made; head may be used again at once. A call whose result came from a later one of the same key may still be
// under way when Do returns, so body and r are not to be changed after it either.
//
// It returns when there is a result or ctx has ended. The context of the call itself may outlive ctx, and has its values.
// The error is one of run, the cause of ctx, or wraps [ErrPanic]. It may be that of another one's call.
func (g *Group[R, T]) Do(ctx context.Context, head, body []byte, r R) (T, error) {
	hash := g.hash(head, body)
	for {
		g.mu.Lock()
		if g.isSolo(hash) {
			g.mu.Unlock()
			return g.run(ctx, r)
		}
		c, now := g.calls[hash], time.Now()
		var w *waiter[T]
		switch {
		case c != nil && (!bytes.Equal(c.head, head) || !bytes.Equal(c.body, body)): // two keys have one hash
			g.mu.Unlock()
			return g.run(ctx, r)
		case c != nil && (g.late == 0 || now.Sub(c.began) <= g.late):
			w = g.join(c)
			g.company = afterCompany
		default:
			c = g.begin(hash, head, body, now, c)
			if g.company == 0 {
				g.mu.Unlock()
				return g.inline(ctx, c, r)
			}
			g.company--
			w = g.detach(ctx, c, r)
		}
		g.mu.Unlock()
		switch a := g.await(ctx, c, w); {
		case !a.again:
			return a.result, a.err
		case a.alone:
			return g.run(ctx, r)
		}
	}
}

func (g *Group[R, T]) hash(head, body []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(g.seed)
	_, _ = h.Write(head) // it never fails
	_ = h.WriteByte(0)
	_, _ = h.Write(body)
	return h.Sum64()
}

// begin notes a call that is going to be made, in the place of a late one if that is not nil.
func (g *Group[R, T]) begin(hash uint64, head, body []byte, now time.Time, late *call[T]) *call[T] {
	c := g.take()
	c.hash, c.head, c.body, c.began = hash, append(c.head[:0], head...), body, now
	if c.older = late; late != nil {
		late.replaced = true
	}
	g.calls[hash] = c
	return c
}

// detach makes a call on a goroutine and a context of its own. Its caller is the first who waits for it.
func (g *Group[R, T]) detach(ctx context.Context, c *call[T], r R) *waiter[T] {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c.detached, c.cancel = true, cancel
	g.wg.Go(func() {
		defer cancel()
		result, err := g.protected(ctx, r)
		g.end(c, result, err, false)
	})
	return g.join(c)
}

// inline makes a call on the goroutine and the context of its caller.
func (g *Group[R, T]) inline(ctx context.Context, c *call[T], r R) (result T, err error) {
	ended := false
	defer func() {
		if !ended { // a panic goes on to the caller; the others try for themselves
			g.end(c, result, nil, true)
		}
	}()
	result, err = g.run(ctx, r)
	ended = true
	g.end(c, result, err, err != nil && ctx.Err() != nil)
	return result, err
}

// protected makes a call and turns a panic into an error.
func (g *Group[R, T]) protected(ctx context.Context, r R) (result T, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: %v\n%s", ErrPanic, v, debug.Stack())
		}
	}()
	return g.run(ctx, r)
}

func (g *Group[R, T]) join(c *call[T]) *waiter[T] {
	w := &waiter[T]{answers: make(chan answer[T], 1)}
	c.waiting = append(c.waiting, w)
	g.stats.Waiting++
	return w
}

// await waits for what comes of a call.
func (g *Group[R, T]) await(ctx context.Context, c *call[T], w *waiter[T]) answer[T] {
	select {
	case a := <-w.answers:
		return a
	case <-ctx.Done():
	}
	g.mu.Lock()
	i := slices.Index(c.waiting, w)
	if i >= 0 {
		c.waiting = slices.Delete(c.waiting, i, i+1)
		g.stats.Waiting--
		if c.detached && len(c.waiting) == 0 { // nobody is left who wants to know
			c.cancel()
			g.forget(c)
		}
	}
	g.mu.Unlock()
	if i < 0 { // it has just come
		return <-w.answers
	}
	return answer[T]{err: context.Cause(ctx)}
}

// end hands the result of a call to all who wait for it. For an inline call, its caller has the result already. again: the
// call brought nothing that is worth anything to others.
func (g *Group[R, T]) end(c *call[T], result T, err error, again bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forget(c)
	waiting := c.waiting
	if err == nil && !again {
		waiting = c.withOlder()
	}
	g.stats.Waiting -= len(waiting)
	owned := c.detached && err == nil // by nobody yet
	for i, w := range waiting {
		a := answer[T]{result: result, err: err}
		switch {
		case again:
			a = answer[T]{again: true}
		case err != nil:
		case owned && i == len(waiting)-1: // the last one takes it over
			owned = false
		default:
			var ok bool
			if a.result, ok = result.Split(); !ok {
				// Whose result it is does not matter, as long as it is nobody else's.
				a = answer[T]{again: true, alone: true}
				g.solo[c.hash%soloSlots] = solo{c.hash, soloFor}
			}
		}
		switch {
		case a.again:
			g.stats.Again++
		case i > 0 || !c.detached:
			g.stats.Shared++
		}
		w.answers <- a // there is room
	}
	if owned {
		result.Release()
	}
	reusable := len(waiting) == 0 && !c.detached && !c.replaced
	c.waiting, c.older = nil, nil
	if reusable && len(g.free) < keepFree && cap(c.head) <= keepHead {
		*c = call[T]{head: c.head[:0]}
		g.free = append(g.free, c)
	}
}

// withOlder returns those who wait for a call and, taken from them, those who wait for the late ones before it. These go on
// without anybody: it shows what becomes of them.
func (c *call[T]) withOlder() []*waiter[T] {
	out := c.waiting
	for o := c.older; o != nil; o = o.older {
		out = append(out, o.waiting...)
		o.waiting = nil
	}
	return out
}

// forget has nobody join a call any more.
func (g *Group[R, T]) forget(c *call[T]) {
	if g.calls[c.hash] == c {
		delete(g.calls, c.hash)
	}
}

func (g *Group[R, T]) take() *call[T] {
	n := len(g.free)
	if n == 0 {
		return &call[T]{}
	}
	c := g.free[n-1]
	g.free = g.free[:n-1]
	return c
}

// isSolo reports whether the results for a key are believed to be for one owner only.
func (g *Group[R, T]) isSolo(hash uint64) bool {
	s := &g.solo[hash%soloSlots]
	if s.left == 0 || s.hash != hash {
		return false
	}
	s.left--
	return true
}
