package mapping

import "github.com/sluice-gateway/sluice/value"

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

const typename = "__typename"

// Narrow returns the mapping without what r does not ask for. Fields are matched by the names they are put out with;
// spreads and values that stand alone are kept, and what their braces hold is narrowed. Arguments of methods and what is
// inside $( ) are left as they are. At an object type __typename, if asked for, is added as a constant. A nil r asks for
// everything.
func (m *Mapping) Narrow(r *Request) *Mapping {
	if r == nil {
		return m
	}
	return newMapping(m.src, m.version, narrowExpr(m.root, r))
}

// narrowExpr narrows the braces at the end of an expression.
func narrowExpr(e expr, r *Request) expr {
	if r == nil {
		return e
	}
	switch e := e.(type) {
	case *object:
		return &object{off: e.off, block: narrowBlock(e.block, r)}
	case *chain:
		c := &chain{off: e.off, keepNull: e.keepNull, operands: make([]expr, len(e.operands))}
		for i, x := range e.operands {
			c.operands[i] = narrowExpr(x, r)
		}
		return c
	case *path:
		last := len(e.steps) - 1
		if last < 0 || e.steps[last].kind != stepBlock {
			return e
		}
		p := *e
		p.steps = append([]step(nil), e.steps...)
		p.steps[last].block = narrowBlock(e.steps[last].block, r)
		return &p
	}
	return e
}

func narrowBlock(b *block, r *Request) *block {
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
			return newBlock(b.off, []item{{kind: it.kind, off: it.off, value: narrowExpr(it.value, r)}})
		case it.kind == itemSpread:
			it.value = narrowExpr(it.value, &spread)
			items = append(items, it)
		case it.key == typename:
			if spread.Typename {
				items = append(items, it)
			}
		default:
			if f := r.field(it.key); f != nil {
				it.value = narrowExpr(it.value, f.Sub)
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
