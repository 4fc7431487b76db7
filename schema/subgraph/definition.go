package subgraph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// checkDefinitions verifies the document's own definitions of what the federation defines: documents may repeat it, and
// many do, because their servers or tools need it.
func (r *reader) checkDefinitions() {
	for _, d := range r.schema.Document.Directives {
		if name, foreign := r.specs.canonical(d.Name); name != "" && !foreign {
			if wrong := r.differs(d, r.specs.directives[name]); wrong != "" {
				r.report(d.Position, "DIRECTIVE_DEFINITION_INVALID", "@"+d.Name, "The definition of @%s is not that of the federation: %s.", d.Name, wrong)
			}
		}
	}
	for _, t := range r.schema.Document.Definitions {
		l, own := r.schema.Links.ResolveType(t.Name)
		if l == nil || l != r.schema.Links.Get(federation) && !r.specs.single(l) || !slices.Contains(r.specs.types, own) {
			continue
		}
		if t.Kind != ast.Scalar {
			r.report(t.Position, "TYPE_DEFINITION_INVALID", t.Name, "The definition of %s is not that of the federation: it must be a scalar, not %s.", t.Name, describeKind(t.Kind))
		}
	}
}

// differs says how a definition differs from the federation's in a way that matters; it is empty if it does not. Fewer
// places and fewer optional arguments are fine: older versions had them so.
func (r *reader) differs(d, want *ast.DirectiveDefinition) string {
	for _, l := range d.Locations {
		if !slices.Contains(want.Locations, l) {
			return "it cannot be used on " + string(l)
		}
	}
	if d.IsRepeatable && !want.IsRepeatable {
		return "it is not repeatable"
	}
	for _, a := range d.Arguments {
		own := want.Arguments.ForName(a.Name)
		switch {
		case own == nil:
			return "it has no argument \"" + a.Name + "\""
		case !r.sameArgument(a.Type, own.Type):
			return "its argument \"" + a.Name + "\" is of type \"" + own.Type.String() + "\", not \"" + a.Type.String() + "\""
		}
	}
	for _, a := range want.Arguments {
		if a.Type.NonNull && a.DefaultValue == nil && d.Arguments.ForName(a.Name) == nil {
			return "it needs an argument \"" + a.Name + "\""
		}
	}
	return ""
}

// sameArgument compares the type of an argument with the federation's. The federation's scalars go by many names in
// documents, and what takes text may as well be declared as text; whether it is null is told where it is used.
func (r *reader) sameArgument(a, want *ast.Type) bool {
	if (a.Elem == nil) != (want.Elem == nil) {
		return false
	}
	if a.Elem != nil {
		return r.sameArgument(a.Elem, want.Elem)
	}
	if a.NamedType == want.NamedType {
		return true
	}
	if !slices.Contains(r.specs.types, want.NamedType) {
		return false
	}
	own := a.NamedType
	if _, name := r.schema.Links.ResolveType(own); name != "" {
		own = name
	}
	return own == "String" || strings.HasSuffix(own, want.NamedType) // _FieldSet, openfed__FieldSet
}
