package subgraph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// readContextual reads where the arguments of a field come from that the gateway fills.
func (r *reader) readContextual(f *Field) {
	for _, a := range f.ast.Arguments {
		arg := f.Arg(a.Name)
		if arg == nil || arg.Position != a.Position {
			continue
		}
		for _, d := range a.Directives {
			if name, _ := r.specs.canonical(d.Name); name != "fromContext" {
				continue
			}
			arg.Context = r.fromContext(d, argCoordinate(f, arg))
			if arg.Context == nil {
				arg.Context = &FromContext{Position: d.Position} // the argument is none that clients give all the same
			}
		}
	}
}

func argCoordinate(f *Field, a *Argument) string { return f.Coordinate() + "(" + a.Name + ":)" }

// fromContext reads the text of a @fromContext: "$name { selection }", or "$name ... on Type { selection }". It returns nil
// if there is nothing to go on with.
func (r *reader) fromContext(d *ast.Directive, coordinate string) *FromContext {
	src := strings.TrimSpace(text(d, "field"))
	rest, ok := strings.CutPrefix(src, "$")
	end := strings.IndexFunc(rest, func(c rune) bool {
		return c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	})
	if !ok || end <= 0 {
		r.report(d.Position, "NO_CONTEXT_IN_SELECTION", coordinate, "The field %q of @%s names no context: it must be \"$context { field }\".", src, d.Name)
		return nil
	}
	c := &FromContext{Name: rest[:end], Text: strings.TrimSpace(rest[end:]), Position: d.Position}
	inner := c.Text
	if strings.HasPrefix(inner, "{") && strings.HasSuffix(inner, "}") {
		inner = strings.TrimSpace(inner[1 : len(inner)-1])
	}
	set, wrong := ParseFieldSet(inner)
	if wrong != "" {
		r.report(d.Position, codeContextSelection, coordinate, "The selection %q of the context %q cannot be read: %s", c.Text, c.Name, wrong)
		return c
	}
	c.Selections = set
	return c
}

const (
	codeContextSelection = "CONTEXT_INVALID_SELECTION"
	codeContextNotSet    = "CONTEXT_NOT_SET"
)

// checkContexts verifies the names of the contexts that a type sets.
func (r *reader) checkContexts(t *Type) {
	for _, block := range t.blocks {
		for _, d := range block.Directives {
			if name, _ := r.specs.canonical(d.Name); name != "context" {
				continue
			}
			if name := text(d, "name"); !isContextName(name) {
				r.report(d.Position, "CONTEXT_NAME_INVALID", t.Name, "The context name %q is not valid: it must begin with a letter and hold letters and digits alone.", name)
			}
		}
	}
}

func isContextName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// checkContextual verifies the arguments of a field that the gateway fills: that it can, wherever the field is.
func (r *reader) checkContextual(f *Field) {
	for _, a := range f.Args {
		if a.Context == nil {
			continue
		}
		coordinate := argCoordinate(f, a)
		pos := a.Context.Position
		promised := slices.ContainsFunc(f.Parent.Interfaces, func(ref Reference) bool {
			i := r.schema.byName[ref.Name]
			return i != nil && i.Field(f.Name) != nil && i.Field(f.Name).Arg(a.Name) != nil
		})
		switch {
		case f.Parent.Kind != ast.Object:
			r.report(pos, codeContextNotSet, coordinate, "Argument %s cannot come from a context: it is of a field of an interface, which nobody resolves.", coordinate)
			continue
		case promised:
			r.report(pos, codeContextNotSet, coordinate, "Argument %s cannot come from a context: an interface of %q has it too, so clients give it.", coordinate, f.Parent.Name)
			continue
		case a.Default != nil:
			r.report(pos, codeContextNotSet, coordinate, "Argument %s comes from a context, so it cannot have a default value.", coordinate)
		}
		if !slices.ContainsFunc(f.Parent.Keys, func(k *Key) bool { return k.Resolvable }) {
			r.report(pos, "CONTEXT_NO_RESOLVABLE_KEY", coordinate, "Argument %s comes from a context, so its field is asked for by a key, but %q has none that is resolvable.", coordinate, f.Parent.Name)
		}
		if a.Context.Selections != nil {
			r.checkContextSelection(a, coordinate)
		}
	}
}

// checkContextSelection verifies that a selection leads to one leaf of the argument's type on each type that sets the
// context.
func (r *reader) checkContextSelection(a *Argument, coordinate string) {
	c := a.Context
	set := false
	for _, t := range r.schema.Types {
		if !slices.Contains(t.Contexts, c.Name) {
			continue
		}
		set = true
		bad := func(format string, args ...any) {
			r.report(c.Position, codeContextSelection, coordinate, "The selection "+`"`+c.Text+`"`+" of the context "+`"`+c.Name+`"`+" is not valid for "+t.Name+": "+format, args...)
		}
		if t.InterfaceObject {
			bad("it is an @interfaceObject type.")
			continue
		}
		w := contextWalk{reader: r, argument: a, bad: bad}
		for _, o := range r.objectsOf(t) {
			if !w.on(o, t, c.Selections) {
				break
			}
		}
	}
	if !set {
		r.report(c.Position, codeContextNotSet, coordinate, "Argument %s comes from the context %q, but no type sets it.", coordinate, c.Name)
	}
}

// contextWalk checks a selection of a context.
type contextWalk struct {
	*reader
	argument *Argument
	bad      func(format string, args ...any)
}

// on checks the selection for objects of one type where it stands on type t; it returns false if it has reported something.
func (w *contextWalk) on(o, t *Type, set ast.SelectionSet) bool {
	var fields []*ast.Field
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			fields = append(fields, sel)
		case *ast.InlineFragment:
			condition := w.schema.byName[w.schema.Rename(sel.TypeCondition)]
			switch {
			case len(sel.Directives) > 0:
				w.bad("directives cannot be used in it.")
				return false
			case sel.TypeCondition != "" && condition == nil:
				w.bad("type %q is unknown.", sel.TypeCondition)
				return false
			case condition == nil || condition == o || o.Implements(condition.Name):
				for _, sub := range sel.SelectionSet {
					if f, ok := sub.(*ast.Field); ok {
						fields = append(fields, f)
					}
				}
			}
		}
	}
	if len(fields) != 1 {
		w.bad("it must lead to one field, but has %d on %q.", len(fields), o.Name)
		return false
	}
	return w.field(fields[0], o, t)
}

func (w *contextWalk) field(sel *ast.Field, o, t *Type) bool {
	f := o.Field(sel.Name)
	if f == nil {
		f = t.Field(sel.Name)
	}
	switch {
	case f == nil:
		w.bad("cannot query field %q on type %q.", sel.Name, o.Name)
		return false
	case sel.Alias != sel.Name:
		w.bad("aliases cannot be used in it.")
		return false
	case len(sel.Directives) > 0:
		w.bad("directives cannot be used in it.")
		return false
	case len(sel.Arguments) > 0 || slices.ContainsFunc(f.Args, (*Argument).Required):
		w.bad("field %s has arguments.", f.Coordinate())
		return false
	}
	w.use(f)
	next := w.schema.byName[f.Type.Name()]
	composite := next != nil && next.Composite()
	switch {
	case composite && len(sel.SelectionSet) == 0:
		w.bad("field %s of type %q must have a selection of subfields.", f.Coordinate(), f.Type)
		return false
	case !composite && len(sel.SelectionSet) > 0:
		w.bad("field %s has no subfields.", f.Coordinate())
		return false
	case composite && f.Type.Elem != nil:
		w.bad("field %s is a list of objects.", f.Coordinate())
		return false
	case composite:
		for _, o := range w.objectsOf(next) {
			if !w.on(o, next, sel.SelectionSet) {
				return false
			}
		}
		return true
	}
	// Whether there is a value is known only when the operation runs, whatever the fields on the way say.
	got := *f.Type
	got.NonNull = false
	if !w.schema.Subtype(&got, w.argument.Type) {
		w.bad("it is of type %q, but the argument of type %q.", got.String(), w.argument.Type)
		return false
	}
	return true
}

// objectsOf returns the object types that values of a composite type can be in this subgraph.
func (r *reader) objectsOf(t *Type) []*Type {
	if t.Kind == ast.Object {
		return []*Type{t}
	}
	var out []*Type
	for _, o := range r.schema.Types {
		if o.Kind == ast.Object && (o.Implements(t.Name) || slices.ContainsFunc(t.Members, func(m Reference) bool { return r.schema.Rename(m.Name) == o.Name })) {
			out = append(out, o)
		}
	}
	return out
}
