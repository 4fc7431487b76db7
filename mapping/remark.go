package mapping

import (
	"fmt"
	"slices"

	"github.com/sluice-gateway/sluice/internal/suggest"
)

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
	UnknownMethod  RemarkKind = iota // there is no such method in any version: a call gives nothing
	BadArguments                     // the method cannot work with the arguments it is given, or ignores some
	ElementIgnored                   // an argument that runs once per element cannot reach the element
)

// Remarks returns what is wrong with the mapping's method calls as far as it can be known without data, in the order of
// the text.
func (m *Mapping) Remarks() []Remark {
	var c checker
	c.expr(m.root)
	slices.SortStableFunc(c.remarks, func(a, b Remark) int { return a.Offset - b.Offset })
	return c.remarks
}

type checker struct {
	remarks []Remark
}

func (c *checker) remark(kind RemarkKind, s *step, format string, args ...any) {
	c.remarks = append(c.remarks, Remark{Kind: kind, Method: s.key, Offset: s.off, Message: fmt.Sprintf(format, args...)})
}

func (c *checker) expr(e expr) {
	switch e := e.(type) {
	case *object:
		c.items(e.block)
	case *list:
		for _, x := range e.items {
			c.expr(x)
		}
	case *chain:
		for _, x := range e.operands {
			c.expr(x)
		}
	case *path:
		if e.head == headExpr {
			c.expr(e.base)
		}
		for i := range e.steps {
			switch s := &e.steps[i]; s.kind {
			case stepMethod:
				c.call(s)
			case stepBlock:
				c.items(s.block)
			}
		}
	}
}

func (c *checker) items(b *block) {
	for _, it := range b.items {
		c.expr(it.value)
	}
}

func (c *checker) call(s *step) {
	for _, a := range s.args {
		c.expr(a)
	}
	m := s.method
	if m == nil {
		c.remark(UnknownMethod, s, "Unknown method \"->%s\".%s", s.key, suggest.DidYouMean("", s.key, methodNames()))
		return
	}
	n := len(s.args)
	switch {
	case s.key == "as" && boundName(s) == "":
		c.remark(BadArguments, s, "Method \"->as\" needs a name like $name as its first argument, and takes one more value.")
	case m.most == 0 && s.key == "toString" && n == 0:
	case m.most == 0 && s.parens:
		c.remark(BadArguments, s, "Method \"->%s\" takes no arguments and is written without parentheses.", s.key)
	case n < m.least:
		c.remark(BadArguments, s, "Method \"->%s\" needs %s.", s.key, arguments(m.least))
	case m.most > 0 && n > m.most:
		c.remark(BadArguments, s, "Method \"->%s\" takes at most %s, not %d.", s.key, arguments(m.most), n)
	case m.most < 0 && !s.parens:
		c.remark(BadArguments, s, "Method \"->%s\" needs arguments in parentheses.", s.key)
	case s.key == "match":
		for _, a := range s.args {
			if _, _, ok := armOf(a); !ok {
				c.remark(BadArguments, s, "Method \"->match\" ignores an argument that is not a pair in brackets, as in [candidate, value].")
				break
			}
		}
	}
	if m.perElement && n > 0 {
		var u use
		u.expr(s.args[0], true)
		if u.lost && !u.element {
			c.remark(ElementIgnored, s,
				"The argument of \"->%s\" runs once per element but never looks at it: a key belongs to $, and behind the start of a path @ is the value of that path; the element's own keys are written @.key.", s.key)
		}
	}
}

func arguments(n int) string {
	if n == 1 {
		return "one argument"
	}
	return fmt.Sprintf("%d arguments", n)
}

// use finds out whether an argument looks at the element it runs for.
type use struct {
	element bool // it does
	lost    bool // it has an @ or a key that is something else
}

// expr looks at an expression; live says whether @ is the element there.
func (u *use) expr(e expr, live bool) {
	switch e := e.(type) {
	case *object:
		for _, it := range e.block.items {
			u.expr(it.value, live)
		}
	case *list:
		for _, x := range e.items {
			u.expr(x, live)
		}
	case *chain:
		for _, x := range e.operands {
			u.expr(x, live)
		}
	case *path:
		switch e.head {
		case headAt:
			u.element = u.element || live
			u.lost = u.lost || !live
		case headKey:
			u.lost = true
		case headExpr:
			u.expr(e.base, live)
		}
		for i := range e.steps {
			for _, a := range e.steps[i].args {
				u.expr(a, false) // braces are not looked into: there $ and @ are clearly something else
			}
		}
	}
}
