package connect

import (
	"fmt"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/internal/suggest"
	"github.com/sluice-gateway/sluice/problem"
)

// report adds an error.
func (r *reader) report(code, coordinate string, at place, format string, args ...any) {
	r.add(problem.Error, code, coordinate, at, format, args...)
}

// fail adds an error of a connector, which then is not used.
func (r *reader) fail(s *site, code string, at place, format string, args ...any) {
	s.broken = true
	r.report(code, s.coordinate, at, format, args...)
}

// warn adds a warning.
func (r *reader) warn(code, coordinate string, at place, format string, args ...any) {
	r.add(problem.Warning, code, coordinate, at, format, args...)
}

func (r *reader) add(s problem.Severity, code, coordinate string, at place, format string, args ...any) {
	p := problem.Problem{
		Severity: s, Code: code, Message: fmt.Sprintf(format, args...), Coordinate: coordinate,
		File: at.file, Line: at.line, Column: at.column,
	}
	if r.seen[p.String()] {
		return
	}
	r.seen[p.String()] = true
	if s == problem.Error {
		r.errs++
	}
	r.problems = append(r.problems, p)
}

// element is what is being read: a @source or a @connect.
type element struct {
	coordinate string
	position   *ast.Position
}

// members returns the arguments of a directive or the members of an input object by name. Nulls are left out, as if
// they were not given; what is not in known, and what is given twice, is reported.
func (r *reader) members(e element, what string, children ast.ChildValueList, known ...string) map[string]*ast.Value {
	out := map[string]*ast.Value{}
	for _, c := range children {
		switch {
		case !slices.Contains(known, c.Name):
			r.report(CodeGraphQL, e.coordinate, placeOf(c.Position), "%s has no argument %q.%s", what, c.Name, suggest.DidYouMean("", c.Name, known))
		case out[c.Name] != nil:
			r.report(CodeGraphQL, e.coordinate, placeOf(c.Position), "%s has the argument %q twice; remove one of them.", what, c.Name)
		case c.Value != nil && c.Value.Kind != ast.NullValue:
			out[c.Name] = c.Value
		}
	}
	return out
}

// arguments are the arguments of a directive in the form in which the members of objects come.
func arguments(d *ast.Directive) ast.ChildValueList {
	out := make(ast.ChildValueList, len(d.Arguments))
	for i, a := range d.Arguments {
		out[i] = &ast.ChildValue{Name: a.Name, Value: a.Value, Position: a.Position}
	}
	return out
}

// text returns the value of an argument that must be a string, nil if it is absent or something else.
func (r *reader) text(e element, what string, v *ast.Value) *ast.Value {
	if v == nil {
		return nil
	}
	if v.Kind != ast.StringValue && v.Kind != ast.BlockValue {
		r.report(CodeGraphQL, e.coordinate, r.places.start(v), "%s must be a string, not %s.", what, kindName(v))
		return nil
	}
	return v
}

// object reports whether the value of an argument, which is not nil, is an object as it must be.
func (r *reader) object(e element, what string, v *ast.Value) bool {
	if v.Kind == ast.ObjectValue {
		return true
	}
	r.report(CodeGraphQL, e.coordinate, r.places.start(v), "%s must be an object, not %s.", what, kindName(v))
	return false
}

func kindName(v *ast.Value) string {
	switch v.Kind {
	case ast.Variable:
		return "a variable"
	case ast.IntValue, ast.FloatValue:
		return "a number"
	case ast.StringValue, ast.BlockValue:
		return "a string"
	case ast.BooleanValue:
		return "a boolean"
	case ast.NullValue:
		return "null"
	case ast.EnumValue:
		return "the bare word " + v.Raw
	case ast.ListValue:
		return "a list"
	}
	return "an object"
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
