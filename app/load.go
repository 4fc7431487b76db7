package app

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

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
	config     *config.Config
	subgraphs  []*schema.Subgraph
	supergraph *schema.Composed // instead of subgraphs, if the configuration names one
	plain      bool             // there are only routes: the subgraph is made up
	stop       context.Context  // ends what routes pass on; nil: it ends by itself
}

// nothing is the schema of a gateway that serves routes to services and no GraphQL. Nobody can ask for what is in it.
const nothing = `extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect"])
type Query { nothing: Boolean @connect(selection: "$(null)") }
`

// read reads the configuration. What is missing or wrong in the result is among the problems; it is nil if nothing could
// be read.
func (f configFlag) read(std *IO) (*config.Config, problem.List) {
	c, problems := config.Load(f.Config, std.Environ)
	if c != nil {
		return c, problems
	}
	if _, err := os.Stat(f.Config); errors.Is(err, fs.ErrNotExist) { // how most people meet the program
		return nil, problem.List{{File: f.Config, Message: `there is no such file. Name the configuration with -c, or begin with "sluice demo", which needs none.`}}
	}
	return nil, problems
}

// load reads a configuration and its schema. The problems are those of both; what could not be read is missing in the
// result, which is nil if nothing could.
func (f configFlag) load(std *IO) (*loaded, problem.List) {
	c, problems := f.read(std)
	if c == nil {
		return nil, problems
	}
	l := &loaded{config: c}
	if c.Supergraph != "" {
		var list problem.List
		l.supergraph, list = schema.LoadSupergraph(c.Supergraph)
		return l, append(problems, list...)
	}
	if !c.HasGraphQL() {
		if problems.Errors() != nil {
			return l, problems
		}
		s, list := schema.LoadSources("nothing", schema.Connector, &ast.Source{Name: "nothing.graphql", Input: nothing})
		l.subgraphs, l.plain = []*schema.Subgraph{s}, true
		return l, append(problems, list...)
	}
	var locations []schema.Location
	for _, path := range c.Schema {
		locations = append(locations, schema.Location{Path: path})
	}
	subgraphs, list := schema.Load(locations...)
	l.subgraphs = subgraphs
	return l, append(problems, list...)
}

// gateway makes a gateway of what a configuration says, for a command that does not run it. It reports everything that is
// wrong with the configuration, the schema, and both together; the gateway is nil if something is.
func (f configFlag) gateway(std *IO) (*gateway.Gateway, *loaded, problem.List) {
	l, problems := f.load(std)
	if l == nil {
		return nil, nil, problems
	}
	g, problems := f.compose(l, problems, std, nil)
	return g, l, problems
}

// compose makes the gateway of what was loaded with some problems, and returns all of them; the gateway is nil if one is an
// error.
func (f configFlag) compose(l *loaded, problems problem.List, std *IO, log *slog.Logger) (*gateway.Gateway, problem.List) {
	g, list := gateway.New(l.options(std, log))
	problems = f.join(l, problems, list)
	if g != nil && problems.Errors() == nil {
		s := g.Hold()
		problems = append(problems, l.attach(f.Config, s, log)...)
		s.Release()
	}
	if problems.Errors() != nil && g != nil {
		g.Close()
		g = nil
	}
	return g, problems
}

// build is compose for a gateway that runs on another configuration.
func (f configFlag) build(l *loaded, problems problem.List, std *IO, log *slog.Logger, g *gateway.Gateway) (*gateway.Snapshot, problem.List) {
	s, list := g.Build(l.options(std, log))
	problems = f.join(l, problems, list)
	if s != nil && problems.Errors() == nil {
		problems = append(problems, l.attach(f.Config, s, log)...)
	}
	if problems.Errors() != nil && s != nil {
		g.Discard(s)
		s = nil
	}
	return s, problems
}

// join adds the problems of the gateway to those with which it was loaded, without those that follow from them.
func (f configFlag) join(l *loaded, problems, list problem.List) problem.List {
	incomplete := problems.Errors() != nil
	for _, p := range list {
		if incomplete && p.Code == "NO_SOURCE" { // its service may be among what was wrong
			continue
		}
		if p.File == "" { // it is about several files, or about the configuration
			if incomplete && repeats(p.Code) {
				continue
			}
			p.File = f.Config
			if path, _, ok := strings.Cut(p.Message, ": "); ok && l.config != nil {
				p.Line, p.Column = l.config.Place(path)
			}
		}
		problems = append(problems, p)
	}
	return problems
}

// placed says where in the configuration the problems are that name a field of it.
func (l *loaded) placed(file string, list problem.List) problem.List {
	for i := range list {
		p := &list[i]
		if path, _, ok := strings.Cut(p.Message, ": "); ok && p.File == "" {
			p.File = file
			p.Line, p.Column = l.config.Place(path)
		}
	}
	return list
}

// repeats reports whether a problem without a place says no more than that a file was wrong, which was reported with the
// place.
func repeats(code string) bool {
	return code == "CONFIG" || code == "NO_QUERIES" || code == "INVALID_GRAPHQL"
}

// options are those of the gateway.
func (l *loaded) options(std *IO, log *slog.Logger) gateway.Options {
	c := l.config
	o := gateway.Options{
		Subgraphs:            l.subgraphs,
		Supergraph:           l.supergraph,
		Services:             c.Services,
		Routed:               l.routed(),
		Bind:                 c.Bind,
		Remotes:              c.Subgraphs,
		Sources:              map[string]gateway.Source{},
		Labels:               c.Labels,
		Operation:            c.Operation,
		Plan:                 gateway.Plan{MaxSteps: c.Plan.MaxSteps, CacheBytes: uint64(max(c.Plan.CacheBytes, 0))},
		DisableIntrospection: !c.Introspection.Enabled,
		Status:               c.Status.Enabled,
		Version:              version(),
		Environ:              std.Environ,
		Logger:               log,
	}
	for name, s := range c.Sources {
		src := gateway.Source{MaxRequests: s.MaxRequestsPerOperation, Concurrency: s.MaxConcurrentRequests, RetryMissing: s.RetryMissing}
		if len(s.Config) > 0 {
			src.Config = s.Config
		}
		o.Sources[name] = src
	}
	return o
}
