package health

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// Target is the way to one endpoint. The connections are made as for requests of clients; they should be others, so that
// a check neither waits for those nor takes one away.
type Target interface {
	// RoundTrip sends a request as http.RoundTripper does.
	RoundTrip(*http.Request) (*http.Response, error)
	// Dial makes a connection, TLS included, as far as it is needed before the first request.
	Dial(context.Context) (net.Conn, error)
	// Close closes the connections that are kept.
	Close()
}

// checked is what the active checks of an endpoint showed, under the monitor's lock.
type checked struct {
	stop      context.CancelFunc // ends the checks; nil if there are none
	known     bool               // whether there was a check
	unhealthy bool
	run       int   // how many checks in a row said the opposite
	err       error // of the last check
	at        time.Duration
}

// rule is what active checks ask and expect, prepared.
type rule struct {
	cfg      *Active
	header   http.Header
	statuses [][2]int
	contains string
	matches  *regexp.Regexp // nil: anything does
}

// newRule returns the rule of a configuration; nil if there are no active checks.
func newRule(c *Active) (*rule, error) {
	if c.Check == CheckNone {
		return nil, nil //nolint:nilnil // there is nothing to ask
	}
	r := &rule{cfg: c, header: make(http.Header, len(c.Headers)+1), contains: c.Body.Contains}
	r.header.Set("User-Agent", "Sluice health check")
	for name, value := range c.Headers {
		r.header.Set(name, value)
	}
	for _, s := range c.Status {
		from, to, ok := statusRange(s)
		if !ok {
			return nil, fmt.Errorf("status %q is no range", s)
		}
		r.statuses = append(r.statuses, [2]int{from, to})
	}
	if c.Body.Matches != "" {
		var err error
		if r.matches, err = regexp.Compile(c.Body.Matches); err != nil {
			return nil, fmt.Errorf("body: %w", err)
		}
	}
	return r, nil
}

// check begins the checks of a new member. The lock is held.
func (m *Monitor) check(one *member) {
	if m.rule == nil {
		return
	}
	ctx, stop := context.WithCancel(m.ctx)
	one.checked.stop = stop
	m.all.Go(func() {
		defer stop()
		m.checkAgainAndAgain(ctx, one)
	})
}

// checkAgainAndAgain checks a member until ctx ends: each check begins after the one before has ended, so that they never
// pile up.
func (m *Monitor) checkAgainAndAgain(ctx context.Context, one *member) {
	to, err := portOf(one.endpoint, m.rule.cfg.Port)
	var target Target
	if err == nil {
		target, err = m.options.Open(to)
	}
	if err != nil {
		m.checkedWith(one, err)
		return
	}
	defer target.Close()
	// Not all endpoints at the same moment, but each very soon: the first check decides alone.
	timer := time.NewTimer(time.Duration(rand.Float64() * m.rule.cfg.Jitter * float64(min(m.rule.cfg.Interval, time.Second))))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		limit, cancel := context.WithTimeoutCause(ctx, m.rule.cfg.Timeout, errCheckTimeout)
		err := m.rule.ask(limit, to, target)
		if err != nil && limit.Err() != nil {
			err = context.Cause(limit)
		}
		cancel()
		if ctx.Err() != nil {
			return
		}
		healthy := m.checkedWith(one, err)
		interval := m.rule.cfg.Interval
		if !healthy {
			interval = m.rule.cfg.UnhealthyInterval
		}
		timer.Reset(interval + time.Duration((2*rand.Float64()-1)*m.rule.cfg.Jitter*float64(interval)))
	}
}

var errCheckTimeout = errors.New("no answer in time")

// checkedWith takes the result of one check, and reports whether the member is healthy and all is as it was before.
func (m *Monitor) checkedWith(one *member, err error) (healthy bool) {
	m.change(func() bool {
		c, now := &one.checked, m.now()
		c.err, c.at = err, now
		need := m.cfg.Active.Unhealthy
		if c.unhealthy {
			need = m.cfg.Active.Healthy
		}
		if first := !c.known; first {
			c.known, need = true, 1
		}
		if (err != nil) == c.unhealthy {
			c.run = 0
			healthy = !c.unhealthy
			return false
		}
		// It is checked more often until it is clear.
		if c.run++; c.run < need {
			return false
		}
		before := one.usable()
		c.run, c.unhealthy = 0, err != nil
		healthy = !c.unhealthy
		if healthy && !one.ejected {
			m.comeBack(one, now)
		}
		return one.usable() != before
	})
	return healthy
}

// portOf returns the endpoint to check in the place of e.
func portOf(e *endpoint.Endpoint, port int) (*endpoint.Endpoint, error) {
	if port == 0 {
		return e, nil
	}
	if e.Socket() != "" {
		return nil, errors.New("a Unix socket has no ports")
	}
	host, _, err := net.SplitHostPort(e.Host())
	if err != nil {
		return nil, fmt.Errorf("an endpoint without a port has no other: %w", err)
	}
	return endpoint.Parse(e.Scheme() + "://" + net.JoinHostPort(host, strconv.Itoa(port)) + e.Prefix())
}

// ask makes one check and returns what is wrong.
func (r *rule) ask(ctx context.Context, e *endpoint.Endpoint, t Target) error {
	if r.cfg.Check == CheckTCP {
		conn, err := t.Dial(ctx)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	u := &url.URL{Scheme: e.Scheme(), Host: e.Host(), Opaque: e.Prefix() + r.cfg.Path}
	if strings.HasPrefix(u.Opaque, "//") {
		u.Opaque = "//" + u.Host + u.Opaque // or else it is taken for a host
	}
	req := (&http.Request{
		Method: r.cfg.Method, URL: u, Host: r.cfg.Host, Header: r.header.Clone(), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	resp, err := t.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return r.judge(resp)
}

func (r *rule) judge(resp *http.Response) error {
	good := false
	for _, s := range r.statuses {
		good = good || s[0] <= resp.StatusCode && resp.StatusCode <= s[1]
	}
	if !good {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	// The body is read in any case: a service that hangs in it does not work, and the connection can be used again.
	body, err := io.ReadAll(io.LimitReader(resp.Body, r.cfg.Body.MaxBytes))
	if err != nil {
		return fmt.Errorf("body: %w", err)
	}
	if r.contains != "" && !strings.Contains(string(body), r.contains) {
		return errors.New("the body does not contain what it must")
	}
	if r.matches != nil && !r.matches.Match(body) {
		return errors.New("the body does not match")
	}
	return nil
}
