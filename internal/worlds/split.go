package worlds

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// Subgraph is one schema of the supergraph.
type Subgraph struct {
	Name       string
	Local      bool // answered by Go code, which gives any of its fields
	Connectors []*Connector
	Endpoints  []*Endpoint

	always map[string]bool // the fields that its interface shows
	stub   map[*Type]int   // the number of the key by which it refers to others
	fields map[*Type][]*Field
	needed map[*Type][]*Field   // read by connectors, and perhaps given by nobody here
	shows  map[*Type][]*Field   // of interfaces
	parts  map[*Field][]*Field  // what it gives of a value, if not all
	stale  map[*Field]bool      // fields that another subgraph has taken over
	narrow map[*Field]bool      // fields that it declares with the one type that there is
	takes  map[*Field]*Subgraph // fields that it has taken over, and from whom
}

// Connector is one @connect.
type Connector struct {
	On       *Type  // the root type, or an entity
	Field    *Field // nil for a connector on a type
	Entity   bool
	Batch    bool
	MaxSize  int
	Needs    []*Field // of On, or of Field.Of if Entity is set
	Deep     *Deep    // needed of a value in it; nil for nothing
	Endpoint *Endpoint
	// Gives is what is selected of the answer; nil for a leaf.
	Gives *Shape
	// Inputs say where the endpoint's inputs come from, as "$this.id", in their order.
	Inputs []string
}

// Endpoint is one thing that a service can be asked for.
type Endpoint struct {
	ID     int
	Method string
	On     *Type  // nil for the root
	Field  *Field // nil for the object itself
	Inputs []*Input
	Batch  batchForm
	Max    int  // objects of one batch; 0: any number
	Ghosts bool // answers for rows that do not exist, with their key alone
	Sparse bool // has no rows of which it knows nothing but what it is asked by
	Shape  *Shape
	Style  Style // of a leaf
	Wrap   wrap
	Absent absent
}

// Input is something that an endpoint is told.
type Input struct {
	Name   string
	Type   *ast.Type
	Fields []*Arg // of an input object
	In     place
	Key    bool  // part of what identifies the object
	Deep   *Deep // where it is of a value in the object
}

type place uint8

const (
	inPath place = iota
	inURL        // the query, as part of the template
	inQuery
	inBody
)

type batchForm uint8

const (
	noBatch   batchForm = iota
	joined              // ?ids=1,2
	repeated            // ?ids=1&ids=2
	listed              // {"ids": [1, 2]}
	objects             // {"keys": [{"id": 1}]}
	bareList            // [1, 2]
	bareItems           // [{"id": 1}]
)

// wrap is what an answer is wrapped in.
type wrap uint8

const (
	bare wrap = iota
	inData
	inDeep
	inRows // a list of one, for objects
)

// absent is how a service answers for an object that is not there.
type absent uint8

const (
	absentNull absent = iota
	absentEmpty
	absentStatus  // 404, which is an error
	absentSuccess // 404, which is none
)

// split spreads the fields over subgraphs.
func (w *World) split() {
	d := w.dice
	for i := range d.between(1, 4) {
		w.Subgraphs = append(w.Subgraphs, &Subgraph{Name: fmt.Sprintf("s%d", i)})
	}
	if d.chance(40) {
		w.Subgraphs = append(w.Subgraphs, &Subgraph{Name: "go", Local: true})
	}
	for _, s := range w.Subgraphs {
		s.always, s.stub = map[string]bool{}, map[*Type]int{}
		s.fields, s.needed, s.shows = map[*Type][]*Field{}, map[*Type][]*Field{}, map[*Type][]*Field{}
		s.parts, s.stale, s.takes = map[*Field][]*Field{}, map[*Field]bool{}, map[*Field]*Subgraph{}
		for _, t := range w.Abstract {
			for i, f := range t.Fields {
				s.always[f.Name] = i == 0 || d.chance(50)
			}
		}
		s.narrow = map[*Field]bool{}
		for _, t := range append(slices.Clone(w.Entities), w.Query) {
			for _, f := range t.Fields {
				s.narrow[f] = d.chance(40)
			}
			if !s.Local && t != w.Query {
				s.stub[t] = d.n(len(t.Keys))
			}
		}
	}
	for _, t := range w.Entities {
		p := &provider{world: w, dice: d, on: t}
		p.home()
	}
	for _, f := range w.Query.Fields {
		w.splitRoot(f)
	}
	if w.Mutation != nil {
		for _, f := range w.Mutation.Fields {
			w.rootConnector(pick(d, w.rest()), f)
		}
	}
	for _, s := range w.Subgraphs {
		for _, e := range s.Endpoints {
			e.Sparse = e.On != nil && e.Field == nil && !e.Ghosts && d.chance(50) && !w.matters(s, e)
		}
	}
	w.declare()
}

// matters reports whether it matters that an endpoint has a row of which it knows nothing: where it is looked up by itself,
// or where others need to know what it does not have, as that there is nothing and that there is no row are not the same.
func (w *World) matters(s *Subgraph, e *Endpoint) bool {
	if slices.ContainsFunc(s.Connectors, func(c *Connector) bool { return c.Endpoint == e && c.On == w.Query }) {
		return true
	}
	for _, s := range w.Subgraphs {
		for _, c := range s.Connectors {
			for _, f := range e.Shape.Fields {
				if slices.Contains(c.Needs, f.Field) && !e.On.isKey(f.Field) || c.Deep != nil && c.Deep.Value == f.Field {
					return true
				}
			}
		}
	}
	return false
}

// rest are the subgraphs with connectors.
func (w *World) rest() []*Subgraph {
	return slices.DeleteFunc(slices.Clone(w.Subgraphs), func(s *Subgraph) bool { return s.Local })
}

// splitRoot decides who gives a root field.
func (w *World) splitRoot(f *Field) {
	d := w.dice
	for _, s := range w.Subgraphs {
		if slices.ContainsFunc(s.Connectors, func(c *Connector) bool { return c.Field == f }) {
			return // it came with an entity
		}
	}
	for range 1 + boolInt(d.chance(20)) {
		s := pick(d, w.Subgraphs)
		if s.Local && !w.localCan(f) {
			s = pick(d, w.rest())
		}
		if s.Local {
			s.give(w.Query, f)
		} else {
			w.rootConnector(s, f)
		}
	}
}

// localCan reports whether Go code can answer for a field: where it tells an object that does not exist, nulls in its
// fields would take it away.
func (w *World) localCan(f *Field) bool {
	return f.Of == nil || !f.Of.abstract() || !slices.ContainsFunc(f.Of.Members, func(t *Type) bool { return t.ghosts() })
}

func (w *World) rootConnector(s *Subgraph, f *Field) {
	p := &provider{world: w, dice: w.dice, on: f.Of}
	sh := &shaper{w.dice, s}
	c := &Connector{On: w.Query, Field: f}
	if f.How >= Set {
		c.On = w.Mutation
	}
	s.Connectors = append(s.Connectors, c)
	if f.How != Lookup {
		c.Endpoint = p.endpoint(s, nil, f)
		p.arguments(c)
		p.result(sh, c)
		if f.How >= Set {
			c.Endpoint.Method = pick(w.dice, []string{"POST", "PUT", "PATCH", "DELETE"})
		}
		return
	}
	key := keyOf(f)
	for _, k := range key {
		c.Inputs = append(c.Inputs, "$args."+k.Name)
	}
	if c.Endpoint = p.reuse(s, key, false); c.Endpoint == nil {
		c.Endpoint = p.endpoint(s, f.Of, nil)
		p.byKey(c.Endpoint, key)
	}
	p.choose(sh, c, append(slices.Clone(f.Of.Keys[s.stub[f.Of]]), some(w.dice, f.Of.Fields, 40)...))
}

// of is the type of a field as a subgraph declares it.
func (s *Subgraph) of(f *Field) *Type {
	if f.Only != nil && s.narrow[f] {
		return f.Only
	}
	return f.Of
}

// give notes that a subgraph gives a field.
func (s *Subgraph) give(t *Type, f *Field) {
	if !slices.Contains(s.fields[t], f) {
		s.fields[t] = append(s.fields[t], f)
	}
}

// need notes that a subgraph reads a field.
func (s *Subgraph) need(t *Type, f *Field) {
	if !slices.Contains(s.needed[t], f) {
		s.needed[t] = append(s.needed[t], f)
	}
}

// knows reports whether a subgraph declares a type.
func (s *Subgraph) knows(t *Type) bool {
	return s.fields[t] != nil || s.needed[t] != nil || s.shows[t] != nil
}

// declare finds out what each subgraph gives and reads, and what interfaces show.
func (w *World) declare() {
	for _, s := range w.Subgraphs {
		if s.Local {
			w.declareLocal(s)
			continue
		}
		for _, c := range s.Connectors {
			of := c.On
			if c.Field != nil {
				s.give(c.On, c.Field)
				of = c.Field.Of
			}
			if c.Gives != nil {
				s.declareShape(c.Gives)
			}
			on := c.On
			if c.Entity {
				on = of
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
	for _, t := range w.Abstract {
		if t.Kind != ast.Interface {
			continue
		}
		t.Fields = slices.DeleteFunc(t.Fields, func(f *Field) bool {
			return !slices.ContainsFunc(w.Subgraphs, func(s *Subgraph) bool { return slices.Contains(s.shows[t], f) })
		})
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
		if s.always[f.Name] {
			s.shows[t] = append(s.shows[t], f)
		}
	}
}

// declareLocal completes what a subgraph in Go gives: whatever its fields lead to.
func (w *World) declareLocal(s *Subgraph) {
	var follow func(t *Type)
	seen := map[*Type]bool{}
	follow = func(t *Type) {
		if seen[t] {
			return
		}
		seen[t] = true
		if t.abstract() {
			s.show(t)
			for _, m := range t.Members {
				for _, f := range s.shows[t] {
					s.give(m, m.field(f.Name))
				}
				follow(m)
			}
			return
		}
		switch {
		case t.entity():
			for _, k := range t.Keys[0] {
				s.give(t, k)
			}
		case t != w.Query:
			for _, f := range t.Fields {
				s.give(t, f)
			}
		}
		for _, f := range s.fields[t] {
			if f.Of != nil {
				follow(s.of(f))
			}
		}
	}
	for _, t := range append(slices.Clone(w.Entities), w.Query) {
		if s.fields[t] != nil {
			follow(t)
		}
	}
}
