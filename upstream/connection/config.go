package connection

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// The names of the clients, as configurations write them.
const (
	Native  = "native"
	NetHTTP = "net/http"
)

// Config says how the connections to each endpoint are kept.
type Config struct {
	// Client says who speaks HTTP/1.1: native, which is ours, and allocates half as much (default); or net/http, the client
	// of Go's library, to compare if something looks odd. That one sends some requests again on its own, and does not know
	// lifetimes.
	Client string `yaml:"client" jsonschema:"enum=native,enum=net/http"`
	// MaxIdle is how many idle connections to one endpoint are kept (default 256). An HTTP/1.1 connection carries one
	// request at a time: with fewer than the usual number of requests in flight, connections are made and thrown away.
	MaxIdle int `yaml:"max_idle"`
	// MaxTotal limits the connections to one endpoint, those in use included; requests beyond wait (default 0: no limit).
	MaxTotal int `yaml:"max_total"`
	// IdleTimeout closes a connection that was not used for so long (default 90s).
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// Lifetime is how old a connection may be to get another request, give or take a tenth, so that those made together do
	// not end together (default 0: any age). It is for endpoints that are themselves load balancers, whose new instances
	// would otherwise get nothing.
	Lifetime time.Duration `yaml:"lifetime"`
}

// HTTP2 says when HTTP/2 is spoken. Requests share its connections.
type HTTP2 struct {
	// Enabled offers HTTP/2 to endpoints with https (default true); the endpoint chooses.
	Enabled bool `yaml:"enabled"`
	// Cleartext speaks HTTP/2 to endpoints with http, without asking them (default false). They must understand it.
	Cleartext bool `yaml:"cleartext"`
	// MaxConnections is how many connections to one endpoint the requests are spread over (default 4).
	MaxConnections int `yaml:"max_connections"`
	// Streams is how many requests each connection carries before another is made, if there may be another (default 32).
	// What the endpoint allows on one connection is kept in any case.
	Streams int `yaml:"streams"`
	// PingInterval asks a connection on which nothing has come for so long whether it is alive (default 30s; 0: never).
	PingInterval time.Duration `yaml:"ping_interval"`
	// PingTimeout closes a connection that does not answer in time (default 10s).
	PingTimeout time.Duration `yaml:"ping_timeout"`
}

// TLS says how endpoints with https are told from others, and how they know us.
type TLS struct {
	// RootsFile holds the certificates, in PEM, of which one must vouch for the endpoint, instead of those of the system.
	// It is read again when it changes.
	RootsFile string `yaml:"roots_file"`
	// Roots are such certificates themselves.
	Roots string `yaml:"roots"`
	// CertificateFile holds the certificate, in PEM, that is shown to endpoints which ask for one, with its chain. It is
	// read again when it changes: in place of a pair that cannot be used, the one before is kept.
	CertificateFile string `yaml:"certificate_file"`
	// KeyFile holds the key of the certificate, in PEM.
	KeyFile string `yaml:"key_file"`
	// ServerName is the name that the certificate of the endpoint must be for (default: the host of the endpoint).
	ServerName string `yaml:"server_name"`
	// MinVersion is the lowest version of TLS: 1.2 (default) or 1.3.
	MinVersion string `yaml:"min_version" jsonschema:"enum=1.2,enum=1.3"`
	// InsecureSkipVerify takes any certificate of anyone (default false): whoever stands in between can read and change
	// everything. For tests; roots are the right way for certificates of one's own.
	InsecureSkipVerify bool `yaml:"insecure_skip_verify"`
}

// Proxy is the forward proxy that connections go through. Endpoints with https are reached by CONNECT, those with http by
// whole URLs in requests.
type Proxy struct {
	// URL is the address of the proxy, http://host:port (default: none).
	URL string `yaml:"url"`
	// Username and Password are sent to the proxy, if there is a name.
	Username string `yaml:"username"`
	Password string `yaml:"password"`
	// Environment takes the proxy from HTTP_PROXY, HTTPS_PROXY and NO_PROXY where there is no URL (default false).
	Environment bool `yaml:"environment"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{Client: Native, MaxIdle: 256, IdleTimeout: 90 * time.Second}
}

// DefaultHTTP2 returns the defaults.
func DefaultHTTP2() HTTP2 {
	return HTTP2{Enabled: true, MaxConnections: 4, Streams: 32, PingInterval: 30 * time.Second, PingTimeout: 10 * time.Second}
}

// DefaultTLS returns the defaults.
func DefaultTLS() TLS { return TLS{MinVersion: "1.2"} }

type report []error

func (r *report) add(field, rule string, got any) {
	*r = append(*r, fmt.Errorf("%s: %s (got %v)", field, rule, got))
}

// Validate returns everything that is wrong, joined, each error beginning with the path of the field.
func (c *Config) Validate() error {
	var errs report
	if c.Client != Native && c.Client != NetHTTP {
		errs.add("client", "must be one of native, net/http", c.Client)
	}
	if c.MaxIdle < 1 {
		errs.add("max_idle", "must be >= 1", c.MaxIdle)
	}
	if c.MaxTotal < 0 {
		errs.add("max_total", "must be >= 0", c.MaxTotal)
	}
	if c.IdleTimeout <= 0 {
		errs.add("idle_timeout", "must be > 0", c.IdleTimeout)
	}
	if c.Lifetime < 0 {
		errs.add("lifetime", "must be >= 0", c.Lifetime)
	}
	return errors.Join(errs...)
}

// Validate returns everything that is wrong, joined, each error beginning with the path of the field.
func (c *HTTP2) Validate() error {
	var errs report
	if c.MaxConnections < 1 {
		errs.add("max_connections", "must be >= 1", c.MaxConnections)
	}
	if c.Streams < 1 {
		errs.add("streams", "must be >= 1", c.Streams)
	}
	if c.PingInterval < 0 {
		errs.add("ping_interval", "must be >= 0", c.PingInterval)
	}
	if c.PingTimeout <= 0 {
		errs.add("ping_timeout", "must be > 0", c.PingTimeout)
	}
	return errors.Join(errs...)
}

// Validate returns everything that is wrong, joined, each error beginning with the path of the field. Files are read when
// the pool is made.
func (c *TLS) Validate() error {
	var errs report
	if c.RootsFile != "" && c.Roots != "" {
		errs = append(errs, errors.New("roots: must not be set beside roots_file"))
	}
	if c.Roots != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(c.Roots)) {
		errs = append(errs, errors.New("roots: must hold certificates in PEM"))
	}
	if (c.CertificateFile == "") != (c.KeyFile == "") {
		errs = append(errs, errors.New("key_file: must be set if and only if certificate_file is"))
	}
	if _, ok := tlsVersions[c.MinVersion]; !ok {
		errs.add("min_version", "must be 1.2 or 1.3", c.MinVersion)
	}
	if c.InsecureSkipVerify && (c.Roots != "" || c.RootsFile != "") {
		errs = append(errs, errors.New("insecure_skip_verify: must not be set beside roots, which it would not look at"))
	}
	return errors.Join(errs...)
}

// Validate returns everything that is wrong, joined, each error beginning with the path of the field. Secrets are not told.
func (c *Proxy) Validate() error {
	var errs report
	if c.URL != "" {
		switch u, err := url.Parse(c.URL); {
		case err != nil || u.Scheme != "http" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/":
			errs = append(errs, errors.New("url: must be of the form http://host:port"))
		case u.User != nil:
			errs = append(errs, errors.New("url: must not hold a user or password, which username and password are for"))
		}
	}
	if c.Username == "" && c.Password != "" {
		errs = append(errs, errors.New("password: must not be set without username"))
	}
	if c.URL == "" && c.Username != "" {
		errs = append(errs, errors.New("username: must not be set without url"))
	}
	if !isPrintable(c.Username) || !isPrintable(c.Password) || strings.Contains(c.Username, ":") {
		errs = append(errs, errors.New("password: must not have control characters, nor the username, nor that a colon"))
	}
	return errors.Join(errs...)
}
