package breaker

import (
	"errors"
	"fmt"
	"time"
)

// Config says when a breaker opens, and for how long. [DefaultConfig] has the defaults.
type Config struct {
	// Enabled turns the breaker on (default true for the service, false for each endpoint, where passive health checks do
	// the same and look at the other endpoints too).
	Enabled bool `yaml:"enabled"`
	// FailureRatio opens the breaker when at least that share of the requests within the window failed: 5xx, timeouts,
	// broken connections (default 0.8, as a service with one broken path still answers the others; 0: never).
	FailureRatio float64 `yaml:"failure_ratio"`
	// SlowRatio opens the breaker when at least that share of the requests within the window took SlowAfter or longer
	// (default 0: never).
	SlowRatio float64 `yaml:"slow_ratio"`
	// SlowAfter is from when on a request is slow (default 5s).
	SlowAfter time.Duration `yaml:"slow_after"`
	// MinRequests is how many requests must have ended within the window before a share means anything (default 20).
	MinRequests int `yaml:"min_requests"`
	// Window is how far back requests are counted (default 10s).
	Window time.Duration `yaml:"window"`
	// MaxInFlight is how many requests may be in flight at the same time; others are refused at once while that lasts
	// (default 0: no limit). Unlike a limit of concurrency there is no queue.
	MaxInFlight int `yaml:"max_in_flight"`
	// OpenFor is how long all requests are refused when the breaker opens (default 1s). It doubles each time that probes
	// fail.
	OpenFor time.Duration `yaml:"open_for"`
	// MaxOpenFor is the most that OpenFor becomes (default 2s: probes cost little, and a service that is back should not wait). If
	// it is less than OpenFor, that does not grow.
	MaxOpenFor time.Duration `yaml:"max_open_for"`
	// Probes is how many requests are let through after that (default 3). The breaker closes when all of them succeed and
	// opens again when one fails.
	Probes int `yaml:"probes"`
}

// DefaultConfig returns the defaults, turned off.
func DefaultConfig() Config {
	return Config{
		FailureRatio: 0.8,
		SlowAfter:    5 * time.Second,
		MinRequests:  20,
		Window:       10 * time.Second,
		OpenFor:      time.Second,
		MaxOpenFor:   2 * time.Second,
		Probes:       3,
	}
}

// Validate returns everything that is wrong, joined, each error beginning with the path of the field: nil if the
// configuration can be used.
func (c *Config) Validate() error {
	var errs []error
	check := func(ok bool, field, rule string, got any) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s: %s (got %v)", field, rule, got))
		}
	}
	check(c.FailureRatio >= 0 && c.FailureRatio <= 1, "failure_ratio", "must be between 0 and 1", c.FailureRatio)
	check(c.SlowRatio >= 0 && c.SlowRatio <= 1, "slow_ratio", "must be between 0 and 1", c.SlowRatio)
	check(c.SlowAfter > 0, "slow_after", "must be > 0", c.SlowAfter)
	check(c.MinRequests >= 1, "min_requests", "must be >= 1", c.MinRequests)
	check(c.Window >= 10*time.Millisecond && c.Window <= time.Hour, "window", "must be between 10ms and 1h", c.Window)
	check(c.MaxInFlight >= 0, "max_in_flight", "must be >= 0", c.MaxInFlight)
	check(c.OpenFor > 0, "open_for", "must be > 0", c.OpenFor)
	check(c.MaxOpenFor >= 0, "max_open_for", "must be >= 0", c.MaxOpenFor)
	check(c.Probes >= 1 && c.Probes <= 1000, "probes", "must be between 1 and 1000", c.Probes)
	return errors.Join(errs...)
}
