package diff

import (
	"cmp"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// types compares the types that are not GraphQL's own.
func (c *comparison) types() {
	pairs(declared(c.old), declared(c.new), func(t *ast.Definition) string { return t.Name },
		func(t *ast.Definition) { c.breaking(TypeRemoved, t.Name, "The %s was removed.", kind(t)) },
		c.newType, c.keptType)
}

// declared returns the types that a schema itself declares, by name.
func declared(s *ast.Schema) []*ast.Definition {
	var out []*ast.Definition
	for _, t := range s.Types {
		if !t.BuiltIn {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *ast.Definition) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// kind says in words what a type is.
func kind(t *ast.Definition) string {
	switch t.Kind {
	case ast.Object:
		return "object type"
	case ast.InputObject:
		return "input type"
	case ast.Interface:
		return "interface"
	case ast.Union:
		return "union"
	case ast.Enum:
		return "enum"
	}
	return "scalar"
}

// aKind is the kind with its article.
func aKind(t *ast.Definition) string {
	switch t.Kind {
	case ast.Union, ast.Scalar:
		return "a " + kind(t)
	}
	return "an " + kind(t)
}

// newType reports a type that was added. Nobody asked for it, but an interface that clients ask for may now be one.
func (c *comparison) newType(t *ast.Definition) {
	c.safe(TypeAdded, t.Name, "The %s was added.", kind(t))
	for _, name := range t.Interfaces {
		c.implements(t, name)
	}
}

// implements reports that a type implements an interface that it did not implement.
func (c *comparison) implements(t *ast.Definition, name string) {
	if old := c.old.Types[name]; old == nil || old.Kind != ast.Interface || t.Kind != ast.Object {
		c.safe(InterfaceAdded, t.Name, "It implements %s.", name)
		return
	}
	c.dangerous(InterfaceAdded, t.Name, "It implements %s: where clients ask for that, they may get a type they do not know of.", name)
}

func (c *comparison) keptType(before, after *ast.Definition) {
	c.description(after.Name, before.Description, after.Description)
	if before.Kind != after.Kind {
		c.breaking(TypeKindChanged, after.Name, "It is %s instead of %s.", aKind(after), aKind(before))
		return
	}
	switch after.Kind {
	case ast.Object, ast.Interface:
		c.interfaces(before, after)
		c.fields(before, after)
	case ast.Union:
		c.members(before, after)
	case ast.Enum:
		c.values(before, after)
	case ast.InputObject:
		c.oneOf(before, after)
		c.inputFields(before, after)
	case ast.Scalar:
		c.specifiedBy(before, after)
	}
}

func (c *comparison) interfaces(before, after *ast.Definition) {
	pairs(before.Interfaces, after.Interfaces, itself,
		func(name string) {
			c.breaking(InterfaceRemoved, after.Name, "It does not implement %s any more.", name)
		},
		func(name string) { c.implements(after, name) },
		func(string, string) {})
}

func (c *comparison) members(before, after *ast.Definition) {
	pairs(before.Types, after.Types, itself,
		func(name string) { c.breaking(MemberRemoved, after.Name, "%s is not a member any more.", name) },
		func(name string) {
			c.dangerous(MemberAdded, after.Name, "%s is a member: clients may get a type they do not know of.", name)
		},
		func(string, string) {})
}

func itself(name string) string { return name }

func (c *comparison) values(before, after *ast.Definition) {
	pairs(before.EnumValues, after.EnumValues, func(v *ast.EnumValueDefinition) string { return v.Name },
		func(v *ast.EnumValueDefinition) {
			c.breaking(ValueRemoved, after.Name+"."+v.Name, "The value was removed.%s", farewell(v.Directives))
		},
		func(v *ast.EnumValueDefinition) {
			if c.given[after.Name] {
				c.dangerous(ValueAdded, after.Name+"."+v.Name, "The value was added: clients may get a value they do not know of.")
			} else {
				c.safe(ValueAdded, after.Name+"."+v.Name, "The value was added. No field returned the enum, so no client gets it that does not send it.")
			}
		},
		func(before, v *ast.EnumValueDefinition) {
			c.description(after.Name+"."+v.Name, before.Description, v.Description)
			c.deprecation(after.Name+"."+v.Name, before.Directives, v.Directives)
		})
}

func (c *comparison) oneOf(before, after *ast.Definition) {
	was, is := before.Directives.ForName("oneOf") != nil, after.Directives.ForName("oneOf") != nil
	switch {
	case is && !was:
		c.breaking(OneOfAdded, after.Name, "It takes exactly one of its fields.")
	case was && !is:
		c.safe(OneOfRemoved, after.Name, "It takes any number of its fields.")
	}
}

func (c *comparison) specifiedBy(before, after *ast.Definition) {
	was, is := specification(before), specification(after)
	switch {
	case was == is:
	case was == "":
		c.safe(SpecifiedBy, after.Name, "It is specified by %s.", is)
	case is == "":
		c.dangerous(SpecifiedBy, after.Name, "It is not specified by %s any more: its values may look different.", was)
	default:
		c.dangerous(SpecifiedBy, after.Name, "It is specified by %s instead of %s: its values may look different.", is, was)
	}
}

func specification(t *ast.Definition) string {
	if d := t.Directives.ForName("specifiedBy"); d != nil {
		if a := d.Arguments.ForName("url"); a != nil && a.Value != nil {
			return a.Value.Raw
		}
	}
	return ""
}
