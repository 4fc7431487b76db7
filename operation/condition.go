package operation

import (
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
