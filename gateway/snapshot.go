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
	labels     labels
	drivers    map[schema.Kind]execute.Driver
	clients    map[string]*upstream.Client // of the configured services
	services   map[*connect.Source]string  // the service of each bound source
	remotes    map[*schema.Source]string   // the service of each remote subgraph; its own name for one called by its URL
	batches    map[string]int              // how many objects one request to a remote subgraph asks for, where that is limited
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
	sg, list := supergraph(o, subgraphs)
	problems = append(problems, list...)
	problems = append(problems, checkServices(o.Services)...)
	if sg == nil || problems.Errors() != nil {
		return nil, problems
	}
	s := &snapshot{number: number, loaded: time.Now(), supergraph: sg, clients: map[string]*upstream.Client{}}
	problems = append(problems, s.bind(o, o.Subgraphs)...)
	s.labels, list = newLabels(o, sg.Labels)
	problems = append(problems, list...)
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

// supergraph composes the subgraphs, or takes the supergraph that was composed before.
func supergraph(o *Options, locals []*schema.Subgraph) (*schema.Supergraph, problem.List) {
	switch {
	case o.Supergraph == nil:
		return schema.Compose(append(slices.Clone(o.Subgraphs), locals...))
	case len(o.Subgraphs) > 0:
		return nil, problem.List{{Code: "CONFIG", Message: "There are both subgraphs to compose and a supergraph that was composed before: give one of them."}}
	}
	return schema.Join(o.Supergraph, locals...)
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

// bind finds the service of every source, and what is set for services and sources that are not there.
func (s *snapshot) bind(o *Options, subgraphs []*schema.Subgraph) problem.List {
	b := binder{
		snapshot: s, options: o, subgraphs: subgraphs,
		sources: map[string]bool{}, remotes: map[string]bool{}, callable: map[string]bool{}, used: map[string]bool{},
	}
	return b.bind()
}

// program returns the compiled plan of an operation, from the cache if it is there.
func (s *snapshot) program(op *operation.Prepared) (*execute.Program, error) {
	return s.programs.Get(plan.KeyOf(op), func() (plan.Built[*execute.Program], error) {
		p, err := s.planner.Plan(op)
		if err != nil {
			return plan.Built[*execute.Program]{}, err
		}
		program, err := execute.Compile(p, s.supergraph, func(src *schema.Source) execute.Driver { return s.drivers[src.Kind] })
		// The plan refers to parts of the document, and so keeps it in memory when the cache of documents does not.
		return plan.Built[*execute.Program]{Value: program, Size: p.Size() + op.Document.Size(), Labels: p.Labels}, err
	})
}

// label says how a source is shown in a plan.
func (s *snapshot) label(src *schema.Source) plan.Label {
	if service, ok := s.remotes[src]; ok {
		return plan.Label{Service: service, Request: "POST " + src.Name, Joined: true, Batch: s.batches[src.Subgraph]}
	}
	if c, ok := src.Bind.(*connect.Connector); ok {
		return plan.Label{Service: s.service(c), Request: c.Label()}
	}
	return plan.Label{Request: src.Name}
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
