package mapping

import "github.com/sluice-gateway/sluice/value"

// gives says what a method gives, as far as it is known without data.
type gives uint8

const (
	givesUnknown gives = iota
	givesBool
	givesInt
	givesFloat
	givesNumber
	givesString
	givesStrings        // a list of strings
	givesReceiver       // what it was called on
	givesItem           // an item or a character of it
	givesElement        // an item of it, or itself
	givesGot            // the item or the member that its argument names
	givesListOfReceiver // its items, or itself in a list
	givesArgument
	givesListOfArgument
	givesArms // one of the second halves of its arguments
	givesEntries
)

// call is the shape of what a method gives on a receiver that is not a union.
func (t *typer) call(st *step, s, dollar Shape) Shape {
	switch {
	case s.Kind == ShapeNothing:
		return s
	case st.method == nil:
		return Shape{Kind: ShapeNothing}
	case st.method.flow == flowBind:
		return s // part of the language rather than a method
	case !t.methods:
		return Shape{Root: s.Root}
	}
	scalar := func(k ShapeKind) Shape { return Shape{Kind: k, Offset: st.off} }
	switch st.method.gives {
	case givesBool:
		return scalar(ShapeBool)
	case givesInt:
		return scalar(ShapeInt)
	case givesFloat:
		return scalar(ShapeFloat)
	case givesNumber:
		return ShapeOf(scalar(ShapeInt), scalar(ShapeFloat))
	case givesString:
		return scalar(ShapeString)
	case givesStrings:
		return ListShape(scalar(ShapeString))
	case givesReceiver:
		if s.Kind == ShapeString {
			s.Literal = value.Value{}
		}
		return s
	case givesItem:
		switch s.Kind {
		case ShapeList:
			return elemOf(s)
		case ShapeString:
			return scalar(ShapeString)
		}
		return s
	case givesElement:
		if s.Kind == ShapeList {
			return elemOf(s)
		}
		return s
	case givesGot:
		return t.got(st, s)
	case givesListOfReceiver:
		if s.Kind == ShapeList || s.Kind == ShapeUnknown {
			return s
		}
		return ListShape(s)
	case givesArgument:
		return t.arg(st, 0, s, dollar)
	case givesListOfArgument:
		elem := t.arg(st, 0, elemOf(s), dollar)
		if s.Kind == ShapeList || s.Kind == ShapeUnknown {
			elem = nothingIsNull(elem)
		} else if elem.Kind == ShapeNothing {
			return elem
		}
		return Shape{Kind: ShapeList, Elem: &elem, Offset: st.off}
	case givesArms:
		return t.arms(st, s, dollar)
	case givesEntries:
		return entriesOf(st, s)
	}
	return Shape{Root: s.Root}
}

func (t *typer) arg(st *step, i int, s, dollar Shape) Shape {
	if i >= len(st.args) {
		return Shape{Kind: ShapeNothing}
	}
	return t.expr(st.args[i], s, dollar)
}

// elemOf is the shape of the items of a list, or what is no list itself.
func elemOf(s Shape) Shape {
	if s.Kind != ShapeList {
		return s
	}
	if s.Elem == nil {
		return Shape{Root: s.Root}
	}
	elem := *s.Elem
	if elem.Root == "" && elem.Literal.IsMissing() {
		elem.Root = s.Root
	}
	return elem
}

func (t *typer) got(st *step, s Shape) Shape {
	switch s.Kind {
	case ShapeList:
		return elemOf(s)
	case ShapeString:
		return Shape{Kind: ShapeString, Offset: st.off}
	case ShapeObject:
		if len(st.args) > 0 {
			if l, ok := st.args[0].(*literal); ok && l.value.Kind() == value.String {
				return keyShape(s, l.value.Text())
			}
		}
	}
	return Shape{Root: s.Root}
}

// arms is the shape of ->match. Arms whose candidate is another constant than the receiver are not left out: the
// receiver is rarely known, and a schema is easier to understand if all arms are checked.
func (t *typer) arms(st *step, s, dollar Shape) Shape {
	var out []Shape
	for _, a := range st.args {
		if _, result, ok := armOf(a); ok {
			out = append(out, t.expr(result, s, dollar))
		}
	}
	return ShapeOf(out...)
}

func entriesOf(st *step, s Shape) Shape {
	if s.Kind != ShapeObject && s.Kind != ShapeUnknown {
		return Shape{Kind: ShapeNothing}
	}
	member := Shape{Root: s.Root}
	if s.Kind == ShapeObject && !s.Open {
		var all []Shape
		for _, f := range s.Fields {
			all = append(all, f.Shape)
		}
		member = ShapeOf(all...)
	}
	return ListShape(Shape{Kind: ShapeObject, Offset: st.off, Fields: []ShapeField{
		{Key: "key", Shape: Shape{Kind: ShapeString, Root: s.Root}, Offset: st.off},
		{Key: "value", Shape: member, Offset: st.off},
	}})
}
