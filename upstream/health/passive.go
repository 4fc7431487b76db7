package health

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/upstream/internal/window"
)

// Observation is how one request of a client ended.
type Observation struct {
	Outcome endpoint.Outcome
	Latency time.Duration // from its beginning to its end
}

// observed is what the requests of clients showed of an endpoint. Reports change it, without a lock.
type observed struct {
	lately   *window.Window
	usual    usual         // how long the last requests that succeeded took
	answers  atomic.Uint64 // requests that ended, but for those that were given up
	streak   atomic.Int64  // failures in a row
	streakAt atomic.Int64  // when the first of them ended
	goodAt   atomic.Int64  // when a request last succeeded; never is -1

	// Of an endpoint that was ejected and comes back:
	returning  atomic.Bool
	returnedAt atomic.Int64 // long ago if it never was
	good       atomic.Int64 // successes of requests that began since
}

// What the window counts.
const (
	requests = iota
	failures
)

// observe prepares a member for reports.
func (m *Monitor) observe(one *member) {
	one.seen.lately = window.New(m.cfg.Passive.Window)
	one.seen.goodAt.Store(-1)
	one.seen.returnedAt.Store(math.MinInt64)
}

// Report says how a request to an endpoint ended. It is called for every attempt: it takes no lock and does not allocate.
func (m *Monitor) Report(e *endpoint.Endpoint, o Observation) {
	if !m.cfg.Passive.Enabled || o.Outcome == endpoint.Abandonment {
		return
	}
	one := (*m.members.Load())[e]
	if one == nil {
		return
	}
	s, now := &one.seen, m.now()
	s.answers.Add(1)
	if now-o.Latency < time.Duration(s.returnedAt.Load()) {
		return // it began before the endpoint was ejected, and says nothing about how that is now
	}
	s.lately.Add(requests, 1, now)
	if o.Outcome == endpoint.Success {
		s.usual.add(o.Latency)
		// Loads are cheaper than stores that take the cache line from the other cores.
		if s.streak.Load() != 0 {
			s.streak.Store(0)
		}
		if s.goodAt.Load()>>precision != int64(now)>>precision {
			s.goodAt.Store(int64(now))
		}
		if s.returning.Load() && s.good.Add(1) == int64(m.cfg.Passive.Probes) {
			m.wake()
		}
		return
	}
	s.lately.Add(failures, 1, now)
	if s.streak.Add(1) == 1 {
		s.streakAt.Store(int64(now))
	}
	if m.failsTooOften(s, now) {
		m.wake()
	}
}

// precision is how exactly the time of the last success is kept: in steps of 2^20 ns, a millisecond.
const precision = 20

// Admit reports whether an endpoint takes one more request now. One that comes back takes only a few at the same time
// until these have been answered. It is called for every attempt: it takes no lock and does not allocate.
func (m *Monitor) Admit(e *endpoint.Endpoint) bool {
	one := (*m.members.Load())[e]
	return one == nil || !one.seen.returning.Load() || e.InFlight() < int64(m.cfg.Passive.Probes)
}
