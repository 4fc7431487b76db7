// Package limit bounds how many requests are in flight at the same time, so that a slow service does not take all memory
// of the gateway, and is not asked for more than it can do.
//
// Above the limit requests wait in a queue, which is bounded in length and time; above that they are refused at once. The
// limit is fixed, or found by measuring (file gradient.go). A [Limiter] stands for one endpoint or for a whole service, and
// does not know which; the client that calls it does, once for every request.
package limit

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// The errors of [Limiter.Acquire], beside the cause of the context's end.
var (
	ErrFull         = errors.New("too many requests are in flight, and the queue is full")
	ErrQueueTimeout = errors.New("too many requests are in flight, and none ended in time")
)

// Limiter lets a limited number of requests pass at the same time. It is safe for concurrent use; below the limit it takes
// no lock and does not allocate. A nil Limiter lets everything pass.
type Limiter struct {
	cfg Config
	// state holds the number of requests in flight in the lower half, and of those that wait in the upper: one word, so
	// that nobody overtakes those who wait.
	state    atomic.Uint64
	limit    atomic.Int64
	gradient *gradient // nil: the limit is fixed
	refused  atomic.Uint64

	mu    sync.Mutex // held to wait and to end a wait
	queue list.List  // of *waiter, the first to come in front; its length is the upper half of state
}

// waiter is one request in the queue.
type waiter struct {
	ready   chan struct{} // closed when the request may go
	granted bool          // whether it was; under the limiter's lock
}

const (
	oneWaiting = 1 << 32
	inFlight   = oneWaiting - 1
)

// New returns a limiter; nil, which lets everything pass, if there is no limit. The configuration is valid.
func New(cfg Config) *Limiter {
	if cfg.Limit == 0 {
		return nil
	}
	l := &Limiter{cfg: cfg}
	l.limit.Store(int64(cfg.Limit))
	if cfg.Adaptive.Enabled {
		l.limit.Store(int64(cfg.Adaptive.Initial))
		l.gradient = newGradient(&cfg)
	}
	return l
}

// TryAcquire reports whether a request may go at once. If so, [Limiter.Release] follows.
func (l *Limiter) TryAcquire() bool {
	if l == nil {
		return true
	}
	for {
		s := l.state.Load()
		if s >= oneWaiting || int64(s) >= l.limit.Load() {
			return false
		}
		if l.state.CompareAndSwap(s, s+1) {
			return true
		}
	}
}

// Acquire waits until a request may go, in the order of the calls. It returns ErrFull at once if too many wait,
// ErrQueueTimeout if it waited too long, and the cause of the context's end if that comes first. If it returns nil,
// [Limiter.Release] follows.
func (l *Limiter) Acquire(ctx context.Context) error {
	if l.TryAcquire() {
		return nil
	}
	w := l.enqueue()
	if w == nil {
		l.refused.Add(1)
		return ErrFull
	}
	timer := time.NewTimer(l.cfg.QueueTimeout)
	defer timer.Stop()
	var err error
	select {
	case <-w.Value.(*waiter).ready:
		return nil
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-timer.C:
		err = ErrQueueTimeout
		l.refused.Add(1)
	}
	l.leave(w)
	return err
}

// enqueue puts a request at the end of the queue; it returns nil if the queue is full.
func (l *Limiter) enqueue() *list.Element {
	if l.cfg.Queue == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queue.Len() >= l.cfg.Queue {
		return nil
	}
	e := l.queue.PushBack(&waiter{ready: make(chan struct{})})
	l.state.Add(oneWaiting)
	// Requests may have ended before anybody was seen to wait.
	l.grant()
	return e
}

// leave takes a request out of the queue that does not want to wait any longer. One that was let through at the same
// moment gives its place to the next.
func (l *Limiter) leave(e *list.Element) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Value.(*waiter).granted {
		l.state.Add(^uint64(0))
		l.grant()
		return
	}
	l.queue.Remove(e)
	l.state.Add(^uint64(oneWaiting - 1)) // - oneWaiting
}

// grant lets those through that wait in front, as many as the limit allows. The lock is held.
func (l *Limiter) grant() {
	for e := l.queue.Front(); e != nil; e = l.queue.Front() {
		for {
			s := l.state.Load()
			if int64(s&inFlight) >= l.limit.Load() {
				return
			}
			if l.state.CompareAndSwap(s, s-oneWaiting+1) {
				break
			}
		}
		l.queue.Remove(e)
		w := e.Value.(*waiter)
		w.granted = true
		close(w.ready)
	}
}

// Outcome is how a request ended, as far as it says something about how much can be done at once.
type Outcome uint8

// The outcomes.
const (
	Served  Outcome = iota // answered: its latency counts
	Dropped                // not answered in time, or refused for overload: the limit is too high
	Ignored                // failed for another reason, or given up
)

// Release says that a request ended, how, and how long it took.
func (l *Limiter) Release(o Outcome, took time.Duration) {
	if l == nil {
		return
	}
	s := l.state.Add(^uint64(0))
	wake := s >= oneWaiting
	if l.gradient != nil {
		if limit, ok := l.gradient.sample(o, took, int(s&inFlight)+1); ok {
			l.limit.Store(int64(limit))
			wake = l.state.Load() >= oneWaiting
		}
	}
	if wake {
		l.mu.Lock()
		l.grant()
		l.mu.Unlock()
	}
}

// Status is what a limiter looked like at one moment.
type Status struct {
	Limit    int // 0: none
	InFlight int
	Waiting  int
	Refused  uint64 // requests that were refused since the beginning
}

// Status returns what the limiter looks like now.
func (l *Limiter) Status() Status {
	if l == nil {
		return Status{}
	}
	s := l.state.Load()
	return Status{Limit: int(l.limit.Load()), InFlight: int(s & inFlight), Waiting: int(s >> 32), Refused: l.refused.Load()}
}
