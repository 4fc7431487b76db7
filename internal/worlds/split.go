package worlds

import (
	"fmt"
	"slices"
)

// makeSubgraphs decides which subgraphs there are.
func (w *World) makeSubgraphs() {
	d := w.dice
	connectors, others := d.n(4), d.n(5)
	if connectors+others == 0 {
		connectors = 1
	}
	for i := range connectors {
		w.Subgraphs = append(w.Subgraphs, &Subgraph{Name: fmt.Sprintf("s%d", i)})
	}
	for i := range others {
		s := &Subgraph{Name: fmt.Sprintf("g%d", i), Kind: Remote}
		switch n := d.n(10); {
		case n < 3:
			s.Kind = Go
		case n < 5:
			s.Old = true
		case w.home == nil && d.chance(35):
			w.home = s
		}
		w.Subgraphs = append(w.Subgraphs, s)
	}
	if w.home != nil {
		w.stranger = &Subgraph{Name: "x", Kind: Remote}
		if d.chance(25) {
			w.stranger.Kind = Go
		}
		w.Subgraphs = append(w.Subgraphs, w.stranger)
	}
}

// connectors are the subgraphs that ask REST services.
func (w *World) connectors() []*Subgraph {
	return slices.DeleteFunc(slices.Clone(w.Subgraphs), (*Subgraph).open)
}

// others are the subgraphs that answer any selection, but for the one that does not know the types of an interface.
func (w *World) others() []*Subgraph {
	return slices.DeleteFunc(slices.Clone(w.Subgraphs), func(s *Subgraph) bool { return !s.open() || s == w.stranger })
}

// givers are the subgraphs that can give any field.
func (w *World) givers() []*Subgraph { return append(w.connectors(), w.others()...) }

// split spreads the fields over subgraphs.
func (w *World) split() {
	d := w.dice
	for _, s := range w.Subgraphs {
		s.prepare(w)
	}
	w.invite()
	for _, t := range w.Entities {
		p := &provider{world: w, dice: d, on: t}
		p.home()
	}
	for _, f := range w.Query.Fields {
		w.splitRoot(f)
	}
	if w.Mutation != nil {
		for _, f := range w.Mutation.Fields {
			if s := pick(d, w.givers()); s.open() {
				w.give(s, w.Mutation, f)
			} else {
				w.rootConnector(s, f)
			}
		}
	}
	w.require()
	w.provide()
	w.declare()
	for _, s := range w.Subgraphs {
		for _, e := range s.Endpoints {
			e.Sparse = e.On != nil && e.Field == nil && !e.Ghosts && d.chance(50) && !w.matters(s, e)
		}
	}
}

// matters reports whether it matters that an endpoint has a row of which it knows nothing: where it is looked up by itself,
// or where others need to know what it does not have, as that there is nothing and that there is no row are not the same.
func (w *World) matters(s *Subgraph, e *Endpoint) bool {
	if slices.ContainsFunc(s.Connectors, func(c *Connector) bool { return c.Endpoint == e && c.On == w.Query }) {
		return true
	}
	for _, f := range e.Shape.Fields {
		if w.needs(e.On, f.Field) {
			return true
		}
	}
	return false
}

// needs reports whether somebody must be told a field that is not part of a key of connectors.
func (w *World) needs(t *Type, f *Field) bool {
	for _, s := range w.Subgraphs {
		for _, c := range s.Connectors {
			if slices.Contains(c.Needs, f) && !t.isKey(f) || c.Deep != nil && c.Deep.Value == f {
				return true
			}
		}
	}
	for _, other := range w.Entities {
		if slices.ContainsFunc(other.Fields, func(calc *Field) bool { return calc.Uses.reads(f) }) {
			return true
		}
	}
	return f.shown || !t.isKey(f) && t.identifies(f)
}

// splitRoot decides who gives a root field.
func (w *World) splitRoot(f *Field) {
	if f.alien {
		w.stranger.give(w.Query, f)
		return
	}
	for _, s := range w.Subgraphs {
		if slices.ContainsFunc(s.Connectors, func(c *Connector) bool { return c.Field == f }) {
			return // it came with an entity
		}
	}
	p := &provider{world: w, dice: w.dice, on: w.Query}
	homes := []*Subgraph{p.one(f)}
	for range boolInt(w.dice.chance(25)) + boolInt(w.dice.chance(10)) {
		if s := p.one(f); !slices.Contains(homes, s) || !s.open() {
			homes = append(homes, s) // connectors give it twice
		}
	}
	for _, s := range p.whole(f, homes) {
		if s.open() {
			w.give(s, w.Query, f)
		} else {
			w.rootConnector(s, f)
		}
	}
}

// tells reports whether a subgraph that is not made of connectors can give a field: where it tells an object that does
// not exist, nulls in its fields would take it away.
func (w *World) tells(f *Field) bool {
	return f.Of == nil || !f.Of.abstract() || !slices.ContainsFunc(f.Of.Members, (*Type).ghosts)
}

// give notes that an open subgraph gives a field, and that only such objects can stand there as it knows.
func (w *World) give(s *Subgraph, t *Type, f *Field) {
	s.give(t, f)
	if f.Of == nil || !f.Of.abstract() || s == w.stranger {
		return
	}
	if f.can == nil {
		f.can = f.Of.Members
		if f.Only != nil {
			f.can = []*Type{f.Only}
		}
	}
	if !slices.ContainsFunc(f.can, func(m *Type) bool { return slices.Contains(s.members[f.Of], m) }) {
		s.meet(f.Of, f.can[0])
	}
	f.can = slices.DeleteFunc(slices.Clone(f.can), func(m *Type) bool { return !slices.Contains(s.members[f.Of], m) })
}

// meet makes a subgraph know one more type of an interface or a union.
func (s *Subgraph) meet(t, member *Type) {
	if !slices.Contains(s.members[t], member) {
		s.members[t] = append(slices.Clone(s.members[t]), member)
	}
}
