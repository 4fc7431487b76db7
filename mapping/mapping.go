package mapping

import (
	"fmt"

	"github.com/sluice-gateway/sluice/value"
)

// SyntaxError says where and why a text is not a mapping, a template or a URL.
type SyntaxError struct {
	Offset  int    // in bytes from the start of the text
	Message string // a sentence without its full stop
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s (at byte %d)", e.Message, e.Offset) }

// Mapping is one parsed mapping. It is immutable and safe for concurrent use.
type Mapping struct {
	src     string
	version Version
}

// Parse reads a mapping as the given version of the language has it. The error is a *[SyntaxError].
func Parse(src string, v Version) (*Mapping, error) { return &Mapping{src: src, version: v}, nil }

// String returns the text the mapping was parsed from.
func (m *Mapping) String() string { return m.src }

// Version returns the version of the language the mapping was parsed with.
func (m *Mapping) Version() Version { return m.version }

// Apply maps one value. Missing means that the mapping has no value; it never fails, problems go to env.Problems.
// The result may share memory with in, with the variables of env and with env.Arena.
func (m *Mapping) Apply(in value.Value, env *Env) value.Value { return in }

// Narrow returns the mapping without what r does not ask for. What the narrowed mapping gives is named as before. A nil
// r asks for everything.
func (m *Mapping) Narrow(r *Request) *Mapping { return m }

// Reads tells which members of its input the mapping can read; nil: all of them. A body scanned with it gives the same
// result as the whole body.
func (m *Mapping) Reads() *value.Filter { return nil }

// ReadsInput reports whether the mapping reads the value it is applied to, and where it first does.
func (m *Mapping) ReadsInput() (offset int, reads bool) { return 0, false }

// References returns every use of a variable, in the order of the text. Names bound by ->as are not among them.
func (m *Mapping) References() []Reference { return nil }

// Remarks returns what is wrong with the mapping's method calls as far as it can be known without data, in the order of
// the text.
func (m *Mapping) Remarks() []Remark { return nil }

// Shape returns the static type of what the mapping gives, if its input and variables have the types that env says.
func (m *Mapping) Shape(env *ShapeEnv) Shape { return Shape{} }

// Output returns the tree of keys that the mapping can put out, for schema checks to hold against a type.
func (m *Mapping) Output() *Output { return &Output{} }

// Env is what an application of a mapping sees and uses. The zero Env is ready if Arena is set. It may be used for one
// mapping after the other, and is not safe for concurrent use.
type Env struct {
	// The variables. Missing: not bound.
	Args, This, Batch, Config, Context, Environ, Request, Response, Status value.Value

	Arena    *value.Arena // memory for results; never nil
	Problems *Problems    // nil: not collected
}

// Reference is one use of a variable.
type Reference struct {
	// Name is the variable with its dollar: "$args", "$this", "$batch", "$config", "$context", "$env", "$request",
	// "$response", "$status", or one that does not exist.
	Name string
	// Path are the keys after it, up to the first method. They go on through "?" and into braces: $this.a? { b c.d }
	// are two references, to a b and to a c d.
	Path   []string
	Offset int // in bytes from the start of the text
}

// Request is what an operation asks of a mapping's output at one place. Fragments are flattened, fields are named as
// in the schema, none repeats.
type Request struct {
	Type     string // the name of the type at this place
	Abstract bool   // an interface or union: the mapping itself must supply __typename
	Typename bool   // __typename is asked for
	Fields   []RequestField
}

// RequestField is one field of a [Request].
type RequestField struct {
	Name string
	Sub  *Request // nil for a leaf, which then is kept whole
}

// Remark is what is wrong with one method call.
type Remark struct {
	Kind    RemarkKind
	Method  string // without arrow
	Offset  int    // in bytes from the start of the text
	Message string // a sentence
}

// RemarkKind says what a [Remark] is about.
type RemarkKind uint8

// The kinds of remark.
const (
	UnknownMethod  RemarkKind = iota // there is no such method in any version
	BadArguments                     // the method cannot work with the arguments it is given
	ElementIgnored                   // an argument that runs per element cannot reach the element: a warning
)
