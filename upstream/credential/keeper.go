package credential

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

const (
	// settle is how old a token must be for a refusal to be a reason to replace it. A service that refuses a new one would
	// refuse the next as well.
	settle = 5 * time.Second
	// pause is how long nobody asks again after a token could not be had.
	pause = time.Second
)

var errShut = errors.New("token: the client of the service is closed")

// owner is what the requests for tokens of a provider belong to: they outlive the calls that need them.
type owner struct {
	ctx    context.Context //nolint:containedctx // the life of the provider
	cancel context.CancelFunc
	now    func() time.Time

	mu     sync.Mutex // guards the fields below
	wg     sync.WaitGroup
	closed bool
}

func newOwner(o *Options) *owner {
	ctx, cancel := context.WithCancel(context.Background())
	return &owner{ctx: ctx, cancel: cancel, now: o.Now}
}

// run runs f on a goroutine; it reports whether it does.
func (o *owner) run(f func(context.Context)) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	o.wg.Go(func() { f(o.ctx) })
	return true
}

func (o *owner) close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.cancel()
	o.wg.Wait()
}

// keeper keeps one token: it asks for a new one in time, once at a time, and uses the old one as long as it is valid.
type keeper struct {
	owner *owner

	mu      sync.Mutex // guards the fields below
	current *token     // nil: there is none
	flight  *flight    // nil: nobody asks
	failed  error      // why there is none
	retry   time.Time  // when to ask again after that
}

// flight is a request for a token.
type flight struct {
	done  chan struct{}
	token *token // these are set before done is closed
	err   error
}

// get returns a token, and waits for one if it must. fetch asks for it, on a goroutine of its own.
func (k *keeper) get(ctx context.Context, fetch func(context.Context) (*token, error)) (*token, error) {
	now := k.owner.now()
	k.mu.Lock()
	valid := k.current.valid(now)
	if valid && !k.current.due(now) {
		defer k.mu.Unlock()
		return k.current, nil
	}
	if k.flight == nil && now.Before(k.retry) {
		defer k.mu.Unlock()
		if valid {
			return k.current, nil
		}
		return nil, k.failed
	}
	if k.flight == nil {
		f := &flight{done: make(chan struct{})}
		if !k.owner.run(func(ctx context.Context) { k.fly(ctx, f, fetch) }) {
			defer k.mu.Unlock()
			return nil, errShut
		}
		k.flight = f
	}
	f := k.flight
	t := k.current
	k.mu.Unlock()
	if valid {
		return t, nil
	}
	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		return nil, fmt.Errorf("token: %w", context.Cause(ctx))
	}
}

// fly asks for a token and keeps it.
func (k *keeper) fly(ctx context.Context, f *flight, fetch func(context.Context) (*token, error)) {
	f.err = errors.New("token: no answer")
	defer func() {
		if v := recover(); v != nil {
			f.token, f.err = nil, fmt.Errorf("token: panic: %v\n%s", v, debug.Stack())
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		k.flight = nil
		if f.err == nil {
			k.current, k.failed, k.retry = f.token, nil, time.Time{}
		} else {
			k.failed, k.retry = f.err, k.owner.now().Add(pause)
		}
		close(f.done)
	}()
	f.token, f.err = fetch(ctx)
}

// refused is told that a service refused what was sent as Authorization.
func (k *keeper) refused(header []string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.current == nil || len(header) != 1:
		return false
	case k.current.header[0] != header[0]: // it was replaced meanwhile
		return true
	case k.owner.now().Sub(k.current.fetched) < settle:
		return false
	}
	k.current = nil
	return true
}
