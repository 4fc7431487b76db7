package subgraph

import (
	"slices"

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
	r.dropUnusedExternals()
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
	for _, t := range r.schema.Types {
		before := len(t.Fields)
		t.Fields = slices.DeleteFunc(t.Fields, func(f *Field) bool {
			drop := f.External && !f.used && !used[f] && !r.satisfiesInterface(f)
			if drop {
				delete(t.fields, f.Name)
			}
			return drop
		})
		if before > 0 && len(t.Fields) == 0 {
			r.report(t.Position, "TYPE_WITH_ONLY_UNUSED_EXTERNAL", t.Name, "Type %q has only @external fields, and none of them is used.", t.Name)
		}
	}
}
