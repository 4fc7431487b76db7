package worlds

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// declare finds out what each subgraph gives and reads, and what interfaces show.
func (w *World) declare() {
	w.estrange()
	for _, s := range w.Subgraphs {
		if s.open() {
			w.declareOpen(s)
		} else {
			w.declareConnectors(s)
		}
	}
	for _, t := range w.Abstract {
		if t.Kind != ast.Interface {
			continue
		}
		t.Fields = slices.DeleteFunc(t.Fields, func(f *Field) bool {
			return !f.alien && !slices.ContainsFunc(w.Subgraphs, func(s *Subgraph) bool { return slices.Contains(s.shows[t], f) })
		})
	}
}

// declareConnectors notes what the connectors of a subgraph give and read.
func (w *World) declareConnectors(s *Subgraph) {
	for _, c := range s.Connectors {
		on := c.On
		if c.Field != nil {
			s.give(c.On, c.Field)
		}
		if c.Gives != nil {
			s.declareShape(c.Gives)
		}
		if c.Entity {
			on = c.Field.Of
		}
		for _, k := range c.Needs {
			s.need(on, k)
		}
		if c.Deep != nil {
			s.need(on, c.Deep.Value)
			s.need(c.Deep.Value.Of, c.Deep.Field)
		}
	}
}

func (s *Subgraph) declareShape(sh *Shape) {
	for _, arm := range sh.Arms {
		s.declareShape(arm)
	}
	if sh.Arms != nil {
		s.show(sh.Type)
		return
	}
	for _, f := range sh.Fields {
		s.give(sh.Type, f.Field)
		if f.Sub != nil {
			s.declareShape(f.Sub)
		}
	}
}

// show notes that a subgraph declares an abstract type.
func (s *Subgraph) show(t *Type) {
	if s.shows[t] != nil {
		return
	}
	s.shows[t] = []*Field{}
	for _, f := range t.Fields {
		if s.always[f.Name] && !f.alien {
			s.shows[t] = append(s.shows[t], f)
		}
	}
}

// declareOpen completes what an open subgraph gives: whatever its fields lead to.
func (w *World) declareOpen(s *Subgraph) {
	seen := map[*Type]bool{}
	var follow func(t *Type)
	follow = func(t *Type) {
		if seen[t] {
			return
		}
		seen[t] = true
		switch {
		case t.abstract() && s == w.stranger: // which has it as an object type
		case t.abstract():
			s.show(t)
			for _, m := range s.members[t] {
				for _, f := range s.shows[t] {
					w.implement(s, m, m.field(f.Name))
				}
				follow(m)
			}
			return
		case t.entity():
			for n, way := range t.Ways {
				if _, ok := s.keys[t][n]; ok {
					s.giveAll(t, way)
				}
			}
		case t != w.Query && t != w.Mutation:
			for _, f := range s.known(t) {
				s.give(t, f)
			}
		}
		for _, f := range slices.Concat(s.fields[t], s.needed[t]) {
			if f.Of != nil && (!f.Of.value() || slices.Contains(s.fields[t], f)) {
				follow(s.of(f))
			}
		}
	}
	for _, t := range slices.Concat(w.Entities, w.Abstract, []*Type{w.Query, w.Mutation}) {
		if t != nil && s.knows(t) {
			follow(t)
		}
	}
	for _, t := range w.Entities {
		if s != w.stranger {
			w.lock(s, t)
		}
	}
}

// giveAll notes that a subgraph gives the fields of a key.
func (s *Subgraph) giveAll(t *Type, set FieldSet) {
	for _, u := range set {
		s.give(t, u.Field)
		if u.Sub != nil {
			s.giveAll(u.Field.Of, u.Sub)
			if u.Field.Of.value() {
				for _, sub := range u.Sub {
					s.learn(u.Field.Of, []*Field{sub.Field})
				}
			}
		}
	}
}

// implement has a type of an interface that a subgraph knows have a field of it: its own, or another subgraph's.
func (w *World) implement(s *Subgraph, t *Type, f *Field) {
	given := slices.ContainsFunc(w.Subgraphs, func(o *Subgraph) bool { return o != s && o.gives(t, f) })
	if given && !s.Old && !t.identifies(f) && !slices.Contains(s.fields[t], f) && w.dice.chance(25) {
		s.need(t, f)
		return
	}
	s.give(t, f)
}

// lock decides by which of its keys a subgraph can be asked for an entity of which it knows nothing but the keys.
func (w *World) lock(s *Subgraph, t *Type) {
	if !s.knows(t) || s.Old || s == w.home && slices.Contains(w.shared.Members, t) {
		return
	}
	for _, f := range s.fields[t] {
		if !t.identifies(f) {
			return
		}
	}
	if s.needed[t] == nil && len(t.Ways) == 1 && w.dice.chance(50) {
		s.keys[t][0] = false
	}
}
