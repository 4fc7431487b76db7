package subgraph

import (
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// checkLiteral verifies that a constant fits an input type.
func (r *reader) checkLiteral(v *ast.Value, t *ast.Type, coordinate string) {
	bad := func(format string, args ...any) { r.invalid(v.Position, coordinate, format, args...) }
	switch {
	case v.Kind == ast.Variable:
		bad("Variable \"$%s\" cannot be used in a constant.", v.Raw)
		return
	case v.Kind == ast.NullValue:
		if t.NonNull {
			bad("Expected value of type %q, found null.", t)
		}
		return
	case t.Elem != nil:
		if v.Kind != ast.ListValue {
			r.checkLiteral(v, t.Elem, coordinate) // one value stands for a list of one
			return
		}
		for _, c := range v.Children {
			r.checkLiteral(c.Value, t.Elem, coordinate)
		}
		return
	}
	def := r.schema.byName[t.NamedType]
	switch {
	case isBuiltin(t.NamedType):
		if !fitsScalar(v, t.NamedType) {
			bad("Expected value of type %q, found %s.", t, v)
		}
	case def == nil: // reported elsewhere, or a scalar of a specification
	case def.Kind == ast.Enum:
		if v.Kind != ast.EnumValue || def.Value(v.Raw) == nil {
			bad("Value %s does not exist in enum %q.", v, def.Name)
		}
	case def.Kind == ast.InputObject:
		r.checkObject(v, def, coordinate)
	}
}

func (r *reader) checkObject(v *ast.Value, def *Type, coordinate string) {
	if v.Kind != ast.ObjectValue {
		r.invalid(v.Position, coordinate, "Expected value of type %q, found %s.", def.Name, v)
		return
	}
	seen := map[string]bool{}
	for _, c := range v.Children {
		f := def.Field(c.Name)
		if f == nil {
			r.invalid(c.Position, coordinate, "Field %q is not defined by type %q.", c.Name, def.Name)
			continue
		}
		if seen[c.Name] {
			r.invalid(c.Position, coordinate, "There can be only one input field named %q.", c.Name)
		}
		seen[c.Name] = true
		r.checkLiteral(c.Value, f.Type, coordinate)
	}
	for _, f := range def.Fields {
		if f.Type.NonNull && f.Default == nil && !seen[f.Name] {
			r.invalid(v.Position, coordinate, "Field \"%s\" of required type %q was not provided.", f.Coordinate(), f.Type)
		}
	}
	if def.Kept.ForName("oneOf") != nil && (len(v.Children) != 1 || v.Children[0].Value.Kind == ast.NullValue) {
		r.invalid(v.Position, coordinate, "Exactly one field of %q must be given, and not null.", def.Name)
	}
}

func fitsScalar(v *ast.Value, name string) bool {
	switch name {
	case "Int":
		_, err := strconv.ParseInt(v.Raw, 10, 32)
		return v.Kind == ast.IntValue && err == nil
	case "Float":
		return v.Kind == ast.IntValue || v.Kind == ast.FloatValue
	case "Boolean":
		return v.Kind == ast.BooleanValue
	case "ID":
		return v.Kind == ast.StringValue || v.Kind == ast.BlockValue || v.Kind == ast.IntValue
	default:
		return v.Kind == ast.StringValue || v.Kind == ast.BlockValue
	}
}
