package balance

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// candidates are the endpoints of a picker, and what may keep one of them from being taken when its turn has come.
type candidates struct {
	endpoints []*endpoint.Endpoint
	warmup    *warmup // nil: all of them have been in use for long
}

func newCandidates(endpoints []*endpoint.Endpoint, o Options) candidates {
	return candidates{endpoints, newWarmup(endpoints, o.SlowStart)}
}

// draws is how often a policy draws an endpoint that may be taken, before it gives up its own order. It is enough for the
// shares of a slow start to be right within a thousandth when half of the endpoints are new.
const draws = 16

// take reports whether an endpoint that was drawn may be taken.
func (s *candidates) take(c *Call, e *endpoint.Endpoint) bool {
	return !c.avoids(e) && (s.warmup == nil || s.warmup.take(e))
}

// instead is for a policy that has drawn without success: the index of any endpoint that was not tried yet, or, if there
// is none, first.
func (s *candidates) instead(c *Call, first int) int {
	i := scale(rand.Uint32(), len(s.endpoints))
	for range s.endpoints {
		if !c.avoids(s.endpoints[i]) {
			return i
		}
		if i++; i == len(s.endpoints) {
			i = 0
		}
	}
	return first
}

// scale maps a random 32-bit number to 0…n-1 with a multiplication: a division would cost more than the rest of Pick.
func scale(r uint32, n int) int { return int(uint64(r) * uint64(n) >> 32) }

// full is the ramp of an endpoint that has its whole share, and least that of one which was just found: so few calls that
// it can fill its caches, and enough to be warm at the end.
const (
	full  = 1024
	least = full / 10
)

// warmup is the slow start of endpoints: for some time, the share of each grows evenly with the time it is in use.
type warmup struct {
	window time.Duration
	over   time.Time // when all endpoints have their whole share
	done   atomic.Bool
	oldest *endpoint.Endpoint // what the shares of the others are measured by
}

// newWarmup returns nil if no endpoint is new among others.
func newWarmup(endpoints []*endpoint.Endpoint, window time.Duration) *warmup {
	if window <= 0 || len(endpoints) < 2 {
		return nil
	}
	now := time.Now()
	w := &warmup{window: window, oldest: endpoints[0]}
	youngest := window
	longest := endpoints[0].UsedFor(now)
	for _, e := range endpoints {
		used := e.UsedFor(now)
		youngest = min(youngest, used)
		if used > longest {
			longest, w.oldest = used, e
		}
	}
	if youngest >= window {
		return nil
	}
	w.over = now.Add(window - youngest)
	return w
}

// now returns the time if there are still endpoints with less than their share.
func (w *warmup) now() (now time.Time, warming bool) {
	if w == nil || w.done.Load() {
		return time.Time{}, false
	}
	if now = time.Now(); now.After(w.over) {
		w.done.Store(true)
		return time.Time{}, false
	}
	return now, true
}

// ramp returns the part of its share that an endpoint gets, at least 1 and at most full.
func (w *warmup) ramp(e *endpoint.Endpoint, now time.Time) int64 {
	used := e.UsedFor(now)
	if used >= w.window {
		return full
	}
	return min(max(int64(float64(used)/float64(w.window)*full), least), full)
}

// take reports whether a new endpoint is taken this time, which it is more and more often. If all are new, the oldest
// always is.
func (w *warmup) take(e *endpoint.Endpoint) bool {
	now, warming := w.now()
	if !warming {
		return true
	}
	part := w.ramp(e, now)
	if part == full {
		return true
	}
	return int64(rand.Uint64N(uint64(w.ramp(w.oldest, now)))) < part
}
