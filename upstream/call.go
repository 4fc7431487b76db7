package upstream

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/upstream/limit"
	"github.com/sluice-gateway/sluice/upstream/retry"
)

// call is one call with all its attempts. Its methods are called from one goroutine.
type call struct {
	client *Client
	caller context.Context // ends when nobody waits any more
	r      *Request
	total  time.Time // when the call has to be over; zero: never
	// repeatable: sending the request twice does what sending it once does.
	repeatable bool
	attempts   int
	tried      []*endpoint.Endpoint
	room       [4]*endpoint.Endpoint // of tried
}

// begin decides what may be done with a request, once for all attempts. whole says that its body is in memory.
func (k *call) begin(whole bool) {
	k.tried = k.room[:0]
	k.repeatable = k.r.Idempotent || retry.IsIdempotent(k.r.Method)
	if name := k.client.idempotency; name != "" && whole && !k.repeatable {
		if len(k.r.Header[name]) == 0 {
			k.r.Header[name] = []string{rand.Text()}
		}
		k.repeatable = true
	}
	k.client.budget.Request(time.Now())
}

// left returns how much time there is, and false if there is no limit.
func (k *call) left(now time.Time) (time.Duration, bool) {
	until, ok := k.caller.Deadline()
	if !k.total.IsZero() && (!ok || k.total.Before(until)) {
		until, ok = k.total, true
	}
	return until.Sub(now), ok
}

// hopeless reports whether the call cannot end in the time that is left: not even the fastest one lately did.
func (k *call) hopeless() bool {
	now := time.Now()
	left, ok := k.left(now)
	if !ok {
		return false
	}
	lately := k.client.latency.Stats(now)
	return lately.Count >= minSamples && left < lately.Fastest
}

// minSamples is how many answers are needed to say how long they take.
const minSamples = 20

// enter waits until the service takes one more call.
func (k *call) enter() *Error {
	return k.acquire(k.client.limiter)
}

// acquire waits until a limiter lets the call pass.
func (k *call) acquire(l *limit.Limiter) *Error {
	if l.TryAcquire() {
		return nil
	}
	ctx := k.caller
	if !k.total.IsZero() {
		limited, cancel := context.WithDeadlineCause(ctx, k.total, ErrTotalTimeout)
		defer cancel()
		ctx = limited
	}
	err := l.Acquire(ctx)
	switch {
	case err == nil:
		return nil
	case k.caller.Err() != nil:
		return &Error{Code: CodeCanceled, Err: err}
	case ctx.Err() != nil:
		return &Error{Code: CodeTimeout, Err: err}
	}
	return &Error{Code: CodeOverloaded, Err: err}
}

// do makes the call: attempts, until one of them brings an answer that counts or nothing more may be done.
func (k *call) do() (*Response, *Error) {
	for {
		resp, err := k.round()
		var wait time.Duration
		var again bool
		if err == nil {
			wait, again = k.againAfter(resp.Status, resp.Header)
		} else {
			wait, again = k.againAfterError(err)
		}
		if !again || !k.pause(wait) {
			return resp, err
		}
		if resp != nil {
			resp.Release()
		}
	}
}

// againAfter reports whether another attempt follows an answer, and when.
func (k *call) againAfter(status int, h http.Header) (time.Duration, bool) {
	cfg := &k.client.cfg.Retry
	if !k.repeatable || k.attempts >= cfg.Attempts || !cfg.Answer(status, h) {
		return 0, false
	}
	wait := cfg.Backoff.Wait(k.attempts)
	now := time.Now()
	// What one instance says of itself does not hold for the others; that there were too many requests, as a rule, does.
	if after, ok := retry.After(h, now); ok && (status == http.StatusTooManyRequests || !k.othersLeft()) {
		wait = max(wait, after)
	}
	return wait, k.fits(wait, now) && k.pay(now)
}

// againAfterError reports whether another attempt follows one without an answer, and when.
func (k *call) againAfterError(err *Error) (time.Duration, bool) {
	cfg := &k.client.cfg.Retry
	if k.attempts >= cfg.Attempts && !(err.Code == CodeUnavailable && k.attempts < retry.MaxAttempts) {
		return 0, false
	}
	now := time.Now()
	switch err.Code {
	case CodeUnavailable:
		if errors.Is(err, ErrNoEndpoint) {
			return 0, false
		}
		if k.othersLeft() {
			// Nothing was sent: whoever is asked now gets no more than if it had been chosen first. So that costs nothing, and
			// there is nobody to wait for.
			return 0, cfg.Attempts > 1
		}
		if k.attempts >= cfg.Attempts {
			return 0, false
		}
	case CodeBroken, CodeTimeout:
		if !k.repeatable {
			return 0, false
		}
	case CodeInvalid:
		if !k.repeatable || errors.Is(err, ErrEncoding) {
			return 0, false
		}
	default:
		return 0, false
	}
	wait := cfg.Backoff.Wait(k.attempts)
	return wait, k.fits(wait, now) && k.pay(now)
}

// othersLeft reports whether there is an endpoint that was not tried.
func (k *call) othersLeft() bool {
	return slices.ContainsFunc(k.client.pool.Load().members, func(m *member) bool { return !slices.Contains(k.tried, m.Endpoint) })
}

// fits reports whether there is time for an attempt after a wait.
func (k *call) fits(wait time.Duration, now time.Time) bool {
	left, ok := k.left(now)
	return k.caller.Err() == nil && (!ok || left > wait)
}

// pay reports whether the budget allows one more attempt.
func (k *call) pay(now time.Time) bool {
	if !k.client.budget.Spend(now) {
		return false
	}
	k.client.counts.retries.Add(1)
	return true
}

// pause waits; it reports false if nobody waits any more.
func (k *call) pause(wait time.Duration) bool {
	if wait <= 0 {
		return k.caller.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-k.caller.Done():
		return false
	}
}
