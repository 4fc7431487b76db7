package diff

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// fields compares the fields of objects and interfaces.
func (c *comparison) fields(before, after *ast.Definition) {
	name := func(f *ast.FieldDefinition) string { return f.Name }
	pairs(visible(before.Fields), visible(after.Fields), name,
		func(f *ast.FieldDefinition) {
			c.breaking(FieldRemoved, after.Name+"."+f.Name, "The field was removed.%s", farewell(f.Directives))
		},
		func(f *ast.FieldDefinition) { c.safe(FieldAdded, after.Name+"."+f.Name, "The field was added.") },
		func(before, f *ast.FieldDefinition) { c.field(after.Name+"."+f.Name, before, f) })
}

// visible leaves out __schema and __type, which the parser adds to the query type.
func visible(list ast.FieldList) ast.FieldList {
	return slices.DeleteFunc(slices.Clone(list), func(f *ast.FieldDefinition) bool { return strings.HasPrefix(f.Name, "__") })
}

func (c *comparison) field(coordinate string, before, after *ast.FieldDefinition) {
	c.description(coordinate, before.Description, after.Description)
	c.deprecation(coordinate, before.Directives, after.Directives)
	switch was, is := before.Type.String(), after.Type.String(); {
	case was == is:
	case narrower(before.Type, after.Type):
		c.safe(FieldTypeChanged, coordinate, "The type is %s instead of %s, which promises more.", is, was)
	case before.Type.Name() == after.Type.Name() && narrower(after.Type, before.Type):
		c.breaking(FieldTypeChanged, coordinate, "The type is %s instead of %s: clients may get null where they were promised a value.", is, was)
	default:
		c.breaking(FieldTypeChanged, coordinate, "The type is %s instead of %s.", is, was)
	}
	c.arguments(coordinate, before.Arguments, after.Arguments, true)
}

// narrower reports whether every value of the type after is one of the type before. The named types must be equal: of an
// interface and one of its objects that would be true too, but fragments on the other objects would be refused.
func narrower(before, after *ast.Type) bool {
	if before.NonNull && !after.NonNull || (before.Elem == nil) != (after.Elem == nil) {
		return false
	}
	if before.Elem != nil {
		return narrower(before.Elem, after.Elem)
	}
	return before.NamedType == after.NamedType
}

// input is an argument or an input field.
type input struct {
	name, description string
	typ               *ast.Type
	preset            *ast.Value
	directives        ast.DirectiveList
}

// required reports whether clients must give it.
func (i *input) required() bool { return i.typ.NonNull && i.preset == nil }

// inputCodes are the codes for arguments, or for input fields, and what they are called.
type inputCodes struct {
	noun                        string
	added, removed, typ, preset Code
}

// arguments compares the arguments of a field or directive. What nobody can use breaks nobody: then usable is false.
func (c *comparison) arguments(of string, before, after ast.ArgumentDefinitionList, usable bool) {
	list := func(args ast.ArgumentDefinitionList) []*input {
		out := make([]*input, len(args))
		for i, a := range args {
			out[i] = &input{a.Name, a.Description, a.Type, a.DefaultValue, a.Directives}
		}
		return out
	}
	c.inputs(list(before), list(after), func(name string) string { return of + "(" + name + ":)" }, usable,
		inputCodes{"argument", ArgumentAdded, ArgumentRemoved, ArgumentTypeChanged, ArgumentDefaultChanged})
}

func (c *comparison) inputFields(before, after *ast.Definition) {
	list := func(fields ast.FieldList) []*input {
		out := make([]*input, len(fields))
		for i, f := range fields {
			out[i] = &input{f.Name, f.Description, f.Type, f.DefaultValue, f.Directives}
		}
		return out
	}
	c.inputs(list(before.Fields), list(after.Fields), func(name string) string { return after.Name + "." + name }, true,
		inputCodes{"input field", InputFieldAdded, InputFieldRemoved, InputFieldTypeChanged, InputFieldDefaultChanged})
}

func (c *comparison) inputs(before, after []*input, coordinate func(name string) string, usable bool, codes inputCodes) {
	// at lowers the severity of what concerns nobody.
	at := func(s Severity) Severity {
		if usable {
			return s
		}
		return Safe
	}
	pairs(before, after, func(i *input) string { return i.name },
		func(i *input) {
			c.add(at(Breaking), codes.removed, coordinate(i.name), "The %s was removed.%s", codes.noun, farewell(i.directives))
		},
		func(i *input) {
			if i.required() {
				c.add(at(Breaking), codes.added, coordinate(i.name), "The %s was added, and must be given.", codes.noun)
			} else {
				c.safe(codes.added, coordinate(i.name), "The %s was added. Nobody has to give it.", codes.noun)
			}
		},
		func(before, i *input) {
			c.description(coordinate(i.name), before.description, i.description)
			c.deprecation(coordinate(i.name), before.directives, i.directives)
			c.inputType(coordinate(i.name), before, i, at, codes)
			c.preset(coordinate(i.name), before, i, at, codes)
		})
}

func (c *comparison) inputType(coordinate string, before, after *input, at func(Severity) Severity, codes inputCodes) {
	switch was, is := before.typ.String(), after.typ.String(); {
	case was == is:
	case narrower(after.typ, before.typ):
		c.safe(codes.typ, coordinate, "The type is %s instead of %s, which takes more.", is, was)
	case after.required() && !before.required() && narrower(before.typ, after.typ):
		c.add(at(Breaking), codes.typ, coordinate, "The type is %s instead of %s: it must be given.", is, was)
	case narrower(before.typ, after.typ):
		c.add(at(Breaking), codes.typ, coordinate, "The type is %s instead of %s: null is refused.", is, was)
	default:
		c.add(at(Breaking), codes.typ, coordinate, "The type is %s instead of %s.", is, was)
	}
}

// preset compares the values of what is not given.
func (c *comparison) preset(coordinate string, before, after *input, at func(Severity) Severity, codes inputCodes) {
	was, is := literal(before.preset), literal(after.preset)
	switch {
	case was == is:
	case after.required() && !before.required() && before.typ.NonNull:
		c.add(at(Breaking), codes.preset, coordinate, "The default %s was removed: the %s must be given.", was, codes.noun)
	case after.required(): // before too, or its type says why it must be given
	case before.required():
		c.safe(codes.preset, coordinate, "The default is %s: the %s need not be given any more.", is, codes.noun)
	case was == "":
		c.add(at(Dangerous), codes.preset, coordinate, "The default is %s: there was none, so it changes what clients ask that do not give the %s.", is, codes.noun)
	case is == "":
		c.add(at(Dangerous), codes.preset, coordinate, "The default %s was removed, which changes what clients ask that do not give the %s.", was, codes.noun)
	default:
		c.add(at(Dangerous), codes.preset, coordinate, "The default is %s instead of %s, which changes what clients ask that do not give the %s.", is, was, codes.noun)
	}
}

// literal writes a value so that equal values have equal texts; empty for none.
func literal(v *ast.Value) string {
	if v == nil {
		return ""
	}
	switch v.Kind {
	case ast.ObjectValue:
		fields := make([]string, len(v.Children))
		for i, f := range v.Children {
			fields[i] = f.Name + ": " + literal(f.Value)
		}
		slices.Sort(fields)
		return "{" + strings.Join(fields, ", ") + "}"
	case ast.ListValue:
		items := make([]string, len(v.Children))
		for i, x := range v.Children {
			items[i] = literal(x.Value)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case ast.BlockValue:
		return (&ast.Value{Kind: ast.StringValue, Raw: v.Raw}).String()
	}
	return v.String()
}
