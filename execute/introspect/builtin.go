package introspect

import "github.com/vektah/gqlparser/v2/ast"

// visible reports whether a type is part of the schema as clients see it. Of the scalars that the language brings along,
// String and Boolean are in every schema; the others are if something is of their type, and else must not be listed
// (section 3.5, "Built-in Scalars").
func visible(s *ast.Schema, d *ast.Definition) bool {
	if d == nil {
		return false
	}
	switch d.Name {
	case "Int", "Float", "ID":
		return used(s, d.Name)
	}
	return true
}

// used reports whether a field, an argument or an input field has the named type.
func used(s *ast.Schema, name string) bool {
	arguments := func(list ast.ArgumentDefinitionList) bool {
		for _, a := range list {
			if a.Type.Name() == name {
				return true
			}
		}
		return false
	}
	for _, d := range s.Types {
		for _, f := range d.Fields {
			if f.Type.Name() == name || arguments(f.Arguments) {
				return true
			}
		}
	}
	for _, d := range s.Directives {
		if arguments(d.Arguments) {
			return true
		}
	}
	return false
}
