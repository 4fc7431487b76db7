package app

import (
	"log/slog"

	"github.com/sluice-gateway/sluice/config"
	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema"
)

// configFlag names the configuration. It is part of every command that reads one.
type configFlag struct {
	Config string `short:"c" default:"sluice.yaml" placeholder:"FILE" help:"The configuration (default: ${default})."`
}

// loaded is a configuration with the subgraphs it names.
type loaded struct {
	config    *config.Config
	subgraphs []*schema.Subgraph
}

// load reads a configuration and its schema. The problems are those of both; what could not be read is missing in the
// result, which is nil if nothing could.
func (f configFlag) load(std *IO) (*loaded, problem.List) {
	c, problems := config.Load(f.Config, std.Environ)
	if c == nil {
		return nil, problems
	}
	l := &loaded{config: c}
	var locations []schema.Location
	for _, path := range c.Schema {
		locations = append(locations, schema.Location{Path: path})
	}
	subgraphs, list := schema.Load(locations...)
	l.subgraphs = subgraphs
	return l, append(problems, list...)
}

// gateway makes a gateway of what a configuration says. It reports everything that is wrong with the configuration, the
// schema, and both together; the gateway is nil if something is.
func (f configFlag) gateway(std *IO, log *slog.Logger) (*gateway.Gateway, *loaded, problem.List) {
	l, problems := f.load(std)
	if l == nil {
		return nil, nil, problems
	}
	g, list := gateway.New(l.options(std, log))
	problems = append(problems, list...)
	if problems.Errors() != nil && g != nil {
		g.Close()
		g = nil
	}
	return g, l, problems
}

// options are those of the gateway.
func (l *loaded) options(std *IO, log *slog.Logger) gateway.Options {
	c := l.config
	o := gateway.Options{
		Subgraphs:            l.subgraphs,
		Services:             c.Services,
		Bind:                 c.Bind,
		Sources:              map[string]gateway.Source{},
		Operation:            c.Operation,
		Plan:                 gateway.Plan{MaxSteps: c.Plan.MaxSteps, CacheBytes: uint64(max(c.Plan.CacheBytes, 0))},
		DisableIntrospection: !c.Introspection.Enabled,
		Status:               c.Status.Enabled,
		Version:              version(),
		Environ:              std.Environ,
		Logger:               log,
	}
	for name, s := range c.Sources {
		src := gateway.Source{MaxRequests: s.MaxRequestsPerOperation}
		if len(s.Config) > 0 {
			src.Config = s.Config
		}
		o.Sources[name] = src
	}
	return o
}
