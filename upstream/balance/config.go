package balance

import (
	"fmt"
	"strings"
)

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

// Config says how calls are shared out among the endpoints of a service. [DefaultConfig] has the defaults.
type Config struct {
	// Policy chooses the endpoint for each request: least_in_flight, the less busy of two random ones (default), or
	// round_robin.
	Policy string `yaml:"policy"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config { return Config{Policy: LeastInFlightName} }

// Validate returns everything that is wrong, joined, each error beginning with the path of the field: nil if the
// configuration can be used.
func (c *Config) Validate() error {
	if ByName(c.Policy) == nil {
		return fmt.Errorf("policy: must be one of %s (got %v)", strings.Join(Names(), ", "), c.Policy)
	}
	return nil
}
