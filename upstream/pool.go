package upstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/upstream/balance"
	"github.com/sluice-gateway/sluice/upstream/breaker"
	"github.com/sluice-gateway/sluice/upstream/discovery"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/upstream/health"
	"github.com/sluice-gateway/sluice/upstream/limit"
)

// pool is one generation of a service's endpoints: immutable, and swapped whole when they change.
type pool struct {
	picker  balance.Picker
	members []*member // all there are, those that are left out included
	of      map[*endpoint.Endpoint]seat
}

// seat is a member as one generation of the pool knows it.
type seat struct {
	*member
	hope context.Context // of those who chose the member from this generation
}

// member is an endpoint with all that calls to it go through. It lives on over generations for as long as its address does.
type member struct {
	*endpoint.Endpoint
	exchanger exchanger
	breaker   *breaker.Breaker
	limiter   *limit.Limiter
	hope      hope // guarded by the keeper's lock
}

// hope ends when a member is found to answer nothing any more, so that nobody waits for it who could ask another one. Then
// there is a new one, for requests of later generations of the pool.
type hope struct {
	context.Context
	end context.CancelFunc
}

func newHope() hope {
	ctx, end := context.WithCancel(context.Background())
	return hope{ctx, end}
}

func (c *Client) newMember(a endpoint.Address) (*member, error) {
	e, err := endpoint.New(a)
	if err != nil {
		return nil, err
	}
	x, err := c.newExchanger(e)
	if err != nil {
		return nil, err
	}
	return &member{Endpoint: e, exchanger: x, breaker: breaker.New(c.cfg.Breaker.Endpoint),
		limiter: limit.New(c.cfg.Concurrency.Endpoint), hope: newHope()}, nil
}

// keeper has the pool of a client follow what discovery finds and what health allows. All changes are made under its lock:
// they are rare, and calls only load the pool.
type keeper struct {
	client *Client
	health *health.Monitor
	first  chan struct{} // closed when the endpoints are known for the first time
	stop   context.CancelFunc
	wg     sync.WaitGroup

	mu     sync.Mutex // guards the fields below, and all stores to the client's pool
	usable map[*endpoint.Endpoint]bool
	known  bool
	gone   []*departed
}

// departed is a member whose address is gone. Calls that chose it before end in peace; then its connections are closed.
type departed struct {
	*member
	at time.Time
}

// settle is how long a member that is gone can still be chosen by a call that looked at the pool before: far longer than
// that takes.
const settle = 10 * time.Second

func newKeeper(c *Client) (*keeper, error) {
	k := &keeper{client: c, first: make(chan struct{})}
	var err error
	k.health, err = health.New(c.cfg.Health, health.Options{Open: c.openCheck, Changed: k.judge})
	return k, err
}

// begin makes the pool of the endpoints that are listed, and starts to look for others.
func (k *keeper) begin() error {
	c := k.client
	c.pool.Store(&pool{picker: balance.New(c.cfg.Balance, nil, nil)})
	if len(c.cfg.Endpoints) > 0 {
		if err := k.replace(c.cfg.Endpoints); err != nil {
			return err
		}
	}
	if !c.cfg.Discovery.Enabled() {
		return nil
	}
	ctx, stop := context.WithCancel(context.Background())
	k.stop = stop
	source := discovery.New(c.cfg.Discovery, discovery.Options{Static: c.cfg.Endpoints, Problem: c.options.problem(c.service)})
	k.wg.Go(func() {
		report := c.options.problem(c.service)
		err := source.Run(ctx, func(list []discovery.Address) {
			if err := k.replace(list); err != nil {
				report("addresses", err)
			}
		})
		if err != nil && ctx.Err() == nil {
			report("discovery", err)
		}
	})
	return nil
}

// replace makes the pool one of the given addresses. What is wrong with some of them is returned, and the others are used.
func (k *keeper) replace(list []endpoint.Address) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	before := k.client.pool.Load().members
	var after []*member
	var errs []error
	for _, a := range list {
		m := find(before, a)
		if m == nil {
			var err error
			if m, err = k.client.newMember(a); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", a.URL, err))
				continue
			}
		}
		m.Describe(a)
		if slices.Contains(after, m) {
			continue
		}
		after = append(after, m)
	}
	k.health.Set(endpoints(after))
	k.store(after)
	if !k.known && len(after) > 0 {
		k.known = true
		close(k.first)
	}
	now := time.Now()
	for _, m := range before {
		if !slices.Contains(after, m) {
			m.exchanger.drain()
			k.gone = append(k.gone, &departed{m, now})
		}
	}
	k.sweep(now)
	return errors.Join(errs...)
}

// find returns the member that an address stands for, if there is one.
func find(members []*member, a endpoint.Address) *member {
	i := slices.IndexFunc(members, func(m *member) bool { return m.Is(a) })
	if i < 0 {
		return nil
	}
	return members[i]
}

// judge makes a pool of those that may be used now. It is called when health says that they are others.
func (k *keeper) judge() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.store(k.client.pool.Load().members)
	k.sweep(time.Now())
}

// store swaps the pool. The lock is held.
func (k *keeper) store(members []*member) {
	all := endpoints(members)
	usable := k.health.Usable(all)
	now, before := time.Now(), k.usable
	k.usable = make(map[*endpoint.Endpoint]bool, len(usable))
	for _, e := range usable {
		k.usable[e] = true
		if len(before) > 0 && !before[e] {
			e.Use(now) // it is new among others, or was left out
		}
	}
	p := &pool{members: members, of: make(map[*endpoint.Endpoint]seat, len(members))}
	var lost []hope
	for _, m := range members {
		if before[m.Endpoint] && !k.usable[m.Endpoint] && k.health.State(m.Endpoint).Reason == health.Stalled {
			lost = append(lost, m.hope)
			m.hope = newHope()
		}
		p.of[m.Endpoint] = seat{m, m.hope}
	}
	p.picker = balance.New(k.client.cfg.Balance, usable, all)
	k.client.pool.Store(p)
	// Whoever chose one of these from the pool before, even if the request is not sent yet, asks another one.
	for _, h := range lost {
		h.end()
	}
}

// sweep closes the connections of members that are gone and not called any more. The lock is held.
func (k *keeper) sweep(now time.Time) {
	k.gone = slices.DeleteFunc(k.gone, func(d *departed) bool {
		if d.InFlight() > 0 || now.Sub(d.at) < settle {
			return false
		}
		d.exchanger.close()
		return true
	})
}

// end stops looking, and closes all connections. No call is under way.
func (k *keeper) end() {
	if k.stop != nil {
		k.stop()
	}
	k.wg.Wait()
	k.health.Close()
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, m := range k.client.pool.Load().members {
		m.exchanger.close()
	}
	for _, d := range k.gone {
		d.exchanger.close()
	}
}

func endpoints(members []*member) []*endpoint.Endpoint {
	out := make([]*endpoint.Endpoint, len(members))
	for i, m := range members {
		out[i] = m.Endpoint
	}
	return out
}
