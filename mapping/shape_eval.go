package mapping

import (
	"slices"

	"github.com/sluice-gateway/sluice/value"
)

// Shape returns the static type of what the mapping gives, if its input and variables have the types that env says.
// Before v0.3 what a method gives is unknown.
func (m *Mapping) Shape(env *ShapeEnv) Shape {
	t := &typer{env: env, methods: m.version >= V03, work: maxShapeWork}
	return t.expr(m.root, env.Input, env.Input)
}

// maxShapeWork bounds the symbolic run: alternatives inside alternatives multiply. What is left over is unknown.
const maxShapeWork = 20_000

// typer runs a mapping on shapes instead of values.
type typer struct {
	env     *ShapeEnv
	methods bool // what methods give is known
	names   []boundShape
	work    int
}

type boundShape struct {
	name  string
	shape Shape
}

func (t *typer) expr(e expr, at, dollar Shape) Shape {
	if t.work--; t.work < 0 {
		return Shape{}
	}
	switch e := e.(type) {
	case *literal:
		return Shape{Kind: kindOf(e.value), Literal: e.value, Offset: e.off}
	case *object:
		return t.items(e.block, at, dollar)
	case *list:
		items := make([]Shape, len(e.items))
		for i, x := range e.items {
			items[i] = nothingIsNull(t.expr(x, at, dollar))
		}
		elem := ShapeOf(items...)
		return Shape{Kind: ShapeList, Elem: &elem, Offset: e.off}
	case *chain:
		var out []Shape
		for i, x := range e.operands {
			for _, a := range t.expr(x, at, dollar).alternatives() {
				last := i == len(e.operands)-1
				if !last && (a.Kind == ShapeNothing || a.Kind == ShapeNull && !e.keepNull) {
					continue
				}
				out = append(out, a)
			}
		}
		return ShapeOf(out...)
	case *path:
		return t.path(e, at, dollar)
	}
	return Shape{}
}

func kindOf(v value.Value) ShapeKind {
	switch v.Kind() {
	case value.Null:
		return ShapeNull
	case value.Bool:
		return ShapeBool
	case value.Int:
		return ShapeInt
	case value.Float:
		return ShapeFloat
	case value.String:
		return ShapeString
	}
	return ShapeUnknown
}

// each maps the alternatives of a shape.
func each(s Shape, f func(Shape) Shape) Shape {
	if s.Kind != ShapeUnion {
		return f(s)
	}
	out := s.alternatives()
	for i, a := range out {
		out[i] = f(a)
	}
	return ShapeOf(out...)
}

func nothingIsNull(s Shape) Shape {
	return each(s, func(a Shape) Shape {
		if a.Kind == ShapeNothing {
			a.Kind = ShapeNull
		}
		return a
	})
}

func (t *typer) path(p *path, at, dollar Shape) Shape {
	names := len(t.names)
	s := at
	switch p.head {
	case headKey, headDollar:
		s = dollar
	case headVar:
		s = t.variable(p.name)
	case headExpr:
		s = t.expr(p.base, at, dollar)
	}
	for i := range p.steps {
		st := &p.steps[i]
		switch st.kind {
		case stepKey:
			s = each(s, func(a Shape) Shape { return keyShape(a, st.key) })
		case stepOptional:
			s = each(s, func(a Shape) Shape {
				if a.Kind == ShapeNull {
					a.Kind = ShapeNothing
				}
				return a
			})
		case stepMethod:
			from := s
			s = each(s, func(a Shape) Shape {
				return each(t.call(st, a, dollar), func(got Shape) Shape {
					if got.Root == "" {
						got.Root = a.Root
					}
					return got
				})
			})
			if st.method != nil && st.method.flow == flowBind {
				t.bind(st, from, dollar)
			}
		case stepBlock:
			s = each(s, func(a Shape) Shape { return t.block(st.block, a) })
		}
	}
	t.names = t.names[:names]
	return s
}

func (t *typer) variable(name string) Shape {
	for i := len(t.names) - 1; i >= 0; i-- {
		if t.names[i].name == name {
			return t.names[i].shape
		}
	}
	s, ok := t.env.Vars[name]
	if !ok || s.Root == "" {
		s.Root = name
	}
	return s
}

func (t *typer) bind(st *step, s, dollar Shape) {
	name := boundName(st)
	if name == "" {
		return
	}
	if len(st.args) == 2 {
		s = t.expr(st.args[1], s, dollar)
	}
	t.names = append(t.names, boundShape{name, s})
}

// keyShape is the shape of a member.
func keyShape(s Shape, key string) Shape {
	switch s.Kind {
	case ShapeUnknown:
		return Shape{Root: s.Root}
	case ShapeObject:
		f, ok := s.field(key)
		switch {
		case ok:
			got := f.Shape
			if s.Root != "" && got.Root == "" && got.Literal.IsMissing() {
				got.Root = s.Root
			}
			return got
		case s.Open:
			return Shape{Root: s.Root}
		}
	case ShapeList:
		if s.Elem == nil {
			return Shape{Kind: ShapeList, Root: s.Root}
		}
		elem := nothingIsNull(each(*s.Elem, func(a Shape) Shape {
			if a.Root == "" {
				a.Root = s.Root
			}
			return keyShape(a, key)
		}))
		return Shape{Kind: ShapeList, Elem: &elem, Root: s.Root, Offset: s.Offset}
	}
	return Shape{Kind: ShapeNothing}
}

// block is the shape that braces give.
func (t *typer) block(b *block, s Shape) Shape {
	if t.work--; t.work < 0 {
		return Shape{}
	}
	switch s.Kind {
	case ShapeNothing:
		return s
	case ShapeList:
		elem := Shape{Root: s.Root}
		if s.Elem != nil {
			elem = *s.Elem
		}
		got := nothingIsNull(each(elem, func(a Shape) Shape { return t.block(b, a) }))
		return Shape{Kind: ShapeList, Elem: &got, Offset: b.off}
	}
	got := t.items(b, s, s)
	if s.Kind == ShapeUnknown || s.Kind == ShapeObject {
		return got
	}
	// A scalar or null that none of the items can make something of comes out as it is.
	return each(got, func(a Shape) Shape {
		if a.Kind == ShapeNothing || a.Kind == ShapeObject && len(a.Fields) == 0 && !a.Open {
			return s
		}
		return a
	})
}

// items is the shape of what the items of a block build. A spread of one of several objects makes one of several.
func (t *typer) items(b *block, at, dollar Shape) Shape {
	out := []Shape{{Kind: ShapeObject, Offset: b.off}}
	for _, it := range b.items {
		got := t.expr(it.value, at, dollar)
		switch it.kind {
		case itemAnonymous:
			return got
		case itemField:
			if got.Kind == ShapeNothing {
				continue
			}
			for i := range out {
				out[i] = withField(out[i], ShapeField{it.key, got, it.off})
			}
		case itemSpread:
			parts := got.alternatives()
			if len(parts)*len(out) > maxAlternatives {
				parts = []Shape{{Root: got.Root}}
			}
			next := make([]Shape, 0, len(parts)*len(out))
			for _, o := range out {
				for _, p := range parts {
					next = append(next, spread(o, p))
				}
			}
			out = next
		}
	}
	return ShapeOf(out...)
}

// withField is an object with one more member. Where the key is there already, two objects merge, and otherwise the later
// member counts.
func withField(o Shape, f ShapeField) Shape {
	if o.Kind != ShapeObject {
		return o
	}
	fields := slices.Clone(o.Fields)
	o.Fields = fields
	old, ok := o.field(f.Key)
	switch {
	case !ok:
		o.Fields = append(fields, f)
	case old.Shape.Kind == ShapeObject && f.Shape.Kind == ShapeObject:
		old.Shape = spread(old.Shape, f.Shape)
	default:
		*old = f
	}
	return o
}

// spread is an object into which another is merged.
func spread(o, s Shape) Shape {
	switch {
	case o.Kind != ShapeObject:
	case s.Kind == ShapeUnknown:
		o.Open = true
	case s.Kind == ShapeNull:
		return Shape{Kind: ShapeNull, Offset: o.Offset}
	case s.Kind == ShapeObject:
		for _, f := range s.Fields {
			o = withField(o, f)
		}
		o.Open = o.Open || s.Open
	}
	return o
}
