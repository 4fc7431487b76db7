package subgraph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/schema/link"
)

// federation is the name of the specification of the subgraph directives, newest its last version that is known here.
const (
	federation = "federation"
	newest     = 14
)

// definitions are the directives of the federation, under their own names. Those of connect are checked elsewhere.
const definitions = `
scalar FieldSet
scalar Scope
scalar Policy
scalar ContextFieldValue
directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
directive @requires(fields: FieldSet!) on FIELD_DEFINITION
directive @provides(fields: FieldSet!) on FIELD_DEFINITION
directive @external(reason: String) on OBJECT | FIELD_DEFINITION
directive @extends on OBJECT | INTERFACE
directive @shareable repeatable on OBJECT | FIELD_DEFINITION
directive @override(from: String!, label: String) on FIELD_DEFINITION
directive @interfaceObject on OBJECT
directive @composeDirective(name: String!) repeatable on SCHEMA
directive @tag(name: String!) repeatable on FIELD_DEFINITION | INTERFACE | OBJECT | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCHEMA
directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION
directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @requiresScopes(scopes: [[Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @policy(policies: [[Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION
directive @fromContext(field: ContextFieldValue) on ARGUMENT_DEFINITION
directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
directive @cacheTag(format: String!) repeatable on OBJECT | FIELD_DEFINITION
`

// since is the minor version of the federation that an element came with, for those that are not there from the start.
var since = map[string]int{
	"@composeDirective": 1, "@interfaceObject": 3, "@authenticated": 5, "@requiresScopes": 5, "Scope": 5,
	"@policy": 6, "Policy": 6, "@context": 8, "@fromContext": 8, "ContextFieldValue": 8, "@cost": 9, "@listSize": 9, "@cacheTag": 12,
}

// carried are the directives that the supergraph carries for those who act upon them, and that are merged for them.
var carried = []string{"authenticated", "requiresScopes", "policy", "cost", "listSize", "cacheTag"}

// version1 are the directives that a document has without a link.
var version1 = []string{"key", "requires", "provides", "external", "extends", "tag", "inaccessible"}

// machinery are the types that servers of subgraphs add to their schema, and roots the fields of Query.
var (
	machinery = []string{"_Any", "_Entity", "_Service", "_FieldSet"}
	roots     = []string{"_entities", "_service"}
)

// specs resolves the directives of one document.
type specs struct {
	links      link.Links
	version1   bool
	directives map[string]*ast.DirectiveDefinition // of the federation, by their own names
	types      []string                            // of the federation
}

func newSpecs(links link.Links) (*specs, error) {
	doc, err := parser.ParseSchema(&ast.Source{Name: "federation", Input: definitions})
	if err != nil {
		return nil, err
	}
	s := &specs{links: links, version1: links.Get(federation) == nil, directives: map[string]*ast.DirectiveDefinition{}}
	for _, d := range doc.Directives {
		s.directives[d.Name] = d
	}
	for _, t := range doc.Definitions {
		s.types = append(s.types, t.Name)
	}
	return s, nil
}

// canonical returns the federation's own name of a directive; foreign is true for one that belongs to another linked
// specification, which is not checked here.
func (s *specs) canonical(name string) (canonical string, foreign bool) {
	if l, own := s.links.Resolve(name); l != nil {
		if l == s.links.Get(federation) || s.single(l) {
			if s.directives[own] != nil {
				return own, false
			}
			return "", false
		}
		return "", true
	}
	if s.version1 && slices.Contains(version1, name) {
		return name, false
	}
	return "", false
}

// single reports whether a link is to a specification of one directive that is part of the federation too.
func (s *specs) single(l *link.Link) bool {
	switch l.Name {
	case "tag", "inaccessible", "authenticated", "requiresScopes", "policy", "context", "cost", "cacheTag":
		return l == s.links.Get(l.Name)
	}
	return false
}

// ownsDirective reports whether the definition of a directive in the document is that of a specification.
func (s *specs) ownsDirective(name string) bool {
	if l, _ := s.links.Resolve(name); l != nil {
		return true
	}
	return name == "link" || name == "core" || s.version1 && slices.Contains(version1, name)
}

// ownsType reports whether a type of the document belongs to a specification.
func (s *specs) ownsType(name string) bool {
	if slices.Contains(machinery, name) || strings.HasPrefix(name, "link__") || strings.HasPrefix(name, "core__") {
		return true
	}
	l, _ := s.links.ResolveType(name)
	return l != nil
}
