package mapping

import "github.com/sluice-gateway/sluice/value"

// OutputKind says what an [Output] is.
type OutputKind uint8

// The kinds of output. Lists are transparent: the output is that of the items.
const (
	OutputValue        OutputKind = iota // taken from somewhere as it is: anything
	OutputScalar                         // certainly a scalar, null, or nothing
	OutputObject                         // built by the mapping: an object with Fields
	OutputAlternatives                   // one of several
)

// Output is what a mapping puts out at one place.
type Output struct {
	Kind   OutputKind
	Offset int    // in the text
	Root   string // as in [Shape]: "$" for a value out of the response, "$this" and so on, "" if made or mixed
	// Typename is the constant __typename of an object, "" if it has none or it is not constant.
	Typename string
	Fields   []OutputField // __typename is not among them if it is constant
	Open     bool          // an object that may have further keys, spread from somewhere
	// Alternatives are at least two; they are objects, or values taken as they are, never alternatives themselves.
	Alternatives []*Output
}

// OutputField is one key of an object, in the order of the text.
type OutputField struct {
	Key    string
	Offset int // in the text
	Value  *Output
}

// Output returns the tree of keys that the mapping can put out, for schema checks to hold against a type. Methods are
// followed in every version.
func (m *Mapping) Output() *Output {
	t := &typer{env: &ShapeEnv{Input: Shape{Root: "$"}}, methods: true, work: maxShapeWork}
	return outputOf(t.expr(m.root, t.env.Input, t.env.Input))
}

func outputOf(s Shape) *Output {
	switch s.Kind {
	case ShapeUnknown:
		return &Output{Offset: s.Offset, Root: s.Root}
	case ShapeList:
		if s.Elem == nil {
			return &Output{Offset: s.Offset, Root: s.Root}
		}
		return outputOf(*s.Elem)
	case ShapeObject:
		o := &Output{Kind: OutputObject, Offset: s.Offset, Open: s.Open}
		for _, f := range s.Fields {
			if f.Key == typename && f.Shape.Literal.Kind() == value.String {
				o.Typename = f.Shape.Literal.Text()
				continue
			}
			o.Fields = append(o.Fields, OutputField{f.Key, f.Offset, outputOf(f.Shape)})
		}
		return o
	case ShapeUnion:
		return outputOfUnion(s)
	}
	return &Output{Kind: OutputScalar, Offset: s.Offset, Root: s.Root}
}

func outputOfUnion(s Shape) *Output {
	var all []*Output
	var scalar *Output
	for _, a := range s.alternatives() {
		switch o := outputOf(a); o.Kind {
		case OutputScalar:
			if scalar == nil {
				scalar = o
			} else if scalar.Root != o.Root {
				scalar.Root = ""
			}
		case OutputAlternatives:
			all = append(all, o.Alternatives...)
		default:
			all = append(all, o)
		}
	}
	switch len(all) {
	case 0:
		return scalar
	case 1:
		return all[0] // beside it only null or a scalar, which no check of keys is about
	}
	return &Output{Kind: OutputAlternatives, Offset: s.Offset, Alternatives: all}
}
