package worlds

import (
	"slices"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
)

// World is an API, its data, and who answers for what of it.
type World struct {
	Seed      uint64
	Entities  []*Type
	Values    []*Type
	Abstract  []*Type
	Query     *Type
	Mutation  *Type // nil without
	Subgraphs []*Subgraph
	// Broken: some data are not as the schema has them.
	Broken bool

	dice *dice
	// shared is the interface that one subgraph, its stranger, knows as an object type. home has it with its key and
	// all its types. All are nil in worlds without.
	shared         *Type
	stranger, home *Subgraph
	tags           *Type // of values that no two objects have; nil without
	root           *Object
	traffic        traffic
	// data guards the data against mutations. undo takes those back that were made.
	data sync.RWMutex
	undo []func()
}

// Type is an object type, an interface or a union.
type Type struct {
	Name    string
	Kind    ast.DefinitionKind
	Keys    [][]*Field // of entities; the first is how references are told, as a rule
	Ways    []FieldSet // Keys, and those that lie deeper, which connectors do not have
	Fields  []*Field   // of an interface: those that clients may see
	Members []*Type    // of abstract types
	Rows    []*Object  // of entities, those that do not exist included: other rows refer to them
	letter  string     // begins the names of the fields, so that those of different types do not clash
}

// entity reports whether objects of the type have an identity.
func (t *Type) entity() bool { return len(t.Keys) > 0 }

func (t *Type) abstract() bool { return t.Members != nil }

// value reports whether objects of the type are parts of others.
func (t *Type) value() bool { return !t.entity() && !t.abstract() }

// flat reports whether nothing below a value has an identity. Else it could stand inside itself, in part, and composition
// does not look for a way round.
func (t *Type) flat() bool {
	return !slices.ContainsFunc(t.Fields, func(f *Field) bool { return f.Of != nil && (f.Of.entity() || !f.Of.flat()) })
}

// objects are the object types that a value of the type can be.
func (t *Type) objects() []*Type {
	if t.abstract() {
		return t.Members
	}
	return []*Type{t}
}

func (t *Type) field(name string) *Field {
	for _, f := range t.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// isKey reports whether a field is part of a key.
func (t *Type) isKey(f *Field) bool {
	return slices.ContainsFunc(t.Keys, func(key []*Field) bool { return slices.Contains(key, f) })
}

// identifies reports whether a field is part of a key, or has one below it.
func (t *Type) identifies(f *Field) bool {
	return slices.ContainsFunc(t.Ways, func(way FieldSet) bool { return way.has(f) })
}

// ghosts reports whether rows of the type are referred to that do not exist.
func (t *Type) ghosts() bool {
	return slices.ContainsFunc(t.Rows, func(o *Object) bool { return o.Missing })
}

// How says how the value of a field comes from the data.
type How uint8

// The kinds of field.
const (
	Plain  How = iota // as it is stored
	Slice             // a part of the list that is stored: arguments from and first
	Nth               // one item of the list that is stored: argument n
	Lookup            // the row with the key in the arguments
	Pick              // the rows with the keys in the one argument
	Echo              // a text of the object and the arguments
	Calc              // a text of other fields of the object
	Set               // changes a field of the row with the key in the arguments
	Count             // adds the argument to what is stored
)

// Field is a field of a type.
type Field struct {
	Name   string
	Type   *ast.Type
	Of     *Type // the composite type inside Type; nil for leaves
	How    How
	Args   []*Arg
	Hidden bool     // @inaccessible
	FK     *Field   // the reference whose key this field is
	Only   *Type    // the one object type that stands here, where Of is abstract; nil: any
	Uses   FieldSet // what a Calc is made of
	Target *Field   // what a Set changes
	shown  bool     // an interface may show it
	alien  bool     // comes from the subgraph that knows the interface as an object type
	can    []*Type  // the object types that stand here, where Of is abstract: those that all who give the field know
}

// Arg is an argument of a field, or a field of an input object.
type Arg struct {
	Name    string
	Type    *ast.Type
	Default string // a literal, or none
	Fields  []*Arg // of an input object
}
