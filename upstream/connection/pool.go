package connection

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/upstream/internal/http1"
)

// Options are all that a pool is told beside its endpoint. The parts of the configuration are valid.
type Options struct {
	Config Config
	HTTP2  HTTP2
	TLS    TLS
	Proxy  Proxy
	// ConnectTimeout limits dialing, TLSTimeout the handshake after it, and HeaderTimeout the wait for the head of an
	// answer once the request is written.
	ConnectTimeout, TLSTimeout, HeaderTimeout time.Duration
	// HeaderBytes limits the head of an answer.
	HeaderBytes int64
	// Report is told what goes wrong beside requests: files of TLS that have changed and cannot be used. It may be nil.
	Report func(error)
}

// Pool has the connections to one endpoint. It is an [http.RoundTripper], safe for concurrent use.
type Pool struct {
	o      Options
	dialer *dialer
	direct http1.Options  // for connections that are the endpoint's
	plain  *http1.Options // for those whose requests a proxy reads; else the same
	h2     *http.Transport
	legacy *http.Transport // speaks for all connections instead, if the configuration says net/http

	uploads sync.WaitGroup
	// prior says that HTTP/2 is spoken unasked, and choice that it is offered.
	prior, choice bool

	mu       sync.Mutex   // guards the fields below
	idle     []*exclusive // the last used at the end
	shared   []*shared
	waiting  []*waiter
	open     int  // connections, and those being made
	dialing  int  // those being made
	speaksH1 bool // the endpoint has chosen HTTP/1.1
	draining bool
	closed   bool
	reaper   *time.Timer // runs if and only if connections are idle
}

// exclusive is a connection of HTTP/1.1: for one request at a time.
type exclusive struct {
	*http1.Conn
	expires time.Time // zero: never
	since   time.Time // when it became idle
}

// waiter is a request that waits for a connection.
type waiter struct {
	ready chan grant // has room for the one that is sent
}

// grant is what a waiter gets: a connection, an error, or nothing, which means to look again.
type grant struct {
	conn *exclusive
	err  error
}

// New returns the pool of e. It makes no connection, but reads the files that the configuration names.
func New(e *endpoint.Endpoint, o Options) (*Pool, error) {
	if o.Report == nil {
		o.Report = func(error) {}
	}
	d, err := newDialer(e, &o)
	if err != nil {
		return nil, err
	}
	p := &Pool{o: o, dialer: d}
	p.prior = d.security == nil && o.HTTP2.Cleartext
	p.choice = d.security != nil && o.HTTP2.Enabled
	if o.Config.Client == NetHTTP {
		p.legacy = p.transport(true)
		return p, nil
	}
	p.direct = http1.Options{HeaderBytes: o.HeaderBytes, HeaderTimeout: o.HeaderTimeout, Uploads: &p.uploads}
	p.plain = &p.direct
	if d.proxied && d.security == nil {
		plain := p.direct
		plain.AbsoluteForm, plain.ProxyAuthorization = true, d.authorization
		p.plain = &plain
	}
	p.h2 = p.transport(false)
	return p, nil
}

// RoundTrip sends the request once and returns the answer as soon as its head is there. It blocks as long as the context of
// the request and the timeouts allow. The caller reads the body to its end or closes it.
//
// A request with the header Upgrade goes over HTTP/1.1. If the endpoint switches protocols, the body of the answer is an
// [io.ReadWriteCloser]. Other provisional answers (1xx) are dropped. A body in memory is best a [Body].
func (p *Pool) RoundTrip(req *http.Request) (*http.Response, error) {
	if p.legacy != nil {
		resp, err := p.legacy.RoundTrip(req)
		return resp, typedNetHTTP(err)
	}
	conn, many, err := p.take(req)
	switch {
	case err != nil:
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	case conn != nil:
		return conn.RoundTrip(req)
	}
	return p.share(many, req)
}

// Body returns b as the body of a request. It must not change until the answer was read.
func Body(b []byte) *http1.Bytes { return http1.NewBytes(b) }

// take finds a connection for req: one of its own, or a place on one that is shared.
func (p *Pool) take(req *http.Request) (*exclusive, *shared, error) {
	ctx := req.Context()
	alone := len(req.Header["Upgrade"]) > 0 // HTTP/2 has no such thing
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return nil, nil, &DialError{ErrClosed}
		}
		if !alone {
			s, over := p.placeLocked()
			if s != nil || over != nil {
				p.mu.Unlock()
				for _, o := range over {
					o.conn.Close()
				}
				if s != nil {
					return nil, s, nil
				}
				continue
			}
		}
		if last := len(p.idle) - 1; last >= 0 {
			c := p.idle[last]
			p.idle[last] = nil
			p.idle = p.idle[:last]
			p.mu.Unlock()
			// A connection that the endpoint has closed, or on which something came unasked, shows it here.
			if c.expired(time.Now()) || !c.IsQuiet() {
				c.Close()
				p.gone()
				continue
			}
			return c, nil, nil
		}
		if p.mayDialLocked(alone) {
			p.open++
			p.dialing++
			p.mu.Unlock()
			return p.dial(ctx, alone)
		}
		w := &waiter{ready: make(chan grant, 1)}
		p.waiting = append(p.waiting, w)
		p.mu.Unlock()
		select {
		case g := <-w.ready:
			if g.conn != nil || g.err != nil {
				return g.conn, nil, g.err
			}
		case <-ctx.Done():
			p.forget(w)
			return nil, nil, &DialError{fmt.Errorf("%w: %w", ErrNoConnection, context.Cause(ctx))}
		}
	}
}

// mayDialLocked reports whether another connection may be made. One that may turn out to be shared is made alone: who comes
// meanwhile waits to share it.
func (p *Pool) mayDialLocked(alone bool) bool {
	if p.o.Config.MaxTotal > 0 && p.open >= p.o.Config.MaxTotal {
		return false
	}
	if alone || !p.prior && (!p.choice || p.speaksH1) {
		return true
	}
	return p.dialing == 0 && len(p.shared) < p.o.HTTP2.MaxConnections
}

var (
	onlyHTTP1  = []string{"http/1.1"}
	bothOfHTTP = []string{"h2", "http/1.1"}
)

// dial makes a connection, which was counted as open and as being made.
func (p *Pool) dial(ctx context.Context, alone bool) (*exclusive, *shared, error) {
	protocols := onlyHTTP1
	if p.choice && !alone {
		protocols = bothOfHTTP
	}
	prior := p.prior && !alone
	nc, protocol, err := p.dialer.dial(ctx, protocols, prior || alone)
	if err == nil && (prior || protocol == "h2") {
		var s *shared
		if s, err = p.newShared(ctx, nc); err == nil {
			p.mu.Lock()
			p.dialing--
			p.speaksH1 = false
			if p.draining {
				s.retired = true
			} else {
				p.shared = append(p.shared, s)
			}
			p.wakeAllLocked(grant{})
			p.mu.Unlock()
			return nil, s, nil
		}
	}
	p.mu.Lock()
	p.dialing--
	if err == nil {
		if p.choice && !alone && !p.speaksH1 {
			p.speaksH1 = true
			p.wakeAllLocked(grant{}) // they may have connections of their own
		}
		p.mu.Unlock()
		opt := &p.direct
		if !alone {
			opt = p.plain
		}
		return p.newExclusive(nc, opt), nil, nil
	}
	p.open--
	switch {
	case ctx.Err() != nil:
		p.wakeAllLocked(grant{}) // it says nothing about the endpoint
	case p.prior, p.choice && !p.speaksH1:
		p.wakeAllLocked(grant{err: err}) // they waited for this very connection
	default:
		p.wakeLocked(grant{})
	}
	p.mu.Unlock()
	return nil, nil, err
}

func (p *Pool) newExclusive(nc net.Conn, opt *http1.Options) *exclusive {
	c := &exclusive{expires: p.expiry()}
	c.Conn = http1.New(nc, opt, func(reusable bool) { p.done(c, reusable) })
	return c
}

// expiry returns when a connection that is made at this moment gets no more requests; zero: never.
func (p *Pool) expiry() time.Time {
	life := p.o.Config.Lifetime
	if life <= 0 {
		return time.Time{}
	}
	// Give or take a tenth.
	return time.Now().Add(life - life/10 + time.Duration(rand.Int64N(int64(life/5)+1)))
}

func (c *exclusive) expired(now time.Time) bool { return !c.expires.IsZero() && now.After(c.expires) }

// done takes a connection back.
func (p *Pool) done(c *exclusive, reusable bool) {
	if !reusable {
		p.gone()
		return
	}
	now := time.Now()
	p.mu.Lock()
	switch {
	case p.draining, c.expired(now), len(p.waiting) == 0 && len(p.idle) >= p.o.Config.MaxIdle:
		p.mu.Unlock()
		c.Close()
		p.gone()
		return
	case len(p.waiting) > 0:
		p.wakeLocked(grant{conn: c})
	default:
		c.since = now
		p.idle = append(p.idle, c)
		if p.reaper == nil {
			p.reaper = time.AfterFunc(p.o.Config.IdleTimeout, p.reap)
		}
	}
	p.mu.Unlock()
}

// gone counts a connection that is closed.
func (p *Pool) gone() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
	p.wakeLocked(grant{})
}

// wakeLocked gives g to the request that has waited longest, if any waits.
func (p *Pool) wakeLocked(g grant) {
	if len(p.waiting) == 0 {
		return
	}
	w := p.waiting[0]
	p.waiting = slices.Delete(p.waiting, 0, 1)
	w.ready <- g
}

func (p *Pool) wakeAllLocked(g grant) {
	for _, w := range p.waiting {
		w.ready <- g
	}
	p.waiting = nil
}

// forget ends the wait of a request that gave up. What it was granted at the same moment goes to others.
func (p *Pool) forget(w *waiter) {
	p.mu.Lock()
	if i := slices.Index(p.waiting, w); i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	g := <-w.ready
	if g.conn != nil {
		p.done(g.conn, true)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wakeLocked(grant{})
}

// reap closes the connections that were idle for too long or are too old.
func (p *Pool) reap() {
	now := time.Now()
	p.mu.Lock()
	var over []*exclusive
	p.idle = slices.DeleteFunc(p.idle, func(c *exclusive) bool {
		if now.Sub(c.since) >= p.o.Config.IdleTimeout || c.expired(now) {
			over = append(over, c)
			return true
		}
		return false
	})
	p.reaper = nil
	if len(p.idle) > 0 {
		p.reaper = time.AfterFunc(p.o.Config.IdleTimeout-now.Sub(p.idle[0].since), p.reap)
	}
	p.mu.Unlock()
	for _, c := range over {
		c.Close()
		p.gone()
	}
}

// Drain closes the idle connections, and every other one as soon as no request is under way on it. Requests that come later
// are served still, each on a connection of its own. It does not wait. With the client net/http, connections that are in use
// stay until they were idle for long enough, or the pool is closed.
func (p *Pool) Drain() {
	if p.legacy != nil {
		p.legacy.CloseIdleConnections()
		return
	}
	p.mu.Lock()
	p.draining = true
	if p.reaper != nil {
		p.reaper.Stop()
		p.reaper = nil
	}
	idle, many := p.idle, p.shared
	p.idle, p.shared = nil, nil
	for _, s := range many {
		s.retired = true
	}
	many = slices.DeleteFunc(many, func(s *shared) bool { return s.inFlight > 0 })
	p.mu.Unlock()
	for _, c := range idle {
		c.Close()
		p.gone()
	}
	for _, s := range many {
		s.conn.Close()
		p.gone()
	}
}

// Close refuses further requests, drains the pool, and waits for the goroutines that write bodies of requests. It is called
// when no answer is read any more, and may be called twice.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	p.wakeAllLocked(grant{})
	p.mu.Unlock()
	p.Drain()
	p.uploads.Wait()
}

// Status is what a pool looked like at one moment.
type Status struct {
	Open int // connections, those being made included
	Idle int // of these, without a request
}

// Status returns the numbers of connections; with the client net/http, none are known.
func (p *Pool) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Status{Open: p.open, Idle: len(p.idle)}
	for _, m := range p.shared {
		if m.inFlight == 0 {
			s.Idle++
		}
	}
	return s
}
