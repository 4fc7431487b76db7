package gateway

import (
	"context"
	"maps"
	"slices"

	"github.com/sluice-gateway/sluice/graph/model"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/breaker"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// Status answers Sluice's own subgraph.
func (g *Gateway) Status(context.Context) (*model.SluiceStatus, error) {
	s := g.current.Load()
	out := &model.SluiceStatus{
		Version:   s.options.Version,
		StartedAt: g.started,
		Snapshot:  &model.SluiceSnapshot{Number: s.number, Hash: s.supergraph.Hash, LoadedAt: s.loaded},
		Reloads:   reloadsStatus(g.reloads.get()),
		Planning:  planningStatus(s.wiring.planner.Stats()),
		Services:  []*model.SluiceService{},
		Sources:   []*model.SluiceSource{},
	}
	for _, name := range slices.Sorted(maps.Keys(s.services)) {
		out.Services = append(out.Services, serviceStatus(s.services[name].client.Status()))
	}
	for _, src := range s.supergraph.Sources {
		st := &model.SluiceSource{Name: src.Name, Subgraph: src.Subgraph, Kind: sourceKind(src.Kind)}
		if name, ok := s.remotes[src]; ok {
			st.Service = &name
		}
		if c, ok := src.Bind.(*connect.Connector); ok {
			if name := s.serviceOf(c); name != "" {
				st.Service = &name
			}
		}
		out.Sources = append(out.Sources, st)
	}
	return out, nil
}

func reloadsStatus(r Reloads) *model.SluiceReloads {
	out := &model.SluiceReloads{Succeeded: int64(r.Succeeded), Refused: int64(r.Refused)}
	if r.Refusal != nil {
		out.Refusal = &model.SluiceRefusal{At: r.Refusal.At, Problems: []string{}}
		for _, p := range r.Refusal.Problems {
			out.Refusal.Problems = append(out.Refusal.Problems, p.String())
		}
	}
	return out
}

func planningStatus(st plan.Stats) *model.SluicePlanning {
	return &model.SluicePlanning{Planned: int64(st.Planned), Impossible: int64(st.Impossible), Excessive: int64(st.Excessive)}
}

func sourceKind(k schema.Kind) model.SluiceSourceKind {
	switch k {
	case schema.Connector:
		return model.SluiceSourceKindConnector
	case schema.Local:
		return model.SluiceSourceKindLocal
	}
	return model.SluiceSourceKindGraphql
}

func serviceStatus(st upstream.Status) *model.SluiceService {
	out := &model.SluiceService{
		Name: st.Service, Policy: st.Policy, Endpoints: []*model.SluiceEndpoint{},
		Retries: int64(st.Retries), Hedges: int64(st.Hedges), Shared: int64(st.Shared),
		Waiting: st.Concurrency.Waiting, Breaker: breakerState(st.Breaker.State), Panic: st.Panic,
	}
	for _, e := range st.Endpoints {
		out.Endpoints = append(out.Endpoints, endpointStatus(&e))
		out.InFlight += int(e.InFlight)
		out.Requests += int64(e.Requests)
		out.Failures += int64(e.Failures)
	}
	return out
}

func endpointStatus(e *upstream.EndpointStatus) *model.SluiceEndpoint {
	out := &model.SluiceEndpoint{
		Address: e.Address, State: endpointState(e.State), InFlight: int(e.InFlight), Requests: int64(e.Requests), Failures: int64(e.Failures),
		Usable: e.Health.Usable, Breaker: breakerState(e.Breaker.State), Weight: e.Weight, Priority: e.Priority, Latency: e.Latency.Seconds(),
	}
	if until := e.Health.EjectedUntil; !until.IsZero() {
		out.EjectedUntil = &until
	}
	if e.Zone != "" {
		out.Zone = &e.Zone
	}
	return out
}

func breakerState(s breaker.State) model.SluiceBreakerState {
	switch s {
	case breaker.Open:
		return model.SluiceBreakerStateOpen
	case breaker.HalfOpen:
		return model.SluiceBreakerStateHalfOpen
	}
	return model.SluiceBreakerStateClosed
}

func endpointState(s endpoint.State) model.SluiceEndpointState {
	switch s {
	case endpoint.Unused:
		return model.SluiceEndpointStateUnused
	case endpoint.Failing:
		return model.SluiceEndpointStateFailing
	}
	return model.SluiceEndpointStateReady
}
