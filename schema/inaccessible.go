package schema

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema/merge"
)

// checkInaccessible verifies that what clients see makes sense without what is hidden from them.
func checkInaccessible(m *merge.Schema) problem.List {
	c := &hiding{merged: m}
	for _, t := range m.Types {
		c.checkType(t)
	}
	return c.problems
}

type hiding struct {
	merged   *merge.Schema
	problems problem.List
}

func (c *hiding) report(pos *ast.Position, code, coordinate, format string, args ...any) {
	c.problems = append(c.problems, problem.At(pos, code, coordinate, format, args...))
}

func (c *hiding) hidden(name string) bool {
	t := c.merged.Type(name)
	return t != nil && t.Hidden && !isBuiltin(name)
}

func (c *hiding) checkType(t *merge.Type) {
	pos := t.Definition.Position
	if t.Hidden {
		switch {
		case t.Name == "Query":
			c.report(pos, "QUERY_ROOT_TYPE_INACCESSIBLE", t.Name, "The root type Query is @inaccessible, so clients could ask for nothing.")
		case isBuiltin(t.Name) || strings.HasPrefix(t.Name, "__"):
			c.report(pos, "DISALLOWED_INACCESSIBLE", t.Name, "Type %q is built in and cannot be @inaccessible.", t.Name)
		}
		return
	}
	if c.childless(t) {
		c.report(pos, "ONLY_INACCESSIBLE_CHILDREN", t.Name, "Type %q is visible, but everything in it is @inaccessible.", t.Name)
	}
	for _, f := range t.Fields {
		switch {
		case f.Hidden && t.Kind == ast.InputObject:
			if f.Definition.Type.NonNull && f.Definition.DefaultValue == nil {
				c.report(f.Definition.Position, "REQUIRED_INACCESSIBLE", f.Coordinate(), "Input field %s is required, so it cannot be @inaccessible.", f.Coordinate())
			}
		case f.Hidden:
			c.checkHiddenField(t, f)
		default:
			c.checkField(t, f)
		}
	}
}

func isBuiltin(name string) bool {
	switch name {
	case "Int", "Float", "String", "Boolean", "ID":
		return true
	}
	return false
}

// childless reports whether everything within a type is hidden.
func (c *hiding) childless(t *merge.Type) bool {
	if len(t.Fields)+len(t.Values)+len(t.Definition.Types) == 0 {
		return false // a scalar, or a type of which nothing was left, which has been reported
	}
	for _, f := range t.Fields {
		if !f.Hidden {
			return false
		}
	}
	for _, v := range t.Values {
		if !v.Hidden {
			return false
		}
	}
	for _, name := range t.Definition.Types {
		if !c.hidden(name) {
			return false
		}
	}
	return true
}

// checkHiddenField verifies that no visible interface promises a hidden field.
func (c *hiding) checkHiddenField(t *merge.Type, f *merge.Field) {
	for _, name := range t.Definition.Interfaces {
		i := c.merged.Type(name)
		if i == nil || i.Hidden {
			continue
		}
		if promised := i.Field(f.Name); promised != nil && !promised.Hidden {
			c.report(f.Definition.Position, "IMPLEMENTED_BY_INACCESSIBLE", f.Coordinate(), "%s is @inaccessible, but the visible interface field %s promises it.", f.Coordinate(), promised.Coordinate())
		}
	}
}

func (c *hiding) checkField(t *merge.Type, f *merge.Field) {
	if c.hidden(f.Definition.Type.Name()) {
		c.report(f.Definition.Position, "REFERENCED_INACCESSIBLE", f.Coordinate(), "%s is visible, but its type %q is @inaccessible.", f.Coordinate(), f.Definition.Type.Name())
	}
	c.checkDefault(f.Definition.DefaultValue, f.Definition.Type, f.Definition.Position, f.Coordinate())
	for _, a := range f.Args {
		def, coordinate := a.Definition, f.Coordinate()+"("+a.Definition.Name+":)"
		if !a.Hidden {
			if c.hidden(def.Type.Name()) {
				c.report(def.Position, "REFERENCED_INACCESSIBLE", coordinate, "Argument %s is visible, but its type %q is @inaccessible.", coordinate, def.Type.Name())
			}
			c.checkDefault(def.DefaultValue, def.Type, def.Position, coordinate)
			continue
		}
		if def.Type.NonNull && def.DefaultValue == nil {
			c.report(def.Position, "REQUIRED_INACCESSIBLE", coordinate, "Argument %s is required, so it cannot be @inaccessible.", coordinate)
		}
		c.checkHiddenArgument(t, f, def.Name, coordinate)
	}
}

// checkHiddenArgument verifies that no visible interface promises a hidden argument.
func (c *hiding) checkHiddenArgument(t *merge.Type, f *merge.Field, name, coordinate string) {
	for _, in := range t.Definition.Interfaces {
		i := c.merged.Type(in)
		if i == nil || i.Hidden {
			continue
		}
		promised := i.Field(f.Name)
		if promised == nil || promised.Hidden {
			continue
		}
		for _, a := range promised.Args {
			if a.Definition.Name == name && !a.Hidden {
				c.report(f.Definition.Position, "IMPLEMENTED_BY_INACCESSIBLE", coordinate, "Argument %s is @inaccessible, but the visible interface field %s promises it.", coordinate, promised.Coordinate())
			}
		}
	}
}

// checkDefault verifies that a visible default value uses nothing that is hidden.
func (c *hiding) checkDefault(v *ast.Value, typ *ast.Type, pos *ast.Position, coordinate string) {
	if v == nil {
		return
	}
	t := c.merged.Type(typ.Name())
	switch v.Kind {
	case ast.ListValue:
		elem := typ
		if typ.Elem != nil {
			elem = typ.Elem
		}
		for _, child := range v.Children {
			c.checkDefault(child.Value, elem, pos, coordinate)
		}
	case ast.EnumValue:
		if t == nil {
			return
		}
		for _, value := range t.Values {
			if value.Definition.Name == v.Raw && value.Hidden {
				c.report(pos, "DEFAULT_VALUE_USES_INACCESSIBLE", coordinate, "The default value of %s uses the @inaccessible enum value %s.%s.", coordinate, t.Name, v.Raw)
			}
		}
	case ast.ObjectValue:
		if t == nil {
			return
		}
		for _, child := range v.Children {
			f := t.Field(child.Name)
			if f == nil {
				continue
			}
			if f.Hidden {
				c.report(pos, "DEFAULT_VALUE_USES_INACCESSIBLE", coordinate, "The default value of %s uses the @inaccessible input field %s.", coordinate, f.Coordinate())
			}
			c.checkDefault(child.Value, f.Definition.Type, pos, coordinate)
		}
	}
}
