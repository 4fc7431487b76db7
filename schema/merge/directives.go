package merge

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// mergeDirectives keeps the directives of operations that every subgraph knows: their meaning is the same wherever
// a part of the operation ends up.
func (m *merger) mergeDirectives() {
	if len(m.schema.Subgraphs) == 0 {
		return
	}
	for _, first := range m.schema.Subgraphs[0].Directives {
		def := *first
		def.Locations = slices.DeleteFunc(slices.Clone(first.Locations), func(l ast.DirectiveLocation) bool { return !executable(l) })
		def.Arguments, def.Directives = slices.Clone(first.Arguments), nil
		for _, s := range m.schema.Subgraphs[1:] {
			i := slices.IndexFunc(s.Directives, func(d *ast.DirectiveDefinition) bool { return d.Name == def.Name })
			if i < 0 {
				def.Locations = nil
				break
			}
			m.narrowDirective(&def, s.Directives[i])
		}
		if len(def.Locations) == 0 || builtin(def.Name) {
			continue
		}
		args := make(ast.ArgumentDefinitionList, 0, len(def.Arguments))
		for _, a := range def.Arguments {
			arg := *a
			arg.Directives = nil
			args = append(args, &arg)
		}
		def.Arguments = args
		m.schema.Directives = append(m.schema.Directives, &def)
	}
}

func (m *merger) narrowDirective(def, other *ast.DirectiveDefinition) {
	def.Locations = slices.DeleteFunc(def.Locations, func(l ast.DirectiveLocation) bool { return !slices.Contains(other.Locations, l) })
	def.IsRepeatable = def.IsRepeatable && other.IsRepeatable
	var args ast.ArgumentDefinitionList
	for _, a := range def.Arguments {
		b := other.Arguments.ForName(a.Name)
		if b == nil {
			if a.Type.NonNull && a.DefaultValue == nil {
				m.report(a.Position, "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH", "@"+def.Name+"("+a.Name+":)", "Argument \"@%s(%s:)\" is required here, but missing at %s.", def.Name, a.Name, where(other.Position))
			}
			continue
		}
		arg := *a
		switch {
		case m.subtype(a.Type, b.Type):
		case m.subtype(b.Type, a.Type):
			arg.Type = b.Type
		default:
			m.report(b.Position, "FIELD_ARGUMENT_TYPE_MISMATCH", "@"+def.Name+"("+a.Name+":)", "Argument \"@%s(%s:)\" has the type %s here, but %s at %s.", def.Name, a.Name, b.Type, a.Type, where(a.Position))
		}
		if constant(a.DefaultValue) != constant(b.DefaultValue) {
			arg.DefaultValue = nil
		}
		args = append(args, &arg)
	}
	def.Arguments = args
}

// executable reports whether a location is in operations, where clients use directives.
func executable(l ast.DirectiveLocation) bool {
	switch l {
	case ast.LocationQuery, ast.LocationMutation, ast.LocationSubscription, ast.LocationField, ast.LocationFragmentDefinition,
		ast.LocationFragmentSpread, ast.LocationInlineFragment, ast.LocationVariableDefinition:
		return true
	}
	return false
}

// builtin reports whether a directive is GraphQL's own. Documents may repeat their definitions, and @defer is not
// offered to clients because a subgraph does.
func builtin(name string) bool {
	switch name {
	case "skip", "include", "deprecated", "specifiedBy", "oneOf", "defer", "stream":
		return true
	}
	return false
}
