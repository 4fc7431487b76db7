// Package balance chooses the endpoint for each attempt. A [Policy] builds pickers, a [Picker] chooses; one file holds
// one policy.
//
// A picker is immutable: whoever owns the list of endpoints builds a new one when the list changes, and swaps it in
// whole. What a policy must remember longer, the requests in flight above all, hangs on the endpoints. The package
// knows nothing of HTTP; a client calls it once for every attempt.
package balance

import "github.com/sluice-gateway/sluice/upstream/endpoint"

// Picker chooses among the endpoints it was built over.
type Picker interface {
	// Pick returns the endpoint for one attempt, or nil if there is none. It is called for every attempt, from any
	// number of goroutines at once: it takes no lock, does not block and does not allocate. The caller tells the
	// endpoint when the attempt begins and ends.
	Pick() *endpoint.Endpoint
}

// Policy builds a picker over the endpoints that may be used. The picker keeps the slice, which is not changed any more.
type Policy func(endpoints []*endpoint.Endpoint) Picker

// The names of the policies, as configurations write them.
const (
	RoundRobinName    = "round_robin"
	LeastInFlightName = "least_in_flight"
)

// Names lists the names of all policies, the default first.
func Names() []string { return []string{LeastInFlightName, RoundRobinName} }

// ByName returns the policy with the given name; nil if there is none.
func ByName(name string) Policy {
	switch name {
	case LeastInFlightName:
		return LeastInFlight
	case RoundRobinName:
		return RoundRobin
	}
	return nil
}

// none is the picker over no endpoint, single that over one: neither has a choice.
type none struct{}

func (none) Pick() *endpoint.Endpoint { return nil }

type single struct{ e *endpoint.Endpoint }

func (s single) Pick() *endpoint.Endpoint { return s.e }
