package schema

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// Lookup is what the driver of remote sources knows of an entrance that is a field of Query, in [Entrance.Bind]. Without it,
// such a source is entered by _entities.
type Lookup struct {
	Field string // as the source has it
	Args  []LookupArgument
}

// LookupArgument is an argument of a lookup, and where its value is in a representation.
type LookupArgument struct {
	Name string
	Type *ast.Type // as the source declares it
	Path []string  // of members
}

// addLookups adds an entrance for each lookup of a server that has no _entities.
func (b *builder) addLookups(s *Source, declared *subgraph.Schema) {
	for _, l := range declared.Lookups {
		t := b.supergraph.Types[l.Type.Name]
		needs, wrong := b.selection(t, l.Key.Fields.Selections)
		if wrong != "" {
			b.report(l.Key.Fields.Position, "IS_INVALID_FIELDS", l.Field.Coordinate(), "The fields %q that %s is looked up by are not valid in the supergraph: %s", l.Key.Fields.Text, t.Name, wrong)
			continue
		}
		bind := &Lookup{Field: l.Field.Name}
		for _, a := range l.Args {
			bind.Args = append(bind.Args, LookupArgument{Name: a.Name, Type: a.Type, Path: a.Path})
		}
		b.addEntrance(&Entrance{Source: s, On: t, Needs: needs, Bind: bind})
	}
}
