// Package health finds endpoints that do not work, so that they are left out until they do.
//
// A [Monitor] watches the endpoints of one service in two ways. Active checks (file active.go) ask each endpoint
// regularly. Passive checks (files passive.go and judge.go) look at how the requests of clients end, which a client
// reports, and eject an endpoint for a while. [Monitor.Usable] is what is left, and what a picker is built over; when too
// few are left, it is all of them.
//
// The package does not make connections and does not choose: a client gives it the one and does the other. It knows
// endpoints, and HTTP as far as checks need it.
package health

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// Options are what the client gives to its monitor.
type Options struct {
	// Open returns the way to an endpoint for active checks. It is called once for each endpoint, and makes no
	// connection by itself. Where the checks go to a port of their own, the endpoint it is given has that port.
	// It is needed only if there are active checks.
	Open func(*endpoint.Endpoint) (Target, error)
	// Changed is called after an endpoint went out of use or came back, other than by [Monitor.Set]: it is time to ask
	// Usable again. It is called without a lock held, from goroutines of the monitor, may not block for long, and may not
	// call Close. It may be nil.
	Changed func()
}

// Monitor watches the endpoints of one service. It is safe for concurrent use.
type Monitor struct {
	cfg     Config
	options Options
	rule    *rule     // what active checks ask and expect
	start   time.Time // what times are counted from

	members atomic.Pointer[map[*endpoint.Endpoint]*member] // immutable, swapped whole
	nudge   chan struct{}                                  // wakes the goroutine that judges
	ctx     context.Context                                // ends with the monitor
	stop    context.CancelFunc
	all     sync.WaitGroup // goroutines

	mu     sync.Mutex // guards what of the members is not atomic
	order  []*member  // in the order of Set
	closed bool
}

// member is what is known of one endpoint.
type member struct {
	endpoint *endpoint.Endpoint
	seen     observed
	checked  checked

	// Whether it is ejected, under the monitor's lock.
	ejected   bool
	reason    Reason
	until     time.Duration // when it returns
	lasting   time.Duration // how long it was ejected the last time
	times     int           // how often it was ejected, less what is forgotten
	total     uint64        // how often it was ejected at all
	forgetAt  time.Duration // when one time is forgotten
	stall     stall
	returning bool // the same as seen.returning, for those who have the lock
}

// usable reports whether nothing speaks against the endpoint. The lock is held.
func (m *member) usable() bool { return !m.ejected && !m.checked.unhealthy }

// New returns a monitor without endpoints. The configuration is valid. The monitor is closed with [Monitor.Close].
func New(cfg Config, o Options) (*Monitor, error) {
	r, err := newRule(&cfg.Active)
	if err != nil {
		return nil, err
	}
	m := &Monitor{cfg: cfg, options: o, rule: r, start: time.Now(), nudge: make(chan struct{}, 1)}
	m.members.Store(&map[*endpoint.Endpoint]*member{})
	m.ctx, m.stop = context.WithCancel(context.Background())
	if cfg.Passive.Enabled {
		m.all.Go(m.watch)
	}
	return m, nil
}

// Set says which endpoints there are. Those that were there before keep what is known of them; checks of those that are
// gone end. A new one is used until something speaks against it.
func (m *Monitor) Set(endpoints []*endpoint.Endpoint) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	before := *m.members.Load()
	after := make(map[*endpoint.Endpoint]*member, len(endpoints))
	m.order = make([]*member, 0, len(endpoints))
	for _, e := range endpoints {
		if after[e] != nil {
			continue
		}
		one := before[e]
		if one == nil {
			one = &member{endpoint: e}
			m.observe(one)
			m.check(one)
		}
		after[e] = one
		m.order = append(m.order, one)
	}
	for e, one := range before {
		if after[e] == nil && one.checked.stop != nil {
			one.checked.stop()
		}
	}
	m.members.Store(&after)
	m.wake()
}

// Usable returns those of the endpoints that may be used, in the same order: the very slice if that is all of them. If of
// each priority fewer are left than the configuration allows, it is all of them too: as long as one priority has enough, it
// can stand in for the others. Endpoints that the monitor does not know may be used.
func (m *Monitor) Usable(endpoints []*endpoint.Endpoint) []*endpoint.Endpoint {
	m.mu.Lock()
	defer m.mu.Unlock()
	members := *m.members.Load()
	out := make([]*endpoint.Endpoint, 0, len(endpoints))
	for _, e := range endpoints {
		if one := members[e]; one == nil || one.usable() {
			out = append(out, e)
		}
	}
	if len(out) == len(endpoints) || m.panics(out, endpoints) {
		return endpoints
	}
	return out
}

// panics reports whether so few of all endpoints are usable, in each priority, that all must be used. A share like 0.3 has no
// exact value; the margin makes three of ten enough.
func (m *Monitor) panics(usable, all []*endpoint.Endpoint) bool {
	count := func(list []*endpoint.Endpoint, priority int) (n float64) {
		for _, e := range list {
			if e.Priority() == priority {
				n++
			}
		}
		return n
	}
	seen := map[int]bool{}
	for _, e := range all {
		p := e.Priority()
		if !seen[p] && count(usable, p) >= m.cfg.PanicBelow*count(all, p)-1e-9 {
			return false
		}
		seen[p] = true
	}
	return true
}

// Close ends all checks and waits for them. After it there are no more calls of Options.Changed. It may be called twice.
func (m *Monitor) Close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.stop()
	m.all.Wait()
}

// change lets a function change members, and tells the client if the function says that another set is usable now.
func (m *Monitor) change(f func() bool) {
	m.mu.Lock()
	changed := !m.closed && f()
	m.mu.Unlock()
	if changed && m.options.Changed != nil {
		m.options.Changed()
	}
}

// wake makes the goroutine that judges look at the members soon.
func (m *Monitor) wake() {
	select {
	case m.nudge <- struct{}{}:
	default: // it is going to look anyway
	}
}

func (m *Monitor) now() time.Duration { return time.Since(m.start) }
