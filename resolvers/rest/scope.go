package rest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/value"
)

// scope is what the driver keeps for one operation. It is safe for concurrent use.
type scope struct {
	once sync.Once

	mu        sync.Mutex // guards the fields below
	exchanges map[identity]*exchange
	visits    map[*site]*visit
	arenas    []*value.Arena
	responses []*upstream.Response
}

// visit is what one operation has to do with one site.
type visit struct {
	*site
	sent  atomic.Int64  // requests, those over the limit included
	slots chan struct{} // one for each request that may be on its way
}

// identity is what makes two safe requests of an operation the same.
type identity struct {
	client *upstream.Client
	sent   string // everything that is sent, and the epoch
}

// exchange is one request that several may wait for.
type exchange struct {
	done     chan struct{} // closed when the fields below are set
	response *upstream.Response
	err      error
}

// scope returns what the driver keeps for an operation.
func (d *Driver) scope(s *execute.Scope) *scope {
	sc, _ := s.State(d, func() any { return &scope{} }).(*scope)
	sc.once.Do(func() { s.Defer(sc.release) })
	return sc
}

// release gives back the memory behind all values of the operation.
func (sc *scope) release() {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	for _, a := range sc.arenas {
		a.Release()
	}
	for _, r := range sc.responses {
		r.Release()
	}
	sc.arenas, sc.responses, sc.exchanges = nil, nil, nil
}

// arena returns an arena that lives as long as the operation.
func (sc *scope) arena() *value.Arena {
	a := value.NewArena()
	sc.mu.Lock()
	sc.arenas = append(sc.arenas, a)
	sc.mu.Unlock()
	return a
}

// visit returns the counters of a site.
func (sc *scope) visit(s *site) *visit {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	v := sc.visits[s]
	if v == nil {
		if sc.visits == nil {
			sc.visits = map[*site]*visit{}
		}
		v = &visit{site: s, slots: make(chan struct{}, s.concurrency)}
		sc.visits[s] = v
	}
	return v
}

var (
	errLimit = errors.New("too many requests of one operation to one source")
	errPanic = errors.New("the request that this one waited for panicked")
)

// share sends a request unless the operation has sent the same one: then it waits for that one's answer.
func (sc *scope) share(ctx context.Context, w *worker, r *upstream.Request) (*upstream.Response, error) {
	w.text = w.appendSent(w.text[:0], r)
	sc.mu.Lock()
	e := sc.exchanges[identity{w.visit.client, string(w.text)}] // no allocation: the string is only compared
	if e != nil {
		sc.mu.Unlock()
		select {
		case <-e.done:
			return e.response, e.err
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	e = &exchange{done: make(chan struct{}), err: errPanic}
	if sc.exchanges == nil {
		sc.exchanges = map[identity]*exchange{}
	}
	sc.exchanges[identity{w.visit.client, string(w.text)}] = e
	sc.mu.Unlock()
	defer close(e.done)
	e.response, e.err = sc.send(ctx, w.visit, r)
	return e.response, e.err
}

// send sends a request, within the limits of its site. The response lives as long as the operation.
func (sc *scope) send(ctx context.Context, v *visit, r *upstream.Request) (*upstream.Response, error) {
	if v.maxRequests > 0 && v.sent.Add(1) > v.maxRequests {
		return nil, errLimit
	}
	select {
	case v.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-v.slots }()
	resp, err := v.client.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	sc.mu.Lock()
	sc.responses = append(sc.responses, resp)
	sc.mu.Unlock()
	return resp, nil
}
