package rule

import (
	"cmp"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"

	"github.com/sluice-gateway/sluice/internal/suggest"
)

// fieldsOnCorrectType: a field is selected only on a type that has it. Its own file, as the names it offers must be
// bounded for hostile documents.
func fieldsOnCorrectType(r *report, events *core.Events) {
	events.OnField(func(_ *core.Walker, f *ast.Field) {
		if f.ObjectDefinition == nil || f.Definition != nil {
			return
		}
		parent := f.ObjectDefinition
		hint := ""
		if types := r.typesWithField(parent, f.Name); len(types) > 0 {
			hint = " Did you mean to use an inline fragment on " + suggest.Or(types) + "?"
		} else if parent.Kind == ast.Object || parent.Kind == ast.Interface {
			hint = r.didYouMean("", f.Name, func() []string {
				names := make([]string, len(parent.Fields))
				for i, d := range parent.Fields {
					names[i] = d.Name
				}
				return names
			})
		}
		r.addf(at(f.Position), `Cannot query field "%s" on type "%s".%s`, quoted(f.Name), parent.Name, hint)
	})
}

// typesWithField are the types that an abstract type can be and that have a field: interfaces first, those that most of the
// object types have in common before others.
func (r *report) typesWithField(parent *ast.Definition, field string) []string {
	if !parent.IsAbstractType() || r.suggested >= maxSuggestions {
		return nil
	}
	r.suggested++
	var objects, interfaces []string
	uses := map[string]int{}
	for _, o := range r.schema.GetPossibleTypes(parent) {
		if o.Fields.ForName(field) == nil {
			continue
		}
		objects = append(objects, o.Name)
		for _, name := range o.Interfaces {
			if i := r.schema.Types[name]; i != nil && i.Fields.ForName(field) != nil {
				if uses[name]++; uses[name] == 1 {
					interfaces = append(interfaces, name)
				}
			}
		}
	}
	slices.Sort(objects)
	slices.SortFunc(interfaces, func(a, b string) int {
		return cmp.Or(cmp.Compare(uses[b], uses[a]), cmp.Compare(a, b))
	})
	all := slices.Concat(interfaces, objects)
	return all[:min(len(all), 5)]
}
