// Package breaker stops requests to something that fails anyway, so that callers have their answer at once and what fails
// has the rest to recover.
//
// A [Breaker] counts how the requests of the last seconds ended. It opens when too many failed or were slow: then it
// refuses all requests for a while, lets a few through to see what becomes of them, and closes or opens again. Which
// requests count as failures is for the client that calls it to say, once for every attempt. A breaker stands for one
// endpoint or for a whole service, and does not know which.
package breaker

import (
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/upstream/internal/window"
)

// State says what a breaker does with requests.
type State string

// The states.
const (
	Closed   State = "closed"    // requests pass
	Open     State = "open"      // requests are refused
	HalfOpen State = "half_open" // a few requests pass, and decide
)

// Breaker decides whether a request may be made. It is safe for concurrent use, takes no lock, and allocates only when its
// state changes. A nil Breaker lets everything pass.
type Breaker struct {
	cfg      Config
	start    time.Time // what times are counted from
	phase    atomic.Pointer[phase]
	inFlight atomic.Int64
	refused  atomic.Uint64
	opened   atomic.Uint64
}

// phase is the time that a breaker stays in one state. Its permits remember it, so that a request which began in one phase
// decides nothing in another. What it is does not change; what it counted does.
type phase struct {
	state State
	times int           // how often the breaker has opened since it was last closed
	since time.Duration // when it began

	counts *window.Window // closed: what is counted
	until  time.Duration  // open: when it ends
	given  atomic.Int32   // half open: probes that were let through
	good   atomic.Int32   // half open: probes that succeeded
}

// What is counted while a breaker is closed.
const (
	requests = iota
	failures
	slow
)

// New returns a closed breaker; nil, which lets everything pass, if it is not enabled. The configuration is valid.
func New(cfg Config) *Breaker {
	if !cfg.Enabled {
		return nil
	}
	b := &Breaker{cfg: cfg, start: time.Now()}
	b.phase.Store(&phase{state: Closed, counts: window.New(cfg.Window)})
	return b
}

// Permit is the leave to make one request. Exactly one call of [Permit.Done] follows.
type Permit struct {
	breaker *Breaker
	phase   *phase
}

// Allow reports whether a request may be made now. The permit is good only if it may.
func (b *Breaker) Allow() (Permit, bool) {
	if b == nil {
		return Permit{}, true
	}
	if b.cfg.MaxInFlight > 0 && b.inFlight.Add(1) > int64(b.cfg.MaxInFlight) {
		return b.refuse()
	}
	for {
		p := b.phase.Load()
		switch p.state {
		case Closed:
			return Permit{b, p}, true
		case Open:
			now := b.now()
			if now < p.until {
				return b.refuse()
			}
			b.phase.CompareAndSwap(p, &phase{state: HalfOpen, times: p.times, since: now})
		case HalfOpen:
			if p.given.Add(1) <= int32(b.cfg.Probes) {
				return Permit{b, p}, true
			}
			p.given.Add(-1)
			return b.refuse()
		}
	}
}

func (b *Breaker) refuse() (Permit, bool) {
	if b.cfg.MaxInFlight > 0 {
		b.inFlight.Add(-1)
	}
	b.refused.Add(1)
	return Permit{}, false
}

// Done says how the request ended, and how long it took. An abandoned one says nothing, and another may be made in its
// place.
func (p Permit) Done(o endpoint.Outcome, took time.Duration) {
	b := p.breaker
	if b == nil {
		return
	}
	if b.cfg.MaxInFlight > 0 {
		b.inFlight.Add(-1)
	}
	if b.phase.Load() != p.phase {
		return
	}
	isSlow := b.cfg.SlowRatio > 0 && took >= b.cfg.SlowAfter && o != endpoint.Abandonment
	switch {
	case p.phase.state == Closed:
		b.count(p.phase, o, isSlow)
	case o == endpoint.Abandonment:
		p.phase.given.Add(-1)
	case isSlow || o == endpoint.Failure:
		b.open(p.phase, b.now())
	case p.phase.good.Add(1) == int32(b.cfg.Probes):
		b.phase.CompareAndSwap(p.phase, &phase{state: Closed, since: b.now(), counts: window.New(b.cfg.Window)})
	}
}

// count counts a request that was made while the breaker was closed, and opens it if that was one too many.
func (b *Breaker) count(p *phase, o endpoint.Outcome, isSlow bool) {
	if o == endpoint.Abandonment {
		return
	}
	now, isBad := b.now(), o == endpoint.Failure && b.cfg.FailureRatio > 0
	p.counts.Add(requests, 1, now)
	if isSlow {
		p.counts.Add(slow, 1, now)
	}
	if isBad {
		p.counts.Add(failures, 1, now)
	}
	if !isSlow && !isBad {
		return
	}
	all := p.counts.Sum(requests, now)
	if all < uint64(b.cfg.MinRequests) {
		return
	}
	if isBad && reaches(p.counts.Sum(failures, now), all, b.cfg.FailureRatio) ||
		isSlow && reaches(p.counts.Sum(slow, now), all, b.cfg.SlowRatio) {
		b.open(p, now)
	}
}

// reaches reports whether n is at least that share of all. A share like 0.8 has no exact value; the margin makes four of
// five reach it.
func reaches(n, all uint64, share float64) bool { return float64(n) >= float64(all)*share-1e-9 }

func (b *Breaker) open(p *phase, now time.Duration) {
	next := &phase{state: Open, times: p.times + 1, since: now, until: now + b.openFor(p.times)}
	if b.phase.CompareAndSwap(p, next) {
		b.opened.Add(1)
	}
}

// openFor returns how long the breaker stays open that has opened so many times before.
func (b *Breaker) openFor(times int) time.Duration {
	d, most := b.cfg.OpenFor, max(b.cfg.OpenFor, b.cfg.MaxOpenFor)
	for range times {
		if d > most/2 {
			return most
		}
		d *= 2
	}
	return d
}

func (b *Breaker) now() time.Duration { return time.Since(b.start) }

// Status is what a breaker looked like at one moment.
type Status struct {
	State State
	Since time.Time // when that state began
	Until time.Time // while it is open: when probes are let through
	// Requests, Failures and Slow are what is counted of the window, while it is closed.
	Requests, Failures, Slow uint64
	Refused                  uint64 // requests that were refused since the beginning
	Opened                   uint64 // how often it opened since the beginning
}

// Status returns what the breaker looks like now; of a nil Breaker, that it is closed.
func (b *Breaker) Status() Status {
	if b == nil {
		return Status{State: Closed}
	}
	p, now := b.phase.Load(), b.now()
	s := Status{
		State:   p.state,
		Since:   b.start.Add(p.since),
		Refused: b.refused.Load(),
		Opened:  b.opened.Load(),
	}
	switch p.state {
	case Open:
		s.Until = b.start.Add(p.until)
	case Closed:
		s.Requests, s.Failures, s.Slow = p.counts.Sum(requests, now), p.counts.Sum(failures, now), p.counts.Sum(slow, now)
	}
	return s
}
