package introspect

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/value"
)

// fields is CollectFields of the GraphQL specification: the fields of a selection set for objects of one type, in order,
// those with one response name made one.
func (w *writer) fields(set ast.SelectionSet, typename string) []*ast.Field {
	if len(set) == 0 {
		return nil
	}
	if have, ok := w.collected[&set[0]]; ok {
		return have
	}
	var out []*ast.Field
	w.collect(&out, set, typename)
	w.collected[&set[0]] = out
	return out
}

func (w *writer) collect(out *[]*ast.Field, set ast.SelectionSet, typename string) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if w.included(s.Directives) {
				add(out, s)
			}
		case *ast.InlineFragment:
			if (s.TypeCondition == "" || s.TypeCondition == typename) && w.included(s.Directives) {
				w.collect(out, s.SelectionSet, typename)
			}
		case *ast.FragmentSpread:
			if s.Definition != nil && s.Definition.TypeCondition == typename && w.included(s.Directives) {
				w.collect(out, s.Definition.SelectionSet, typename)
			}
		}
	}
}

func add(out *[]*ast.Field, f *ast.Field) {
	i := slices.IndexFunc(*out, func(o *ast.Field) bool { return o.Alias == f.Alias })
	if i < 0 {
		*out = append(*out, f)
		return
	}
	if len(f.SelectionSet) == 0 {
		return // the same leaf again
	}
	both := *(*out)[i]
	both.SelectionSet = slices.Concat(both.SelectionSet, f.SelectionSet)
	(*out)[i] = &both
}

// included reports whether @skip and @include let a selection stand.
func (w *writer) included(directives ast.DirectiveList) bool {
	if d := directives.ForName("skip"); d != nil && w.argument(d.Arguments, "if").Bool() {
		return false
	}
	if d := directives.ForName("include"); d != nil && !w.argument(d.Arguments, "if").Bool() {
		return false
	}
	return true
}

func (w *writer) flag(f *ast.Field, name string) bool   { return w.argument(f.Arguments, name).Bool() }
func (w *writer) text(f *ast.Field, name string) string { return w.argument(f.Arguments, name).Text() }

// argument is the value of an argument, which is a boolean or a string wherever introspection has one.
func (w *writer) argument(args ast.ArgumentList, name string) value.Value {
	a := args.ForName(name)
	if a == nil || a.Value == nil {
		return value.Value{}
	}
	switch a.Value.Kind {
	case ast.Variable:
		return w.variables.Get(a.Value.Raw)
	case ast.BooleanValue:
		return value.OfBool(a.Value.Raw == "true")
	case ast.StringValue, ast.BlockValue:
		return value.OfString(a.Value.Raw)
	}
	return value.Value{}
}
