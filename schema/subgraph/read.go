package subgraph

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema/link"
)

// CodeInvalid is the code of everything that GraphQL itself forbids.
const CodeInvalid = "INVALID_GRAPHQL"

// Read reads the document of a subgraph and checks it. The schema is nil if the document is not valid GraphQL, because
// then further rules would only repeat that; otherwise it is there even if rules of the federation are broken.
func Read(name string, doc *ast.SchemaDocument) (*Schema, problem.List) {
	r := &reader{schema: &Schema{Name: name, Document: doc, byName: map[string]*Type{}, renamed: map[string]string{}}}
	if name == "" || name == "_" {
		r.report(nil, "INVALID_SUBGRAPH_NAME", "", "A subgraph cannot have the name %q.", name)
	}
	var problems problem.List
	r.schema.Links, problems = link.Of(doc)
	r.problems = append(r.problems, problems...)
	specs, err := newSpecs(r.schema.Links)
	if err != nil {
		r.report(nil, CodeInvalid, "", "The definitions of the federation cannot be read: %v.", err)
		return nil, r.problems
	}
	r.specs = specs
	r.schema.Version1 = specs.version1
	r.schema.Connectors = r.schema.Links.Get("connect") != nil
	r.checkLinks()
	r.checkDefinitions()
	r.collect()
	r.readMarks()
	r.checkDocument()
	if r.broken {
		return nil, r.problems
	}
	r.readFederation()
	r.readLookups()
	r.completeVersion1()
	r.checkFederation()
	return r.schema, r.problems
}

// reader holds what reading one document needs.
type reader struct {
	schema   *Schema
	specs    *specs
	problems problem.List
	broken   bool // there are problems of GraphQL itself
	// custom are the definitions of directives that are the document's own, by name.
	custom map[string]*ast.DirectiveDefinition
}

func (r *reader) report(pos *ast.Position, code, coordinate, format string, args ...any) {
	r.problems = append(r.problems, problem.At(pos, code, coordinate, format, args...))
}

func (r *reader) invalid(pos *ast.Position, coordinate, format string, args ...any) {
	r.broken = true
	r.report(pos, CodeInvalid, coordinate, format, args...)
}

// checkLinks checks that the linked specifications are known as far as they must be.
func (r *reader) checkLinks() {
	for _, l := range r.schema.Links.All() {
		switch {
		case l == r.schema.Links.Get(federation):
			r.checkFederationLink(l)
		case r.specs.single(l), r.known(l):
			r.checkVersion(l)
		case l == r.schema.Links.Get("join"):
			r.report(l.Position, "UNSUPPORTED_LINKED_FEATURE", "", "The document is a supergraph, which is composed already: name it as the supergraph instead of as a schema to compose.")
		case l.Purpose != "":
			r.report(l.Position, "UNSUPPORTED_LINKED_FEATURE", "", "%s is needed for %s, but it is not known here.", l.URL, strings.ToLower(l.Purpose))
		}
	}
}

// known reports whether a specification is dealt with elsewhere.
func (r *reader) known(l *link.Link) bool {
	switch l.Identity {
	case "https://specs.apollo.dev/link", "https://specs.apollo.dev/core", "https://specs.apollo.dev/connect", extensions:
		return true
	}
	return false
}

// versions are those of the specifications that a document may link beside the federation, as far as they are known here.
// That of connectors is checked with them.
var versions = map[string][]string{
	"link": {"v1.0"}, "core": {"v0.1", "v0.2"}, "tag": {"v0.1", "v0.2", "v0.3"}, "inaccessible": {"v0.1", "v0.2"},
	"authenticated": {"v0.1"}, "requiresScopes": {"v0.1"}, "policy": {"v0.1"}, "context": {"v0.1"}, "cost": {"v0.1"}, "cacheTag": {"v0.1"},
	"sluice": {"v0.1"},
}

func (r *reader) checkVersion(l *link.Link) {
	known := versions[l.Name]
	if known != nil && !slices.Contains(known, l.Version) {
		r.report(l.Position, "UNKNOWN_LINK_VERSION", "", "%s has no version %q that is known here: use %s.", l.Identity, l.Version, strings.Join(known, ", "))
	}
}

func (r *reader) checkFederationLink(l *link.Link) {
	minor, err := strconv.Atoi(strings.TrimPrefix(l.Version, "v2."))
	if err != nil || !strings.HasPrefix(l.Version, "v2.") || minor > newest {
		r.report(l.Position, "UNKNOWN_FEDERATION_LINK_VERSION", "", "The federation has no version %q that is known here: use v2.0 to v2.%d.", l.Version, newest)
		return
	}
	for _, imp := range l.Imports {
		known := false
		if name, ok := strings.CutPrefix(imp.Name, "@"); ok {
			known = r.specs.directives[name] != nil
		} else {
			for _, t := range r.specs.types {
				known = known || t == imp.Name
			}
		}
		switch {
		case !known:
			r.report(l.Position, link.CodeUsage, "", "The federation has no element %s to import.", imp.Name)
		case minor < since[imp.Name]:
			r.report(l.Position, link.CodeUsage, "", "The federation has %s from v2.%d on, but %s is linked.", imp.Name, since[imp.Name], l.Version)
		}
	}
}
