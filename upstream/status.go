package upstream

import (
	"time"

	"github.com/sluice-gateway/sluice/upstream/breaker"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/upstream/health"
	"github.com/sluice-gateway/sluice/upstream/latency"
	"github.com/sluice-gateway/sluice/upstream/limit"
	"github.com/sluice-gateway/sluice/upstream/retry"
)

// Status is what a client looked like at one moment.
type Status struct {
	Service   string
	Policy    string
	Endpoints []EndpointStatus
	// Panic: so few endpoints are usable that all are used.
	Panic       bool
	Breaker     breaker.Status
	Concurrency limit.Status
	Budget      retry.BudgetStatus
	Retries     uint64 // requests that were sent again, other than after nothing was sent
	Hedges      uint64 // second requests
	Shared      uint64 // calls that were not made, as another one's answer served
	Latency     latency.Stats
}

// EndpointStatus is what an endpoint looked like at one moment.
type EndpointStatus struct {
	endpoint.Status
	Weight, Priority int
	Zone             string
	Health           health.State
	Breaker          breaker.Status
	Concurrency      limit.Status
}

// Status returns the state of the service, and of its endpoints in the order of the configuration. It is for operators and
// metrics: it takes microseconds.
func (c *Client) Status() Status {
	now := time.Now()
	s := Status{
		Service:     c.service,
		Policy:      c.cfg.Balance.Policy,
		Panic:       c.keeper.health.Panic(),
		Breaker:     c.breaker.Status(),
		Concurrency: c.limiter.Status(),
		Budget:      c.budget.Status(now),
		Retries:     c.counts.retries.Load(),
		Hedges:      c.counts.hedges.Load(),
		Latency:     c.latency.Stats(now),
	}
	if c.sharing != nil {
		s.Shared = c.sharing.group.Stats().Shared
	}
	for _, m := range c.pool.Load().members {
		s.Endpoints = append(s.Endpoints, EndpointStatus{
			Status:      m.Status(),
			Weight:      m.Weight(),
			Priority:    m.Priority(),
			Zone:        m.Zone(),
			Health:      c.keeper.health.State(m.Endpoint),
			Breaker:     m.breaker.Status(),
			Concurrency: m.limiter.Status(),
		})
	}
	return s
}
