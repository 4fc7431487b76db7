package subgraph

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sluice-gateway/sluice/upstream/header"
)

// What clients see of the errors of a server.
const (
	PassErrors   = "pass"
	RedactErrors = "redact"
)

// Config is what an operator sets for one remote subgraph.
type Config struct {
	// Service is the name of the service that is called. Default: the one that is called as the subgraph; if there is
	// none, the URL of the subgraph in the supergraph.
	Service string `yaml:"service"`
	// Path is put after the path of the endpoint, such as /graphql. Default: nothing.
	Path string `yaml:"path"`
	// Headers are rules that make the headers of each request, applied in their order. Those of the service come after them.
	// Without any, Traceparent, Tracestate and X-Request-Id are sent, and nothing else of the client's request.
	Headers []header.Rule `yaml:"headers"`
	// PersistedQueries sends the hash of a query, and its text only if the server does not know the hash (automatic
	// persisted queries). Default false.
	PersistedQueries bool `yaml:"persisted_queries"`
	// MaxBatch limits the objects that one request asks for; more are several requests. Default 0: no limit.
	MaxBatch int `yaml:"max_batch"`
	// Errors says what clients see of the errors that the server reports: pass, their messages and extensions (default), or
	// redact, that there was one.
	Errors string `yaml:"errors" jsonschema:"enum=pass,enum=redact"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config { return Config{Errors: PassErrors} }

// Validate returns everything that is wrong, joined, each error beginning with the path of the field: nil if the
// configuration can be used. That the service exists is checked where services are known.
func (c *Config) Validate() error {
	var errs []error
	report := func(field, rule string, got any) {
		errs = append(errs, fmt.Errorf("%s: %s (got %v)", field, rule, got))
	}
	if c.Path != "" {
		switch {
		case c.Path[0] != '/':
			report("path", "must begin with a slash", quote(c.Path))
		case strings.ContainsFunc(c.Path, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '#' }):
			report("path", "must be an encoded path without fragment", quote(c.Path))
		}
	}
	if c.MaxBatch < 0 {
		report("max_batch", "must be 0 or more", c.MaxBatch)
	}
	if c.Errors != "" && c.Errors != PassErrors && c.Errors != RedactErrors {
		report("errors", "must be one of "+PassErrors+", "+RedactErrors, quote(c.Errors))
	}
	errs = append(errs, header.Validate("headers", c.Headers))
	return errors.Join(errs...)
}

func quote(s string) string { return fmt.Sprintf("%q", s) }
