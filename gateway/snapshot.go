package gateway

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/upstream"
)

// Snapshot is one generation of everything that can change while a gateway runs: the schema, the plans, the services and
// the settings. It is immutable and safe for concurrent use.
//
// Most callers need none of this: the methods of [Gateway] work on the snapshot of the moment. Whoever has to do several
// things on one and the same takes it with [Gateway.Hold].
type Snapshot struct {
	gateway     *Gateway
	before      *Snapshot // what may be taken over; nil once it is built
	options     Options
	composition *composition
	supergraph  *schema.Supergraph
	number      int
	loaded      time.Time
	preparer    *operation.Preparer
	labels      labels
	wiring      *wiring
	services    map[string]*service        // by name: those that are configured, and those of remote subgraphs that are called by URL
	bound       map[*connect.Source]string // the service of each bound source
	remotes     map[*schema.Source]string  // the service of each remote subgraph; its own name for one called by its URL
	attached    any
	users       references
	closing     sync.Once
}

// build makes a snapshot of options beside the one that is in use, from which it takes over what stays the same. It is nil
// if something is wrong with them.
func (g *Gateway) build(o Options, before *Snapshot) (*Snapshot, problem.List) {
	s := &Snapshot{gateway: g, before: before, options: o, services: map[string]*service{}}
	s.users.init(s.retire)
	s.composition = g.compose(&s.options, before)
	s.supergraph = s.composition.supergraph
	problems := append(slices.Clone(s.composition.problems), checkServices(o.Services)...)
	if s.supergraph == nil || problems.Errors() != nil {
		return nil, problems
	}
	problems = append(problems, s.bind(&s.options, o.Subgraphs)...)
	var list problem.List
	s.labels, list = newLabels(&s.options, s.supergraph.Labels)
	problems = append(problems, list...)
	err := s.connectServices()
	if err == nil {
		err = s.wire()
	}
	if err != nil {
		problems = append(problems, problem.Problem{Code: "CONFIG", Message: err.Error()})
	}
	if problems.Errors() != nil {
		s.close()
		return nil, problems
	}
	if before != nil && before.composition == s.composition && before.options.Operation == o.Operation {
		s.preparer = before.preparer
	} else {
		s.preparer = operation.New(s.supergraph.API, o.Operation)
	}
	s.before = nil
	return s, problems
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
func (s *Snapshot) bind(o *Options, subgraphs []*schema.Subgraph) problem.List {
	b := binder{
		Snapshot: s, options: o, subgraphs: subgraphs,
		sources: map[string]bool{}, remotes: map[string]bool{}, callable: map[string]bool{}, used: map[string]bool{},
	}
	return b.bind()
}

// label says how a source is shown in a plan.
func (s *Snapshot) label(src *schema.Source) plan.Label {
	if service, ok := s.remotes[src]; ok {
		return plan.Label{Service: service, Request: "POST " + src.Name, Joined: true, Batch: s.wiring.batches[src.Subgraph]}
	}
	if c, ok := src.Bind.(*connect.Connector); ok {
		return plan.Label{Service: s.serviceOf(c), Request: c.Label()}
	}
	return plan.Label{Request: src.Name}
}

// serviceOf names what a connector calls: the configured service, else the origin of its URL, or nothing for a connector
// without a request.
func (s *Snapshot) serviceOf(c *connect.Connector) string {
	switch {
	case c.Target == nil:
		return ""
	case c.Source == nil:
		return c.Subgraph
	}
	return cmp.Or(s.bound[c.Source], c.Source.Name)
}
