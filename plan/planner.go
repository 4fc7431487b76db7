package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/schema"
)

// DefaultMaxSteps bounds the work of one planning. A typical operation takes some hundred steps, two hundred root fields
// with ten fetches below each take 17000. All of it is about a fifth of a second of processor time, which is what a
// client can cost with one operation that has no plan.
const DefaultMaxSteps = 100_000

// Planner plans operations on one supergraph. It is safe for concurrent use, and but for its counters immutable.
type Planner struct {
	sg       *schema.Supergraph
	targets  map[*schema.Type][]*target // what can be entered from objects of a type
	clashes  map[clash]bool
	maxSteps int

	planned, impossible, excessive atomic.Uint64
}

// Stats counts what became of the operations that a planner was given. Plans that were found in a cache are not among them.
type Stats struct {
	Planned    uint64
	Impossible uint64 // they have no plan
	Excessive  uint64 // they took more planning than is allowed
}

// Stats returns what was counted so far.
func (p *Planner) Stats() Stats {
	return Stats{p.planned.Load(), p.impossible.Load(), p.excessive.Load()}
}

// clash names a field that two object types of one abstract type declare differently in one open source, so that
// they may not stand in one request under one name.
type clash struct {
	src  *schema.Source
	name string
}

// New returns a planner. maxSteps bounds the work of one planning; 0 means [DefaultMaxSteps].
func New(sg *schema.Supergraph, maxSteps int) *Planner {
	if maxSteps <= 0 {
		maxSteps = DefaultMaxSteps
	}
	p := &Planner{sg: sg, maxSteps: maxSteps, targets: map[*schema.Type][]*target{}, clashes: map[clash]bool{}}
	own := map[*schema.Type][]*target{}
	next := 0
	for _, e := range sg.Entrances {
		list := own[e.On]
		if e.Source.Open != nil { // the keys of one type in one source are alternatives
			if i := slices.IndexFunc(list, func(t *target) bool { return t.src == e.Source && (t.first().Needs == nil) == (e.Needs == nil) }); i >= 0 {
				list[i].enter = append(list[i].enter, e)
				continue
			}
		}
		t := &target{id: next, on: e.On, src: e.Source, enter: []*schema.Entrance{e}}
		if e.Source.Open == nil {
			t.stand = e.On.Kind == ast.Interface && e.Gives != nil && len(e.Gives.On) == 0
		} else if ot := e.Source.Open.Types[e.On]; ot != nil {
			t.stand = ot.InterfaceObject
		}
		t.land = landingOf(t)
		next++
		own[e.On] = append(list, t)
	}
	for t, list := range own { // objects may also be entered as the abstract types that they are of
		for _, o := range list {
			for _, object := range t.Possible {
				if t != object && o.takes(object) {
					p.targets[object] = append(p.targets[object], o)
				}
			}
		}
	}
	for _, t := range sg.Types {
		if !t.Composite() {
			continue
		}
		list := append(p.targets[t], own[t]...)
		slices.SortStableFunc(list, func(a, b *target) int { return a.id - b.id })
		p.targets[t] = list
	}
	p.findClashes()
	return p
}

func (p *Planner) findClashes() {
	for _, src := range p.sg.Sources {
		if src.Open == nil {
			continue
		}
		for t, ot := range src.Open.Types {
			if !t.Abstract() {
				continue
			}
			seen := map[string]string{}
			for _, m := range ot.Members {
				mt := src.Open.Types[m]
				if mt == nil {
					continue
				}
				for name, f := range mt.Fields {
					if have, ok := seen[name]; ok && have != f.Type.String() {
						p.clashes[clash{src, name}] = true
					}
					seen[name] = f.Type.String()
				}
			}
		}
	}
}

// Plan plans an operation. The conditions of @skip and @include are taken from its variables; nothing else of their
// values is looked at. The error wraps [ErrNoPlan] if there is no plan, or none within the bounds of planning.
func (p *Planner) Plan(op *operation.Prepared) (*Plan, error) {
	plan, err := p.plan(op)
	switch {
	case err == nil:
		p.planned.Add(1)
	case errors.Is(err, errBudget):
		p.excessive.Add(1)
	default:
		p.impossible.Add(1)
	}
	return plan, err
}

func (p *Planner) plan(op *operation.Prepared) (*Plan, error) {
	root := p.root(op.Definition.Operation)
	if root == nil {
		return nil, fmt.Errorf("%w: the schema has no %s type", ErrNoPlan, op.Definition.Operation)
	}
	b := &budget{left: p.maxSteps}
	n := &normaliser{fragments: op.Document.AST.Fragments, variables: op.Variables, types: p.sg.Types, budget: b,
		apart: op.Definition.Operation == ast.Mutation, index: map[*schema.Selection]map[string]*schema.Select{}}
	set := &schema.Selection{Type: root}
	if err := n.into(set, nil, op.Definition.SelectionSet); err != nil {
		return nil, err
	}
	set.Fields = slices.DeleteFunc(set.Fields, func(s *schema.Select) bool { return s.Field == nil })
	l := &labels{names: p.sg.Labels, on: op.Labels}
	fetches, err := p.fetches(b, l, set, op.Definition.Operation)
	switch {
	case b.left < 0: // whatever the search says then: ways were left out
		return nil, errBudget
	case err != nil:
		return nil, err
	}
	c := &compiler{p: p, op: op, budget: b, outputs: map[string]*Output{}, untyped: map[*Place]bool{}, variables: op.Definition.VariableDefinitions}
	plan, err := c.compile(root, fetches)
	switch {
	case b.left < 0:
		return nil, errBudget
	case err != nil:
		return nil, err
	}
	plan.Labels = l.asked
	return plan, nil
}

func (p *Planner) root(kind ast.Operation) *schema.Type {
	switch kind {
	case ast.Mutation:
		return p.sg.Mutation
	case ast.Subscription:
		return p.sg.Subscription
	}
	return p.sg.Query
}

// fetches chooses how the data of set are fetched. Root fields of mutations are planned one by one, each from the one
// source that serves it and what is below it at the least price, and run one after the other.
func (p *Planner) fetches(b *budget, l *labels, set *schema.Selection, kind ast.Operation) ([]*draft, error) {
	if kind != ast.Mutation && kind != ast.Subscription {
		s := newSearch(p, b, l)
		leaves, err := s.expand([]*node{s.start(set.Type)}, set, "")
		if err != nil {
			return nil, err
		}
		return p.draft(s, s.chooseWell(leaves))
	}
	var all []*draft
	for _, sel := range set.Fields {
		stage, err := p.stage(b, l, set.Type, sel)
		if err != nil {
			return nil, err
		}
		for _, d := range stage {
			if len(d.deps) == 0 {
				for _, before := range all {
					d.deps[before] = true
				}
			}
		}
		all = append(all, stage...)
	}
	return all, nil
}

// stage plans one root field from a single source.
func (p *Planner) stage(b *budget, l *labels, root *schema.Type, sel *schema.Select) ([]*draft, error) {
	s := newSearch(p, b, l)
	var best []*node
	var failed error
	cost := 0
	for _, way := range s.next(s.start(root), sel, "", nil) {
		var leaves []leaf
		if sel.Sub == nil {
			leaves = []leaf{{way}}
		} else {
			var err error
			if leaves, err = s.expand([]*node{way}, sel.Sub, ""); err != nil {
				failed = err
				continue
			}
			if len(leaves) == 0 {
				leaves = []leaf{s.typename([]*node{way})}
			}
		}
		picks := s.chooseWell(leaves)
		if c := s.extra(s.nodes[0], picks); best == nil || c < cost {
			best, cost = picks, c
		}
	}
	if best == nil {
		if failed == nil {
			failed = fmt.Errorf("%w for field %s.%s", ErrNoPlan, root.Name, sel.Name)
		}
		return nil, failed
	}
	return p.draft(s, best)
}

// names joins the names of types, for keys and for display.
func names(types []*schema.Type, sep string) string {
	var b strings.Builder
	for i, t := range types {
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(t.Name)
	}
	return b.String()
}
