package join

import "slices"

// Bounds of one element of a document. No supergraph comes near them; checks of a type take time with the square of what
// is in it.
const (
	maxLinks     = 500
	maxMembers   = 10_000 // fields, values, members or interfaces of a type
	maxArguments = 1_000  // of a field
)

// checkLimits refuses documents that would take too long to read.
func (r *reader) checkLimits() {
	links := 0
	for _, def := range slices.Concat(r.doc.Schema, r.doc.SchemaExtension) {
		for _, d := range def.Directives {
			if d.Arguments.ForName("url") != nil || d.Arguments.ForName("feature") != nil {
				links++
			}
		}
	}
	if links > maxLinks {
		r.invalid(schemaPosition(r.doc), "", "The supergraph links %d specifications, but no more than %d are read.", links, maxLinks)
	}
	members := map[string]int{}
	for _, def := range slices.Concat(r.doc.Definitions, r.doc.Extensions) {
		before := members[def.Name]
		members[def.Name] += max(len(def.Fields), len(def.EnumValues), len(def.Types), len(def.Interfaces))
		if before <= maxMembers && members[def.Name] > maxMembers {
			r.invalid(def.Position, def.Name, "Type %q is too large: no more than %d fields, values or members are read.", def.Name, maxMembers)
		}
		for _, f := range def.Fields {
			if len(f.Arguments) > maxArguments {
				r.invalid(f.Position, def.Name+"."+f.Name, "Field %s.%s has %d arguments, but no more than %d are read.", def.Name, f.Name, len(f.Arguments), maxArguments)
			}
		}
	}
}
