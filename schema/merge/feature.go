package merge

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/link"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

const codeComposition = "DIRECTIVE_COMPOSITION_ERROR"

// composed is a directive that some subgraphs compose.
type composed struct {
	subgraph int
	*subgraph.Composed
}

// mergeComposed makes the features of the directives that subgraphs compose: each with the newest version that there is of
// its specification.
func (m *merger) mergeComposed() {
	groups := map[string][]composed{} // by the specification
	var identities []string
	for i, s := range m.schema.Subgraphs {
		for _, c := range s.Composed {
			id := c.Link.Identity
			if groups[id] == nil {
				identities = append(identities, id)
			}
			groups[id] = append(groups[id], composed{i, c})
		}
	}
	byName := map[string]composed{}
	for _, id := range identities {
		m.mergeFeature(groups[id], byName)
	}
}

func (m *merger) mergeFeature(all []composed, byName map[string]composed) {
	newest, ok := m.newest(all)
	if !ok {
		return
	}
	feature := &Feature{URL: newest.Link.URL, Purpose: newest.Link.Purpose}
	if newest.Link.As != newest.Link.Name {
		feature.As = newest.Link.As
	}
	names := map[string]composed{} // by the name in the specification
	for _, c := range all {
		name := c.Definition.Name
		if other, ok := names[c.Original]; ok {
			if other.Definition.Name != name {
				m.report(c.Position, codeComposition, "@"+name, "@%s of %s is called @%s here, but @%s in subgraph %s: composed directives need one name.",
					c.Original, c.Link.Identity, name, other.Definition.Name, m.at(other.subgraph, other.Position))
			}
			continue
		}
		if other, ok := byName[name]; ok {
			m.report(c.Position, codeComposition, "@"+name, "@%s is of %s here, but of %s in subgraph %s: composed directives need different names.",
				name, c.Link.Identity, other.Link.Identity, m.at(other.subgraph, other.Position))
			continue
		}
		names[c.Original], byName[name] = c, c
		def := definition(m.schema.Subgraphs[newest.subgraph], name)
		if def == nil {
			m.report(c.Position, codeComposition, "@"+name, "@%s cannot be composed: subgraph %q links the newest version, %s, and does not define it.",
				name, m.schema.Subgraphs[newest.subgraph].Name, newest.Link.URL)
			continue
		}
		feature.Directives = append(feature.Directives, def)
		if name != newest.Link.As && !strings.HasPrefix(name, newest.Link.As+"__") {
			feature.Imports = append(feature.Imports, link.Import{Name: "@" + c.Original, As: "@" + name})
		}
	}
	feature.Types = featureTypes(m.schema.Subgraphs[newest.subgraph], newest.Link, feature)
	m.schema.Features = append(m.schema.Features, feature)
}

// newest returns the declaration with the newest version; false if there are several major versions.
func (m *merger) newest(all []composed) (composed, bool) {
	best := all[0]
	for _, c := range all[1:] {
		major, minor := version(c.Link.Version)
		bestMajor, bestMinor := version(best.Link.Version)
		if major != bestMajor || major == 0 && minor != bestMinor {
			m.report(c.Position, codeComposition, "@"+c.Definition.Name, "%s is linked in the version %s here, but in the version %s in subgraph %s: these do not go together.",
				c.Link.Identity, c.Link.Version, best.Link.Version, m.at(best.subgraph, best.Position))
			return best, false
		}
		if minor > bestMinor {
			best = c
		}
	}
	return best, true
}

func version(s string) (major, minor int) {
	a, b, _ := strings.Cut(strings.TrimPrefix(s, "v"), ".")
	major, _ = strconv.Atoi(a) // links have valid versions, or none, which is 0.0
	minor, _ = strconv.Atoi(b)
	return major, minor
}

func definition(s *subgraph.Schema, name string) *ast.DirectiveDefinition {
	for _, d := range s.Document.Directives {
		if d.Name == name {
			return d
		}
	}
	return nil
}

// featureTypes returns the types of a specification that its definitions of directives need.
func featureTypes(s *subgraph.Schema, l *link.Link, feature *Feature) []*ast.Definition {
	var out []*ast.Definition
	var need func(t *ast.Type)
	need = func(t *ast.Type) {
		def := s.Document.Definitions.ForName(t.Name())
		if def == nil || slices.Contains(out, def) {
			return
		}
		if owner, _ := s.Links.ResolveType(def.Name); owner != l {
			return
		}
		out = append(out, def)
		for _, f := range def.Fields {
			need(f.Type)
		}
	}
	for _, d := range feature.Directives {
		for _, a := range d.Arguments {
			need(a.Type)
		}
	}
	return out
}

// checkImports verifies that the directives of the federation that the supergraph keeps have one name in all subgraphs
// which link them.
func (m *merger) checkImports() {
	for _, name := range append([]string{"tag", "inaccessible"}, federated[:]...) {
		first := -1
		var as string
		for i, s := range m.schema.Subgraphs {
			own, pos := s.Imported(name)
			switch {
			case own == "":
			case first < 0:
				first, as = i, own
			case own != as:
				m.report(pos, "LINK_IMPORT_NAME_MISMATCH", "@"+name, "@%s is called @%s here, but @%s in subgraph %s: what the supergraph keeps needs one name.",
					name, own, as, m.at(first, cmp.Or(m.schema.Subgraphs[first].Links.Position("federation"), pos)))
			}
		}
	}
}
