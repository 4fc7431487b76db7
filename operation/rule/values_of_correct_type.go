package rule

import (
	"math"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// valuesOfCorrectType: literals fit the types of the places they stand in. Its own file, as gqlparser's accepts integers
// of more than 32 bits and empty objects for scalars, and evaluates a literal again at each level of its nesting.
func valuesOfCorrectType(r *report, events *core.Events) {
	v := literals{r}
	arguments := func(args ast.ArgumentList, defs ast.ArgumentDefinitionList) {
		for _, arg := range args {
			if def := defs.ForName(arg.Name); def != nil {
				v.check(def.Type, arg.Value)
			}
		}
	}
	events.OnField(func(_ *core.Walker, f *ast.Field) {
		if f.Definition != nil {
			arguments(f.Arguments, f.Definition.Arguments)
		}
	})
	events.OnDirective(func(_ *core.Walker, d *ast.Directive) {
		if d.Definition != nil {
			arguments(d.Arguments, d.Definition.Arguments)
		}
	})
	events.OnVariable(func(_ *core.Walker, d *ast.VariableDefinition) {
		if d.DefaultValue != nil {
			v.check(d.Type, d.DefaultValue)
		}
	})
}

type literals struct{ *report }

func (l literals) check(t *ast.Type, v *ast.Value) {
	switch {
	case v.Kind == ast.Variable: // another rule's business
	case v.Kind == ast.NullValue:
		if t.NonNull {
			l.unexpected(t, v)
		}
	case t.Elem != nil:
		if v.Kind != ast.ListValue {
			l.check(t.Elem, v) // a single value stands for a list of one
			return
		}
		for _, c := range v.Children {
			l.check(t.Elem, c.Value)
		}
	default:
		l.named(t, v)
	}
}

func (l literals) unexpected(t *ast.Type, v *ast.Value) {
	l.addf(at(v.Position), `Expected value of type "%s", found %s.`, t, literal(v))
}

func (l literals) named(t *ast.Type, v *ast.Value) {
	def := l.schema.Types[t.NamedType]
	if def == nil {
		return // another rule's business
	}
	switch def.Kind {
	case ast.Scalar:
		l.scalar(def.Name, v)
	case ast.Enum:
		l.enum(def, v)
	case ast.InputObject:
		if v.Kind != ast.ObjectValue {
			l.unexpected(t, v)
			return
		}
		l.object(def, v)
	}
}

func (l literals) scalar(name string, v *ast.Value) {
	format := ""
	switch name {
	case "Int":
		if v.Kind != ast.IntValue {
			format = "Int cannot represent non-integer value: %s"
		} else if _, err := strconv.ParseInt(v.Raw, 10, 32); err != nil {
			format = "Int cannot represent non 32-bit signed integer value: %s"
		}
	case "Float":
		if v.Kind != ast.IntValue && v.Kind != ast.FloatValue {
			format = "Float cannot represent non numeric value: %s"
		} else if f, err := strconv.ParseFloat(v.Raw, 64); err != nil || math.IsInf(f, 0) {
			format = "Float cannot represent non numeric value: %s"
		}
	case "String":
		if v.Kind != ast.StringValue && v.Kind != ast.BlockValue {
			format = "String cannot represent a non string value: %s"
		}
	case "Boolean":
		if v.Kind != ast.BooleanValue {
			format = "Boolean cannot represent a non boolean value: %s"
		}
	case "ID":
		if v.Kind != ast.StringValue && v.Kind != ast.BlockValue && v.Kind != ast.IntValue {
			format = "ID cannot represent a non-string and non-integer value: %s"
		}
	}
	if format != "" {
		l.addf(at(v.Position), format, literal(v))
	}
}

func (l literals) enum(def *ast.Definition, v *ast.Value) {
	names := func() []string {
		out := make([]string, len(def.EnumValues))
		for i, e := range def.EnumValues {
			out[i] = e.Name
		}
		return out
	}
	switch {
	case v.Kind != ast.EnumValue:
		l.addf(at(v.Position), `Enum "%s" cannot represent non-enum value: %s.%s`,
			def.Name, literal(v), l.didYouMean("the enum value", v.Raw, names))
	case def.EnumValues.ForName(v.Raw) == nil:
		l.addf(at(v.Position), `Value "%s" does not exist in "%s" enum.%s`,
			quoted(v.Raw), def.Name, l.didYouMean("the enum value", v.Raw, names))
	}
}

func (l literals) object(def *ast.Definition, v *ast.Value) {
	given := make(map[string]*ast.Value, len(v.Children))
	for _, c := range v.Children {
		given[c.Name] = c.Value
		f := def.Fields.ForName(c.Name)
		if f == nil {
			hint := l.didYouMean("", c.Name, func() []string {
				names := make([]string, len(def.Fields))
				for i, f := range def.Fields {
					names[i] = f.Name
				}
				return names
			})
			l.addf(at(c.Position), `Field "%s" is not defined by type "%s".%s`, quoted(c.Name), def.Name, hint)
			continue
		}
		l.check(f.Type, c.Value)
	}
	for _, f := range def.Fields {
		if f.Type.NonNull && f.DefaultValue == nil && given[f.Name] == nil {
			l.addf(at(v.Position), `Field "%s.%s" of required type "%s" was not provided.`, def.Name, f.Name, f.Type)
		}
	}
	if def.Directives.ForName("oneOf") == nil {
		return
	}
	if len(v.Children) != 1 {
		l.addf(at(v.Position), `OneOf Input Object "%s" must specify exactly one key.`, def.Name)
	} else if c := v.Children[0]; c.Value.Kind == ast.NullValue {
		l.addf(at(c.Value.Position), `Field "%s.%s" must be non-null.`, def.Name, quoted(c.Name))
	}
}
