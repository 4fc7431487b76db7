package subgraph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/internal/suggest"
)

// maxFieldSet bounds the text of a field set: nobody writes one by hand that comes near, and checks follow it.
const maxFieldSet = 1 << 16

// fieldSet reads the argument "fields" of a directive. It returns nil if there is nothing to go on with.
func (r *reader) fieldSet(d *ast.Directive, prefix, coordinate string) *FieldSet {
	arg := d.Arguments.ForName("fields")
	if arg == nil {
		return nil // reported as a missing argument
	}
	src, ok := r.fieldSetText(arg.Value)
	if !ok {
		r.report(arg.Position, prefix+"_INVALID_FIELDS_TYPE", coordinate, "The argument \"fields\" of @%s must be a string, found %s.", d.Name, arg.Value)
		return nil
	}
	set, err := ParseFieldSet(src)
	if err != "" {
		r.report(arg.Position, prefix+"_INVALID_FIELDS", coordinate, "The fields %q of @%s cannot be read: %s", src, d.Name, err)
	}
	return &FieldSet{Text: src, Selections: set, Position: arg.Position}
}

// fieldSetText returns the text of a field set. The older dialect also has lists of field names.
func (r *reader) fieldSetText(v *ast.Value) (string, bool) {
	switch {
	case v.Kind == ast.StringValue || v.Kind == ast.BlockValue:
		return v.Raw, true
	case v.Kind == ast.ListValue && r.schema.Version1:
		var parts []string
		for _, c := range v.Children {
			if c.Value.Kind != ast.StringValue {
				return "", false
			}
			parts = append(parts, c.Value.Raw)
		}
		return strings.Join(parts, " "), true
	}
	return "", false
}

// ParseFieldSet parses a field set: a selection without the outer braces. The second result says in a sentence
// what is wrong, and is empty if nothing is.
func ParseFieldSet(src string) (ast.SelectionSet, string) {
	if len(src) > maxFieldSet {
		return nil, "It is too long."
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: "{" + src + "\n}"})
	if err != nil {
		message := strings.TrimPrefix(err.Error(), "input:")
		if _, rest, ok := strings.Cut(message, " "); ok {
			message = rest
		}
		return nil, strings.TrimSuffix(message, ".") + "."
	}
	if len(doc.Operations) != 1 || len(doc.Fragments) != 0 {
		return nil, "It must be one selection without braces around it."
	}
	return doc.Operations[0].SelectionSet, ""
}

// selectionRules are what distinguishes the directives that take field sets.
type selectionRules struct {
	prefix    string // of the codes
	directive string
	arguments bool // fields may have arguments
	abstract  bool // fields may be of abstract types
	fragments bool
}

// external reports whether a field is marked @external. A field of an interface cannot be: it is where one of the object
// types is so marked.
func (r *reader) external(f *Field) bool {
	if f.Parent.Kind != ast.Interface {
		return f.External
	}
	return slices.ContainsFunc(r.schema.Types, func(t *Type) bool {
		own := t.Field(f.Name)
		return own != nil && own.External && t.Implements(f.Parent.Name)
	})
}

// walkFieldSet checks a field set against a type and calls leaf for every leaf; external is true below or on a field
// that is external. Every field on the way is passed to touch.
func (r *reader) walkFieldSet(set *FieldSet, t *Type, coordinate string, rules selectionRules, touch func(f *Field), leaf func(f *Field, external bool)) {
	bad := func(code, format string, args ...any) {
		r.report(set.Position, rules.prefix+code, coordinate, format, args...)
	}
	var walk func(sels ast.SelectionSet, t *Type, external bool)
	walk = func(sels ast.SelectionSet, t *Type, external bool) {
		for _, sel := range sels {
			switch sel := sel.(type) {
			case *ast.Field:
				if len(sel.Directives) > 0 {
					bad("_DIRECTIVE_IN_FIELDS_ARG", "Directives cannot be used in the fields of @%s, found @%s.", rules.directive, sel.Directives[0].Name)
				}
				if sel.Alias != sel.Name {
					bad("_INVALID_FIELDS", "Aliases cannot be used in the fields of @%s, found %q.", rules.directive, sel.Alias)
				}
				r.walkField(sel, t, external, rules, bad, touch, leaf, walk)
			case *ast.InlineFragment:
				if len(sel.Directives) > 0 {
					bad("_DIRECTIVE_IN_FIELDS_ARG", "Directives cannot be used in the fields of @%s, found @%s.", rules.directive, sel.Directives[0].Name)
				}
				on := t
				if sel.TypeCondition != "" {
					on = r.schema.byName[r.schema.Rename(sel.TypeCondition)]
				}
				switch {
				case !rules.fragments:
					bad("_INVALID_FIELDS", "Fragments cannot be used in the fields of @%s.", rules.directive)
				case on == nil || !on.Composite():
					bad("_INVALID_FIELDS", "Unknown type %q in the fields of @%s.", sel.TypeCondition, rules.directive)
				default:
					walk(sel.SelectionSet, on, external)
				}
			default:
				bad("_INVALID_FIELDS", "Named fragments cannot be used in the fields of @%s.", rules.directive)
			}
		}
	}
	walk(set.Selections, t, false)
}

func (r *reader) walkField(sel *ast.Field, t *Type, external bool, rules selectionRules, bad func(code, format string, args ...any),
	touch func(f *Field), leaf func(f *Field, external bool), walk func(ast.SelectionSet, *Type, bool),
) {
	if sel.Name == "__typename" {
		return
	}
	f := t.Field(sel.Name)
	if f == nil || t.Kind == ast.Union {
		bad("_INVALID_FIELDS", "Cannot query field %q on type %q in the fields of @%s.%s", sel.Name, t.Name, rules.directive,
			suggest.DidYouMean("", sel.Name, fieldNames(t)))
		return
	}
	if touch != nil {
		touch(f)
	}
	if !rules.arguments && len(f.Args) > 0 {
		bad("_FIELDS_HAS_ARGS", "Field %s has arguments and cannot be used in the fields of @%s.", f.Coordinate(), rules.directive)
	}
	for _, a := range sel.Arguments {
		if want := f.Arg(a.Name); want == nil {
			bad("_INVALID_FIELDS", "Unknown argument %q on field %s in the fields of @%s.", a.Name, f.Coordinate(), rules.directive)
		} else if hasVariable(a.Value) {
			bad("_INVALID_FIELDS", "Variables cannot be used in the fields of @%s.", rules.directive)
		}
	}
	for _, a := range f.Args {
		if a.Required() && rules.arguments && sel.Arguments.ForName(a.Name) == nil {
			bad("_INVALID_FIELDS", "Field %s needs its argument %q in the fields of @%s.", f.Coordinate(), a.Name, rules.directive)
		}
	}
	sub := r.schema.byName[f.Type.Name()]
	external = external || r.external(f)
	switch composite := sub != nil && sub.Composite(); {
	case composite && !rules.abstract && sub.Kind != ast.Object:
		bad("_FIELDS_SELECT_INVALID_TYPE", "Field %s is of the %s %q, which cannot be used in the fields of @%s.", f.Coordinate(), kindWord(sub.Kind), sub.Name, rules.directive)
	case composite && len(sel.SelectionSet) == 0:
		bad("_INVALID_FIELDS", "Field %s of type %q must have a selection of subfields in the fields of @%s.", f.Coordinate(), f.Type, rules.directive)
	case !composite && len(sel.SelectionSet) > 0:
		bad("_INVALID_FIELDS", "Field %s must not have a selection since type %q has no subfields.", f.Coordinate(), f.Type)
	case composite:
		walk(sel.SelectionSet, sub, external)
	default:
		leaf(f, external)
	}
}

func fieldNames(t *Type) []string {
	names := make([]string, 0, len(t.Fields))
	for _, f := range t.Fields {
		names = append(names, f.Name)
	}
	return names
}

func kindWord(k ast.DefinitionKind) string {
	if k == ast.Union {
		return "union"
	}
	return "interface"
}

func hasVariable(v *ast.Value) bool {
	if v.Kind == ast.Variable {
		return true
	}
	for _, c := range v.Children {
		if hasVariable(c.Value) {
			return true
		}
	}
	return false
}
