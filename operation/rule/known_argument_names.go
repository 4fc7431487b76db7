package rule

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// knownArgumentNames: fields and directives are given only arguments that they define. Its own file, as the names it
// offers must be bounded for hostile documents, and as the error belongs at the argument.
func knownArgumentNames(r *report, events *core.Events) {
	check := func(args ast.ArgumentList, defs ast.ArgumentDefinitionList, on func() string) {
		for _, arg := range args {
			if defs.ForName(arg.Name) != nil {
				continue
			}
			hint := r.didYouMean("", arg.Name, func() []string {
				names := make([]string, len(defs))
				for i, d := range defs {
					names[i] = d.Name
				}
				return names
			})
			r.addf(at(arg.Position), `Unknown argument "%s" on %s.%s`, quoted(arg.Name), on(), hint)
		}
	}
	events.OnField(func(_ *core.Walker, f *ast.Field) {
		if f.Definition != nil && f.ObjectDefinition != nil {
			check(f.Arguments, f.Definition.Arguments, func() string {
				return `field "` + f.ObjectDefinition.Name + "." + f.Name + `"`
			})
		}
	})
	events.OnDirective(func(_ *core.Walker, d *ast.Directive) {
		if d.Definition != nil {
			check(d.Arguments, d.Definition.Arguments, func() string { return `directive "@` + d.Name + `"` })
		}
	})
}
