package discovery

import (
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/net/http/httpguts"
)

// Config says where the addresses of a service are found, beside those that are listed. Several kinds may be set: their
// lists are joined. [DefaultConfig] has the defaults, with which nothing is looked for.
type Config struct {
	// DNS looks the addresses of a name up (records A and AAAA).
	DNS DNS `yaml:"dns"`
	// SRV looks the service records of a name up (RFC 2782).
	SRV SRV `yaml:"srv"`
	// File reads a list of addresses from a file.
	File File `yaml:"file"`
	// HTTP gets a list of addresses from a URL.
	HTTP HTTP `yaml:"http"`
	// AllowEmpty takes a list without addresses as it is (default false): all are gone then. Otherwise such a list counts
	// as a mistake of whoever made it, and the last one stays.
	AllowEmpty bool `yaml:"allow_empty"`
}

// DNS looks the addresses of a name up.
type DNS struct {
	// Name is the name to look up. Empty turns it off, which is the default.
	Name string `yaml:"name"`
	// Port is the port of every instance. Default: 80 for http, 443 for https.
	Port int `yaml:"port"`
	// Scheme is http (default) or https.
	Scheme string `yaml:"scheme"`
	// Path stands in front of the path of every request. Default none.
	Path string `yaml:"path"`
	// Interval is the longest time between two looks (default 30s); if the records live shorter than that, it is asked
	// sooner.
	Interval time.Duration `yaml:"interval"`
}

// SRV looks service records up.
type SRV struct {
	// Name is the full name of the records, as _http._tcp.users.internal. Empty turns it off, which is the default.
	Name string `yaml:"name"`
	// Scheme is http (default) or https.
	Scheme string `yaml:"scheme"`
	// Path stands in front of the path of every request. Default none.
	Path string `yaml:"path"`
	// Interval is the longest time between two looks (default 30s); if the records live shorter than that, it is asked
	// sooner.
	Interval time.Duration `yaml:"interval"`
}

// File reads a list of addresses from a file.
type File struct {
	// Path is the path of the file, in YAML or JSON. Empty turns it off, which is the default.
	Path string `yaml:"path"`
	// Interval is the time between two looks (default 1s).
	Interval time.Duration `yaml:"interval"`
}

// HTTP gets a list of addresses from a URL.
type HTTP struct {
	// URL gives the list as JSON. Empty turns it off, which is the default.
	URL string `yaml:"url"`
	// Headers are sent with the request.
	Headers map[string]string `yaml:"headers"`
	// Interval is the time between two requests (default 10s).
	Interval time.Duration `yaml:"interval"`
	// Timeout limits one request, the body of the answer included (default 5s).
	Timeout time.Duration `yaml:"timeout"`
}

// Options are what a developer hands to a source beside its configuration. All may be left out.
type Options struct {
	// Static are addresses that are always there.
	Static []Address
	// Problem is told when looking for addresses fails, with the source, such as "dns users.internal": once for each
	// different error, and with a nil error when the source works again. It may be called from several goroutines.
	Problem func(source string, err error)
	// Resolver looks names up. Default: one that asks the servers which the system has configured.
	Resolver *net.Resolver
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{
		DNS:  DNS{Scheme: "http", Interval: 30 * time.Second},
		SRV:  SRV{Scheme: "http", Interval: 30 * time.Second},
		File: File{Interval: time.Second},
		HTTP: HTTP{Interval: 10 * time.Second, Timeout: 5 * time.Second},
	}
}

// Enabled reports whether anything is looked for.
func (c *Config) Enabled() bool {
	return c.DNS.Name != "" || c.SRV.Name != "" || c.File.Path != "" || c.HTTP.URL != ""
}

// New returns the source of cfg, which is valid: the addresses of o and all that are found, an address that several tell
// being taken as the first of them tells it. Nothing is looked for before it runs.
func New(cfg Config, o Options) Source {
	if o.Problem == nil {
		o.Problem = func(string, error) {}
	}
	sources := merged{}
	if len(o.Static) > 0 {
		sources = append(sources, Static(o.Static))
	}
	add := func(p *poller) {
		p.allowEmpty, p.problem = cfg.AllowEmpty, o.Problem
		sources = append(sources, p)
	}
	if cfg.DNS.Name != "" {
		add(newDNS(cfg.DNS, o.Resolver))
	}
	if cfg.SRV.Name != "" {
		add(newSRV(cfg.SRV, o.Resolver))
	}
	if cfg.File.Path != "" {
		add(newFile(cfg.File))
	}
	if cfg.HTTP.URL != "" {
		add(newWeb(cfg.HTTP))
	}
	return sources
}

// Validate returns everything that is wrong, joined, each error beginning with the path of the field: nil if the
// configuration can be used.
func (c *Config) Validate() error {
	var errs []error
	report := func(field, rule string, got any) {
		errs = append(errs, fmt.Errorf("%s: %s (got %v)", field, rule, got))
	}
	scheme := func(field, got string) {
		if got != "http" && got != "https" {
			report(field, "must be http or https", got)
		}
	}
	// Nothing is looked for more often than ten times in a second, whatever is configured.
	interval := func(field string, d time.Duration) {
		if d < 100*time.Millisecond {
			report(field, "must be >= 100ms", d)
		}
	}
	if c.DNS.Port < 0 || c.DNS.Port > 65535 {
		report("dns.port", "must be between 1 and 65535, or 0 for the port of the scheme", c.DNS.Port)
	}
	scheme("dns.scheme", c.DNS.Scheme)
	interval("dns.interval", c.DNS.Interval)
	scheme("srv.scheme", c.SRV.Scheme)
	interval("srv.interval", c.SRV.Interval)
	interval("file.interval", c.File.Interval)
	interval("http.interval", c.HTTP.Interval)
	if c.HTTP.URL != "" {
		if err := validURL(c.HTTP.URL); err != nil {
			report("http.url", err.Error(), withoutQuery(c.HTTP.URL))
		}
	}
	for name, value := range c.HTTP.Headers {
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			errs = append(errs, fmt.Errorf("http.headers: the header %q cannot be sent", name))
		}
	}
	if c.HTTP.Timeout <= 0 {
		report("http.timeout", "must be > 0", c.HTTP.Timeout)
	}
	return errors.Join(errs...)
}
