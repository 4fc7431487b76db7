package upstream

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/upstream/balance"
	"github.com/sluice-gateway/sluice/upstream/breaker"
	"github.com/sluice-gateway/sluice/upstream/connection"
	"github.com/sluice-gateway/sluice/upstream/credential"
	"github.com/sluice-gateway/sluice/upstream/discovery"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/upstream/header"
	"github.com/sluice-gateway/sluice/upstream/health"
	"github.com/sluice-gateway/sluice/upstream/internal/compression"
	"github.com/sluice-gateway/sluice/upstream/limit"
	"github.com/sluice-gateway/sluice/upstream/retry"
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
	// Health finds endpoints that do not work, so that they are left out until they do.
	Health health.Config `yaml:"health"`
	// Timeouts limit how long a call may take.
	Timeouts Timeouts `yaml:"timeouts"`
	// Retry says what is sent again.
	Retry retry.Config `yaml:"retry"`
	// Hedge sends reads that take long to a second endpoint.
	Hedge Hedge `yaml:"hedge"`
	// Breaker stops calls that would fail anyway.
	Breaker Breaker `yaml:"breaker"`
	// Concurrency limits how many calls are under way.
	Concurrency Concurrency `yaml:"concurrency"`
	// Connections says how connections are kept.
	Connections connection.Config `yaml:"connections"`
	// HTTP2 says when HTTP/2 is spoken.
	HTTP2 connection.HTTP2 `yaml:"http2"`
	// TLS says how endpoints with https are told from others.
	TLS connection.TLS `yaml:"tls"`
	// Proxy is the forward proxy that connections go through, if any.
	Proxy connection.Proxy `yaml:"proxy"`
	// Decompression says how the service may compress its answers.
	Decompression Decompression `yaml:"decompression"`
	// Limits bound what the service may answer.
	Limits Limits `yaml:"limits"`
	// Headers are the rules for headers, both ways.
	Headers header.Config `yaml:"headers"`
	// Credentials let the service know who calls it.
	Credentials credential.Config `yaml:"credentials"`
	// Sharing sends reads once that are the same and under way at the same time.
	Sharing Sharing `yaml:"sharing"`
}

// DefaultConfig returns the defaults. Only Endpoints is missing.
func DefaultConfig() Config {
	c := Config{
		Discovery: discovery.DefaultConfig(),
		Balance:   balance.DefaultConfig(),
		Health:    health.DefaultConfig(),
		Timeouts: Timeouts{
			Connect: 3 * time.Second, TLS: 3 * time.Second, ResponseHeader: 10 * time.Second, Attempt: 10 * time.Second,
			Total: 30 * time.Second,
		},
		Retry:       retry.DefaultConfig(),
		Hedge:       Hedge{Quantile: 0.95, MinDelay: time.Millisecond},
		Breaker:     Breaker{Service: breaker.DefaultConfig(), Endpoint: breaker.DefaultConfig()},
		Concurrency: Concurrency{Service: limit.DefaultConfig(), Endpoint: limit.DefaultConfig()},
		Connections: connection.DefaultConfig(),
		HTTP2:       connection.DefaultHTTP2(),
		TLS:         connection.DefaultTLS(),
		Limits:      Limits{BodyBytes: 16 << 20, HeaderBytes: 64 << 10},
		Sharing:     DefaultSharing(),
	}
	c.Breaker.Service.Enabled = true
	return c
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
	section(&errs, "health", c.Health.Validate())
	section(&errs, "timeouts", c.Timeouts.validate())
	section(&errs, "retry", c.Retry.Validate())
	section(&errs, "hedge", c.Hedge.validate())
	section(&errs, "sharing", c.Sharing.validate())
	section(&errs, "breaker.service", c.Breaker.Service.Validate())
	section(&errs, "breaker.endpoint", c.Breaker.Endpoint.Validate())
	section(&errs, "concurrency.service", c.Concurrency.Service.Validate())
	section(&errs, "concurrency.endpoint", c.Concurrency.Endpoint.Validate())
	section(&errs, "headers", c.Headers.Validate())
	section(&errs, "credentials", c.Credentials.Validate())
	section(&errs, "connections", c.Connections.Validate())
	section(&errs, "http2", c.HTTP2.Validate())
	section(&errs, "tls", c.TLS.Validate())
	section(&errs, "proxy", c.Proxy.Validate())
	for i, coding := range c.Decompression.Accept {
		if !slices.Contains(compression.Names(), coding) {
			report(fmt.Sprintf("decompression.accept[%d]", i), "must be one of "+strings.Join(compression.Names(), ", "), coding)
		}
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
