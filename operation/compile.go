package operation

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// compiler goes through an operation and the fragments that it reaches, each once, and notes what its variables are used
// for.
type compiler struct {
	*program
	index      map[string]int // of the operation's variables
	conditions map[string]bool
	visited    map[*ast.FragmentDefinition]bool
}

func (c *compiler) sorted() []string {
	return slices.Sorted(maps.Keys(c.conditions))
}

func (c *compiler) selection(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			c.directives(s.Directives)
			c.arguments(s.Arguments)
			c.selection(s.SelectionSet)
		case *ast.InlineFragment:
			c.directives(s.Directives)
			c.selection(s.SelectionSet)
		case *ast.FragmentSpread:
			c.directives(s.Directives)
			if s.Definition != nil && !c.visited[s.Definition] {
				c.visited[s.Definition] = true
				c.directives(s.Definition.Directives)
				c.selection(s.Definition.SelectionSet)
			}
		}
	}
}

func (c *compiler) directives(list ast.DirectiveList) {
	for _, d := range list {
		c.arguments(d.Arguments)
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		if arg := d.Arguments.ForName("if"); arg != nil && arg.Value.Kind == ast.Variable {
			c.conditions[arg.Value.Raw] = true
		}
	}
}

func (c *compiler) arguments(list ast.ArgumentList) {
	for _, a := range list {
		c.value(a.Value)
	}
}

func (c *compiler) value(v *ast.Value) {
	for _, child := range v.Children {
		c.value(child.Value)
	}
	if v.Kind != ast.Variable || v.ExpectedType == nil || !v.ExpectedType.NonNull {
		return
	}
	// The node's own VariableDefinition is that of another operation if a fragment is shared: names are looked up.
	if i, ok := c.index[v.Raw]; ok && !c.variables[i].typ.nonNull {
		c.strict = append(c.strict, strictUse{variable: i, expected: v.ExpectedType, position: v.Position})
	}
}
