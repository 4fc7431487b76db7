package limit

import (
	"errors"
	"fmt"
	"time"
)

// Config says how many requests may be in flight. [DefaultConfig] has the defaults.
type Config struct {
	// Limit is how many requests may be in flight at the same time (default 0: no limit). With adaptive it is the most
	// that the limit becomes.
	Limit int `yaml:"limit"`
	// Queue is how many requests may wait for others to end, the first to come first (default 0: those above the limit are
	// refused at once).
	Queue int `yaml:"queue"`
	// QueueTimeout is how long a request waits at most (default 1s). One that waited so long is refused.
	QueueTimeout time.Duration `yaml:"queue_timeout"`
	// Adaptive finds the limit by measuring.
	Adaptive Adaptive `yaml:"adaptive"`
}

// Adaptive finds the limit by measuring: it grows while more requests in flight do not make them slower, and shrinks when
// they do.
type Adaptive struct {
	// Enabled turns it on (default false). It needs a limit, above which it does not go.
	Enabled bool `yaml:"enabled"`
	// Initial is the limit to begin with (default 50).
	Initial int `yaml:"initial"`
	// Min is the least that the limit becomes (default 10).
	Min int `yaml:"min"`
	// Tolerance is how many times slower than usual requests may become before the limit shrinks (default 1.5).
	Tolerance float64 `yaml:"tolerance"`
	// Window is how long requests are measured before the limit changes (default 500ms).
	Window time.Duration `yaml:"window"`
}

// DefaultConfig returns the defaults: no limit.
func DefaultConfig() Config {
	return Config{
		QueueTimeout: time.Second,
		Adaptive:     Adaptive{Initial: 50, Min: 10, Tolerance: 1.5, Window: 500 * time.Millisecond},
	}
}

// mostRequests bounds limits and queues: what one word can count, with room to spare.
const mostRequests = 1 << 30

// Validate returns everything that is wrong, joined, each error beginning with the path of the field: nil if the
// configuration can be used.
func (c *Config) Validate() error {
	var errs []error
	check := func(ok bool, field, rule string, got any) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s: %s (got %v)", field, rule, got))
		}
	}
	check(c.Limit >= 0 && c.Limit <= mostRequests, "limit", "must be between 0 and 1073741824", c.Limit)
	check(c.Queue >= 0 && c.Queue <= mostRequests, "queue", "must be between 0 and 1073741824", c.Queue)
	check(c.Queue == 0 || c.Limit > 0, "queue", "needs a limit", c.Queue)
	check(c.QueueTimeout > 0, "queue_timeout", "must be > 0", c.QueueTimeout)
	a := c.Adaptive
	check(a.Min >= 1, "adaptive.min", "must be >= 1", a.Min)
	check(a.Initial >= a.Min, "adaptive.initial", "must not be less than adaptive.min", a.Initial)
	check(!a.Enabled || c.Limit > 0, "limit", "is needed for adaptive: the most that the limit becomes", c.Limit)
	check(!a.Enabled || c.Limit == 0 || c.Limit >= a.Initial, "limit", "must not be less than adaptive.initial", c.Limit)
	check(a.Tolerance >= 1 && a.Tolerance <= 100, "adaptive.tolerance", "must be between 1 and 100", a.Tolerance)
	check(a.Window >= time.Millisecond, "adaptive.window", "must be at least 1ms", a.Window)
	return errors.Join(errs...)
}
