package upstream

import (
	"errors"
	"fmt"
	"time"

	"github.com/sluice-gateway/sluice/upstream/balance"
	"github.com/sluice-gateway/sluice/upstream/discovery"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/upstream/header"
)

// Config is what an operator sets for one service. [DefaultConfig] has the defaults; a document that is decoded into a
// Config changes only what it mentions.
type Config struct {
	// Endpoints are the instances of the service that do not change: URLs, http or https, or objects with a URL and what
	// balancing may know of it. A path in a URL is put in front of the path of every request. At least one is needed,
	// unless they are discovered.
	Endpoints []endpoint.Address `yaml:"endpoints"`
	// Discovery finds endpoints, beside those that are listed.
	Discovery discovery.Config `yaml:"discovery"`
	// Balance says how calls are shared out among the endpoints.
	Balance balance.Config `yaml:"balance"`
	// Timeouts limit how long a call may take.
	Timeouts Timeouts `yaml:"timeouts"`
	// Pool says how connections are kept.
	Pool Pool `yaml:"pool"`
	// Limits bound what the service may answer.
	Limits Limits `yaml:"limits"`
	// Headers are the rules for headers, both ways.
	Headers header.Config `yaml:"headers"`
	// HTTP2 offers HTTP/2 to endpoints with https (default true). Without TLS it is never used.
	HTTP2 bool `yaml:"http2"`
	// Gzip asks the service for compressed answers (default false): worth it across slow lines, while within one data
	// centre it costs more time than it saves. A compressed answer is read in any case.
	Gzip bool `yaml:"gzip"`
}

// Timeouts are the limits of time of one call. A call never outlives its caller's context either. One that is longer than
// Total has no effect: whoever shortens Total need not touch the others.
type Timeouts struct {
	// Connect limits dialing, TLS included (default 3s). It is short, so that another endpoint can still be tried.
	Connect time.Duration `yaml:"connect"`
	// ResponseHeader limits the wait for the head of the answer once the request is written (default 10s).
	ResponseHeader time.Duration `yaml:"response_header"`
	// Total limits the whole call, the body of the answer included (default 30s).
	Total time.Duration `yaml:"total"`
}

// Pool says how the connections to each endpoint are kept.
type Pool struct {
	// MaxIdle is how many idle connections to one endpoint are kept (default 256). An HTTP/1.1 connection carries one
	// request at a time: with fewer than the usual number of requests in flight, connections are made and thrown away.
	MaxIdle int `yaml:"max_idle"`
	// IdleTimeout closes a connection that was not used for so long (default 90s).
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// MaxConnections limits the connections to one endpoint, those in use included; requests beyond wait (default 0:
	// no limit).
	MaxConnections int `yaml:"max_connections"`
}

// Limits bound what one answer may hold.
type Limits struct {
	// BodyBytes limits the body of an answer, as sent and as decompressed (default 16777216, 16 MiB).
	BodyBytes int64 `yaml:"body_bytes"`
	// HeaderBytes limits the head of an answer (default 65536, 64 KiB).
	HeaderBytes int64 `yaml:"header_bytes"`
}

// DefaultConfig returns the defaults. Only Endpoints is missing.
func DefaultConfig() Config {
	return Config{
		Discovery: discovery.DefaultConfig(),
		Balance:   balance.DefaultConfig(),
		Timeouts:  Timeouts{Connect: 3 * time.Second, ResponseHeader: 10 * time.Second, Total: 30 * time.Second},
		Pool:      Pool{MaxIdle: 256, IdleTimeout: 90 * time.Second},
		Limits:    Limits{BodyBytes: 16 << 20, HeaderBytes: 64 << 10},
		HTTP2:     true,
	}
}

// UnmarshalYAML decodes over the defaults, so that each entry of a map of services begins with them.
func (c *Config) UnmarshalYAML(unmarshal func(any) error) error {
	type plain Config // without this method
	d := plain(DefaultConfig())
	if err := unmarshal(&d); err != nil {
		return err
	}
	*c = Config(d)
	return nil
}

// Validate returns everything that is wrong, joined, each error beginning with the path of the field: nil if the
// configuration can be used.
func (c *Config) Validate() error {
	var errs []error
	report := func(field, rule string, got any) {
		errs = append(errs, fmt.Errorf("%s: %s (got %v)", field, rule, got))
	}
	if len(c.Endpoints) == 0 && !c.Discovery.Enabled() {
		errs = append(errs, errors.New("endpoints: at least one is needed, or discovery"))
	}
	seen := map[string]int{}
	for i := range c.Endpoints {
		field := fmt.Sprintf("endpoints[%d]", i)
		section(&errs, field, c.Endpoints[i].Validate())
		e, err := endpoint.New(c.Endpoints[i])
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", field, err))
			continue
		}
		if first, ok := seen[e.String()]; ok {
			errs = append(errs, fmt.Errorf("%s: is the same as endpoints[%d] (got %v)", field, first, e))
		} else {
			seen[e.String()] = i
		}
	}
	section(&errs, "discovery", c.Discovery.Validate())
	section(&errs, "balance", c.Balance.Validate())
	section(&errs, "headers", c.Headers.Validate())
	positive := func(field string, d time.Duration) {
		if d <= 0 {
			report(field, "must be > 0", d)
		}
	}
	positive("timeouts.connect", c.Timeouts.Connect)
	positive("timeouts.response_header", c.Timeouts.ResponseHeader)
	positive("timeouts.total", c.Timeouts.Total)
	if c.Pool.MaxIdle < 1 {
		report("pool.max_idle", "must be >= 1", c.Pool.MaxIdle)
	}
	positive("pool.idle_timeout", c.Pool.IdleTimeout)
	if c.Pool.MaxConnections < 0 {
		report("pool.max_connections", "must be >= 0", c.Pool.MaxConnections)
	}
	// The upper bounds keep a mistake in the unit from taking all memory, and lengths within what a value can hold.
	if n := c.Limits.BodyBytes; n < 1 || n > 1<<30 {
		report("limits.body_bytes", "must be between 1 and 1073741824", n)
	}
	if n := c.Limits.HeaderBytes; n < 1024 || n > 16<<20 {
		report("limits.header_bytes", "must be between 1024 and 16777216", n)
	}
	return errors.Join(errs...)
}

// section adds what the configuration of a part reports of its own fields, each error with the path of the part in front.
func section(errs *[]error, path string, err error) {
	var joined interface{ Unwrap() []error }
	switch {
	case err == nil:
	case errors.As(err, &joined):
		for _, e := range joined.Unwrap() {
			section(errs, path, e)
		}
	default:
		*errs = append(*errs, fmt.Errorf("%s.%w", path, err))
	}
}
