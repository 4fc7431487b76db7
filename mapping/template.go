package mapping

import (
	"errors"
	"strings"

	"github.com/sluice-gateway/sluice/value"
)

// ErrNotScalar is the error of a template, a path or a parameter whose expression gives an array or an object.
var ErrNotScalar = errors.New("expression is not allowed to evaluate to arrays or objects")

// Template is text with holes: the value of a header. It is immutable and safe for concurrent use.
type Template struct {
	src   string
	parts []part
}

// part is constant text, or a hole.
type part struct {
	text string
	hole *Mapping // nil: text
	off  int      // of text in the template; of the brace that opens a hole
}

// ParseTemplate reads a template whose holes are mappings of the given version. The error is a *[SyntaxError].
func ParseTemplate(src string, v Version) (*Template, error) {
	parts, err := parseParts(src, v)
	if err != nil {
		return nil, err
	}
	return &Template{src: src, parts: parts}, nil
}

// String returns the text the template was parsed from.
func (t *Template) String() string { return t.src }

// Append appends the template's text with the holes filled, without any encoding. The error is [ErrNotScalar]; dst is
// returned as it was then.
func (t *Template) Append(dst []byte, env *Env) ([]byte, error) {
	out := dst
	for i := range t.parts {
		p := &t.parts[i]
		if p.hole == nil {
			out = append(out, p.text...)
			continue
		}
		text, ok := textOf(p.hole.Apply(value.NullValue, env))
		if !ok {
			return dst, ErrNotScalar
		}
		out = append(out, text...)
	}
	return out, nil
}

// References returns the variables of all holes, in the order of the text. Offsets count from the start of the template.
func (t *Template) References() []Reference { return referencesOf(t.parts) }

// Holes returns the mappings in the holes. Their offsets count from the start of the template.
func (t *Template) Holes() []*Mapping { return holesOf(t.parts) }

func referencesOf(parts []part) []Reference {
	var out []Reference
	for _, p := range parts {
		if p.hole != nil {
			out = append(out, p.hole.References()...)
		}
	}
	return out
}

func holesOf(parts []part) []*Mapping {
	var out []*Mapping
	for _, p := range parts {
		if p.hole != nil {
			out = append(out, p.hole)
		}
	}
	return out
}

// parseParts splits a template at its holes. Tabs and line ends of the constant text are dropped, so that a template may
// be written on several lines; spaces are not.
func parseParts(src string, v Version) ([]part, error) {
	var parts []part
	for i := 0; i < len(src); {
		if src[i] != '{' {
			end := strings.IndexByte(src[i:], '{')
			if end < 0 {
				end = len(src) - i
			}
			if text := dropLineEnds(src[i : i+end]); text != "" {
				parts = append(parts, part{text: text, off: i})
			}
			i += end
			continue
		}
		end := holeEnd(src, i)
		if end < 0 {
			return nil, &SyntaxError{Offset: i, Message: "the brace that opens here is not closed"}
		}
		hole, err := parse(src[i+1:end], v, i+1)
		if err != nil {
			return nil, err
		}
		if hole.Empty() {
			return nil, &SyntaxError{Offset: i, Message: "there is no expression between the braces"}
		}
		parts = append(parts, part{hole: hole, off: i})
		i = end + 1
	}
	return parts, nil
}

func dropLineEnds(s string) string {
	if !strings.ContainsAny(s, "\t\n\f\r") {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case '\t', '\n', '\f', '\r':
			return -1
		}
		return r
	}, s)
}

// holeEnd returns the index of the brace that closes the one at open, negative if there is none. Braces in strings do not
// count, and quotes in comments open no string.
func holeEnd(src string, open int) int {
	depth := 0
	var quote byte
	comment := false
	for i := open; i < len(src); i++ {
		c := src[i]
		switch {
		case quote != 0:
			switch c {
			case '\\':
				i++
			case quote:
				quote = 0
			}
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i
			}
		case c == '\n':
			comment = false
		case c == '#':
			comment = true
		case (c == '"' || c == '\'') && !comment:
			quote = c
		}
	}
	return -1
}
