package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// selection makes the canonical selection of a field set on a type of the supergraph: fields may come from several
// subgraphs. The second result says in a sentence what is wrong, and is empty if nothing is.
func (b *builder) selection(t *Type, set ast.SelectionSet) (*Selection, string) {
	n := &selector{types: b.supergraph.Types}
	s := &Selection{Type: t}
	n.into(s, nil, set)
	s.sort()
	return s, n.wrong
}

// selector collects the fields of a field set.
type selector struct {
	types map[string]*Type
	wrong string // the first thing that is wrong
}

func (n *selector) fail(format string, args ...any) {
	if n.wrong == "" {
		n.wrong = fmt.Sprintf(format, args...)
	}
}

// into adds a selection set to out: for all objects if types is nil, else for those of the given types.
func (n *selector) into(out *Selection, types []*Type, set ast.SelectionSet) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if types == nil {
				out.Fields = n.put(out.Fields, out.Type, sel)
				continue
			}
			for _, t := range types {
				on := out.on(t)
				on.Fields = n.put(on.Fields, t, sel)
			}
		case *ast.InlineFragment:
			narrowed, ok := n.narrow(out.Type, types, sel.TypeCondition)
			if ok {
				n.into(out, narrowed, sel.SelectionSet)
			}
		default:
			n.fail("Named fragments cannot be used.")
		}
	}
}

// narrow returns the object types that a fragment is for; nil means all. It returns false if there are none.
func (n *selector) narrow(on *Type, types []*Type, condition string) ([]*Type, bool) {
	if condition == "" || condition == on.Name && types == nil {
		return types, true
	}
	c := n.types[condition]
	if c == nil || !c.Composite() {
		n.fail("Unknown type %q.", condition)
		return nil, false
	}
	if types == nil {
		if on.Kind == ast.Object && c.CanBe(on) {
			return nil, true
		}
		types = on.Possible
	}
	var out []*Type
	for _, t := range types {
		if c.CanBe(t) {
			out = append(out, t)
		}
	}
	return out, len(out) > 0
}

// put adds a field to a list, or its sub-selection to what is already there of the same datum.
func (n *selector) put(list []*Select, t *Type, f *ast.Field) []*Select {
	if f.Name == "__typename" {
		if !slices.ContainsFunc(list, func(s *Select) bool { return s.Field == nil }) {
			list = append(list, &Select{Name: f.Name, Key: f.Name})
		}
		return list
	}
	field := t.Fields[f.Name]
	if field == nil || t.Kind == ast.InputObject {
		n.fail("Cannot query field %q on type %q.", f.Name, t.Name)
		return list
	}
	for _, a := range f.Arguments {
		if field.Args.ForName(a.Name) == nil {
			n.fail("Unknown argument %q on field %s.%s.", a.Name, t.Name, f.Name)
		}
	}
	key := Key(f.Name, f.Arguments)
	i := slices.IndexFunc(list, func(s *Select) bool { return s.Key == key })
	if i < 0 {
		i = len(list)
		s := &Select{Field: field, Name: f.Name, Key: key, Args: f.Arguments}
		if field.Named.Composite() {
			s.Sub = &Selection{Type: field.Named}
		}
		list = append(list, s)
	}
	switch sub := list[i].Sub; {
	case sub != nil && len(f.SelectionSet) == 0:
		n.fail("Field %s.%s must have a selection of subfields.", t.Name, f.Name)
	case sub != nil:
		n.into(sub, nil, f.SelectionSet)
	case len(f.SelectionSet) > 0:
		n.fail("Field %s.%s has no subfields.", t.Name, f.Name)
	}
	return list
}

// on returns the part of a selection for one object type, made if it is not there.
func (s *Selection) on(t *Type) *TypeSelection {
	for i := range s.On {
		if s.On[i].Type == t {
			return &s.On[i]
		}
	}
	s.On = append(s.On, TypeSelection{Type: t})
	return &s.On[len(s.On)-1]
}

// sort orders the parts for object types, here and below.
func (s *Selection) sort() {
	slices.SortFunc(s.On, func(a, b TypeSelection) int { return cmp.Compare(a.Type.Name, b.Type.Name) })
	fields := slices.Clone(s.Fields)
	for _, on := range s.On {
		fields = append(fields, on.Fields...)
	}
	for _, f := range fields {
		if f.Sub != nil {
			f.Sub.sort()
		}
	}
}

// String returns the selection as a field set, without outer braces; it is empty for nil.
func (s *Selection) String() string {
	if s == nil {
		return ""
	}
	var parts []string
	for _, f := range s.Fields {
		parts = append(parts, f.String())
	}
	for _, on := range s.On {
		var fields []string
		for _, f := range on.Fields {
			fields = append(fields, f.String())
		}
		parts = append(parts, "... on "+on.Type.Name+" { "+strings.Join(fields, " ")+" }")
	}
	return strings.Join(parts, " ")
}

// String returns the field with its arguments and sub-selection.
func (s *Select) String() string {
	text := s.Name
	if len(s.Args) > 0 {
		args := make([]string, 0, len(s.Args))
		for _, a := range s.Args {
			var b strings.Builder
			writeValue(&b, a.Value)
			args = append(args, a.Name+": "+b.String())
		}
		text += "(" + strings.Join(args, ", ") + ")"
	}
	if s.Sub != nil {
		text += " { " + s.Sub.String() + " }"
	}
	return text
}
