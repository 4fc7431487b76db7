package worlds

import "github.com/vektah/gqlparser/v2/ast"

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

// Deep is a field of an object or, if Field is not nil, of a value in it.
type Deep struct{ Value, Field *Field }

// deep is what stands at a field of an object, or of a value in it.
func (o *Object) deep(d *Deep) any {
	v := o.Fields[d.Value.Name]
	if d.Field == nil {
		return v
	}
	if o, ok := v.(*Object); ok {
		return o.Fields[d.Field.Name]
	}
	return nil
}
