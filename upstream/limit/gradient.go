package limit

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// gradient finds how many requests a service can do at once. It compares the latency of the last window with that of a long
// time: as long as they are alike, requests do not wait for each other in the service, and the limit grows by the
// square root of itself; when the last one is worse, there is a queue, and the limit shrinks in proportion.
//
// The algorithm is Gradient2 of Netflix' concurrency-limits (https://github.com/Netflix/concurrency-limits, class
// Gradient2Limit), which took it from TCP Vegas (Brakmo and Peterson, 1995). Unlike there, dropped requests
// make the limit shrink by a tenth, as in its AIMD limit: a service that answers nothing has no latency.
type gradient struct {
	cfg   Adaptive
	most  float64
	start time.Time // what times are counted from

	// What was measured since the window began.
	began   atomic.Int64 // after start, in nanoseconds
	served  atomic.Int64
	total   atomic.Int64 // of the latencies of those that were served, in nanoseconds
	dropped atomic.Int64
	peak    atomic.Int64 // requests in flight

	mu      sync.Mutex // held to change what follows
	limit   float64
	usual   float64 // latency over a long time, in nanoseconds
	windows int
}

const (
	smoothing   = 0.2 // of a new limit in the one before
	leastShrink = 0.5 // what one window leaves of the limit at least, before smoothing
	onDrop      = 0.9
	leastCount  = 10  // requests that a window needs to mean something
	longTime    = 600 // windows that the usual latency is an average over, as in the model
	warmUp      = 10  // windows that are averaged plainly in the beginning
)

func newGradient(c *Config) *gradient {
	return &gradient{cfg: c.Adaptive, most: float64(c.Limit), limit: float64(c.Adaptive.Initial), start: time.Now()}
}

// sample counts one request that ended, with how many were in flight then. Once in a window it returns a new limit.
func (g *gradient) sample(o Outcome, took time.Duration, inFlight int) (limit int, changed bool) {
	switch o {
	case Served:
		g.total.Add(int64(max(took, 1)))
		g.served.Add(1)
	case Dropped:
		g.dropped.Add(1)
	case Ignored:
		return 0, false
	}
	for p := g.peak.Load(); int64(inFlight) > p && !g.peak.CompareAndSwap(p, int64(inFlight)); p = g.peak.Load() {
	}
	now := int64(time.Since(g.start))
	if now-g.began.Load() < int64(g.cfg.Window) || g.served.Load()+g.dropped.Load() < leastCount || !g.mu.TryLock() {
		return 0, false
	}
	defer g.mu.Unlock()
	if now-g.began.Load() < int64(g.cfg.Window) {
		return 0, false // another goroutine was faster
	}
	g.began.Store(now)
	// What is counted between these lines goes to the next window, or is lost: an estimate does not mind.
	served, total, dropped, peak := g.served.Swap(0), g.total.Swap(0), g.dropped.Swap(0), g.peak.Swap(0)
	g.update(served, total, dropped, peak)
	return int(g.limit), true
}

func (g *gradient) update(served, total, dropped, peak int64) {
	next := g.limit
	if dropped > 0 {
		next *= onDrop
	} else {
		latency := float64(total) / float64(max(served, 1))
		g.windows++
		weight := 2.0 / (longTime + 1)
		if g.windows <= warmUp {
			weight = 1 / float64(g.windows)
		}
		g.usual += (latency - g.usual) * weight
		if g.usual > 2*latency {
			g.usual *= 0.95 // the load is over; do not keep it in mind for long
		}
		if float64(peak) < g.limit/2 {
			return // there was no more to do: nothing was learned about the limit
		}
		slope := min(max(g.cfg.Tolerance*g.usual/latency, leastShrink), 1)
		next = g.limit*(1-smoothing) + (g.limit*slope+math.Sqrt(g.limit))*smoothing
	}
	g.limit = min(max(next, float64(g.cfg.Min)), g.most)
}
