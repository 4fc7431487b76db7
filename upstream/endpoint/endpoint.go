// Package endpoint is the leaf type of upstream: one address of a service with the counters that balancing, health and
// the status page read. It knows nothing of clients, pools and policies, so that all of them can know it.
package endpoint

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Endpoint is one address of a service. Where it is never changes; its counters and what balancing knows of it are safe
// for concurrent use and outlive every picker that was built over it.
type Endpoint struct {
	scheme string
	host   string // host:port, always with a port
	prefix string // encoded path in front of every request's, without a slash at the end; often empty
	text   string
	url    string // of its address, as given is its host
	given  string
	socket string // the path of a Unix socket, if that is where it is
	name   string // what the instance is known by, if that is not its host

	traits  atomic.Pointer[traits]
	born    time.Time    // what the times below count from
	since   atomic.Int64 // when it came into use, in nanoseconds after born
	latency average

	inFlight    atomic.Int64
	requests    atomic.Uint64
	failures    atomic.Uint64
	consecutive atomic.Uint64 // failures since the last success
}

// State sums up what the requests of an endpoint showed.
type State string

// The states.
const (
	Unused  State = "unused"  // no request has ended yet
	Ready   State = "ready"   // the last request that ended was answered
	Failing State = "failing" // the last request that ended failed
)

// Status is what the counters of an endpoint said at one moment.
type Status struct {
	Address  string
	State    State
	InFlight int64
	Requests uint64 // begun, those in flight included
	Failures uint64
	Latency  time.Duration // average of the last ones
}

// New returns the endpoint of an address.
func New(a Address) (*Endpoint, error) {
	e, err := Parse(a.URL)
	if err != nil {
		return nil, err
	}
	e.url, e.given = a.URL, a.Host
	if a.Host != "" {
		e.name = a.Host
	}
	e.Describe(a)
	return e, nil
}

// Parse returns the endpoint with the given http or https URL: an origin, and optionally a path that stands in front of
// the path of every request. A Unix socket is unix:///path/of/socket; the path in front of requests may follow it after a
// colon.
func Parse(address string) (*Endpoint, error) {
	if rest, ok := strings.CutPrefix(address, "unix:"); ok {
		return parseSocket(rest)
	}
	u, err := url.Parse(address)
	if err != nil {
		if !strings.Contains(address, "://") { // 127.0.0.1:8080 is the usual slip
			return nil, errors.New("scheme must be http or https, as in http://127.0.0.1:8080")
		}
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err // without the address, which the caller names
		}
		return nil, err
	}
	port := u.Port()
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("scheme must be http, https or unix (got %q)", u.Scheme)
	case u.Opaque != "" || u.Hostname() == "":
		return nil, errors.New("a host is missing")
	case u.User != nil:
		return nil, errors.New("must not hold a user or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("must not have a query or fragment")
	case port == "" && u.Scheme == "http":
		port = "80"
	case port == "":
		port = "443"
	}
	e := &Endpoint{
		born:   time.Now(),
		scheme: u.Scheme,
		host:   net.JoinHostPort(u.Hostname(), port),
		prefix: strings.TrimRight(u.EscapedPath(), "/"),
	}
	e.text = e.scheme + "://" + u.Host + e.prefix
	e.traits.Store(&traits{weight: 1})
	return e, nil
}

// parseSocket returns the endpoint of a Unix socket, whose URL is given without its scheme.
func parseSocket(rest string) (*Endpoint, error) {
	path, base, _ := strings.Cut(strings.TrimPrefix(rest, "//"), ":")
	if !strings.HasPrefix(path, "/") || base != "" && !strings.HasPrefix(base, "/") || strings.ContainsAny(rest, "?#") {
		return nil, errors.New("a Unix socket must be of the form unix:///path/of/socket or unix:///path/of/socket:/base/path")
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil, errors.New("the path after the socket is not one of a URL")
	}
	e := &Endpoint{born: time.Now(), scheme: "http", host: "localhost:80", name: "localhost", socket: path, prefix: strings.TrimRight(u.EscapedPath(), "/")}
	e.text = "unix://" + path
	if e.prefix != "" {
		e.text += ":" + e.prefix
	}
	e.traits.Store(&traits{weight: 1})
	return e, nil
}

// Socket returns the path of the Unix socket to connect to; empty if the endpoint is [Endpoint.Host].
func (e *Endpoint) Socket() string { return e.socket }

// Scheme returns http or https.
func (e *Endpoint) Scheme() string { return e.scheme }

// Host returns the address to connect to, host:port.
func (e *Endpoint) Host() string { return e.host }

// Prefix returns the encoded path that stands in front of every request's; it has no slash at its end.
func (e *Endpoint) Prefix() string { return e.prefix }

// Name returns the name that the instance is known by, for the Host header and the certificate, where that is not the
// host of its URL; else nothing.
func (e *Endpoint) Name() string { return e.name }

// Is reports whether the endpoint is the one of an address, which may describe it in other words.
func (e *Endpoint) Is(a Address) bool { return e.url == a.URL && e.given == a.Host }

// String returns the URL of the endpoint.
func (e *Endpoint) String() string { return e.text }

// Begin counts a request that goes to this endpoint. Each call is followed by one of [Endpoint.End].
func (e *Endpoint) Begin() {
	e.inFlight.Add(1)
	e.requests.Add(1)
}

// Outcome is how a request ended, as far as it says something about the endpoint.
type Outcome uint8

// The outcomes.
const (
	Success     Outcome = iota // answered, and not with a server error
	Failure                    // not answered, or with a server error
	Abandonment                // the caller gave up, which says nothing about the endpoint
)

// End counts the end of a request, which took so long.
func (e *Endpoint) End(o Outcome, took time.Duration) {
	e.inFlight.Add(-1)
	// A failure may come fast, and a request that was given up was at least so slow: both may raise the latency and not
	// lower it.
	e.latency.observe(time.Since(e.born), took, o == Success)
	switch o {
	case Success:
		// A load is cheaper than a store that takes the cache line from the other cores.
		if e.consecutive.Load() != 0 {
			e.consecutive.Store(0)
		}
	case Failure:
		e.failures.Add(1)
		e.consecutive.Add(1)
	}
}

// InFlight returns the number of requests that have begun and not ended.
func (e *Endpoint) InFlight() int64 { return e.inFlight.Load() }

// ConsecutiveFailures returns the number of failures since the last success.
func (e *Endpoint) ConsecutiveFailures() uint64 { return e.consecutive.Load() }

// Latency returns the average latency of the requests that ended lately, without regard to how long ago that is; 0 if none
// has ended yet.
func (e *Endpoint) Latency() time.Duration { return e.latency.last() }

// LatencyAt returns the average latency as it counts at a later moment: it fades, so that an endpoint which was slow, and
// is therefore not asked, is tried again.
func (e *Endpoint) LatencyAt(now time.Time) time.Duration { return e.latency.at(now.Sub(e.born)) }

// Use says that the endpoint came into use at that moment: it is new among others, or returned after it was left out.
func (e *Endpoint) Use(now time.Time) { e.since.Store(max(1, int64(now.Sub(e.born)))) }

// UsedFor returns how long the endpoint has been in use, for a slow start. One that was there from the beginning has
// been so for ever.
func (e *Endpoint) UsedFor(now time.Time) time.Duration {
	since := e.since.Load()
	if since == 0 {
		return forever
	}
	return now.Sub(e.born) - time.Duration(since)
}

// forever is longer than any slow start.
const forever = 1 << 62

// Status returns what the counters say. They are read one after the other, not all at one instant.
func (e *Endpoint) Status() Status {
	s := Status{
		Address:  e.text,
		State:    Ready,
		InFlight: e.inFlight.Load(),
		Requests: e.requests.Load(),
		Failures: e.failures.Load(),
		Latency:  e.latency.last(),
	}
	switch {
	case e.consecutive.Load() > 0:
		s.State = Failing
	case s.Requests <= uint64(max(s.InFlight, 0)):
		s.State = Unused
	}
	return s
}
