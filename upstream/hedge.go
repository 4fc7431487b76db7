package upstream

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/sluice-gateway/sluice/upstream/retry"
)

// errBeaten is why a request is canceled whose answer is not needed any more.
var errBeaten = errors.New("another endpoint has answered")

// round makes one attempt, or two at the same time: what the next decision is made on.
func (k *call) round() (*Response, *Error) {
	first, err := k.attempt()
	if err != nil {
		return nil, err
	}
	delay, ok := k.hedgeAfter(first.began)
	if !ok {
		return k.once(k.caller, first)
	}
	return k.race(first, delay)
}

// hedgeAfter returns after what time a second request is worth it; false: never.
func (k *call) hedgeAfter(now time.Time) (time.Duration, bool) {
	h := &k.client.cfg.Hedge
	if !h.Enabled || !k.r.Idempotent && !retry.IsSafe(k.r.Method) || !k.othersLeft() {
		return 0, false
	}
	delay := h.Delay
	if delay == 0 {
		lately := k.client.latency.Stats(now)
		if lately.Count < minSamples {
			return 0, false
		}
		delay = lately.Quantile
	}
	delay = max(delay, h.MinDelay)
	return delay, delay < k.client.cfg.Timeouts.Attempt
}

// ended is what came of one of two attempts.
type ended struct {
	resp *Response
	err  *Error
}

// race makes an attempt, and another one if there is no answer after the delay. The first good answer counts; the other
// request is canceled, and ends on its own.
func (k *call) race(first attempt, delay time.Duration) (*Response, *Error) {
	ctx, cancel := context.WithCancelCause(k.caller)
	defer cancel(errBeaten)
	results := make(chan ended)
	over := make(chan struct{})
	defer close(over)
	run := func(a attempt) {
		// The call is counted, so that the client is open; it stays so until this attempt has ended too.
		k.client.calls.Add(1)
		go func() {
			defer k.client.end()
			resp, err := k.guarded(ctx, a)
			select {
			case results <- ended{resp, err}:
			case <-over:
				if resp != nil {
					resp.Release()
				}
			}
		}()
	}
	run(first)
	running := 1
	timer := time.NewTimer(delay)
	defer timer.Stop()
	var last ended
	for running > 0 {
		select {
		case <-timer.C:
			if second, ok := k.hedge(); ok {
				run(second)
				running++
			}
			continue
		case e := <-results:
			running--
			if last.resp != nil {
				last.resp.Release()
			}
			last = e
			if e.err == nil && e.resp.Status < 500 {
				return e.resp, nil
			}
		}
	}
	return last.resp, last.err
}

// guarded makes one attempt on a goroutine that nobody else looks after.
func (k *call) guarded(ctx context.Context, a attempt) (resp *Response, err *Error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Error{Code: CodeBroken, Err: fmt.Errorf("panic: %v\n%s", v, debug.Stack())}
		}
	}()
	return k.once(ctx, a)
}

// hedge begins a second attempt, if that is paid for and there is an endpoint for it.
func (k *call) hedge() (attempt, bool) {
	if !k.othersLeft() || !k.client.budget.Spend(time.Now()) {
		return attempt{}, false
	}
	a, err := k.attempt()
	if err != nil {
		return attempt{}, false
	}
	k.client.counts.hedges.Add(1)
	return a, true
}
