// Package window counts what happened lately. Breakers and health checks decide by it.
//
// It knows nothing of what is counted, and does not look at the clock: whoever counts says what time it is.
package window

import (
	"sync/atomic"
	"time"
)

// Kinds is how many different things one window counts.
const Kinds = 3

// slices is in how many parts a window is divided, and forgotten. What is counted so goes back between nine and ten tenths
// of the span.
const slices = 10

// Each counter holds the number of the slice of time it counts for, in the upper bits, beside the count: one word, so that
// a counter changes from one slice to the next without a lock and without losing a count. The number of the slice wraps
// around, for spans of ten seconds after half a year; a count may then be taken for one of that many slices later, if
// nothing was counted in between.
const (
	countBits = 40
	countMask = 1<<countBits - 1
)

// Window counts up to [Kinds] things over the last span of time. It is safe for concurrent use, takes no lock, and
// allocates only when it is made.
type Window struct {
	width time.Duration
	ring  [slices]slice
}

type slice [Kinds]atomic.Uint64

// New returns a window over the given span, which must be positive.
func New(span time.Duration) *Window { return &Window{width: max(span/slices, 1)} }

// Add counts n of a kind at a moment, which is given as the time since some beginning that all calls share.
func (w *Window) Add(kind int, n uint64, now time.Duration) {
	number := w.number(now)
	c := &w.ring[number%slices][kind]
	for {
		old := c.Load()
		if old>>countBits == number {
			c.Add(n)
			return
		}
		if c.CompareAndSwap(old, number<<countBits|n) {
			return
		}
	}
}

// Sum returns how many of a kind were counted within the span that ends now.
func (w *Window) Sum(kind int, now time.Duration) uint64 {
	number := w.number(now)
	var sum uint64
	for i := range w.ring {
		c := w.ring[i][kind].Load()
		// How many slices ago that was; what lies ahead, because another goroutine's clock was read later, counts too.
		age := (number - c>>countBits) & (1<<(64-countBits) - 1)
		if age < slices || age == 1<<(64-countBits)-1 {
			sum += c & countMask
		}
	}
	return sum
}

// Reset forgets everything. Counts that come at the same moment may or may not be kept.
func (w *Window) Reset() {
	for i := range w.ring {
		for k := range w.ring[i] {
			w.ring[i][k].Store(0)
		}
	}
}

// number returns the number of the slice of time: never 0 in the beginning, which is what an unused counter holds. One
// span ahead keeps unused counters out of every sum.
func (w *Window) number(now time.Duration) uint64 {
	return (uint64(max(now, 0)/w.width) + slices + 1) & (1<<(64-countBits) - 1)
}
