package gateway

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/execute"
	generated "github.com/sluice-gateway/sluice/graph"
	"github.com/sluice-gateway/sluice/internal/suggest"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/resolvers"
	"github.com/sluice-gateway/sluice/resolvers/local"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/upstream"
)

// statusSubgraph is the name of Sluice's own subgraph.
const statusSubgraph = "sluice"

// snapshot is one immutable generation of everything that can change.
type snapshot struct {
	number     int
	loaded     time.Time
	supergraph *schema.Supergraph
	preparer   *operation.Preparer
	planner    *plan.Planner
	programs   *plan.Cache[*execute.Program]
	drivers    map[schema.Kind]execute.Driver
	clients    map[string]*upstream.Client // of the configured services
	services   map[*connect.Source]string  // the service of each bound source
	shut       []func()
}

func (s *snapshot) close() {
	for _, f := range s.shut {
		f()
	}
}

// build makes a snapshot of the options. It is nil if something is wrong with them.
func (g *Gateway) build(number int) (*snapshot, problem.List) {
	o := &g.options
	subgraphs, locals, problems := g.locals()
	sg, list := schema.Compose(append(slices.Clone(o.Subgraphs), subgraphs...))
	problems = append(problems, list...)
	problems = append(problems, checkServices(o.Services)...)
	if sg == nil || problems.Errors() != nil {
		return nil, problems
	}
	s := &snapshot{number: number, loaded: time.Now(), supergraph: sg, clients: map[string]*upstream.Client{}}
	problems = append(problems, s.bind(o)...)
	problems = append(problems, checkKinds(sg, o.Subgraphs)...)
	var err error
	if s.programs, err = plan.NewCache[*execute.Program](cmp.Or(o.Plan.CacheBytes, defaultPlanCache)); err == nil {
		err = s.connect(g, locals)
	}
	if err != nil {
		problems = append(problems, problem.Problem{Code: "CONFIG", Message: err.Error()})
	}
	if problems.Errors() != nil {
		s.close()
		return nil, problems
	}
	s.preparer = operation.New(sg.API, o.Operation)
	s.planner = plan.New(sg, o.Plan.MaxSteps)
	return s, problems
}

// locals returns the subgraphs that are Go code, as schemas to compose and as code to run.
func (g *Gateway) locals() (subgraphs []*schema.Subgraph, run map[string]graphql.ExecutableSchema, problems problem.List) {
	all := g.options.Locals
	if g.options.Status {
		all = append(slices.Clone(all), Local{Name: statusSubgraph,
			Schema: generated.NewExecutableSchema(generated.Config{Resolvers: &resolvers.Resolver{Gateway: g}})})
	}
	run = map[string]graphql.ExecutableSchema{}
	for _, l := range all {
		sdl, err := local.SDL(l.Schema)
		if err != nil {
			problems = append(problems, problem.Problem{Code: "INVALID_GRAPHQL", Message: fmt.Sprintf("The schema of the local subgraph %q cannot be told: %v.", l.Name, err)})
			continue
		}
		s, list := schema.LoadSources(l.Name, schema.Local, &ast.Source{Name: l.Name, Input: sdl})
		problems = append(problems, list...)
		if s != nil {
			subgraphs = append(subgraphs, s)
		}
		run[l.Name] = l.Schema
	}
	return subgraphs, run, problems
}

func checkServices(services map[string]upstream.Config) (problems problem.List) {
	for _, name := range slices.Sorted(maps.Keys(services)) {
		cfg := services[name]
		if err := cfg.Validate(); err != nil {
			for line := range strings.Lines(err.Error()) {
				problems = append(problems, problem.Problem{Code: "CONFIG", Message: fmt.Sprintf("services.%s.%s", name, strings.TrimSpace(line))})
			}
		}
	}
	return problems
}

// checkKinds reports the subgraphs that nothing can be asked of: those that are neither connectors nor Go code.
func checkKinds(sg *schema.Supergraph, subgraphs []*schema.Subgraph) (problems problem.List) {
	entered := map[string]bool{}
	for _, e := range sg.Entrances {
		entered[e.Source.Subgraph] = entered[e.Source.Subgraph] || e.Source.Kind == schema.Remote
	}
	for _, s := range subgraphs {
		if !entered[s.Name] {
			continue // it has connectors, or only types that others use
		}
		p := problem.Problem{Code: "NO_SOURCE", Message: fmt.Sprintf("The subgraph %q has fields to ask for and no connectors. Link the connect specification and add @connect to its fields: asking a GraphQL server is not supported yet.", s.Name)}
		if files := s.Files(); len(files) > 0 {
			p.File = files[0].Name
		}
		problems = append(problems, p)
	}
	return problems
}

// bind finds the service of every source, and what is set for services and sources that are not there.
func (s *snapshot) bind(o *Options) (problems problem.List) {
	bind := o.Bind
	if bind == nil {
		bind = func(subgraph, source string) string {
			if _, ok := o.Services[subgraph+"."+source]; ok {
				return subgraph + "." + source
			}
			if _, ok := o.Services[source]; ok {
				return source
			}
			return ""
		}
	}
	s.services = map[*connect.Source]string{}
	known, used := map[string]bool{}, map[string]bool{}
	for _, src := range s.supergraph.Sources {
		c, ok := src.Bind.(*connect.Connector)
		if !ok {
			continue
		}
		if c.Source == nil { // its settings go by the name of the subgraph
			known[c.Subgraph] = true
			continue
		}
		known[c.Source.Name], known[c.Subgraph+"."+c.Source.Name] = true, true
		name := bind(c.Subgraph, c.Source.Name)
		if name == "" {
			continue
		}
		if _, ok := o.Services[name]; !ok {
			problems = append(problems, problem.Problem{Code: "UNKNOWN_SERVICE", Message: fmt.Sprintf("The source %q of subgraph %q is bound to the service %q, which is not configured.%s",
				c.Source.Name, c.Subgraph, name, suggest.DidYouMean("", name, slices.Sorted(maps.Keys(o.Services))))})
			continue
		}
		s.services[c.Source], used[name] = name, true
	}
	for _, name := range slices.Sorted(maps.Keys(o.Services)) {
		if !used[name] {
			problems = append(problems, problem.Problem{Severity: problem.Warning, Code: "UNUSED_SERVICE", Message: fmt.Sprintf("services.%s: no @source is bound to this service, so nothing calls it.%s",
				name, suggest.DidYouMean("", name, slices.Sorted(maps.Keys(known))))})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Sources)) {
		if !known[name] {
			problems = append(problems, problem.Problem{Code: "UNKNOWN_SOURCE", Message: fmt.Sprintf("sources.%s: no connector uses a @source of that name, and there is no subgraph of that name with a connector that has none.%s",
				name, suggest.DidYouMean("", name, slices.Sorted(maps.Keys(known))))})
		}
	}
	return problems
}

// program returns the compiled plan of an operation, from the cache if it is there.
func (s *snapshot) program(op *operation.Prepared) (*execute.Program, error) {
	return s.programs.Get(plan.KeyOf(op), func() (*execute.Program, int, error) {
		p, err := s.planner.Plan(op)
		if err != nil {
			return nil, 0, err
		}
		program, err := execute.Compile(p, s.supergraph, func(src *schema.Source) execute.Driver { return s.drivers[src.Kind] })
		// The plan refers to parts of the document, and so keeps it in memory when the cache of documents does not.
		return program, p.Size() + op.Document.Size(), err
	})
}

// label says how a source is shown in a plan.
func (s *snapshot) label(src *schema.Source) (service, request string) {
	c, ok := src.Bind.(*connect.Connector)
	if !ok {
		return "", src.Name
	}
	return s.service(c), c.Label()
}

// service names what a connector calls: the configured service, else the origin of its URL, or nothing for a connector
// without a request.
func (s *snapshot) service(c *connect.Connector) string {
	switch {
	case c.Target == nil:
		return ""
	case c.Source == nil:
		return c.Subgraph
	}
	return cmp.Or(s.services[c.Source], c.Source.Name)
}
