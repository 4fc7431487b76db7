package retry

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"golang.org/x/net/http/httpguts"
)

// Config says when a request is sent again. [DefaultConfig] has the defaults.
type Config struct {
	// Attempts is how often one request is sent at most, the first time included (default 3; 1: never again).
	Attempts int `yaml:"attempts"`
	// Backoff is the time between attempts.
	Backoff Backoff `yaml:"backoff"`
	// Budget limits repetitions, hedges included, for the whole service.
	Budget BudgetConfig `yaml:"budget"`
	// Statuses are the statuses of answers for which a request that may be repeated is sent again (default 429, 502, 503 and
	// 504). After 429 that is done only if the answer says when, in Retry-After.
	Statuses []int `yaml:"statuses"`
	// IdempotencyHeader is the name of a header by which the service knows a request that is sent again, Idempotency-Key as
	// a rule (default none). With it requests that change something may be repeated too; those without a key get one.
	IdempotencyHeader string `yaml:"idempotency_header"`
}

// Backoff is the time between attempts: random between 0 and a limit, which doubles each time ("full jitter").
type Backoff struct {
	// Base is the limit before the second attempt (default 25ms).
	Base time.Duration `yaml:"base"`
	// Max is the most that the limit becomes (default 1s).
	Max time.Duration `yaml:"max"`
}

// BudgetConfig limits repetitions of the last ten seconds.
type BudgetConfig struct {
	// Ratio is how many repetitions there may be for each request (default 0.2).
	Ratio float64 `yaml:"ratio"`
	// MinPerSecond is how many there may be in each second in any case (default 10).
	MinPerSecond float64 `yaml:"min_per_second"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{
		Attempts: 3,
		Backoff:  Backoff{Base: 25 * time.Millisecond, Max: time.Second},
		Budget:   BudgetConfig{Ratio: 0.2, MinPerSecond: 10},
		Statuses: []int{429, 502, 503, 504},
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
	check(c.Attempts >= 1 && c.Attempts <= MaxAttempts, "attempts", fmt.Sprintf("must be between 1 and %d", MaxAttempts), c.Attempts)
	check(c.Backoff.Base >= 0, "backoff.base", "must be >= 0", c.Backoff.Base)
	check(c.Backoff.Max >= c.Backoff.Base, "backoff.max", "must not be less than backoff.base", c.Backoff.Max)
	// Written so that NaN is refused.
	check(c.Budget.Ratio >= 0 && c.Budget.Ratio <= 10, "budget.ratio", "must be between 0 and 10", c.Budget.Ratio)
	check(c.Budget.MinPerSecond >= 0 && c.Budget.MinPerSecond <= 1e6, "budget.min_per_second", "must be between 0 and 1000000", c.Budget.MinPerSecond)
	for i, s := range c.Statuses {
		check(s >= 400 && s <= 599, fmt.Sprintf("statuses[%d]", i), "must be between 400 and 599", s)
	}
	check(c.IdempotencyHeader == "" || httpguts.ValidHeaderFieldName(c.IdempotencyHeader), "idempotency_header", "must be the name of a header", c.IdempotencyHeader)
	return errors.Join(errs...)
}

// MaxAttempts bounds what may be configured.
const MaxAttempts = 10

// Answer reports whether an answer is one after which a request that may be repeated is sent again.
func (c *Config) Answer(status int, header http.Header) bool {
	return status >= 400 && slices.Contains(c.Statuses, status) &&
		(status != http.StatusTooManyRequests || len(header["Retry-After"]) > 0)
}
