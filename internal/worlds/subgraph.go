package worlds

import "slices"

// Kind says who answers for a subgraph.
type Kind uint8

// The kinds of subgraph.
const (
	Connectors Kind = iota // REST services
	Remote                 // a GraphQL server
	Go                     // code in the gateway's process
)

// Subgraph is one schema of the supergraph.
type Subgraph struct {
	Name       string
	Kind       Kind
	Old        bool // its schema is of federation 1
	Connectors []*Connector
	Endpoints  []*Endpoint

	fields   map[*Type][]*Field     // what it gives
	needed   map[*Type][]*Field     // what it reads or provides, and perhaps does not give
	shows    map[*Type][]*Field     // of interfaces
	always   map[string]bool        // the fields that its interface shows
	narrow   map[*Field]bool        // fields that it declares with the one type that there is
	members  map[*Type][]*Type      // of abstract types
	stale    map[*Field]bool        // fields that another subgraph has taken over
	takes    map[*Field]*Subgraph   // fields that it has taken over, and from whom
	stub     map[*Type]int          // of connectors: the number of the key by which it refers to others
	parts    map[*Field][]*Field    // of connectors: what it gives of a value, if not all
	part     map[*Type][]*Field     // of others: the same by the type of the value
	keys     map[*Type]map[int]bool // of others: the numbers of the keys that it declares; true for those by which it can be asked
	provides map[*Field]FieldSet
	graph    *Graph
}

// Kind returns who answers for the subgraph of a name.
func (w *World) Kind(name string) Kind {
	return w.Subgraphs[slices.IndexFunc(w.Subgraphs, func(s *Subgraph) bool { return s.Name == name })].Kind
}

// open reports whether the subgraph gives any of its fields, in any selection.
func (s *Subgraph) open() bool { return s.Kind != Connectors }

// prepare decides what a subgraph knows of the types before it is known which fields it gives.
func (s *Subgraph) prepare(w *World) {
	d := w.dice
	s.fields, s.needed, s.shows = map[*Type][]*Field{}, map[*Type][]*Field{}, map[*Type][]*Field{}
	s.always, s.narrow, s.members = map[string]bool{}, map[*Field]bool{}, map[*Type][]*Type{}
	s.stale, s.takes = map[*Field]bool{}, map[*Field]*Subgraph{}
	s.stub, s.parts, s.part = map[*Type]int{}, map[*Field][]*Field{}, map[*Type][]*Field{}
	s.keys, s.provides = map[*Type]map[int]bool{}, map[*Field]FieldSet{}
	for _, t := range w.Abstract {
		for i, f := range t.Fields {
			s.always[f.Name] = i == 0 || s == w.home && i == 1 || d.chance(50)
		}
		s.members[t] = t.Members
		if s.open() && s != w.home && d.chance(30) {
			s.members[t] = some(d, t.Members, 50)
		}
	}
	for _, t := range append(slices.Clone(w.Entities), w.Query) {
		for _, f := range t.Fields {
			s.narrow[f] = d.chance(40)
		}
	}
	if !s.open() {
		for _, t := range w.Entities {
			s.stub[t] = d.n(len(t.Keys))
		}
		return
	}
	for _, t := range w.Values {
		if len(t.Fields) > 1 && !slices.ContainsFunc(w.Values, func(v *Type) bool { return !v.flat() }) && d.chance(30) {
			s.part[t] = shuffled(d, t.Fields)[:d.between(1, len(t.Fields)-1)]
		}
	}
	for _, t := range w.Entities {
		s.keys[t] = map[int]bool{}
		if s == w.stranger {
			s.keys[t][0] = d.chance(50)
			continue
		}
		for i, n := range shuffled(d, count(len(t.Ways))) {
			if i == 0 || d.chance(30) {
				s.keys[t][n] = i == 0 || s.Old || d.chance(70)
			}
		}
	}
}

// knows reports whether a subgraph declares a type.
func (s *Subgraph) knows(t *Type) bool {
	return s.fields[t] != nil || s.needed[t] != nil || s.shows[t] != nil
}

// gives reports whether a subgraph is a source of a field.
func (s *Subgraph) gives(t *Type, f *Field) bool {
	return slices.Contains(s.fields[t], f) && !s.stale[f]
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

// of is the type of a field as a subgraph declares it.
func (s *Subgraph) of(f *Field) *Type {
	if f.Only != nil && s.narrow[f] {
		return f.Only
	}
	return f.Of
}

// known are the fields of a value that the subgraph has.
func (s *Subgraph) known(t *Type) []*Field {
	if part := s.part[t]; part != nil {
		return part
	}
	return t.Fields
}

// learn makes an open subgraph know fields of a value, with all that is below them.
func (s *Subgraph) learn(t *Type, fields []*Field) {
	for _, f := range fields {
		if part := s.part[t]; part != nil && !slices.Contains(part, f) {
			s.part[t] = append(part, f)
		}
		if f.Of != nil && f.Of.value() {
			s.learn(f.Of, f.Of.Fields)
		}
	}
}

// covers are the paths to all the leaves of a value that a subgraph has, below one of its fields.
func (s *Subgraph) covers(t *Type, prefix string) (paths []string) {
	for _, f := range s.known(t) {
		if f.Of != nil && f.Of.value() {
			paths = append(paths, s.covers(f.Of, prefix+f.Name+".")...)
		} else {
			paths = append(paths, prefix+f.Name)
		}
	}
	return paths
}
