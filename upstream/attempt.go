package upstream

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/upstream/balance"
	"github.com/sluice-gateway/sluice/upstream/breaker"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/upstream/health"
	"github.com/sluice-gateway/sluice/upstream/limit"
)

// attempt is one request to one endpoint, for which all that guards the service and the endpoint has given leave.
type attempt struct {
	client        *Client
	member        seat
	service, mine breaker.Permit
	began         time.Time
	replaceable   bool // another one may follow it, if it is given up
}

// attempt chooses an endpoint, which then is among those that were tried.
func (k *call) attempt() (attempt, *Error) {
	c := k.client
	a := attempt{client: c}
	var ok bool
	if a.service, ok = c.breaker.Allow(); !ok {
		return a, &Error{Code: CodeCircuitOpen, Err: ErrCircuitOpen}
	}
	err := k.choose(&a)
	if err != nil {
		a.service.Done(endpoint.Abandonment, 0)
		return a, err
	}
	k.attempts++
	k.tried = append(k.tried, a.member.Endpoint)
	a.replaceable = k.repeatable && k.attempts < c.cfg.Retry.Attempts
	a.member.Begin()
	a.began = time.Now()
	return a, nil
}

// choose picks an endpoint and takes its leave. Those that take no more requests at the moment are passed over.
func (k *call) choose(a *attempt) *Error {
	c := k.client
	p := c.pool.Load()
	if len(p.members) == 0 {
		if err := k.awaitFirst(); err != nil {
			return err
		}
		p = c.pool.Load()
	}
	avoid := k.tried[:len(k.tried):len(k.tried)]
	var refused *Error
	var full, coming seat // coming: back from an ejection, and with enough to do for the moment
	for range p.members {
		e := p.picker.Pick(balance.Call{Key: k.r.Key, HasKey: k.r.HasKey, Avoid: avoid})
		if e == nil {
			break
		}
		if slices.Contains(avoid[len(k.tried):], e) {
			continue
		}
		m := p.of[e]
		if !c.keeper.health.Admit(e) {
			coming = m
		} else if refused = a.take(m); refused == nil {
			return nil
		} else if refused.Code == CodeOverloaded && full.member == nil {
			full = m
		}
		avoid = append(avoid, e)
	}
	switch {
	case full.member != nil:
		return k.queue(a, full)
	case coming.member != nil:
		return a.take(coming) // there is nobody else
	case refused != nil:
		return refused
	}
	return &Error{Code: CodeUnavailable, Err: ErrNoEndpoint}
}

// queue waits until an endpoint takes one more request.
func (k *call) queue(a *attempt, m seat) *Error {
	if err := k.acquire(m.limiter); err != nil {
		return err
	}
	return a.admit(m)
}

// awaitFirst waits until discovery has found endpoints for the first time: as long as a connection may take.
func (k *call) awaitFirst() *Error {
	timer := time.NewTimer(k.client.cfg.Timeouts.Connect)
	defer timer.Stop()
	select {
	case <-k.client.keeper.first:
		return nil
	case <-timer.C:
	case <-k.caller.Done():
	}
	return &Error{Code: CodeUnavailable, Err: ErrNoEndpoint}
}

// take takes the leave of an endpoint for one request.
func (a *attempt) take(m seat) *Error {
	if !m.limiter.TryAcquire() {
		return &Error{Code: CodeOverloaded, Err: limit.ErrFull}
	}
	return a.admit(m)
}

// admit takes the leave of an endpoint's breaker; that of its limiter was taken.
func (a *attempt) admit(m seat) *Error {
	var ok bool
	if a.mine, ok = m.breaker.Allow(); !ok {
		m.limiter.Release(limit.Ignored, 0)
		return &Error{Code: CodeCircuitOpen, Err: ErrCircuitOpen}
	}
	a.member = m
	return nil
}

// end says that the attempt is over, and how it ended. What it showed of the endpoint was reported.
func (a *attempt) end(o endpoint.Outcome, l limit.Outcome, took time.Duration) {
	a.member.End(o, took)
	a.member.limiter.Release(l, took)
}

// report says how the attempt went to all who decide whether others follow it.
func (a *attempt) report(o endpoint.Outcome, took time.Duration) {
	a.client.keeper.health.Report(a.member.Endpoint, health.Observation{Outcome: o, Latency: took})
	a.mine.Done(o, took)
	a.service.Done(o, took)
	if o == endpoint.Success {
		a.client.latency.Observe(took, time.Now())
	}
}

// outcomeOf is what an answer says of the endpoint.
func outcomeOf(status int) endpoint.Outcome {
	if status >= 500 {
		return endpoint.Failure
	}
	return endpoint.Success
}

// loadOf is what an answer says of how much the endpoint can do at once.
func loadOf(status int) limit.Outcome {
	switch {
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		return limit.Dropped
	case status >= 500:
		return limit.Ignored
	}
	return limit.Served
}

// once makes one attempt. ctx ends with the caller's, or before it if another attempt is preferred.
func (k *call) once(ctx context.Context, a attempt) (*Response, *Error) {
	c := k.client
	o, l := endpoint.Failure, limit.Ignored // also if something below panics
	defer func() {
		took := time.Since(a.began)
		a.end(o, l, took)
		a.report(o, took)
	}()
	until, cause := a.began.Add(c.cfg.Timeouts.Attempt), ErrAttemptTimeout
	if !k.total.IsZero() && !k.total.After(until) {
		until, cause = k.total, ErrTotalTimeout
	}
	limited, cancel := context.WithDeadlineCause(ctx, until, cause)
	defer cancel()
	var stalled atomic.Bool
	if a.replaceable {
		leave := context.AfterFunc(a.member.hope, func() { stalled.Store(true); cancel() })
		defer leave()
	}
	resp, err := c.exchange(limited, a.member.member, k.telling(limited, a.began))
	switch {
	case err == nil:
		o, l = outcomeOf(resp.Status), loadOf(resp.Status)
		c.rules.incoming(resp)
		return resp, nil
	case ctx.Err() != nil:
		o = endpoint.Abandonment
		err.Code, err.FromBackend, err.Err = CodeCanceled, false, fmt.Errorf("%w: %w", context.Cause(ctx), err.Err)
	case stalled.Load():
		err.Code, err.FromBackend, err.Err = CodeTimeout, false, fmt.Errorf("%w: %w", ErrStalled, err.Err)
	case limited.Err() != nil:
		l = limit.Dropped
		err.Code, err.FromBackend, err.Err = CodeTimeout, false, fmt.Errorf("%w: %w", context.Cause(limited), err.Err)
	case err.Code == CodeTimeout:
		l = limit.Dropped
	case err.Code == CodeTooLarge:
		o = endpoint.Success // the endpoint works as any other would
	case err.Code == CodeCredentials, err.Code == CodeRequest, err.Code == CodeCanceled:
		o = endpoint.Abandonment // it says nothing of the endpoint
	}
	return nil, err
}

// telling returns the request with the header that tells how much time is left, if there is to be one.
func (k *call) telling(ctx context.Context, now time.Time) *Request {
	name := k.client.deadline
	until, ok := ctx.Deadline()
	if name == "" || !ok {
		return k.r
	}
	r := *k.r
	r.Header = make(http.Header, len(k.r.Header)+1)
	for n, v := range k.r.Header {
		r.Header[n] = v
	}
	r.Header[name] = []string{strconv.FormatInt(max(until.Sub(now).Milliseconds(), 0), 10)}
	return &r
}
