package schema

import (
	"encoding/binary"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/problem"
)

// maxForked is how many labels are tried in all their combinations.
const maxForked = 4

// forks returns the sets of labels for which a schema is checked: all combinations of few labels. Of many, no request is
// likely to depend on how several of them combine, so it is none, all, and each one on or off alone.
func forks(labels []string) []map[string]bool {
	if len(labels) <= maxForked {
		out := make([]map[string]bool, 0, 1<<len(labels))
		for bits := range 1 << len(labels) {
			on := map[string]bool{}
			for i, l := range labels {
				on[l] = bits>>i&1 == 1
			}
			out = append(out, on)
		}
		return out
	}
	none, all := map[string]bool{}, map[string]bool{}
	for _, l := range labels {
		all[l] = true
	}
	out := []map[string]bool{none, all}
	for _, l := range labels[:min(len(labels), 1<<maxForked)] {
		without := map[string]bool{}
		for _, other := range labels {
			without[other] = other != l
		}
		out = append(out, map[string]bool{l: true}, without)
	}
	return out
}

// usable reports whether a source resolves a field by the labels that are on.
func (r *reach) usable(f *OpenField) bool { return f.Label == "" || r.labels[f.Label] == f.LabelOn }

// contextUse is an argument that takes its value from an enclosing object.
type contextUse struct {
	field *OpenField
	from  map[*Type]*Selection
}

// maxContexts is how many such arguments are followed, one bit each. Beyond them, values are taken to be there.
const maxContexts = 64

func contextsOf(s *Supergraph) []contextUse {
	var out []contextUse
	for _, src := range s.Sources {
		if src.Open == nil {
			continue
		}
		for _, t := range src.Open.Types {
			for _, f := range t.Fields {
				for _, a := range f.Contextual {
					if len(out) < maxContexts {
						out = append(out, contextUse{f, a.From})
					}
				}
			}
		}
	}
	return out
}

// enclosed returns the contexts that are set for what is below an object: those of the objects above it, and its own. The
// nearest object that sets a context counts, whether its value can be had or not.
func (r *reach) enclosed(p position, all []landing) uint64 {
	above := p.above
	for i, c := range r.contexts {
		own, had := false, false
		for t, sel := range c.from {
			if t.CanBe(p.on) {
				own = true
				_, ok := r.gather(all, p.on, sel, p.below)
				had = had || ok
			}
		}
		switch {
		case had:
			above |= 1 << i
		case own:
			above &^= 1 << i
		}
	}
	return above
}

// withContext leaves out the ways to a field whose source needs a context that is not set.
func (r *reach) withContext(ways []landing, on *Type, f *Field, above uint64) []landing {
	if len(r.contexts) == 0 {
		return ways
	}
	return slices.DeleteFunc(ways, func(l landing) bool {
		if l.source.Open == nil || l.source.Open.Types[on] == nil {
			return false
		}
		of := l.source.Open.Types[on].Fields[f.Name]
		for i, c := range r.contexts {
			if c.field == of && above>>i&1 == 0 {
				return true
			}
		}
		return false
	})
}

// contextKey tells positions apart at which different contexts are set.
func contextKey(above uint64) string {
	if above == 0 {
		return ""
	}
	return string(binary.LittleEndian.AppendUint64(nil, above))
}

// single returns the one way to a field of the mutation type of which everything below can be had: a mutation is sent to
// one source, and the others do not know what it changed. If there is none, it returns the first, for what is missing to
// be reported.
func (r *reach) single(ways []landing, f *Field) []landing {
	if len(ways) < 2 || !f.Named.Composite() {
		return ways
	}
	for i, l := range ways {
		trial := newReach(r.supergraph, r.labels)
		trial.queue = []position{{on: f.Named, landings: []landing{l}, below: isList(f.Type), path: &step{field: f}}}
		trial.steps = r.steps
		trial.run()
		r.steps = trial.steps
		if trial.problems.Errors() == nil {
			return ways[i : i+1]
		}
	}
	return ways[:1]
}

// typeless reports whether nobody can tell the types of the objects of an interface at a position: they come from sources
// that take the interface for an object type, and no source that knows better can be entered with them. That is reported.
func (r *reach) typeless(p position) bool {
	if p.on.Kind != ast.Interface || len(p.on.Possible) == 0 {
		return false
	}
	for _, l := range p.landings {
		if l.source.Open == nil {
			return false
		}
		if t := l.source.Open.Types[l.on]; t == nil || !t.InterfaceObject {
			return false
		}
	}
	for _, e := range p.on.Entrances {
		knows := e.Source.Open == nil || e.Source.Open.Types[p.on] != nil && !e.Source.Open.Types[p.on].InterfaceObject
		if !knows || e.Needs == nil {
			continue
		}
		if _, ok := r.gather(p.landings, p.on, e.Needs, p.below); ok {
			return false
		}
	}
	if !r.unknown[p.on] {
		r.unknown[p.on] = true
		r.problems = append(r.problems, problem.At(p.on.Definition.Position, "SATISFIABILITY_ERROR", p.on.Name,
			"The types of objects cannot be known in the query %s: %q comes from %q, where it is an @interfaceObject type, and no subgraph that has it as an interface can be asked by a @key of it.",
			r.query(p.path, nil), p.on.Name, p.landings[0].source.Name))
	}
	return true
}
