package subgraph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// completeVersion1 turns a document of the older dialect into what it means in the newer one: history made the older
// one lax, and rules of the newer one would refuse what has always worked.
func (r *reader) completeVersion1() {
	if !r.schema.Version1 || r.schema.Connectors {
		return
	}
	for _, t := range r.schema.Types {
		for _, k := range t.Keys {
			k.extension = k.extension || t.Extended
		}
		if t.Kind == ast.Interface {
			t.OldKey = len(t.Keys) > 0
			t.Keys = nil // never meant anything there
		}
		for _, f := range t.Fields {
			f.Shareable = true
			if t.Kind == ast.Interface {
				f.External, f.Requires, f.Provides = false, nil, nil
			}
			if named := r.schema.byName[f.Type.Name()]; f.Provides != nil && (named == nil || !named.Composite()) {
				f.Provides = nil
			}
		}
	}
	r.dropOwn()
	r.dropUnusedExternals()
}

// dropOwn takes the fields that the subgraph resolves itself out of what its fields require and provide: it does not need
// them to be sent, and gives them anyway.
func (r *reader) dropOwn() {
	for _, t := range r.schema.Types {
		for _, f := range t.Fields {
			f.Requires = r.withoutOwn(f.Requires, t)
			f.Provides = r.withoutOwn(f.Provides, r.schema.byName[f.Type.Name()])
		}
	}
}

// withoutOwn returns a field set without the leaves that are not external; nil if nothing is left. A field set with
// mistakes is returned as it is, for them to be reported.
func (r *reader) withoutOwn(set *FieldSet, t *Type) *FieldSet {
	if set == nil || set.Selections == nil || t == nil {
		return set
	}
	kept, ok := r.externalOf(set.Selections, t)
	switch {
	case !ok:
		return set
	case len(kept) == 0:
		return nil
	}
	out := *set
	out.Selections, out.Text = kept, selectionText(kept)
	return &out
}

// selectionText writes a selection as a field set.
func selectionText(set ast.SelectionSet) string {
	var parts []string
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			text := sel.Name
			var args []string
			for _, a := range sel.Arguments {
				args = append(args, a.Name+": "+a.Value.String())
			}
			if args != nil {
				text += "(" + strings.Join(args, ", ") + ")"
			}
			if len(sel.SelectionSet) > 0 {
				text += " { " + selectionText(sel.SelectionSet) + " }"
			}
			parts = append(parts, text)
		case *ast.InlineFragment:
			text := "... "
			if sel.TypeCondition != "" {
				text += "on " + sel.TypeCondition + " "
			}
			parts = append(parts, text+"{ "+selectionText(sel.SelectionSet)+" }")
		}
	}
	return strings.Join(parts, " ")
}

func (r *reader) externalOf(set ast.SelectionSet, t *Type) (ast.SelectionSet, bool) {
	var out ast.SelectionSet
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			f := t.Field(sel.Name)
			if f == nil {
				return nil, false
			}
			if r.external(f) {
				out = append(out, sel)
				continue
			}
			next := r.schema.byName[f.Type.Name()]
			if next == nil || len(sel.SelectionSet) == 0 {
				continue
			}
			kept, ok := r.externalOf(sel.SelectionSet, next)
			if !ok {
				return nil, false
			}
			if len(kept) > 0 {
				own := *sel
				own.SelectionSet = kept
				out = append(out, &own)
			}
		case *ast.InlineFragment:
			on := t
			if sel.TypeCondition != "" {
				on = r.schema.byName[r.schema.Rename(sel.TypeCondition)]
			}
			if on == nil {
				return nil, false
			}
			kept, ok := r.externalOf(sel.SelectionSet, on)
			if !ok {
				return nil, false
			}
			if len(kept) > 0 {
				own := *sel
				own.SelectionSet = kept
				out = append(out, &own)
			}
		default:
			return nil, false
		}
	}
	return out, true
}

// dropUnusedExternals removes the @external fields that nothing uses.
func (r *reader) dropUnusedExternals() {
	used := map[*Field]bool{}
	quiet := &reader{schema: r.schema, specs: r.specs} // problems are reported by the checks that follow
	mark := func(set *FieldSet, t *Type) {
		if set == nil || t == nil {
			return
		}
		rules := selectionRules{arguments: true, abstract: true, fragments: true}
		quiet.walkFieldSet(set, t, "", rules, func(f *Field) { quiet.use(f); used[f] = true }, func(*Field, bool) {})
	}
	for _, t := range r.schema.Types {
		for _, k := range t.Keys {
			mark(k.Fields, t)
		}
		for _, f := range t.Fields {
			mark(f.Requires, t)
			mark(f.Provides, r.schema.byName[f.Type.Name()])
		}
	}
	gone := map[*Type]bool{}
	for _, t := range r.schema.Types {
		before := len(t.Fields)
		t.Fields = slices.DeleteFunc(t.Fields, func(f *Field) bool {
			drop := f.External && !f.used && !used[f] && !r.satisfiesInterface(f)
			if drop {
				delete(t.fields, f.Name)
			}
			return drop
		})
		if before > 0 && len(t.Fields) == 0 && !IsRoot(t.Name) && !r.referenced(t) {
			delete(r.schema.byName, t.Name)
			gone[t] = true
		} else if before > 0 && len(t.Fields) == 0 {
			r.report(t.Position, "TYPE_WITH_ONLY_UNUSED_EXTERNAL", t.Name, "Type %q has only @external fields, and none of them is used.", t.Name)
		}
	}
	r.schema.Types = slices.DeleteFunc(r.schema.Types, func(t *Type) bool { return gone[t] })
}

// referenced reports whether a field or a union of the document leads to a type.
func (r *reader) referenced(t *Type) bool {
	return slices.ContainsFunc(r.schema.Types, func(other *Type) bool {
		return slices.ContainsFunc(other.Fields, func(f *Field) bool { return f.Type.Name() == t.Name }) ||
			slices.ContainsFunc(other.Members, func(m Reference) bool { return r.schema.Rename(m.Name) == t.Name })
	})
}
