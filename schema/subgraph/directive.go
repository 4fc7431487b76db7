package subgraph

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/sluice-gateway/sluice/internal/suggest"
)

// checkDirectives verifies definitions and applications of directives.
func (r *reader) checkDirectives() {
	builtin := map[string]*ast.DirectiveDefinition{}
	for _, d := range validator.PreludeDocument().Directives {
		builtin[d.Name] = d
	}
	for _, d := range r.schema.Directives {
		r.checkName(d.Position, "@"+d.Name, d.Name)
		seen := map[string]bool{}
		for _, a := range d.Arguments {
			coordinate := "@" + d.Name + "(" + a.Name + ":)"
			if seen[a.Name] {
				r.invalid(a.Position, coordinate, "Argument \"@%s(%s:)\" can only be defined once.", d.Name, a.Name)
			}
			seen[a.Name] = true
			r.checkName(a.Position, coordinate, a.Name)
			r.checkArgument(coordinate, a.Position, a.Type, a.DefaultValue)
		}
	}
	for _, d := range r.schema.Document.DirectiveExtensions {
		if r.custom[d.Name] == nil && builtin[d.Name] == nil && !r.specs.ownsDirective(d.Name) {
			r.invalid(d.Position, "@"+d.Name, "Cannot extend directive \"@%s\" because it is not defined.", d.Name)
		}
	}
	r.places(func(p place) {
		seen := map[string]bool{}
		for _, d := range p.directives {
			def := r.definition(d, builtin)
			if def == nil {
				continue
			}
			if seen[d.Name] && !def.IsRepeatable {
				r.report(d.Position, r.usageCode(d, CodeInvalid), p.coordinate, "The directive \"@%s\" can only be used once at this location.", d.Name)
				r.broken = true
			}
			if name, _ := r.specs.canonical(d.Name); name == "shareable" && seen[d.Name] {
				r.report(d.Position, "INVALID_SHAREABLE_USAGE", p.coordinate, "@%s can only be used once at this location.", d.Name)
			}
			seen[d.Name] = true
			r.checkApplication(p, d, def)
		}
	})
}

// definition returns what an application is checked against, or nil if that is done elsewhere or it was reported.
func (r *reader) definition(d *ast.Directive, builtin map[string]*ast.DirectiveDefinition) *ast.DirectiveDefinition {
	if name, foreign := r.specs.canonical(d.Name); foreign {
		return nil
	} else if name != "" {
		return r.specs.directives[name]
	}
	if def := r.custom[d.Name]; def != nil {
		return def
	}
	if def := builtin[d.Name]; def != nil {
		return def
	}
	if r.specs.ownsDirective(d.Name) {
		if l, _ := r.schema.Links.Resolve(d.Name); l == nil {
			return nil // link and core themselves
		}
	}
	hint := suggest.DidYouMean("", "@"+d.Name, r.directiveNames(builtin))
	switch {
	case d.Name == "connect" || d.Name == "source":
		hint = " Import it with @link(url: \"https://specs.apollo.dev/connect/v0.4\", import: [\"@connect\", \"@source\"])."
	case r.specs.directives[d.Name] != nil:
		hint = " Import it with @link(url: \"https://specs.apollo.dev/federation/v2.12\", import: [\"@" + d.Name + "\"])."
	}
	r.invalid(d.Position, "", "Unknown directive \"@%s\".%s", d.Name, hint)
	return nil
}

// directiveNames returns the names of the directives that the document can use, with "@".
func (r *reader) directiveNames(builtin map[string]*ast.DirectiveDefinition) []string {
	var names []string
	for _, list := range []map[string]*ast.DirectiveDefinition{r.custom, builtin} {
		for name := range list {
			names = append(names, "@"+name)
		}
	}
	for name := range r.specs.directives {
		if own, ok := r.schema.Links.Directive(federation, name); ok {
			names = append(names, "@"+own)
		}
	}
	for _, name := range []string{"connect", "source"} { // offered without their link too: it is what most schemas are for
		own, ok := r.schema.Links.Directive("connect", name)
		if !ok {
			own = name
		}
		names = append(names, "@"+own)
	}
	return names
}

// usageCode returns the code for a misplaced directive, where the federation has one of its own.
func (r *reader) usageCode(d *ast.Directive, code string) string {
	if name, _ := r.specs.canonical(d.Name); name == "shareable" {
		return "INVALID_SHAREABLE_USAGE"
	}
	return code
}

func (r *reader) checkApplication(p place, d *ast.Directive, def *ast.DirectiveDefinition) {
	if !slices.Contains(def.Locations, p.location) {
		r.report(d.Position, r.usageCode(d, CodeInvalid), p.coordinate, "Directive \"@%s\" may not be used on %s.", d.Name, p.location)
		r.broken = true
	}
	for i, a := range d.Arguments {
		want := def.Arguments.ForName(a.Name)
		switch {
		case want == nil:
			r.invalid(a.Position, p.coordinate, "Unknown argument %q on directive \"@%s\".", a.Name, d.Name)
		case d.Arguments[:i].ForName(a.Name) != nil:
			r.invalid(a.Position, p.coordinate, "There can be only one argument named %q.", a.Name)
		case want.Type.Name() == "FieldSet": // has a code of its own
		default:
			r.checkLiteral(a.Value, want.Type, p.coordinate)
		}
	}
	for _, want := range def.Arguments {
		if want.Type.NonNull && want.DefaultValue == nil && d.Arguments.ForName(want.Name) == nil {
			r.invalid(d.Position, p.coordinate, "Directive \"@%s\" argument %q of type %q is required, but it was not provided.", d.Name, want.Name, want.Type)
		}
	}
}
