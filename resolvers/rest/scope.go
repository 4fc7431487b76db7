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

// scope is what the driver keeps for one operation. It is safe for concurrent use. Scopes come from a pool.
type scope struct {
	once sync.Once

	mu        sync.Mutex // guards the fields below
	exchanges map[identity]*exchange
	memory    []exchange // of the exchanges, as far as it goes
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

// exchange is one request that several may wait for. Its fields are set when it has ended, under the scope's lock.
type exchange struct {
	ended    bool
	done     chan struct{} // made by the first that waits, which is rare, and closed at the end
	response *upstream.Response
	err      error
}

var scopes = sync.Pool{New: func() any {
	return &scope{exchanges: map[identity]*exchange{}, visits: map[*site]*visit{}}
}}

// scope returns what the driver keeps for an operation.
func (d *Driver) scope(s *execute.Scope) *scope {
	sc, _ := s.State(d, scopes.Get).(*scope)
	sc.once.Do(func() { s.Defer(sc.release) })
	return sc
}

// release gives back the memory behind all values of the operation, and the scope itself.
func (sc *scope) release() {
	sc.mu.Lock()
	for _, a := range sc.arenas {
		a.Release()
	}
	for _, r := range sc.responses {
		r.Release()
	}
	large := max(len(sc.exchanges), len(sc.arenas), len(sc.responses)) > keep
	clear(sc.exchanges)
	clear(sc.visits)
	clear(sc.memory)
	clear(sc.arenas)
	clear(sc.responses)
	sc.once, sc.memory, sc.arenas, sc.responses = sync.Once{}, sc.memory[:0], sc.arenas[:0], sc.responses[:0]
	sc.mu.Unlock()
	if !large {
		scopes.Put(sc)
	}
}

// keep is up to how many requests of an operation its scope is kept for another one. A larger one is rare, and would
// stay in memory for good.
const keep = 256

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
		return sc.await(ctx, e)
	}
	e = sc.exchange()
	sc.exchanges[identity{w.visit.client, string(w.text)}] = e
	sc.mu.Unlock()
	resp, err := (*upstream.Response)(nil), errPanic
	defer func() { sc.end(e, resp, err) }()
	resp, err = sc.send(ctx, w.visit, r)
	return resp, err
}

// exchange returns a new exchange, from memory that is used again by later operations.
func (sc *scope) exchange() *exchange {
	if len(sc.memory) == cap(sc.memory) {
		sc.memory = make([]exchange, 0, max(8, min(2*cap(sc.memory), keep)))
	}
	sc.memory = sc.memory[:len(sc.memory)+1]
	return &sc.memory[len(sc.memory)-1]
}

// await waits for the end of an exchange. It is called with the lock held, and gives it up.
func (sc *scope) await(ctx context.Context, e *exchange) (*upstream.Response, error) {
	if !e.ended {
		if e.done == nil {
			e.done = make(chan struct{})
		}
		done := e.done
		sc.mu.Unlock()
		select {
		case <-done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		sc.mu.Lock()
	}
	defer sc.mu.Unlock()
	return e.response, e.err
}

// end sets what came of an exchange.
func (sc *scope) end(e *exchange, resp *upstream.Response, err error) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	e.response, e.err, e.ended = resp, err, true
	if e.done != nil {
		close(e.done)
	}
}

// send sends a request, within the limits of its site. The response lives as long as the operation.
func (sc *scope) send(ctx context.Context, v *visit, r *upstream.Request) (*upstream.Response, error) {
	if v.maxRequests > 0 && v.sent.Add(1) > v.maxRequests {
		return nil, errLimit
	}
	select {
	case v.slots <- struct{}{}: // as almost always, and much cheaper than the choice below
	default:
		select {
		case v.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
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
