package health

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

// Config says how endpoints that do not work are found, and what is done about them. [DefaultConfig] has the defaults.
type Config struct {
	// Active asks each endpoint regularly.
	Active Active `yaml:"active"`
	// Passive looks at how the requests of clients end.
	Passive Passive `yaml:"passive"`
	// PanicBelow is the share of endpoints that must be usable: when there are fewer, all are used, as the few that are
	// left would break down under the whole load (default 0.3; 0: never).
	PanicBelow float64 `yaml:"panic_below"`
}

// The kinds of active checks.
const (
	CheckNone = "none"
	CheckHTTP = "http"
	CheckTCP  = "tcp"
)

// Active says how each endpoint is asked, regularly and apart from the requests of clients.
type Active struct {
	// Check is the kind of check: none (default), http, which sends a request and judges the answer, or tcp, which makes a
	// connection, TLS included, and closes it.
	Check string `yaml:"check" jsonschema:"enum=none,enum=http,enum=tcp"`
	// Method of the request (default GET).
	Method string `yaml:"method"`
	// Path and query of the request, after the path of the endpoint (default /).
	Path string `yaml:"path"`
	// Host header of the request (default: that of the endpoint).
	Host string `yaml:"host"`
	// Headers of the request.
	Headers map[string]string `yaml:"headers"`
	// Status lists the statuses that are good, as numbers and ranges in quotes (default: "200-299").
	Status []string `yaml:"status"`
	// Body is what the answer must hold.
	Body Body `yaml:"body"`
	// Port to check, if it is not that of the endpoint (default 0: that of the endpoint).
	Port int `yaml:"port"`
	// Interval is the time between the end of one check and the beginning of the next (default 5s).
	Interval time.Duration `yaml:"interval"`
	// UnhealthyInterval is the same while the endpoint is not healthy (default 1s).
	UnhealthyInterval time.Duration `yaml:"unhealthy_interval"`
	// Jitter shortens or lengthens each interval by up to that share of it, so that not all gateways ask at the same
	// moment (default 0.1).
	Jitter float64 `yaml:"jitter"`
	// Timeout limits one check (default 2s).
	Timeout time.Duration `yaml:"timeout"`
	// Healthy is how many checks in a row must be good until an endpoint is used again (default 2).
	Healthy int `yaml:"healthy"`
	// Unhealthy is how many checks in a row must fail until an endpoint is not used any more (default 2). The very first
	// check decides alone.
	Unhealthy int `yaml:"unhealthy"`
}

// Body says what the body of a good answer holds. Of a long one, only the beginning is looked at.
type Body struct {
	// Contains is text that must be in the body (default: none).
	Contains string `yaml:"contains"`
	// Matches is a regular expression that must match in the body (default: none).
	Matches string `yaml:"matches"`
	// MaxBytes is how much of the body is read (default 65536, 64 KiB).
	MaxBytes int64 `yaml:"max_bytes"`
}

// Passive says when an endpoint is ejected because of how the requests of clients end. A failure is a 5xx, a timeout, or a
// connection that could not be made or broke. An endpoint is ejected only while others do better: when all fail, the
// service is broken, and leaving out some of its endpoints would not help.
type Passive struct {
	// Enabled turns it on (default true).
	Enabled bool `yaml:"enabled"`
	// ConsecutiveFailures ejects an endpoint after so many failures in a row, if others answered in the meantime (default
	// 5; 0: never).
	ConsecutiveFailures int `yaml:"consecutive_failures"`
	// FailureRatio ejects an endpoint when at least that share of its requests within the window failed, and that is more
	// than twice the share of the others (default 0.3; 0: never).
	FailureRatio float64 `yaml:"failure_ratio"`
	// LatencyFactor ejects an endpoint whose last 32 requests took so many times longer than the median of the others
	// (default 5; 0: never). There must be two others at least, so that it is clear which is the slow one.
	LatencyFactor float64 `yaml:"latency_factor"`
	// LatencyMargin is how much longer than the others, in time, it must have taken too (default 20ms).
	LatencyMargin time.Duration `yaml:"latency_margin"`
	// Stall ejects an endpoint that has answered nothing for so long, while it has ConsecutiveFailures requests to answer
	// and others answer theirs in far less (default 1s; 0: never). It finds frozen endpoints before any request to them
	// has reached its timeout.
	Stall time.Duration `yaml:"stall"`
	// MinRequests is how many requests an endpoint must have ended within the window before its share or latency means
	// anything (default 20).
	MinRequests int `yaml:"min_requests"`
	// Window is how far back requests are counted (default 10s).
	Window time.Duration `yaml:"window"`
	// Ejection is how long an endpoint is left out the first time (default 2s); the second time, twice as long, and so on.
	// For each of these times that it has been used without fault, one is forgotten.
	Ejection time.Duration `yaml:"ejection"`
	// MaxEjection is the longest that an endpoint is left out at once (default 30s).
	MaxEjection time.Duration `yaml:"max_ejection"`
	// MaxEjected is the share of endpoints that may be left out (default 0.7). One always may, if there are two or more.
	MaxEjected float64 `yaml:"max_ejected"`
	// Probes is how many requests at the same time an endpoint gets that returns, until so many have been answered (default
	// 3). One failure is then enough to eject it again.
	Probes int `yaml:"probes"`
}

// DefaultConfig returns the defaults: passive checks, and no active ones.
func DefaultConfig() Config {
	return Config{
		Active: Active{
			Check:             CheckNone,
			Method:            http.MethodGet,
			Path:              "/",
			Status:            []string{"200-299"},
			Body:              Body{MaxBytes: 64 << 10},
			Interval:          5 * time.Second,
			UnhealthyInterval: time.Second,
			Jitter:            0.1,
			Timeout:           2 * time.Second,
			Healthy:           2,
			Unhealthy:         2,
		},
		Passive: Passive{
			Enabled:             true,
			ConsecutiveFailures: 5,
			FailureRatio:        0.3,
			LatencyFactor:       5,
			LatencyMargin:       20 * time.Millisecond,
			Stall:               time.Second,
			MinRequests:         20,
			Window:              10 * time.Second,
			Ejection:            2 * time.Second,
			MaxEjection:         30 * time.Second,
			MaxEjected:          0.7,
			Probes:              3,
		},
		PanicBelow: 0.3,
	}
}

// Validate returns everything that is wrong, joined, each error beginning with the path of the field: nil if the
// configuration can be used.
func (c *Config) Validate() error {
	var v validation
	v.check(c.PanicBelow >= 0 && c.PanicBelow <= 1, "panic_below", "must be between 0 and 1", c.PanicBelow)
	c.Active.validate(&v)
	c.Passive.validate(&v)
	return errors.Join(v...)
}

// validation collects what is wrong.
type validation []error

func (v *validation) check(ok bool, field, rule string, got any) {
	if !ok {
		*v = append(*v, fmt.Errorf("%s: %s (got %v)", field, rule, got))
	}
}

func (a *Active) validate(v *validation) {
	switch a.Check {
	case CheckNone, CheckHTTP, CheckTCP:
	default:
		v.check(false, "active.check", "must be one of none, http, tcp", a.Check)
	}
	v.check(httpguts.ValidHeaderFieldName(a.Method), "active.method", "must be the name of a method", strconv.Quote(a.Method))
	v.check(isPath(a.Path), "active.path", "must be a path and query, beginning with a slash", strconv.Quote(a.Path))
	v.check(httpguts.ValidHostHeader(a.Host), "active.host", "must be a host", strconv.Quote(a.Host))
	for name, value := range a.Headers {
		v.check(httpguts.ValidHeaderFieldName(name), "active.headers", "must have names of headers", strconv.Quote(name))
		// The value may be a secret.
		v.check(httpguts.ValidHeaderFieldValue(value), "active.headers."+name, "must be the value of a header", "something else")
	}
	v.check(len(a.Status) > 0, "active.status", "must have at least one status", "none")
	for i, s := range a.Status {
		_, _, ok := statusRange(s)
		v.check(ok, fmt.Sprintf("active.status[%d]", i), `must be a status or a range, as in "200" or "200-299"`, strconv.Quote(s))
	}
	if _, err := regexp.Compile(a.Body.Matches); err != nil {
		v.check(false, "active.body.matches", err.Error(), strconv.Quote(a.Body.Matches))
	}
	v.check(a.Body.MaxBytes >= 1 && a.Body.MaxBytes <= 16<<20, "active.body.max_bytes", "must be between 1 and 16777216", a.Body.MaxBytes)
	v.check(a.Port >= 0 && a.Port <= 65535, "active.port", "must be between 0 and 65535", a.Port)
	v.check(a.Interval >= 10*time.Millisecond, "active.interval", "must be at least 10ms", a.Interval)
	v.check(a.UnhealthyInterval >= 10*time.Millisecond, "active.unhealthy_interval", "must be at least 10ms", a.UnhealthyInterval)
	v.check(a.Jitter >= 0 && a.Jitter <= 0.5, "active.jitter", "must be between 0 and 0.5", a.Jitter)
	v.check(a.Timeout > 0, "active.timeout", "must be > 0", a.Timeout)
	v.check(a.Healthy >= 1, "active.healthy", "must be >= 1", a.Healthy)
	v.check(a.Unhealthy >= 1, "active.unhealthy", "must be >= 1", a.Unhealthy)
}

func (p *Passive) validate(v *validation) {
	v.check(p.ConsecutiveFailures >= 0, "passive.consecutive_failures", "must be >= 0", p.ConsecutiveFailures)
	v.check(p.FailureRatio >= 0 && p.FailureRatio <= 1, "passive.failure_ratio", "must be between 0 and 1", p.FailureRatio)
	v.check(p.LatencyFactor == 0 || p.LatencyFactor > 1, "passive.latency_factor", "must be > 1, or 0", p.LatencyFactor)
	v.check(p.LatencyMargin >= 0, "passive.latency_margin", "must be >= 0", p.LatencyMargin)
	v.check(p.Stall >= 0, "passive.stall", "must be >= 0", p.Stall)
	v.check(p.MinRequests >= 1, "passive.min_requests", "must be >= 1", p.MinRequests)
	v.check(p.Window >= 10*time.Millisecond && p.Window <= time.Hour, "passive.window", "must be between 10ms and 1h", p.Window)
	v.check(p.Ejection >= 10*time.Millisecond, "passive.ejection", "must be at least 10ms", p.Ejection)
	v.check(p.MaxEjection >= p.Ejection, "passive.max_ejection", "must not be less than passive.ejection", p.MaxEjection)
	v.check(p.MaxEjected >= 0 && p.MaxEjected <= 1, "passive.max_ejected", "must be between 0 and 1", p.MaxEjected)
	v.check(p.Probes >= 1 && p.Probes <= 1000, "passive.probes", "must be between 1 and 1000", p.Probes)
}

// isPath reports whether s can stand in a request line.
func isPath(s string) bool {
	return strings.HasPrefix(s, "/") && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '#' })
}

// statusRange reads "200" or "200-299".
func statusRange(s string) (from, to int, ok bool) {
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		last = first
	}
	from, err1 := strconv.Atoi(first)
	to, err2 := strconv.Atoi(last)
	return from, to, err1 == nil && err2 == nil && from >= 100 && to <= 599 && from <= to
}
