package balance

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The names of the policies, as configurations write them.
const (
	LeastInFlightName = "least_in_flight"
	RoundRobinName    = "round_robin"
	PeakEWMAName      = "peak_ewma"
	RendezvousName    = "rendezvous"
	RandomName        = "random"
)

// Names lists the names of all policies, the default first.
func Names() []string {
	return []string{LeastInFlightName, RoundRobinName, PeakEWMAName, RendezvousName, RandomName}
}

// ByName returns the policy with the given name; nil if there is none.
func ByName(name string) Policy {
	switch name {
	case LeastInFlightName:
		return LeastInFlight
	case RoundRobinName:
		return RoundRobin
	case PeakEWMAName:
		return PeakEWMA
	case RendezvousName:
		return Rendezvous
	case RandomName:
		return Random
	}
	return nil
}

// Config says how calls are shared out among the endpoints of a service. [DefaultConfig] has the defaults.
type Config struct {
	// Policy chooses the endpoint for each request: least_in_flight, the less busy of two random ones (default);
	// round_robin, all in turn; peak_ewma, of two random ones the one that answers sooner; rendezvous, the same one for
	// equal keys; or random. All of them respect weights.
	Policy string `yaml:"policy"`
	// Key is what the policy rendezvous sends calls by, an expression of the mapping language, as
	// $request.headers.'x-user'->first. Calls for which it gives nothing are balanced by least_in_flight. Default none.
	Key string `yaml:"key"`
	// SlowStart is how long the share of an endpoint grows from a tenth to its whole after it was found or has returned
	// among others (default 10s). 0 turns it off.
	SlowStart time.Duration `yaml:"slow_start"`
	// Zone is where this gateway stands: endpoints of the same zone are used first. Default none, so that zones say nothing.
	Zone string `yaml:"zone"`
	// SpillBelow is the share of the endpoints of one priority and zone that has to be usable for them to get all
	// calls (default 0.7). Below it, the more of them are missing the more calls go to the next ones.
	SpillBelow float64 `yaml:"spill_below"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{Policy: LeastInFlightName, SlowStart: 10 * time.Second, SpillBelow: 0.7}
}

// Validate returns everything that is wrong, joined, each error beginning with the path of the field: nil if the
// configuration can be used. What stands in Key is looked at by those who know what a call is about.
func (c *Config) Validate() error {
	var errs []error
	report := func(field, rule string, got any) {
		errs = append(errs, fmt.Errorf("%s: %s (got %v)", field, rule, got))
	}
	if ByName(c.Policy) == nil {
		report("policy", "must be one of "+strings.Join(Names(), ", "), c.Policy)
	}
	switch {
	case c.Policy == RendezvousName && c.Key == "":
		errs = append(errs, errors.New("key: is what the policy rendezvous needs"))
	case c.Policy != RendezvousName && c.Key != "":
		report("key", "is for the policy rendezvous alone", c.Key)
	}
	if c.SlowStart < 0 {
		report("slow_start", "must be >= 0", c.SlowStart)
	}
	if !(c.SpillBelow > 0 && c.SpillBelow <= 1) { // NaN is neither
		report("spill_below", "must be > 0 and <= 1", c.SpillBelow)
	}
	return errors.Join(errs...)
}
