package diff

import (
	"cmp"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// directives compares the directives that schemas declare themselves. Those for places in a schema are of no use to
// clients: whatever becomes of them is safe.
func (c *comparison) directives() {
	pairs(declaredDirectives(c.old), declaredDirectives(c.new), func(d *ast.DirectiveDefinition) string { return d.Name },
		func(d *ast.DirectiveDefinition) {
			c.directive(d, Breaking, DirectiveRemoved, "The directive was removed.%s", farewell(d.Directives))
		},
		func(d *ast.DirectiveDefinition) { c.safe(DirectiveAdded, "@"+d.Name, "The directive was added.") },
		c.keptDirective)
}

// declaredDirectives returns the directives that a schema itself declares, by name. Some schemas repeat those of GraphQL.
func declaredDirectives(s *ast.Schema) []*ast.DirectiveDefinition {
	var out []*ast.DirectiveDefinition
	for name, d := range s.Directives {
		if d.Position != nil && d.Position.Src != nil && d.Position.Src.BuiltIn ||
			slices.Contains([]string{"include", "skip", "deprecated", "specifiedBy", "oneOf"}, name) {
			continue
		}
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b *ast.DirectiveDefinition) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// directive reports a change of a directive: at the severity given if operations could have it before, as safe if not.
func (c *comparison) directive(before *ast.DirectiveDefinition, s Severity, code Code, format string, args ...any) {
	if !usable(before) {
		s = Safe
	}
	c.add(s, code, "@"+before.Name, format, args...)
}

// usable reports whether operations can have the directive.
func usable(d *ast.DirectiveDefinition) bool { return slices.ContainsFunc(d.Locations, executable) }

// executable reports whether a location is one in an operation.
func executable(l ast.DirectiveLocation) bool {
	switch l {
	case ast.LocationQuery, ast.LocationMutation, ast.LocationSubscription, ast.LocationField,
		ast.LocationFragmentDefinition, ast.LocationFragmentSpread, ast.LocationInlineFragment, ast.LocationVariableDefinition:
		return true
	}
	return false
}

func (c *comparison) keptDirective(before, after *ast.DirectiveDefinition) {
	coordinate := "@" + after.Name
	c.description(coordinate, before.Description, after.Description)
	c.deprecation(coordinate, before.Directives, after.Directives)
	switch {
	case before.IsRepeatable && !after.IsRepeatable:
		c.directive(before, Breaking, DirectiveRepeatableRemoved, "It may stand in one place only once.")
	case after.IsRepeatable && !before.IsRepeatable:
		c.safe(DirectiveRepeatableAdded, coordinate, "It may stand in one place several times.")
	}
	pairs(before.Locations, after.Locations, func(l ast.DirectiveLocation) string { return string(l) },
		func(l ast.DirectiveLocation) {
			s := Safe
			if executable(l) {
				s = Breaking
			}
			c.add(s, DirectiveLocationRemoved, coordinate, "It may not stand at %s any more.", l)
		},
		func(l ast.DirectiveLocation) {
			c.safe(DirectiveLocationAdded, coordinate, "It may stand at %s.", l)
		},
		func(ast.DirectiveLocation, ast.DirectiveLocation) {})
	c.arguments(coordinate, before.Arguments, after.Arguments, usable(before))
}
