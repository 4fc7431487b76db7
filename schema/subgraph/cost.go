package subgraph

import (
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// checkCost verifies the directives that say what a field costs and how long its lists are.
func (r *reader) checkCost(f *Field) {
	for _, d := range f.Carried {
		switch {
		case d.Name == "cost" && f.Parent.Kind == ast.Interface:
			r.report(d.Position, "COST_APPLIED_TO_INTERFACE_FIELD", f.Coordinate(), "@cost cannot be used on a field of an interface: only fields of object types are resolved.")
		case d.Name == "listSize":
			r.checkListSize(f, d)
		}
	}
}

func (r *reader) checkListSize(f *Field, d *ast.Directive) {
	sized := texts(d, "sizedFields")
	if f.Type.Elem == nil && len(sized) == 0 {
		r.report(d.Position, "LIST_SIZE_APPLIED_TO_NON_LIST", f.Coordinate(), "@listSize belongs on a list, but %s is of type %q.", f.Coordinate(), f.Type)
	}
	if a := d.Arguments.ForName("assumedSize"); a != nil && a.Value.Kind == ast.IntValue {
		if n, err := strconv.ParseInt(a.Value.Raw, 10, 64); err == nil && n < 0 {
			r.report(a.Position, "LIST_SIZE_INVALID_ASSUMED_SIZE", f.Coordinate(), "The assumed size of %s cannot be negative.", f.Coordinate())
		}
	}
	for _, path := range texts(d, "slicingArguments") {
		if wrong := r.slicing(f, path); wrong != "" {
			r.report(d.Position, "LIST_SIZE_INVALID_SLICING_ARGUMENT", f.Coordinate(), "%s", wrong)
		}
	}
	t := r.schema.byName[f.Type.Name()]
	for _, name := range sized {
		if t == nil || !t.Composite() {
			r.report(d.Position, "LIST_SIZE_INVALID_SIZED_FIELD", f.Coordinate(), "%s is of type %q, which has no field %q that could be sized.", f.Coordinate(), f.Type, name)
			continue
		}
		switch own := t.Field(name); {
		case own == nil:
			r.report(d.Position, "LIST_SIZE_INVALID_SIZED_FIELD", f.Coordinate(), "The sized field %q is none of type %q.", name, t.Name)
		case own.Type.Elem == nil:
			r.report(d.Position, "LIST_SIZE_APPLIED_TO_NON_LIST", f.Coordinate(), "The sized field %s is no list.", own.Coordinate())
		}
	}
}

// slicing says what is wrong with the name of an argument that gives the length of a list, or with the path to a member of
// an argument.
func (r *reader) slicing(f *Field, path string) string {
	name, rest, deeper := strings.Cut(path, ".")
	arg := f.Arg(name)
	if arg == nil {
		return "The slicing argument \"" + name + "\" is none of " + f.Coordinate() + "."
	}
	typ := arg.Type
	for deeper {
		name, rest, deeper = strings.Cut(rest, ".")
		t := r.schema.byName[typ.Name()]
		if t == nil || typ.Elem != nil || t.Kind != ast.InputObject || t.Field(name) == nil {
			return "The slicing argument \"" + path + "\" of " + f.Coordinate() + " leads nowhere: there is no input field \"" + name + "\"."
		}
		typ = t.Field(name).Type
	}
	if typ.Elem != nil || typ.NamedType != "Int" {
		return "The slicing argument \"" + path + "\" of " + f.Coordinate() + " must be of type \"Int\", but is of type \"" + typ.String() + "\"."
	}
	return ""
}

// texts returns an argument of a directive that is a list of strings.
func texts(d *ast.Directive, name string) []string {
	a := d.Arguments.ForName(name)
	if a == nil {
		return nil
	}
	if a.Value.Kind == ast.StringValue || a.Value.Kind == ast.BlockValue {
		return []string{a.Value.Raw} // one value stands for a list of one
	}
	var out []string
	for _, c := range a.Value.Children {
		if c.Value.Kind == ast.StringValue || c.Value.Kind == ast.BlockValue {
			out = append(out, c.Value.Raw)
		}
	}
	return out
}
