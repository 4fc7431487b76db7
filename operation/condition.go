package operation

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/value"
)

// Included reports whether a field or fragment with these directives is part of the operation: no @skip says otherwise,
// and no @include. Variables is the object of [Prepared.Variables].
func Included(directives ast.DirectiveList, variables value.Value) bool {
	for _, d := range directives {
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		if arg := d.Arguments.ForName("if"); arg != nil && truth(arg.Value, variables) == (d.Name == "skip") {
			return false
		}
	}
	return true
}

func truth(v *ast.Value, variables value.Value) bool {
	if v.Kind == ast.Variable {
		return variables.Get(v.Raw).Bool()
	}
	return v.Raw == "true"
}

// conditions are the names of the variables that @skip and @include read in an operation and in the fragments that it
// reaches, sorted.
func conditions(op *ast.OperationDefinition) []string {
	names := map[string]bool{}
	note := func(directives ast.DirectiveList) {
		for _, d := range directives {
			if d.Name != "skip" && d.Name != "include" {
				continue
			}
			if arg := d.Arguments.ForName("if"); arg != nil && arg.Value.Kind == ast.Variable {
				names[arg.Value.Raw] = true
			}
		}
	}
	visited := map[*ast.FragmentDefinition]bool{}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				note(s.Directives)
				walk(s.SelectionSet)
			case *ast.InlineFragment:
				note(s.Directives)
				walk(s.SelectionSet)
			case *ast.FragmentSpread:
				note(s.Directives)
				if s.Definition != nil && !visited[s.Definition] {
					visited[s.Definition] = true
					walk(s.Definition.SelectionSet)
				}
			}
		}
	}
	walk(op.SelectionSet)
	var out []string
	for n := range names {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// conditionText is the text of [Prepared.Conditions].
func conditionText(names []string, variables value.Value) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		if variables.Get(names[0]).Bool() {
			return "1"
		}
		return "0"
	}
	text := make([]byte, len(names))
	for i, n := range names {
		text[i] = '0'
		if variables.Get(n).Bool() {
			text[i] = '1'
		}
	}
	return string(text)
}
