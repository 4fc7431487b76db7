// Package latency measures how long the calls of a service take lately. A client sends a second request when the first
// takes longer than most, and does not begin what cannot end in the time that is left.
//
// It knows durations and nothing of what took them.
package latency

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// A Window holds a histogram for each of some slices of time. The buckets are linear within each power of two, as in
// HdrHistogram (Gil Tene): a quantile is exact to one part in eight.
const (
	slices    = 6
	shift     = 13 // durations up to 2^13 ns, 8 µs, are one bucket
	perOctave = 8
	octaves   = 24 // up to 2^37 ns, 137 s
	buckets   = octaves * perOctave
	// refresh is how long what was computed is good. Adding up the buckets takes some microseconds.
	refresh = 100 * time.Millisecond
)

// Window remembers the durations of the last span of time. It is safe for concurrent use and takes no lock.
type Window struct {
	start    time.Time
	width    time.Duration
	quantile float64
	ring     [slices]slice
	computed atomic.Pointer[Stats]
}

type slice struct {
	number  atomic.Int64 // of the slice of time, from 1
	buckets [buckets]atomic.Uint32
}

// Stats is what the durations of the last span of time look like.
type Stats struct {
	Count uint64
	// Fastest is less than the shortest duration, and not much.
	Fastest time.Duration
	// P50, P95 and P99 are quantiles, and Quantile the one that the window was made for, each more than the duration by an
	// eighth at most.
	P50, P95, P99, Quantile time.Duration

	at time.Duration
}

// New returns a window over the last span of time, which also computes the given quantile, between 0 and 1.
func New(span time.Duration, quantile float64) *Window {
	return &Window{start: time.Now(), width: max(span/slices, 1), quantile: quantile}
}

// Observe takes a duration into account that ended now. It does not allocate.
func (w *Window) Observe(took time.Duration, now time.Time) {
	number := w.number(now.Sub(w.start))
	s := &w.ring[number%slices]
	if old := s.number.Load(); old != number {
		if old > number {
			return // it is long over
		}
		// Whoever changes the number empties the slice. What others count meanwhile may be lost: a few of many.
		if s.number.CompareAndSwap(old, number) {
			for i := range s.buckets {
				s.buckets[i].Store(0)
			}
		}
	}
	s.buckets[bucket(took)].Add(1)
}

// Stats returns what the durations look like. It is computed ten times a second at most.
func (w *Window) Stats(now time.Time) Stats {
	passed := now.Sub(w.start)
	if s := w.computed.Load(); s != nil && passed-s.at < refresh {
		return *s
	}
	s := w.compute(passed)
	w.computed.Store(s)
	return *s
}

func (w *Window) compute(passed time.Duration) *Stats {
	var sum [buckets]uint64
	out := &Stats{at: passed}
	number := w.number(passed)
	for i := range w.ring {
		s := &w.ring[i]
		if s.number.Load() <= number-slices {
			continue
		}
		for b := range s.buckets {
			if n := uint64(s.buckets[b].Load()); n > 0 {
				sum[b] += n
				out.Count += n
			}
		}
	}
	if out.Count == 0 {
		return out
	}
	for b, n := range sum {
		if n > 0 {
			out.Fastest = lower(b)
			break
		}
	}
	at := func(q float64) time.Duration {
		rank, seen := uint64(q*float64(out.Count)), uint64(0)
		for b, n := range sum {
			if seen += n; seen > rank {
				return lower(b + 1)
			}
		}
		return lower(buckets)
	}
	out.P50, out.P95, out.P99, out.Quantile = at(0.5), at(0.95), at(0.99), at(w.quantile)
	return out
}

func (w *Window) number(passed time.Duration) int64 { return int64(max(passed, 0)/w.width) + 1 }

// bucket returns the bucket of a duration.
func bucket(d time.Duration) int {
	n := uint64(max(d, 0)) >> (shift - 3) // in units of an eighth of the first octave
	if n < perOctave {
		return 0
	}
	octave := bits.Len64(n) - 4 // n has at least four bits
	i := octave*perOctave + int(n>>octave) - perOctave
	return min(i, buckets-1)
}

// lower returns the lower bound of a bucket.
func lower(b int) time.Duration {
	if b == 0 {
		return 0
	}
	octave, within := b/perOctave, b%perOctave
	return time.Duration(uint64(perOctave+within) << octave << (shift - 3))
}
