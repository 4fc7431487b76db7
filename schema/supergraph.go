package schema

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/join"
)

// Supergraph is the composed schema as planning and execution see it: the types, and the entrances through which
// sources give their fields. It is immutable and safe for concurrent use.
type Supergraph struct {
	API                           *ast.Schema // what clients see; never changed after composition
	Query, Mutation, Subscription *Type       // Mutation and Subscription are nil if there is none
	Types                         map[string]*Type
	Sources                       []*Source   // Source.ID is the index
	Entrances                     []*Entrance // Entrance.ID is the index
	Hash                          string      // of the composed schema with its sources, hexadecimal
	// Labels are those of progressive overrides, sorted. Whether each is on is decided for every request before it is
	// planned.
	Labels []string
	// Guarded is what not everybody may ask for, in the order of the types. Whoever serves the supergraph must hold clients
	// to it, or refuse it.
	Guarded []Guarded

	joined *join.Supergraph // as it is printed
}

// Type is a named type of the supergraph, hidden ones included.
type Type struct {
	Name       string
	Kind       ast.DefinitionKind
	Definition *ast.Definition
	Hidden     bool              // marked @inaccessible: not part of the API schema
	Fields     map[string]*Field // of objects, interfaces and input objects
	// Possible are the object types a value of this type can be, sorted by name: the members of a union, the
	// implementations of an interface, an object type itself. Nil for leaves.
	Possible []*Type
	// Interfaces are the interfaces an object type or interface implements anywhere, sorted by name.
	Interfaces []*Type
	// Values are the values of an enum: true if clients may see it, false if it is hidden.
	Values map[string]bool
	// Entrances stand on this type, in the order of their ids. Those of the root types are the ways a plan begins.
	Entrances []*Entrance
}

// Abstract reports whether t is an interface or a union.
func (t *Type) Abstract() bool { return t.Kind == ast.Interface || t.Kind == ast.Union }

// Composite reports whether t is an object, an interface or a union.
func (t *Type) Composite() bool { return t.Kind == ast.Object || t.Abstract() }

// CanBe reports whether a value of type t can be an object of type o.
func (t *Type) CanBe(o *Type) bool {
	for _, p := range t.Possible {
		if p == o {
			return true
		}
	}
	return false
}

// Field is a field of a composite type, or of an input object.
type Field struct {
	Parent *Type
	Name   string
	Type   *ast.Type // as in the supergraph
	Named  *Type     // the named type inside Type
	Args   ast.ArgumentDefinitionList
	Hidden bool
}

// Kind says how a source is asked. Only the wiring of drivers and messages look at it: planning and execution never do.
type Kind string

// The kinds of source.
const (
	Connector Kind = "connector" // one @connect
	Local     Kind = "local"     // a Go subgraph in this process
	Remote    Kind = "graphql"   // a remote GraphQL server
)

// Source is a thing that can be asked.
type Source struct {
	ID       int
	Name     string // unique: the subgraph's name, or a connector's coordinate "<subgraph>:Query.user[0]"
	Subgraph string
	Kind     Kind
	// URL is where the schema says that a remote subgraph answers; empty if it does not say.
	URL string
	// Open describes what a source resolves that answers any selection of its own schema. It is nil for a source
	// that gives only what the shape of its entrance lists.
	Open *Open
	// Bind is what the source's driver needs to know, and nobody else looks at: a *connect.Connector for connectors.
	Bind any
}

// Open is the schema of a source with a query language of its own: for each type it has, what it resolves.
type Open struct {
	Types map[*Type]*OpenType
}

// OpenType is a supergraph type as one open source knows it.
type OpenType struct {
	Fields map[string]*OpenField
	// Members are the object types that this source can return for an abstract type, sorted by name.
	Members []*Type
	// InterfaceObject: the source declares this interface as an object type (@interfaceObject).
	InterfaceObject bool
}

// OpenField is a field as one open source declares it.
type OpenField struct {
	Type     *ast.Type // the source's own declaration, which may be narrower or wider than the supergraph's
	External bool      // declared but not resolved: external, or overridden by another source
	Requires *Selection
	Provides *Shape
	// Label is the label of a progressive override, one of Supergraph.Labels; empty: none. The source resolves the field
	// only for requests in which the label is on if LabelOn, off if not.
	Label   string
	LabelOn bool
	// Contextual are the arguments that this source fills from a context (@fromContext): they are no part of the
	// supergraph's field.
	Contextual []ContextualArgument
}

// ContextualArgument is an argument of a field in one open source that takes its value from an enclosing object
// (federation's @fromContext): the nearest one whose type is in From.
type ContextualArgument struct {
	Name    string
	Type    *ast.Type // as the source declares the argument
	Context string
	// From says what is read of the enclosing object, by its type: a selection that leads to one leaf. The types are those
	// on which the source sets the context.
	From map[*Type]*Selection
}

// Entrance is one way into a source: the type it stands on, what it needs of an object of that type, and the shape of
// what it gives.
type Entrance struct {
	ID     int
	Source *Source
	On     *Type
	// Field is the one field this entrance answers, with its arguments: a connector on a field. Each use of the
	// field with other arguments is a fetch of its own. Nil: the entrance gives the fields of Gives, or any field its
	// open source resolves, several in one fetch.
	Field *Field
	// Needs is the selection on On that identifies or describes the object; nil for entrances on root types.
	Needs *Selection
	// Gives lists what comes back, as a shape on On: with Field, its one member is the field, and below that is the
	// shape of the value. What Needs has is not in it unless it comes back. Nil: the source is open, and its own schema
	// says.
	Gives *Shape
	// Virtual: the source makes its value of what it is given and calls nobody. So it is cheap, and has an answer for an
	// object of which everything in Needs is null, while others have nothing to look it up by and are not asked.
	Virtual bool
	// Batch is how many objects one call takes: 1 for one call an object, 0 for any number.
	Batch int
	// Price is what one call costs in the planner's choice, against 1 for a field.
	Price int
	// Bind is what the source's driver needs to know of this entrance.
	Bind any
}

// Shape is the tree of fields that a closed entrance gives, or that a @provides of an open source adds.
type Shape struct {
	Fields map[string]*Shape // nil value: a leaf
	// On are further fields by runtime type; keys are object types. A closed shape on an abstract type lists in it every
	// object type that can come back; if it has none, the source knows no more than the interface (@interfaceObject).
	On map[*Type]*Shape
	// Only is the object type that the source declares where the supergraph has an abstract one; nil for none. The source
	// then has no need to tell the type.
	Only *Type
	// Open: the source's own schema applies here in addition.
	Open bool
}

// Selection is a set of fields in canonical form: no aliases, no fragments by name. Fields apply to whatever is there, On
// to objects of one runtime type.
type Selection struct {
	Type   *Type
	Fields []*Select
	On     []TypeSelection // sorted by the name of the type
}

// TypeSelection is the part of a [Selection] for one object type.
type TypeSelection struct {
	Type   *Type
	Fields []*Select
}

// Select is one field of a [Selection].
type Select struct {
	Field *Field // nil for __typename
	Name  string
	// Key is the canonical name of the datum: the field's name, and with arguments their text in a normal form. The
	// same field with the same arguments is the same datum wherever it is asked for.
	Key  string
	Args ast.ArgumentList
	Sub  *Selection // nil for leaves
}
