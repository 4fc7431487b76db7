package mapping

import (
	"slices"

	"github.com/sluice-gateway/sluice/value"
)

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

var shapeNames = [...]string{"anything", "nothing", "null", "a boolean", "an integer", "a float", "a string", "an object", "a list", "one of several"}

// String returns the kind with its article, for messages.
func (k ShapeKind) String() string { return shapeNames[k] }

// Shape is a static type of the mapping language. Shapes are immutable.
type Shape struct {
	Kind    ShapeKind
	Literal value.Value // the exact value of a scalar, Missing if it is not known
	// Root is where the value comes from: "$" for the input, "$this" and so on for a variable, "" if the mapping made
	// it itself. A method keeps the root of what it was called on.
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
// unknown. Types that contain themselves, as input objects may, are cut off with an unknown shape somewhere.
type ShapeEnv struct {
	Input Shape
	Vars  map[string]Shape // by name with dollar: "$args"
}

// field returns the member with a key.
func (s *Shape) field(key string) (*ShapeField, bool) {
	for i := range s.Fields {
		if s.Fields[i].Key == key {
			return &s.Fields[i], true
		}
	}
	return nil, false
}

// alternatives returns the members of a union, flat, or the shape itself.
func (s Shape) alternatives() []Shape {
	if s.Kind != ShapeUnion {
		return []Shape{s}
	}
	var out []Shape
	for _, a := range s.Members {
		if a.Root == "" {
			a.Root = s.Root
		}
		out = append(out, a.alternatives()...)
	}
	return out
}

// maxAlternatives is how many members a union has at most; one with more is unknown.
const maxAlternatives = 64

// ShapeOf returns the shape of one of several: a union, or a simpler shape if there is one.
func ShapeOf(shapes ...Shape) Shape {
	var out []Shape
	for _, s := range shapes {
		for _, a := range s.alternatives() {
			same := func(b Shape) bool {
				return a.Kind == b.Kind && a.Kind != ShapeObject && a.Kind != ShapeList && a.Root == b.Root && value.Equal(a.Literal, b.Literal)
			}
			if !slices.ContainsFunc(out, same) {
				out = append(out, a)
			}
		}
	}
	switch {
	case len(out) == 0:
		return Shape{Kind: ShapeNothing}
	case len(out) == 1:
		return out[0]
	case len(out) > maxAlternatives:
		return Shape{Root: out[0].Root}
	}
	return Shape{Kind: ShapeUnion, Members: out, Offset: out[0].Offset}
}

// ListShape returns the shape of a list.
func ListShape(elem Shape) Shape { return Shape{Kind: ShapeList, Elem: &elem} }

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
func (s Shape) Check(w Want) string {
	for _, a := range s.alternatives() {
		if !a.fits(w) {
			return wantTexts[w] + ", but it can be " + a.describe() + "."
		}
	}
	return ""
}

var wantTexts = [...]string{
	"It must be a string, a number, a boolean or null",
	"It must be a list of strings, numbers and booleans",
	"It must be an object",
	"It must be a string",
	"It must be a boolean",
}

func (s Shape) fits(w Want) bool {
	switch s.Kind {
	case ShapeUnknown, ShapeNothing, ShapeNull:
		return true
	}
	switch w {
	case WantText:
		return s.Kind != ShapeObject && s.Kind != ShapeList
	case WantObject:
		return s.Kind == ShapeObject
	case WantString:
		return s.Kind == ShapeString
	case WantBool:
		return s.Kind == ShapeBool
	}
	return s.Kind == ShapeList && (s.Elem == nil || s.Elem.Check(WantText) == "")
}

// describe names a shape for a message.
func (s Shape) describe() string {
	if s.Kind == ShapeList && s.Elem != nil {
		for _, a := range s.Elem.alternatives() {
			switch a.Kind {
			case ShapeObject:
				return "a list of objects"
			case ShapeList:
				return "a list of lists"
			}
		}
	}
	return s.Kind.String()
}
