package mapping

import (
	"slices"

	"github.com/sluice-gateway/sluice/value"
)

// trace is what a mapping can look at, found out once when it is made.
type trace struct {
	reads      *value.Filter
	references []Reference
	input      bool
	inputAt    int
}

// traceOf follows every value of a mapping back to where it comes from.
func traceOf(root expr) trace {
	t := &tracer{input: &place{}, variables: map[string]*place{}}
	in := source{{place: t.input}}
	t.consume(t.expr(root, in, in))
	slices.SortStableFunc(t.out.references, func(a, b Reference) int { return a.Offset - b.Offset })
	t.out.reads = t.input.filter()
	return t.out
}

// place is one place in the input or in a variable. Lists have no place of their own: that of their items is theirs.
type place struct {
	variable string // "" for the input
	parent   *place
	key      string
	children []*place
	whole    bool // everything below may be read
}

// child returns the place of a member.
func (p *place) child(key string) *place {
	for _, c := range p.children {
		if c.key == key {
			return c
		}
	}
	c := &place{variable: p.variable, parent: p, key: key}
	p.children = append(p.children, c)
	return c
}

// path returns the keys that lead to the place.
func (p *place) path() []string {
	var keys []string
	for ; p.parent != nil; p = p.parent {
		keys = append(keys, p.key)
	}
	slices.Reverse(keys)
	return keys
}

// filter returns what a scan must keep here.
func (p *place) filter() *value.Filter {
	if p.whole {
		return nil
	}
	f := &value.Filter{Keys: make([]value.FilterKey, len(p.children))}
	for i, c := range p.children {
		f.Keys[i] = value.FilterKey{Key: c.key, Want: c.filter()}
	}
	return f
}

// source is where a value can come from: nothing for what the mapping makes itself.
type source []origin

// origin is one place. Once a method stands between the place and the value it is opaque: what is read of it is no
// longer part of a reference.
type origin struct {
	place  *place
	opaque bool
}

func (s source) opaque() source {
	out := make(source, len(s))
	for i, o := range s {
		out[i] = origin{o.place, true}
	}
	return out
}

func union(a, b source) source {
	for _, o := range b {
		if !slices.Contains(a, o) {
			a = append(slices.Clip(a), o)
		}
	}
	return a
}

type tracer struct {
	input     *place
	variables map[string]*place
	names     []boundSource
	out       trace
}

type boundSource struct {
	name   string
	source source
}

// consume records that everything at these places may be looked at.
func (t *tracer) consume(s source) {
	for _, o := range s {
		o.place.whole = true
	}
}

// expr follows an expression and returns where its value comes from.
func (t *tracer) expr(e expr, at, dollar source) source {
	switch e := e.(type) {
	case *object:
		return t.items(e.block, at, dollar)
	case *list:
		for _, x := range e.items {
			t.consume(t.expr(x, at, dollar))
		}
	case *chain:
		var s source
		for _, x := range e.operands {
			s = union(s, t.expr(x, at, dollar))
		}
		return s
	case *path:
		return t.path(e, at, dollar)
	}
	return nil
}

// items follows the items of a block or of an object literal. What it builds comes from nowhere, and all that is put into
// it is read whole; only a value that stands alone passes through.
func (t *tracer) items(b *block, at, dollar source) source {
	for _, it := range b.items {
		s := t.expr(it.value, at, dollar)
		if it.kind == itemAnonymous {
			return s
		}
		t.consume(s)
	}
	return nil
}

// path follows a path.
func (t *tracer) path(p *path, at, dollar source) source {
	names := len(t.names)
	s := t.head(p, at, dollar)
	referring := p.head != headExpr // what is in $( ) has told its own
	// A block that stands by itself, as a whole mapping or a group does, reads nothing but by its items.
	if referring && !(p.head == headAt && len(p.steps) > 0 && p.steps[0].kind == stepBlock) {
		t.reached(p.off, s)
	}
	for i := range p.steps {
		st := &p.steps[i]
		switch st.kind {
		case stepKey:
			next := make(source, len(s))
			for j, o := range s {
				next[j] = origin{o.place.child(st.key), o.opaque}
			}
			s = next
		case stepMethod:
			if referring {
				t.refer(p.off, s)
			}
			referring = false
			s = t.method(st, s.opaque(), dollar)
		case stepBlock:
			before := len(t.out.references)
			from := s
			s = t.items(st.block, from, from)
			if referring && !t.referredBelow(before, from) {
				t.refer(p.off, from)
			}
			referring = false
		}
	}
	if referring {
		t.refer(p.off, s)
	}
	t.names = t.names[:names]
	return s
}

// head returns where a path starts.
func (t *tracer) head(p *path, at, dollar source) source {
	switch p.head {
	case headAt:
		return at
	case headVar:
		for i := len(t.names) - 1; i >= 0; i-- {
			if t.names[i].name == p.name {
				return t.names[i].source
			}
		}
		v, ok := t.variables[p.name]
		if !ok {
			v = &place{variable: p.name}
			t.variables[p.name] = v
		}
		return source{{place: v}}
	case headExpr:
		return t.expr(p.base, at, dollar)
	}
	return dollar
}

// reached records that a path starts in the input.
func (t *tracer) reached(off int, s source) {
	for _, o := range s {
		if o.place.variable == "" && (!t.out.input || off < t.out.inputAt) {
			t.out.input, t.out.inputAt = true, off
		}
	}
}

// refer records a reference to each place in a variable.
func (t *tracer) refer(off int, s source) {
	for _, o := range s {
		if o.place.variable != "" && !o.opaque {
			t.out.references = append(t.out.references, Reference{o.place.variable, o.place.path(), off})
		}
	}
}

// referredBelow reports whether one of the latest references is to one of these places, or to what lies below it.
func (t *tracer) referredBelow(before int, s source) bool {
	for _, o := range s {
		path := o.place.path()
		for _, r := range t.out.references[before:] {
			if r.Name == o.place.variable && len(r.Path) >= len(path) && slices.Equal(r.Path[:len(path)], path) {
				return true
			}
		}
	}
	return false
}

// method follows a method call.
func (t *tracer) method(st *step, s, dollar source) source {
	if st.method == nil {
		for _, a := range st.args {
			t.expr(a, s, dollar)
		}
		return nil
	}
	switch st.method.flow {
	case flowBind:
		name := boundName(st)
		if name == "" {
			return nil
		}
		bound := s
		if len(st.args) == 2 {
			bound = t.expr(st.args[1], s, dollar).opaque()
		}
		t.names = append(t.names, boundSource{name, bound})
		return s
	case flowMatch:
		var out source
		for _, a := range st.args {
			candidate, result, ok := armOf(a)
			if !ok {
				continue
			}
			c := t.expr(candidate, s, dollar)
			if !isScalar(candidate) && !isElement(candidate) {
				t.consume(c)
				t.consume(s)
			}
			out = union(out, t.expr(result, s, dollar))
		}
		return out.opaque()
	case flowGet:
		if len(st.args) > 0 {
			if l, ok := st.args[0].(*literal); ok {
				if l.value.Kind() != value.String {
					return s
				}
				out := make(source, len(s))
				for i, o := range s {
					out[i] = origin{o.place.child(l.value.Text()), true}
				}
				return out
			}
		}
	}
	var out source
	for i, a := range st.args {
		arg := t.expr(a, s, dollar)
		switch {
		case st.method.flow != flowArgument:
			t.consume(arg)
		case i == 0:
			out = arg.opaque()
		}
	}
	switch st.method.flow {
	case flowPass:
		return s
	case flowGet:
		t.consume(s)
		return s
	case flowWhole:
		t.consume(s)
	case flowCompare:
		if len(st.args) == 0 || !isScalar(st.args[0]) {
			t.consume(s)
		}
	}
	return out
}

// isScalar reports whether an expression is a constant scalar, or a list of such: comparing with it needs nothing of the
// inside of what it is compared with.
func isScalar(e expr) bool {
	switch e := e.(type) {
	case *literal:
		return true
	case *list:
		for _, x := range e.items {
			if _, ok := x.(*literal); !ok {
				return false
			}
		}
		return true
	}
	return false
}

// isElement reports whether an expression is @ by itself.
func isElement(e expr) bool {
	p, ok := e.(*path)
	return ok && p.head == headAt && len(p.steps) == 0
}
