// Package balance chooses the endpoint for each attempt. A [Policy] builds pickers, a [Picker] chooses; one file holds
// one policy.
//
// A picker is immutable: whoever owns the list of endpoints builds a new one when the list changes, and swaps it in
// whole. What a policy must remember longer, the requests in flight above all, hangs on the endpoints. The package
// knows nothing of HTTP; a client calls it once for every attempt.
package balance

import (
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// Call is what a picker may know of the attempt that it chooses an endpoint for.
type Call struct {
	// Key is the hash of what the call is about, if HasKey. The policy rendezvous sends equal keys to the same endpoint;
	// the other policies do not look at it. [Hash] makes one of a text.
	Key    uint64
	HasKey bool
	// Avoid are the endpoints that the call has tried already, a few at most. One of them is chosen only if nothing else
	// is left. The picker does not keep the slice.
	Avoid []*endpoint.Endpoint
}

// avoids reports whether e was tried already.
func (c *Call) avoids(e *endpoint.Endpoint) bool {
	return len(c.Avoid) != 0 && slices.Contains(c.Avoid, e)
}

// Picker chooses among the endpoints it was built over.
type Picker interface {
	// Pick returns the endpoint for one attempt, or nil if there is none. It is called for every attempt, from any
	// number of goroutines at once: it takes no lock, does not block and does not allocate. The caller tells the
	// endpoint when the attempt begins and ends.
	Pick(c Call) *endpoint.Endpoint
}

// Options are what a policy is told beside the endpoints.
type Options struct {
	// SlowStart is how long the share of an endpoint grows after it came into use; 0: it has its whole share at once.
	SlowStart time.Duration
}

// Policy builds a picker over the endpoints that may be used. The picker keeps the slice, which is not changed any more.
// Each policy respects the weights of the endpoints, slow start, and what a call wants avoided.
type Policy func(endpoints []*endpoint.Endpoint, o Options) Picker

// New returns the picker that cfg, which is valid, asks for: over the endpoints that may be used at present, which are
// among all those there are. It keeps neither slice. What an endpoint says of itself, such as its weight and whether it
// is new, is looked at here; a picker is built again when that changes.
func New(cfg Config, usable, all []*endpoint.Endpoint) Picker {
	policy, o := ByName(cfg.Policy), Options{SlowStart: cfg.SlowStart}
	return failOver(levelsOf(cfg, usable, all), func(list []*endpoint.Endpoint) Picker { return policy(list, o) })
}

// none is the picker over no endpoint, single that over one: neither has a choice.
type none struct{}

func (none) Pick(Call) *endpoint.Endpoint { return nil }

type single struct{ e *endpoint.Endpoint }

func (s single) Pick(Call) *endpoint.Endpoint { return s.e }
