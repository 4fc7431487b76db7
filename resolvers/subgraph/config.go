package subgraph

import (
	"errors"
	"fmt"
	"strings"
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
	// Headers are rules that make the headers of each request, applied in their order. Without any, Traceparent,
	// Tracestate and X-Request-Id are sent, and nothing else of the client's request.
	Headers []HeaderRule `yaml:"headers"`
	// PersistedQueries sends the hash of a query, and its text only if the server does not know the hash (automatic
	// persisted queries). Default false.
	PersistedQueries bool `yaml:"persisted_queries"`
	// MaxBatch limits the objects that one request asks for; more are several requests. Default 0: no limit.
	MaxBatch int `yaml:"max_batch"`
	// Errors says what clients see of the errors that the server reports: pass, their messages and extensions (default), or
	// redact, that there was one.
	Errors string `yaml:"errors" jsonschema:"enum=pass,enum=redact"`
}

// HeaderRule is one step in the making of a request's headers. It forwards, sets or removes: exactly one of Forward, Set
// and Remove is given. In Forward and Remove, * stands for any text.
type HeaderRule struct {
	// Forward is the name of headers of the client's request that are sent on.
	Forward string `yaml:"forward"`
	// As is the name that a forwarded header gets. Default: its own.
	As string `yaml:"as"`
	// Default is the value of a forwarded header that the client did not send. Default: it is not sent.
	Default string `yaml:"default"`
	// Set is the name of a header that is sent with Value.
	Set string `yaml:"set"`
	// Value is the value of the header that Set names.
	Value string `yaml:"value"`
	// Remove is the name of headers that are not sent, whatever the rules before say.
	Remove string `yaml:"remove"`
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
	for i := range c.Headers {
		if err := c.Headers[i].validate(fmt.Sprintf("headers[%d]", i)); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (r *HeaderRule) validate(path string) error {
	given := 0
	for _, name := range []string{r.Forward, r.Set, r.Remove} {
		if name != "" {
			given++
		}
	}
	if given != 1 {
		return fmt.Errorf("%s: must have exactly one of forward, set and remove", path)
	}
	var errs []error
	only := func(field, got, with string, ok bool) {
		if got != "" && !ok {
			errs = append(errs, fmt.Errorf("%s.%s: belongs to %s (got %s)", path, field, with, quote(got)))
		}
	}
	only("as", r.As, "forward", r.Forward != "")
	only("default", r.Default, "forward", r.Forward != "")
	only("value", r.Value, "set", r.Set != "")
	names := []struct {
		field, text string
		pattern     bool
	}{{"forward", r.Forward, true}, {"as", r.As, false}, {"set", r.Set, false}, {"remove", r.Remove, true}}
	for _, n := range names {
		switch {
		case n.text == "":
		case !isToken(n.text) || !n.pattern && strings.Contains(n.text, "*"):
			errs = append(errs, fmt.Errorf("%s.%s: must be the name of a header (got %s)", path, n.field, quote(n.text)))
		case reserved(n.text):
			errs = append(errs, fmt.Errorf("%s.%s: is set by the gateway itself (got %s)", path, n.field, quote(n.text)))
		}
	}
	if strings.Contains(r.Forward, "*") && (r.As != "" || r.Default != "") {
		errs = append(errs, fmt.Errorf("%s.forward: must be one name where as or default is given (got %s)", path, quote(r.Forward)))
	}
	for _, v := range []struct{ field, text string }{{"default", r.Default}, {"value", r.Value}} {
		if strings.ContainsFunc(v.text, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
			errs = append(errs, fmt.Errorf("%s.%s: must have no control characters", path, v.field))
		}
	}
	return errors.Join(errs...)
}

func quote(s string) string { return fmt.Sprintf("%q", s) }

// isToken is the rule token of RFC 9110, section 5.6.2, of which the names of headers are.
func isToken(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}
