package upstream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/upstream/balance"
	"github.com/sluice-gateway/sluice/upstream/credential"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// Client calls one service. It is safe for concurrent use.
type Client struct {
	service string
	policy  string
	cfg     Config
	rules   rules
	// credentials are nil without any, and sharing without it.
	credentials *credential.Credentials
	sharing     *sharing
	pool        atomic.Pointer[pool]

	// calls holds the number of calls under way, and closedBit once the client is closed. The last call of a closed
	// client closes idle.
	calls    atomic.Int64
	idle     chan struct{}
	idleOnce sync.Once
}

const closedBit = 1 << 62

// pool is one generation of a service's endpoints: immutable, and swapped whole when they change.
type pool struct {
	picker    balance.Picker
	endpoints []*endpoint.Endpoint
	exchanger map[*endpoint.Endpoint]exchanger
}

// New returns the client of the named service. It makes no connection. The client is closed with [Client.Close].
func New(service string, cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", service, err)
	}
	p := &pool{exchanger: make(map[*endpoint.Endpoint]exchanger, len(cfg.Endpoints))}
	for _, address := range cfg.Endpoints {
		e, err := endpoint.New(address)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", service, err)
		}
		p.endpoints = append(p.endpoints, e)
		if p.exchanger[e], err = newExchanger(e, &cfg); err != nil {
			return nil, fmt.Errorf("%s: %w", service, err)
		}
	}
	p.picker = balance.New(cfg.Balance, p.endpoints, p.endpoints)
	c := &Client{service: service, policy: cfg.Balance.Policy, cfg: cfg, idle: make(chan struct{})}
	var err error
	if c.rules, err = newRules(&cfg.Headers); err != nil {
		return nil, fmt.Errorf("%s: %w", service, err)
	}
	if c.credentials, err = credential.New(&cfg.Credentials, credential.Options{}); err != nil {
		return nil, fmt.Errorf("%s: %w", service, err)
	}
	if cfg.Sharing.Enabled {
		c.sharing = newSharing(cfg.Sharing, c.call)
	}
	c.pool.Store(p)
	return c, nil
}

// Service returns the name of the service.
func (c *Client) Service() string { return c.service }

// HashKey returns the expression by which calls are sent to the same endpoint; empty if there is none. Whoever makes a call
// evaluates it, see [Request.Key]: the client does not know what a call is about.
func (c *Client) HashKey() string { return c.cfg.Balance.Key }

// Do sends r to one endpoint and returns the whole answer, of whatever status. It blocks until then, until ctx ends or
// until a limit of the configuration is reached. The response is not nil if and only if the error is nil; the caller
// releases it. Every error is an [*Error].
//
// Do sends a request once. It follows no redirects and keeps no cookies.
func (c *Client) Do(ctx context.Context, r *Request) (*Response, error) {
	if !c.begin() {
		return nil, c.fail(&Error{Code: CodeUnavailable, Err: ErrClosed})
	}
	defer c.end()
	c.rules.outgoing(ctx, r)
	if err := r.check(); err != nil {
		return nil, c.fail(&Error{Code: CodeRequest, Err: err})
	}
	c.cfg.prepare(r, true)
	if r.Share && c.sharing != nil && ctx.Err() == nil {
		resp, err := c.sharing.do(ctx, r, c.credentials.AppendIdentity)
		return resp, c.named(err)
	}
	return c.call(ctx, r)
}

// call makes a call that nobody else makes. It may outlive the one of Do that it belongs to.
func (c *Client) call(ctx context.Context, r *Request) (*Response, error) {
	if !c.begin() {
		return nil, c.fail(&Error{Code: CodeUnavailable, Err: ErrClosed})
	}
	defer c.end()
	if ctx.Err() != nil {
		return nil, c.fail(&Error{Code: CodeCanceled, Err: context.Cause(ctx)})
	}
	limit, cancel := context.WithTimeoutCause(ctx, c.cfg.Timeouts.Total, ErrTotalTimeout)
	defer cancel()
	return c.attempt(ctx, limit, r)
}

// attempt sends r to one endpoint. caller is the context that the call was made with, and ctx the one that also holds
// the limits of the configuration.
func (c *Client) attempt(caller, ctx context.Context, r *Request) (*Response, error) {
	p := c.pool.Load()
	e := p.picker.Pick(balance.Call{Key: r.Key, HasKey: r.HasKey})
	if e == nil {
		return nil, c.fail(&Error{Code: CodeUnavailable, Err: ErrNoEndpoint})
	}
	e.Begin()
	outcome := endpoint.Failure // also if something below panics
	began := time.Now()
	defer func() { e.End(outcome, time.Since(began)) }()
	resp, err := c.exchange(ctx, p.exchanger[e], e, r)
	switch {
	case err == nil:
		if resp.Status < 500 {
			outcome = endpoint.Success
		}
		c.rules.incoming(resp)
		return resp, nil
	case caller.Err() != nil:
		outcome = endpoint.Abandonment
		err.Code, err.FromBackend, err.Err = CodeCanceled, false, fmt.Errorf("%w: %w", context.Cause(caller), err.Err)
	case ctx.Err() != nil:
		err.Code, err.FromBackend, err.Err = CodeTimeout, false, fmt.Errorf("%w: %w", context.Cause(ctx), err.Err)
	case err.Code == CodeTooLarge:
		outcome = endpoint.Success // the endpoint works as any other would
	case err.Code == CodeCredentials:
		outcome = endpoint.Abandonment // it was not even called
	}
	return nil, c.fail(err)
}

func (c *Client) fail(err *Error) error {
	err.Service = c.service
	return err
}

// named sees to it that an error of a call that may be shared has the name of the service. One that has it may be another
// one's too, and is not written to.
func (c *Client) named(err error) error {
	if e := (*Error)(nil); errors.As(err, &e) && e.Service == "" {
		return c.fail(e)
	}
	return err
}

// Status is what a client looked like at one moment.
type Status struct {
	Service   string
	Policy    string
	Endpoints []endpoint.Status
}

// Status returns the endpoints with their counters, in the order of the configuration.
func (c *Client) Status() Status {
	s := Status{Service: c.service, Policy: c.policy}
	for _, e := range c.pool.Load().endpoints {
		s.Endpoints = append(s.Endpoints, e.Status())
	}
	return s
}

// Close refuses further calls, waits for those under way, which the timeouts of the configuration end, and closes the
// connections. It may be called twice.
func (c *Client) Close() {
	if c.calls.Or(closedBit) == 0 {
		c.idleOnce.Do(func() { close(c.idle) })
	}
	<-c.idle
	if c.sharing != nil {
		c.sharing.group.Wait()
	}
	c.credentials.Close()
	for _, x := range c.pool.Load().exchanger {
		x.close()
	}
}

// begin counts a call; it reports whether the client is open. If it is, end follows.
func (c *Client) begin() bool {
	if c.calls.Add(1)&closedBit == 0 {
		return true
	}
	c.end()
	return false
}

func (c *Client) end() {
	if c.calls.Add(-1) == closedBit {
		c.idleOnce.Do(func() { close(c.idle) })
	}
}
