package gateway

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema"
)

// maxNamed bounds how many coordinates one problem names.
const maxNamed = 10

// unenforced refuses a supergraph that says who may ask for what: nobody here holds clients to it, and such a schema must
// not be served to all. There is one problem for each directive, at the first place that has it.
func unenforced(sg *schema.Supergraph) problem.List {
	var order []string
	found := map[string][]schema.Guarded{}
	for _, g := range sg.Guarded {
		if found[g.Directive] == nil {
			order = append(order, g.Directive)
		}
		found[g.Directive] = append(found[g.Directive], g)
	}
	var problems problem.List
	for _, directive := range order {
		all := found[directive]
		var names []string
		for _, g := range all {
			if !slices.Contains(names, g.Coordinate) {
				names = append(names, g.Coordinate)
			}
		}
		more := ""
		if len(names) > maxNamed {
			names, more = names[:maxNamed], fmt.Sprintf(" and %d more", len(names)-maxNamed)
		}
		problems = append(problems, problem.At(all[0].Position, "UNSUPPORTED_FEATURE", all[0].Coordinate,
			"@%s is not enforced yet, so a schema that uses it cannot be served. It is on %s%s.", directive, strings.Join(names, ", "), more))
	}
	return problems
}
