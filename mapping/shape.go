package mapping

import "github.com/sluice-gateway/sluice/value"

// ShapeKind says what a [Shape] is.
type ShapeKind uint8

// The kinds of shape. Unknown is the zero value: it may be anything and passes every check.
const (
	ShapeUnknown ShapeKind = iota
	ShapeNothing           // no value at all
	ShapeNull
	ShapeBool
	ShapeInt
	ShapeFloat
	ShapeString
	ShapeObject
	ShapeList
	ShapeUnion // one of Members
)

// Shape is a static type of the mapping language. Shapes are immutable.
type Shape struct {
	Kind    ShapeKind
	Literal value.Value // the exact value of a scalar, Missing if it is not known
	// Root is where the value comes from: "$" for the input, "$this" and so on for a variable, "" if the mapping made
	// it itself.
	Root    string
	Fields  []ShapeField // of an object
	Open    bool         // an object that may have further members
	Elem    *Shape       // of a list
	Members []Shape      // of a union
	Offset  int          // where in the text it is made; 0 for shapes of variables
}

// ShapeField is one member of an object's shape.
type ShapeField struct {
	Key    string
	Shape  Shape
	Offset int // where in the text the key is written; 0 for shapes of variables
}

// ShapeEnv gives the static types of what a mapping is applied to and of its variables. A variable that is not in Vars is
// unknown.
type ShapeEnv struct {
	Input Shape
	Vars  map[string]Shape // by name with dollar: "$args"
}

// Want is what a place of a directive wants of a mapping's shape.
type Want uint8

// What places want: a template hole text, http.path a list of scalars, http.queryParams and errors.extensions an object,
// errors.message a string, isSuccess a boolean.
const (
	WantText Want = iota
	WantScalars
	WantObject
	WantString
	WantBool
)

// Check returns a sentence that says why a value of this shape cannot be what is wanted, or "". Unknown shapes pass, and
// so do null and nothing; a union passes if every member does.
func (s Shape) Check(w Want) string { return "" }

// OutputKind says what an [Output] is.
type OutputKind uint8

// The kinds of output. Lists are transparent: the output is that of the items.
const (
	OutputValue        OutputKind = iota // taken from somewhere as it is: anything
	OutputScalar                         // certainly a scalar
	OutputObject                         // built by the mapping: an object with Fields
	OutputAlternatives                   // one of several objects
)

// Output is what a mapping puts out at one place.
type Output struct {
	Kind   OutputKind
	Offset int    // in the text
	Root   string // as in [Shape]: "$" for a value out of the response, "$this" and so on, "" if made or mixed
	// Typename is the constant __typename of an object, "" if it has none or it is not constant.
	Typename     string
	Fields       []OutputField
	Alternatives []*Output // objects, flat
}

// OutputField is one key of an object, in the order of the text.
type OutputField struct {
	Key    string
	Offset int // in the text
	Value  *Output
}
