// Package plan turns an operation on the API schema into the fetches that answer it: which source is asked what,
// for which objects, after what else, and where everything lands. It also keeps plans in a cache and prints them.
//
// A plan is compiled: nothing in it depends on the values of variables (but those of @skip and @include, which choose
// the plan), and execution looks nothing up by name. The package knows nothing of HTTP and JSON, nor which kind a
// source is.
package plan

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema"
)

// Plan is how one operation is answered. It is immutable and safe for concurrent use.
type Plan struct {
	Operation ast.Operation
	Variables ast.VariableDefinitionList // the operation's
	Root      *Place                     // of the root object
	Fetches   []*Fetch                   // in a topological order; Fetch.ID is the index
	Output    *Output                    // of the root object
	// Labels tells for each of the supergraph's labels whether the plan could be another one if it were the other way; nil:
	// for none of them.
	Labels []bool
}

// Place is a position of the response as the gateway stores it: the objects that stand there have one slot for each
// datum that the client or a fetch needs. Fields that differ only in their alias share a slot; fields whose arguments
// differ do not. Objects of all runtime types at one position share one place.
type Place struct {
	Slots []Slot
}

// Slot is one datum of the objects at a place.
type Slot struct {
	Key string // canonical, see schema.Select; "__typename" for the runtime type's name
	Sub *Place // nil for leaves
}

// Fetch asks one source once, for the root object or for all the objects at one path.
type Fetch struct {
	ID     int
	Source *schema.Source
	// Path leads from the root object to the objects that are entered with; empty for a fetch of root fields.
	Path []Step
	// Entries are the kinds of object the source is entered with. A root fetch has one, without Needs. Sources with a
	// query language can have several, and others if objects of several types go through one entrance.
	Entries []*Entry
	// Deps are the ids of the fetches that must have ended before, in rising order: those that bring the objects or
	// what Needs reads of them and, below a mutation, the fetches of the root field before.
	Deps []int
	// Query is the request text for a source with a query language; nil for others.
	Query *Query
	// Contextual are the variables of the query whose values come from the objects around those that are entered with.
	// Objects that have different values cannot be asked for in one run of the query.
	Contextual []Contextual
}

// Contextual is a variable that is read from an object around the one that is entered with.
type Contextual struct {
	Variable string
	Type     *ast.Type // as the source declares it
	Depth    int       // the object around stands at the end of Path[:Depth]
	From     [][]Step  // ways from there to the value, for the types that the objects can have
}

// Step goes from an object to the value in one of its slots; lists on the way are entered.
type Step struct {
	Slot int
	Key  string         // of the slot, for display
	On   []*schema.Type // only from objects of these runtime types; nil: from all
	List bool           // the value is a list
}

// Entry is one kind of object that a fetch enters its source with, and what it asks for there.
type Entry struct {
	Entrance *schema.Entrance
	// On limits the entry to objects of these runtime types; nil: all at the fetch's path.
	On []*schema.Type
	// Needs says how a representation is read from an object; nil for root fetches.
	Needs *Needs
	// Call is the field and its arguments, if the entrance answers one field.
	Call *schema.Select
	// Want is what is asked for of each object, and where it goes.
	Want *Tree
}

// Needs reads a representation from an object: an object whose members have the field names of the selection that an
// entrance needs, not the canonical keys.
type Needs struct {
	Place    *Place
	Fields   []Need
	On       []NeedsOn // more fields for objects of one runtime type
	Typename int       // the slot of the runtime type's name; -1: not known here, or not needed
}

// Need is one field of a representation.
type Need struct {
	Name string
	Slot int
	Key  bool   // part of what identifies the object, as against a further requirement
	Sub  *Needs // nil for leaves
}

// NeedsOn are the fields that only objects of one runtime type give.
type NeedsOn struct {
	Type   *schema.Type
	Fields []Need
}

// Tree is what a fetch asks for at one position, and the slots its answer fills.
type Tree struct {
	Place *Place
	Type  *schema.Type // the declared type here, in the supergraph
	// Typename is the slot that takes the runtime type's name, which the answer then carries as "__typename"; -1 if
	// the type is known or not wanted.
	Typename int
	Fields   []TreeField
	On       []TreeOn // further fields of objects of one runtime type
}

// TreeField is one field that a fetch asks for.
type TreeField struct {
	Select *schema.Select
	Name   string // of the member in the source's answer
	Slot   int
	Sub    *Tree // nil for leaves
}

// TreeOn are the fields that are asked for of objects of one runtime type.
type TreeOn struct {
	Type   *schema.Type
	Fields []TreeField
}

// Query is a GraphQL request to a source.
type Query struct {
	Text      string
	Variables []string // the names of the operation's variables that it uses
	// Definitions define Variables, in their order and as they stand in Text: "$first:Int=10".
	Definitions []string
	// Selection is what Text asks of each entity, or of the root object: for sources that are asked several queries in
	// one request.
	Selection string
	// Entities: the query takes the representations as the variable Representations and answers with "_entities".
	Entities        bool
	Representations string
}

// Output is the client's selection at one position, with fragments resolved for every runtime type and in the
// order in which the client asked.
type Output struct {
	Place    *Place
	Type     *schema.Type // the declared type here
	Typename int          // the slot of the runtime type's name; -1 if Type is an object type
	// ByType lists the fields for each runtime type; for an object type there is the one entry. A type that is not
	// listed gives an empty object. Type itself is listed if it is an interface of which the objects can be put out without
	// their type being known, and some come from a source that does not know it.
	ByType []OutputType
}

// OutputType are the fields of an [Output] for one runtime type.
type OutputType struct {
	Type   *schema.Type
	Fields []OutputField
}

// OutputField is one entry of an object in the answer.
type OutputField struct {
	Key   string // the response name
	Kind  OutputKind
	Slot  int           // of the value, for OutputValue
	Field *schema.Field // for OutputValue
	Type  *ast.Type     // as in the API schema
	Sub   *Output       // nil for leaves
	// Introspection is the field to answer from the API schema: __schema or __type, for OutputIntrospection.
	Introspection *ast.Field
}

// OutputKind says where the value of an [OutputField] comes from.
type OutputKind uint8

// The kinds of output field.
const (
	OutputValue         OutputKind = iota // a slot
	OutputTypename                        // the name of the runtime type
	OutputIntrospection                   // the API schema
)
