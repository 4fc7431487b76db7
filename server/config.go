package server

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/server/compression"
)

// Config is what an operator sets of the listeners, the transports and the middleware. Take [DefaultConfig] and change
// what differs; the zero value is not valid.
type Config struct {
	// Listen is the address of clients. Default 127.0.0.1:4000; port 0 takes any free one.
	Listen string `yaml:"listen"`
	// Path is where GraphQL is served. Default /graphql.
	Path string `yaml:"path"`
	// MaxBodyBytes limits a request's body and a WebSocket message. Default 1 MiB.
	MaxBodyBytes int64 `yaml:"max_body_bytes"`
	// MaxHeaderBytes limits a request's line and headers, and with it the query in a GET. Default 64 KiB.
	MaxHeaderBytes int `yaml:"max_header_bytes"`
	// AccessLog writes one line for every request. Default false.
	AccessLog bool `yaml:"access_log"`

	// TLS encrypts the connections of clients.
	TLS       TLS       `yaml:"tls"`
	Timeouts  Timeouts  `yaml:"timeouts"`
	CORS      CORS      `yaml:"cors"`
	CSRF      CSRF      `yaml:"csrf"`
	WebSocket WebSocket `yaml:"websocket"`
	SSE       SSE       `yaml:"sse"`
	// Compression is of answers, those of routes included.
	Compression compression.Config `yaml:"compression"`
	Admin       Admin              `yaml:"admin"`
}

// Timeouts bounds every phase of a request, so that no client can hold a connection for nothing.
type Timeouts struct {
	// ReadHeader is the time a client has for a request's headers. Default 10s.
	ReadHeader time.Duration `yaml:"read_header"`
	// ReadBody is the time a client has for a request's body, after the headers. Default 30s.
	ReadBody time.Duration `yaml:"read_body"`
	// Operation is the time the answer of a query or mutation may take, after the body. Default 30s.
	Operation time.Duration `yaml:"operation"`
	// Write is the time a client has to take the answer. Default 30s.
	Write time.Duration `yaml:"write"`
	// Idle is how long an unused connection stays open. Default 120s.
	Idle time.Duration `yaml:"idle"`
	// Shutdown is how long requests in flight may go on after the program was asked to stop. Default 20s. Whoever
	// calls [Server.Close] applies it.
	Shutdown time.Duration `yaml:"shutdown"`
}

// CORS says which pages of other origins may read answers. Without origins none may, which is the default.
type CORS struct {
	// AllowOrigins are origins such as https://app.example.com, or * for all. They may open WebSockets too.
	AllowOrigins []string `yaml:"allow_origins"`
	// AllowHeaders are request headers that pages may send. Default: Authorization, Content-Type, X-Request-Id and
	// the headers of csrf.headers.
	AllowHeaders []string `yaml:"allow_headers"`
	// ExposeHeaders are response headers that pages may read. Default: X-Request-Id.
	ExposeHeaders []string `yaml:"expose_headers"`
	// AllowCredentials lets pages send cookies. It cannot be joined with the origin *. Default false.
	AllowCredentials bool `yaml:"allow_credentials"`
	// MaxAge is how long a browser may remember the answer to a preflight. Default 2h.
	MaxAge time.Duration `yaml:"max_age"`
}

// CSRF keeps pages of other origins from making a visitor's browser send requests that need no preflight.
type CSRF struct {
	// Enabled is true by default. Turn it off only if nothing depends on cookies or on the network of the client.
	Enabled bool `yaml:"enabled"`
	// Headers are headers whose presence proves that the browser asked for permission first. Default:
	// Sluice-Require-Preflight, Apollo-Require-Preflight, X-Apollo-Operation-Name, GraphQL-Require-Preflight.
	Headers []string `yaml:"headers"`
}

// WebSocket configures GraphQL over WebSocket.
type WebSocket struct {
	// Enabled is true by default.
	Enabled bool `yaml:"enabled"`
	// InitTimeout is the time a client has for its first message, connection_init. Default 10s.
	InitTimeout time.Duration `yaml:"init_timeout"`
	// WriteTimeout is the time a client has to take one message; a slower one is disconnected. Default 10s.
	WriteTimeout time.Duration `yaml:"write_timeout"`
	// PingInterval is how often a connection is probed. A client that leaves two pings unanswered is disconnected.
	// Default 20s.
	PingInterval time.Duration `yaml:"ping_interval"`
	// MaxOperations limits the operations of one connection that run at the same time. Default 100.
	MaxOperations int `yaml:"max_operations"`
	// MaxConnections limits the open connections of the server. Default 10000.
	MaxConnections int `yaml:"max_connections"`
}

// SSE configures GraphQL over server-sent events.
type SSE struct {
	// Enabled is true by default.
	Enabled bool `yaml:"enabled"`
	// KeepAlive is how often a comment is sent while there is no event, so that proxies keep the connection.
	// Default 15s.
	KeepAlive time.Duration `yaml:"keep_alive"`
}

// Admin configures the listener of operators, which has no place on a public network.
type Admin struct {
	// Listen is the address. Default 127.0.0.1:4001; empty turns the listener off.
	Listen string `yaml:"listen"`
}

// DefaultConfig returns the defaults that the fields name.
func DefaultConfig() Config {
	csrf := []string{"Sluice-Require-Preflight", "Apollo-Require-Preflight", "X-Apollo-Operation-Name", "GraphQL-Require-Preflight"}
	return Config{
		Listen:         "127.0.0.1:4000",
		Path:           "/graphql",
		MaxBodyBytes:   1 << 20,
		MaxHeaderBytes: 64 << 10,
		Timeouts: Timeouts{
			ReadHeader: 10 * time.Second,
			ReadBody:   30 * time.Second,
			Operation:  30 * time.Second,
			Write:      30 * time.Second,
			Idle:       2 * time.Minute,
			Shutdown:   20 * time.Second,
		},
		CORS: CORS{
			AllowHeaders:  append([]string{"Authorization", "Content-Type", requestIDHeader}, csrf...),
			ExposeHeaders: []string{requestIDHeader},
			MaxAge:        2 * time.Hour,
		},
		CSRF: CSRF{Enabled: true, Headers: csrf},
		WebSocket: WebSocket{
			Enabled:        true,
			InitTimeout:    10 * time.Second,
			WriteTimeout:   10 * time.Second,
			PingInterval:   20 * time.Second,
			MaxOperations:  100,
			MaxConnections: 10_000,
		},
		SSE:         SSE{Enabled: true, KeepAlive: 15 * time.Second},
		Compression: compression.DefaultConfig(),
		Admin:       Admin{Listen: "127.0.0.1:4001"},
	}
}

// Validate returns everything that is wrong, one error a line: the field, the rule, the value.
func (c *Config) Validate() error {
	var errs []error
	wrong := func(field, rule string, got any) {
		errs = append(errs, fmt.Errorf("%s: %s (got %v)", field, rule, got))
	}
	if err := checkAddress(c.Listen); err != nil {
		wrong("listen", err.Error(), quoted(c.Listen))
	}
	if c.Admin.Listen != "" {
		if err := checkAddress(c.Admin.Listen); err != nil {
			wrong("admin.listen", err.Error(), quoted(c.Admin.Listen))
		} else if c.Admin.Listen == c.Listen && !strings.HasSuffix(c.Listen, ":0") {
			wrong("admin.listen", "must differ from listen", quoted(c.Admin.Listen))
		}
	}
	if u, err := url.Parse(c.Path); err != nil || u.Path != c.Path || len(c.Path) < 2 || c.Path[0] != '/' || strings.HasSuffix(c.Path, "/") {
		wrong("path", "must be a path such as /graphql", quoted(c.Path))
	}
	if err := c.TLS.validate(); err != nil {
		errs = append(errs, err)
	}
	if c.MaxBodyBytes < 1 || c.MaxBodyBytes > 1<<30 {
		wrong("max_body_bytes", "must be from 1 to 1 GiB", c.MaxBodyBytes)
	}
	if c.MaxHeaderBytes < 1<<10 || c.MaxHeaderBytes > 16<<20 {
		wrong("max_header_bytes", "must be from 1 KiB to 16 MiB", c.MaxHeaderBytes)
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{
		{"timeouts.read_header", c.Timeouts.ReadHeader},
		{"timeouts.read_body", c.Timeouts.ReadBody},
		{"timeouts.operation", c.Timeouts.Operation},
		{"timeouts.write", c.Timeouts.Write},
		{"timeouts.idle", c.Timeouts.Idle},
		{"timeouts.shutdown", c.Timeouts.Shutdown},
		{"websocket.init_timeout", c.WebSocket.InitTimeout},
		{"websocket.write_timeout", c.WebSocket.WriteTimeout},
		{"websocket.ping_interval", c.WebSocket.PingInterval},
		{"sse.keep_alive", c.SSE.KeepAlive},
	} {
		if d.value <= 0 {
			wrong(d.field, "must be more than 0", d.value)
		}
	}
	if c.WebSocket.MaxOperations < 1 {
		wrong("websocket.max_operations", "must be at least 1", c.WebSocket.MaxOperations)
	}
	if c.WebSocket.MaxConnections < 1 {
		wrong("websocket.max_connections", "must be at least 1", c.WebSocket.MaxConnections)
	}
	if c.CORS.MaxAge < 0 {
		wrong("cors.max_age", "must be 0 or more", c.CORS.MaxAge)
	}
	for i, o := range c.CORS.AllowOrigins {
		if o == "*" {
			continue
		}
		if u, err := url.Parse(o); err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != o {
			wrong(fmt.Sprintf("cors.allow_origins[%d]", i), "must be * or an origin such as https://app.example.com", quoted(o))
		}
	}
	if c.CORS.AllowCredentials && slices.Contains(c.CORS.AllowOrigins, "*") {
		wrong("cors.allow_credentials", "must be false if every origin is allowed", true)
	}
	for _, l := range []struct {
		field   string
		headers []string
	}{
		{"cors.allow_headers", c.CORS.AllowHeaders},
		{"cors.expose_headers", c.CORS.ExposeHeaders},
		{"csrf.headers", c.CSRF.Headers},
	} {
		for i, h := range l.headers {
			if !isToken(h) {
				wrong(fmt.Sprintf("%s[%d]", l.field, i), "must be the name of a header", quoted(h))
			}
		}
	}
	for i, h := range c.CSRF.Headers {
		if simpleHeaders[http.CanonicalHeaderKey(h)] {
			wrong(fmt.Sprintf("csrf.headers[%d]", i), "must be a header that browsers do not send without a preflight", quoted(h))
		}
	}
	if err := c.Compression.Validate(); err != nil {
		for line := range strings.Lines(err.Error()) {
			errs = append(errs, errors.New("compression."+strings.TrimSpace(line)))
		}
	}
	return errors.Join(errs...)
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }

func checkAddress(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return errors.New("must be host:port or :port")
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return errors.New("must have a port from 0 to 65535")
	}
	return nil
}

// isToken reports whether s is a token in the sense of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}
