package health

import (
	"time"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// State is what a monitor holds of an endpoint at one moment.
type State struct {
	// Usable: nothing speaks against the endpoint.
	Usable bool
	// Unhealthy: the active checks fail.
	Unhealthy bool
	// Check is what was wrong at the last active check; nil if it was good, or there was none. It may hold addresses: it is
	// for operators.
	Check     error
	CheckedAt time.Time // zero: not yet
	// EjectedUntil is when the endpoint may return; zero if it is not ejected.
	EjectedUntil time.Time
	// Reason is why it was last ejected; empty: never.
	Reason Reason
	// Returning: it has come back, and gets only a few requests until these have been answered.
	Returning bool
	// Ejections counts how often it was ejected.
	Ejections uint64
}

// State returns what is known of an endpoint. One that the monitor does not know is usable.
func (m *Monitor) State(e *endpoint.Endpoint) State {
	m.mu.Lock()
	defer m.mu.Unlock()
	one := (*m.members.Load())[e]
	if one == nil {
		return State{Usable: true}
	}
	s := State{
		Usable:    one.usable(),
		Unhealthy: one.checked.unhealthy,
		Check:     one.checked.err,
		Reason:    one.reason,
		Returning: one.returning,
		Ejections: one.total,
	}
	if one.checked.known {
		s.CheckedAt = m.start.Add(one.checked.at)
	}
	if one.ejected {
		s.EjectedUntil = m.start.Add(one.until)
	}
	return s
}

// Panic reports whether so few endpoints are usable that all are used.
func (m *Monitor) Panic() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all, usable []*endpoint.Endpoint
	for _, one := range m.order {
		all = append(all, one.endpoint)
		if one.usable() {
			usable = append(usable, one.endpoint)
		}
	}
	return len(usable) < len(all) && m.panics(usable, all)
}
