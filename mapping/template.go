package mapping

import "errors"

// ErrNotScalar is the error of a template, a path or a parameter whose expression gives an array or an object.
var ErrNotScalar = errors.New("expression is not allowed to evaluate to arrays or objects")

// Template is text with holes: the value of a header. It is immutable and safe for concurrent use.
type Template struct {
	src string
}

// ParseTemplate reads a template whose holes are mappings of the given version. The error is a *[SyntaxError].
func ParseTemplate(src string, v Version) (*Template, error) { return &Template{src: src}, nil }

// String returns the text the template was parsed from.
func (t *Template) String() string { return t.src }

// Append appends the template's text with the holes filled, without any encoding. The error is [ErrNotScalar]; dst is
// returned as it was then.
func (t *Template) Append(dst []byte, env *Env) ([]byte, error) { return dst, nil }

// References returns the variables of all holes, in the order of the text. Offsets count from the start of the template.
func (t *Template) References() []Reference { return nil }

// Holes returns the mappings in the holes. Their offsets count from the start of the template.
func (t *Template) Holes() []*Mapping { return nil }
