package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/upstream/breaker"
	"github.com/sluice-gateway/sluice/upstream/credential"
	"github.com/sluice-gateway/sluice/upstream/latency"
	"github.com/sluice-gateway/sluice/upstream/limit"
	"github.com/sluice-gateway/sluice/upstream/retry"
)

// Client calls one service. It is safe for concurrent use.
type Client struct {
	service string
	cfg     Config
	options Options
	rules   rules
	// credentials are nil without any, and sharing without it.
	credentials *credential.Credentials
	sharing     *sharing

	pool    atomic.Pointer[pool]
	keeper  *keeper
	budget  *retry.Budget
	breaker *breaker.Breaker
	limiter *limit.Limiter
	latency *latency.Window // of attempts that were answered
	counts  struct{ retries, hedges atomic.Uint64 }

	// The names of headers in canonical form; empty: none.
	idempotency, deadline string

	// calls holds the number of calls under way, and closedBit once the client is closed. The last call of a closed
	// client closes idle.
	calls    atomic.Int64
	idle     chan struct{}
	idleOnce sync.Once
	endOnce  sync.Once
}

const closedBit = 1 << 62

// Options are what a developer hands to a client beside its configuration. All may be left out.
type Options struct {
	// Problem is told what goes wrong apart from calls: addresses that cannot be found, files of TLS that have changed and
	// cannot be used. what names the source; a nil error says that it works again. It may be called from several goroutines.
	Problem func(service, what string, err error)
}

func (o *Options) problem(service string) func(string, error) {
	return func(what string, err error) {
		if o.Problem != nil {
			o.Problem(service, what, err)
		}
	}
}

// latencySpan is how far back it counts how long attempts took.
const latencySpan = time.Minute

// New returns the client of the named service. Unless endpoints are discovered or checked, it makes no connection. The client
// is closed with [Client.Close].
func New(service string, cfg Config, o Options) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", service, err)
	}
	c := &Client{
		service:     service,
		options:     o,
		cfg:         cfg,
		budget:      retry.NewBudget(cfg.Retry.Budget),
		breaker:     breaker.New(cfg.Breaker.Service),
		limiter:     limit.New(cfg.Concurrency.Service),
		latency:     latency.New(latencySpan, cfg.Hedge.Quantile),
		idempotency: http.CanonicalHeaderKey(cfg.Retry.IdempotencyHeader),
		deadline:    http.CanonicalHeaderKey(cfg.Timeouts.DeadlineHeader),
		idle:        make(chan struct{}),
	}
	if err := c.open(); err != nil {
		c.close()
		return nil, fmt.Errorf("%s: %w", service, err)
	}
	return c, nil
}

// open makes what may fail.
func (c *Client) open() (err error) {
	if c.rules, err = newRules(&c.cfg.Headers); err != nil {
		return err
	}
	if c.credentials, err = credential.New(&c.cfg.Credentials, credential.Options{}); err != nil {
		return err
	}
	if c.cfg.Sharing.Enabled {
		c.sharing = newSharing(c.cfg.Sharing, c.call)
	}
	if c.keeper, err = newKeeper(c); err != nil {
		return err
	}
	return c.keeper.begin()
}

// Service returns the name of the service.
func (c *Client) Service() string { return c.service }

// HashKey returns the expression by which calls are sent to the same endpoint; empty if there is none. Whoever makes a call
// evaluates it, see [Request.Key]: the client does not know what a call is about.
func (c *Client) HashKey() string { return c.cfg.Balance.Key }

// Do sends r to an endpoint and returns the whole answer, of whatever status. It blocks until then, until ctx ends or
// until a limit of the configuration is reached. The response is not nil if and only if the error is nil; the caller
// releases it. Every error is an [*Error].
//
// What cannot have had an effect is sent again to another endpoint, and what may be repeated too, within the configuration's
// bounds. Do follows no redirects and keeps no cookies.
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
	k := &call{client: c, caller: ctx, r: r, total: time.Now().Add(c.cfg.Timeouts.Total)}
	if k.hopeless() {
		return nil, c.fail(&Error{Code: CodeTimeout, Err: ErrNoTime})
	}
	k.begin(true)
	if err := k.enter(); err != nil {
		return nil, c.fail(err)
	}
	began, load := time.Now(), limit.Ignored
	defer func() { c.limiter.Release(load, time.Since(began)) }()
	resp, err := k.do()
	if err != nil {
		if err.Code == CodeTimeout {
			load = limit.Dropped
		}
		return nil, c.fail(err)
	}
	load = loadOf(resp.Status)
	return resp, nil
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

// Close refuses further calls, waits for those under way, which the timeouts of the configuration end, and closes the
// connections. It may be called twice.
func (c *Client) Close() {
	if c.calls.Or(closedBit) == 0 {
		c.idleOnce.Do(func() { close(c.idle) })
	}
	<-c.idle
	c.close()
}

func (c *Client) close() {
	c.endOnce.Do(func() {
		if c.sharing != nil {
			c.sharing.group.Wait()
		}
		c.credentials.Close()
		if c.keeper != nil {
			c.keeper.end()
		}
	})
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
