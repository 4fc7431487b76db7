package merge

import (
	"cmp"
	"slices"

	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// Assemble makes the schema of types that were merged elsewhere. It puts them in order, makes them and their fields known
// by name, and completes their definitions, in which fields and enum values are missing so far. It checks nothing: the
// caller has made sure that no two types have one name, nor two fields of a type.
func Assemble(subgraphs []*subgraph.Schema, types []*Type) *Schema {
	s := &Schema{Subgraphs: subgraphs, Types: types, byName: make(map[string]*Type, len(types))}
	slices.SortFunc(types, func(a, b *Type) int {
		return cmp.Or(cmp.Compare(rank(a.Name), rank(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	for _, t := range types {
		s.byName[t.Name] = t
		t.fields = make(map[string]*Field, len(t.Fields))
		for _, f := range t.Fields {
			f.Parent, t.fields[f.Name] = t, f
		}
		t.complete()
	}
	return s
}
