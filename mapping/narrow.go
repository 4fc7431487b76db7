package mapping

import (
	"slices"

	"github.com/sluice-gateway/sluice/value"
)

// Request is what an operation asks of a mapping's output at one place. Fragments are flattened, fields are named as
// in the schema, none repeats.
type Request struct {
	Type     string // the name of the type at this place
	Abstract bool   // an interface or union: the mapping itself must supply __typename
	Typename bool   // __typename is asked for
	Fields   []RequestField
	// Of returns what is asked of objects of one type, at an abstract one: fields of one name can lead to other types there.
	// Braces whose __typename is constant are narrowed with it. Nil: the same is asked of all. It is a function because a
	// tree of all requests for all types would grow with the power of its depth, and a mapping has few such braces.
	Of func(typ string) *Request
}

// RequestField is one field of a [Request].
type RequestField struct {
	Name string
	Sub  *Request // nil for a leaf, which then is kept whole
}

const typename = "__typename"

// Narrow returns the mapping without what r does not ask for. Fields are matched by the names they are put out with;
// spreads and values that stand alone are kept, and what their braces hold is narrowed. Nothing is left out of arguments of
// methods and of what is inside $( ). At an object type __typename, if asked for, is added as a constant. A nil r asks for
// everything.
func (m *Mapping) Narrow(r *Request) *Mapping {
	if r == nil {
		return m
	}
	return newMapping(m.src, m.version, narrower{}.expr(m.root, r))
}

// narrower narrows expressions. One that keeps leaves nothing out, and only adds the names of types.
type narrower struct {
	keep bool
}

// expr narrows the braces at the end of an expression.
func (n narrower) expr(e expr, r *Request) expr {
	if r == nil {
		return e
	}
	switch e := e.(type) {
	case *object:
		return &object{off: e.off, block: n.block(e.block, r)}
	case *chain:
		c := &chain{off: e.off, keepNull: e.keepNull, operands: make([]expr, len(e.operands))}
		for i, x := range e.operands {
			c.operands[i] = n.expr(x, r)
		}
		return c
	case *list:
		l := &list{off: e.off, items: slices.Clone(e.items)}
		for i, x := range e.items {
			l.items[i] = narrower{keep: true}.expr(x, r)
		}
		return l
	case *path:
		return n.path(e, r)
	}
	return e
}

// path narrows what makes the value of a path. Of methods, these are the arms of ->match and the argument of ->map.
func (n narrower) path(e *path, r *Request) expr {
	last := len(e.steps) - 1
	for last >= 0 && e.steps[last].picks() {
		last--
	}
	p := *e
	if last < 0 {
		if e.head != headExpr {
			return e
		}
		p.base = narrower{keep: true}.expr(e.base, r)
		return &p
	}
	s := e.steps[last]
	switch {
	case s.kind == stepBlock:
		s.block = n.block(s.block, r)
	case s.kind == stepMethod && s.key == "match":
		s.args = typeArms(s.args, r)
	case s.kind == stepMethod && s.key == "map" && len(s.args) == 1:
		s.args = []expr{narrower{keep: true}.expr(s.args[0], r)}
	default:
		return e
	}
	p.steps = slices.Clone(e.steps)
	p.steps[last] = s
	return &p
}

// picks reports whether a step is a method that takes items of a list without looking at them.
func (s *step) picks() bool {
	return s.kind == stepMethod && (s.key == "first" || s.key == "last" || s.key == "slice")
}

// typeArms adds the names of types to the results of ->match.
func typeArms(args []expr, r *Request) []expr {
	out := slices.Clone(args)
	for i, a := range args {
		if candidate, result, ok := armOf(a); ok {
			out[i] = &list{off: a.pos(), items: []expr{candidate, narrower{keep: true}.expr(result, r)}}
		}
	}
	return out
}

func (n narrower) block(b *block, r *Request) *block {
	if r.Abstract && r.Of != nil {
		if typ := b.constantType(); typ != "" {
			r = r.Of(typ)
		}
	}
	items := make([]item, 0, len(r.Fields)+1)
	var makers []expr
	added := 0
	spread := *r
	if r.Typename && !r.Abstract {
		items = append(items, item{kind: itemField, off: b.off, key: typename, value: newLiteral(b.off, value.OfString(r.Type))})
		added, spread.Typename = 1, false // the constant is the truth
	}
	for _, it := range b.items {
		switch {
		case it.kind == itemAnonymous && len(b.items) == 1:
			return newBlock(b.off, []item{{kind: it.kind, off: it.off, value: n.expr(it.value, r)}})
		case it.kind == itemSpread:
			it.value = n.expr(it.value, &spread)
			items = append(items, it)
		case it.key == typename:
			if spread.Typename || n.keep && added == 0 {
				items = append(items, it)
			}
		default:
			if f := r.field(it.key); f != nil {
				it.value = n.expr(it.value, f.Sub)
				items = append(items, it)
			} else if n.keep {
				items = append(items, it)
			} else if maker := makerOf(it.value); maker != nil {
				makers = append(makers, maker)
			}
		}
	}
	out := newBlock(b.off, items)
	out.makers, out.added = makers, added
	return out
}

// constantType returns the __typename that a block gives its objects, if it is always the same; otherwise "".
func (b *block) constantType() string {
	for i := range b.items {
		if it := &b.items[i]; it.kind == itemField && it.key == typename {
			e := it.value
			if p, ok := e.(*path); ok && p.head == headExpr && len(p.steps) == 0 {
				e = p.base
			}
			if l, ok := e.(*literal); ok && l.value.Kind() == value.String {
				return l.value.Text()
			}
			return ""
		}
	}
	return ""
}

// makerOf returns an expression that has a value where e may have one though $ is no object, and nil if e never has. An
// object that a stub makes of a key is there even if nobody asks for the key.
func makerOf(e expr) expr {
	switch e := e.(type) {
	case *path:
		if e.head == headKey || (e.head == headDollar || e.head == headAt) && len(e.steps) > 0 && e.steps[0].kind == stepKey {
			return nil
		}
		return e
	case *chain:
		for _, x := range e.operands {
			if makerOf(x) != nil {
				return e
			}
		}
		return nil
	}
	return newLiteral(e.pos(), value.NullValue) // a literal is always there
}

// field returns the requested field with a name, nil if it is not asked for.
func (r *Request) field(name string) *RequestField {
	for i := range r.Fields {
		if r.Fields[i].Name == name {
			return &r.Fields[i]
		}
	}
	return nil
}
