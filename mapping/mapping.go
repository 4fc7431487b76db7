package mapping

import (
	"fmt"

	"github.com/sluice-gateway/sluice/value"
)

// SyntaxError says where and why a text is not a mapping, a template or a URL.
type SyntaxError struct {
	Offset  int    // in bytes from the start of the text
	Message string // without capital and full stop
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s (at byte %d)", e.Message, e.Offset) }

// Mapping is one parsed mapping. It is immutable and safe for concurrent use.
type Mapping struct {
	src     string
	version Version
	root    expr
	trace   trace
}

// Parse reads a mapping as the given version of the language has it. A text without any selection is a mapping too,
// see [Mapping.Empty]. The error is a *[SyntaxError].
func Parse(src string, v Version) (*Mapping, error) { return parse(src, v, 0) }

func newMapping(src string, v Version, root expr) *Mapping {
	return &Mapping{src: src, version: v, root: root, trace: traceOf(root)}
}

// String returns the text the mapping was parsed from.
func (m *Mapping) String() string { return m.src }

// Version returns the version of the language the mapping was parsed with.
func (m *Mapping) Version() Version { return m.version }

// Empty reports whether nothing but white space and comments was written.
func (m *Mapping) Empty() bool {
	l := lexer{src: m.src}
	l.space()
	return l.end()
}

// Apply maps one value. Missing means that the mapping has no value; it never fails, problems go to env.Problems.
// The result may share memory with in, with the variables of env and with env.Arena.
func (m *Mapping) Apply(in value.Value, env *Env) value.Value {
	return env.machine.run(env, m.root, in)
}

// Reads tells which members of its input the mapping can read; nil: all of them. A body scanned with it gives the same
// result as the whole body.
func (m *Mapping) Reads() *value.Filter { return m.trace.reads }

// ReadsInput reports whether the mapping reads the value it is applied to, and where it first does.
func (m *Mapping) ReadsInput() (offset int, reads bool) { return m.trace.inputAt, m.trace.input }

// References returns every use of a variable, in the order of the text. Names bound by ->as are not among them. The
// caller must not change the result.
func (m *Mapping) References() []Reference { return m.trace.references }

// Env is what an application of a mapping sees and uses. The zero Env is ready if Arena is set. It may be used for one
// mapping after the other, which saves allocations, and is not safe for concurrent use.
type Env struct {
	// The variables. Missing: not bound.
	Args, This, Batch, Config, Context, Environ, Request, Response, Status value.Value

	Arena    *value.Arena // memory for results; never nil
	Problems *Problems    // nil: not collected

	machine machine
}

// Reset makes env as good as new, for work that has nothing to do with what it was used for. What it keeps is memory.
func (env *Env) Reset() {
	m := &env.machine
	*env = Env{machine: machine{names: wiped(m.names), path: wiped(m.path), waiting: wiped(m.waiting)}}
}

// wiped empties scratch memory, so that it keeps nothing alive.
func wiped[T any](s []T) []T {
	const largest = 1 << 10 // what is larger is rare, and would stay in memory for good
	if cap(s) > largest {
		return nil
	}
	clear(s[:cap(s)])
	return s[:0]
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
