package operation

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/value"
)

// Arguments are the arguments of one use of a field, compiled. They are immutable and safe for concurrent use.
type Arguments struct {
	object expression
}

// CompileArguments compiles the arguments that an operation gives to a field. They must have passed validation: literals
// are coerced by the types that defs name, and nothing is checked again.
//
// Lookup finds the definitions of input types by name. It may be nil, or return nil: then the definitions that
// validation has written into the literals are used, which differs only for a literal that stands in the schema itself
// (a default) and has no such definition.
func CompileArguments(defs ast.ArgumentDefinitionList, args ast.ArgumentList, lookup func(name string) *ast.Definition) *Arguments {
	if lookup == nil {
		lookup = func(string) *ast.Definition { return nil }
	}
	in := newInputs(lookup)
	fields := make([]fieldExpression, 0, len(defs))
	for _, def := range defs {
		arg := args.ForName(def.Name)
		t := in.ref(def.Type)
		var fallback value.Value
		if def.DefaultValue != nil {
			fallback = in.literal(t, def.DefaultValue).constant
		}
		switch {
		case arg != nil:
			f := fieldExpression{key: def.Name, expression: in.literal(t, arg.Value), fallback: fallback}
			if f.kind == variableExpression && fallback.IsMissing() {
				f.fallback = value.NullValue
			}
			fields = append(fields, f)
		case !fallback.IsMissing():
			fields = append(fields, fieldExpression{key: def.Name, expression: expression{constant: fallback}})
		}
	}
	return &Arguments{object: object(fields)}
}

// Apply returns the arguments as an object, in the order of their definitions: enum values are strings, defaults stand
// where nothing was given. An argument that is bound to a variable without a value, and that has no default, is null; one
// that was not mentioned and has no default is absent. Variables is the object of [Prepared.Variables].
//
// The result may point into a, into variables and into the receiver, and must not be changed.
func (g *Arguments) Apply(variables value.Value, a *value.Arena) value.Value {
	return g.object.evaluate(variables, a)
}
