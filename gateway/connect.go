package gateway

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/resolvers/local"
	"github.com/sluice-gateway/sluice/resolvers/rest"
	"github.com/sluice-gateway/sluice/resolvers/subgraph"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/value"
)

// wiring is what asks the sources of a supergraph, with the plans that were compiled for it. Snapshots share it for as long
// as all that it was made of stays the same.
type wiring struct {
	made     made
	drivers  map[schema.Kind]execute.Driver
	batches  map[string]int // how many objects one request to a remote subgraph asks for, where that is limited
	planner  *plan.Planner
	programs *plan.Cache[compiled]
	references
}

// made is what a wiring is made of.
type made struct {
	composition *composition
	plan        Plan
	sources     map[string]Source
	remotes     map[string]subgraph.Config
	bound       map[*connect.Source]string
	called      map[*schema.Source]string
	services    map[string]*service // those that are called
}

// compiled is a plan, and what runs it.
type compiled struct {
	plan    *plan.Plan
	program *execute.Program
}

// same reports whether wirings made of these would do the same.
func (m *made) same(other *made) bool {
	return m.composition == other.composition && m.plan == other.plan &&
		reflect.DeepEqual(m.sources, other.sources) && reflect.DeepEqual(m.remotes, other.remotes) &&
		maps.Equal(m.bound, other.bound) && maps.Equal(m.called, other.called) && maps.Equal(m.services, other.services)
}

// wire makes the drivers of the sources, or takes over those of the snapshot before.
func (s *Snapshot) wire() error {
	o := &s.options
	if err := s.connectRemotes(); err != nil {
		return err
	}
	m := made{composition: s.composition, plan: o.Plan, sources: o.Sources, remotes: o.Remotes, bound: s.bound, called: s.remotes,
		services: map[string]*service{}}
	for _, name := range s.bound {
		m.services[name] = s.services[name]
	}
	for _, name := range s.remotes {
		m.services[name] = s.services[name]
	}
	var before *wiring
	if s.before != nil {
		before = s.before.wiring
	}
	if before != nil && before.made.same(&m) && before.acquire() {
		s.wiring = before
		return nil
	}
	w := &wiring{made: m}
	connectors, err := s.connectors()
	if err != nil {
		return err
	}
	w.init(connectors.Close)
	s.wiring = w
	remotes, err := s.remoteDriver(w)
	if err != nil {
		return err
	}
	w.drivers = map[schema.Kind]execute.Driver{schema.Connector: connectors, schema.Local: local.New(s.composition.locals), schema.Remote: remotes}
	if w.programs, err = plan.NewCache[compiled](cmp.Or(o.Plan.CacheBytes, defaultPlanCache)); err != nil {
		return err
	}
	if before != nil && before.made.composition == m.composition && before.made.plan.MaxSteps == m.plan.MaxSteps {
		w.planner = before.planner
		w.adopt(before)
	} else {
		w.planner = plan.New(s.supergraph, o.Plan.MaxSteps)
	}
	return nil
}

// adopt compiles the plans of another wiring of the same supergraph, whose drivers differ.
func (w *wiring) adopt(before *wiring) {
	before.programs.Each(func(key plan.CacheKey, have plan.Built[compiled], err error) {
		if err == nil && have.Value.plan != nil {
			have.Value, err = w.compile(have.Value.plan)
		}
		w.programs.Put(key, have, err)
	})
}

// program returns the compiled plan of an operation, from the cache if it is there.
func (w *wiring) program(op *operation.Prepared) (*execute.Program, error) {
	c, err := w.programs.Get(plan.KeyOf(op), func() (plan.Built[compiled], error) {
		p, err := w.planner.Plan(op)
		if err != nil {
			return plan.Built[compiled]{}, err
		}
		c, err := w.compile(p)
		// The plan refers to parts of the document, and so keeps it in memory when the cache of documents does not.
		return plan.Built[compiled]{Value: c, Size: p.Size() + op.Document.Size(), Labels: p.Labels}, err
	})
	return c.program, err
}

func (w *wiring) compile(p *plan.Plan) (compiled, error) {
	program, err := execute.Compile(p, w.made.composition.supergraph, func(src *schema.Source) execute.Driver { return w.drivers[src.Kind] })
	return compiled{p, program}, err
}

// connectors makes the driver of the connectors.
func (s *Snapshot) connectors() (*rest.Driver, error) {
	o := &s.options
	configs, err := configValues(o.Sources)
	if err != nil {
		return nil, err
	}
	return rest.New(s.supergraph, rest.Options{Env: o.Environ, Log: s.gateway.log, Bind: func(subgraph string, src *connect.Source) rest.Binding {
		if src == nil {
			settings := o.Sources[subgraph]
			return rest.Binding{
				Config: configs[subgraph], MaxRequests: settings.MaxRequests, Concurrency: settings.Concurrency,
				RetryMissing: settings.RetryMissing,
			}
		}
		qualified := subgraph + "." + src.Name
		settings, ok := o.Sources[qualified]
		config := configs[qualified]
		if !ok {
			settings, config = o.Sources[src.Name], configs[src.Name]
		}
		return rest.Binding{
			Client: s.Client(s.bound[src]), Config: config, MaxRequests: settings.MaxRequests, Concurrency: settings.Concurrency,
			RetryMissing: settings.RetryMissing,
		}
	}})
}

// connectRemotes makes a client for each GraphQL server that is called at the URL of the supergraph.
func (s *Snapshot) connectRemotes() error {
	for _, src := range s.supergraph.Sources {
		name, ok := s.remotes[src]
		if !ok || s.services[name] != nil {
			continue
		}
		origin, _, err := splitURL(src.URL)
		if err != nil {
			return fmt.Errorf("subgraph %q: %w", src.Subgraph, err)
		}
		cfg := upstream.DefaultConfig()
		cfg.Endpoints = endpoint.At(origin)
		if _, err = s.take(name, cfg); err != nil {
			return fmt.Errorf("subgraph %w", err)
		}
	}
	return nil
}

// remoteDriver makes the driver of the GraphQL servers.
func (s *Snapshot) remoteDriver(w *wiring) (*subgraph.Driver, error) {
	bindings := map[string]subgraph.Binding{}
	w.batches = map[string]int{}
	for _, src := range s.supergraph.Sources {
		name, ok := s.remotes[src]
		if !ok {
			continue
		}
		b := subgraph.Binding{Client: s.Client(name), Config: s.options.Remotes[src.Subgraph]}
		if _, configured := s.options.Services[name]; !configured {
			_, path, err := splitURL(src.URL)
			if err != nil {
				return nil, fmt.Errorf("subgraph %q: %w", src.Subgraph, err)
			}
			if b.Config.Path != "" {
				path = strings.TrimRight(path, "/")
			}
			b.Config.Path = path + b.Config.Path
		}
		bindings[src.Subgraph], w.batches[src.Subgraph] = b, b.Config.MaxBatch
	}
	return subgraph.New(bindings)
}

// splitURL splits the URL of a subgraph into the endpoint and what is asked for there.
func splitURL(address string) (origin, path string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err // without the URL, which may hold a password
		}
		return "", "", err
	}
	if u.Fragment != "" {
		return "", "", errors.New("must not have a fragment")
	}
	path = u.RequestURI()
	u.Path, u.RawPath, u.RawQuery, u.ForceQuery = "", "", "", false
	if _, err := endpoint.Parse(u.String()); err != nil {
		return "", "", err
	}
	return u.String(), path, nil
}

// configValues turns what was decoded from a configuration into values for mappings.
func configValues(sources map[string]Source) (map[string]value.Value, error) {
	out := map[string]value.Value{}
	for name, s := range sources {
		if s.Config == nil {
			continue
		}
		text, err := json.Marshal(s.Config, json.Deterministic(true))
		if err != nil {
			return nil, fmt.Errorf("sources.%s.config: %w", name, err)
		}
		v, err := value.Scan(text, nil, value.NewArena()) // never released: it lives as long as the snapshot
		if err != nil {
			return nil, fmt.Errorf("sources.%s.config: %w", name, err)
		}
		if v.Kind() != value.Object {
			return nil, fmt.Errorf("sources.%s.config: must be a map", name)
		}
		out[name] = v
	}
	return out, nil
}
