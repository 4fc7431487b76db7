package gateway

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/go-json-experiment/json"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/resolvers/local"
	"github.com/sluice-gateway/sluice/resolvers/rest"
	"github.com/sluice-gateway/sluice/resolvers/subgraph"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/value"
)

// connect makes the clients of the services and the drivers of the sources. What it made before an error is closed with
// the snapshot.
func (s *snapshot) connect(g *Gateway, locals map[string]graphql.ExecutableSchema) error {
	o := &g.options
	for _, name := range slices.Sorted(maps.Keys(o.Services)) {
		c, err := upstream.New(name, o.Services[name])
		if err != nil {
			return fmt.Errorf("services.%w", err)
		}
		s.clients[name] = c
		s.shut = append(s.shut, c.Close)
	}
	configs, err := configValues(o.Sources)
	if err != nil {
		return err
	}
	connectors, err := rest.New(s.supergraph, rest.Options{Env: o.Environ, Log: g.log, Bind: func(subgraph string, src *connect.Source) rest.Binding {
		if src == nil {
			settings := o.Sources[subgraph]
			return rest.Binding{Config: configs[subgraph], MaxRequests: settings.MaxRequests, Concurrency: settings.Concurrency}
		}
		qualified := subgraph + "." + src.Name
		settings, ok := o.Sources[qualified]
		config := configs[qualified]
		if !ok {
			settings, config = o.Sources[src.Name], configs[src.Name]
		}
		return rest.Binding{
			Client: s.clients[s.services[src]], Config: config, MaxRequests: settings.MaxRequests, Concurrency: settings.Concurrency,
		}
	}})
	if err != nil {
		return err
	}
	s.shut = append(s.shut, connectors.Close)
	remotes, err := s.connectRemotes(o.Remotes)
	if err != nil {
		return err
	}
	s.drivers = map[schema.Kind]execute.Driver{schema.Connector: connectors, schema.Local: local.New(locals), schema.Remote: remotes}
	return nil
}

// connectRemotes makes the driver of the GraphQL servers, and a client for each that is called at the URL of the supergraph.
func (s *snapshot) connectRemotes(settings map[string]subgraph.Config) (*subgraph.Driver, error) {
	bindings := map[string]subgraph.Binding{}
	s.batches = map[string]int{}
	for _, src := range s.supergraph.Sources {
		service, ok := s.remotes[src]
		if !ok {
			continue
		}
		b := subgraph.Binding{Client: s.clients[service], Config: settings[src.Subgraph]}
		if b.Client == nil {
			origin, path, err := splitURL(src.URL)
			if err != nil {
				return nil, fmt.Errorf("subgraph %q: %w", src.Subgraph, err)
			}
			cfg := upstream.DefaultConfig()
			cfg.Endpoints = endpoint.At(origin)
			if b.Client, err = upstream.New(src.Subgraph, cfg); err != nil {
				return nil, fmt.Errorf("subgraph %w", err)
			}
			s.clients[src.Subgraph] = b.Client
			s.shut = append(s.shut, b.Client.Close)
			if b.Config.Path != "" {
				path = strings.TrimRight(path, "/")
			}
			b.Config.Path = path + b.Config.Path
		}
		bindings[src.Subgraph], s.batches[src.Subgraph] = b, b.Config.MaxBatch
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
