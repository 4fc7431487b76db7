package join

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema/link"
	"github.com/sluice-gateway/sluice/schema/merge"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// The codes of the problems that this package reports, beside those that compositions have too.
const (
	// CodeInvalid is for documents that contradict the join specification or themselves.
	CodeInvalid = "INVALID_SUPERGRAPH"
	// CodeUnsupported is for specifications that a router must know and that are not known here, or not in that version.
	CodeUnsupported = "UNSUPPORTED_LINKED_FEATURE"
)

const (
	spec   = "join"
	newest = 5 // minor version of the join specification
	// maxGraphs bounds the subgraphs, maxFacts how often in all a field or value is in a subgraph: a document says
	// that in few words where a type with many fields is in many subgraphs.
	maxGraphs = 5000
	maxFacts  = 2_000_000
	// maxNesting bounds lists in types that stand in strings.
	maxNesting = 64
)

// Supergraph is a merged schema with what is known of its subgraphs beyond it.
type Supergraph struct {
	Merged *merge.Schema
	Graphs []Graph // as Merged.Subgraphs
}

// Graph is what a supergraph says of a subgraph as a whole.
type Graph struct {
	Name string
	URL  string // where it answers; empty or a placeholder where the composing tool was not told
}

// Read reads a supergraph. The result is complete only if no problem is an error, and nil if the document is none.
func Read(doc *ast.SchemaDocument) (*Supergraph, problem.List) {
	r := &reader{doc: doc, graphOf: map[string]int{}, names: map[string]string{}, sets: map[string]parsed{}}
	if r.checkLimits(); r.problems != nil {
		return nil, r.problems
	}
	var list problem.List
	if r.links, list = link.Of(doc); r.links.Get(spec) == nil {
		r.report(schemaPosition(doc), CodeInvalid, "", "The document is not a supergraph: its schema does not link https://specs.apollo.dev/join. The schema of a subgraph is composed with others instead.")
		return nil, append(list, r.problems...)
	}
	r.checkLinks()
	if r.problems.Errors() != nil {
		return nil, append(list, r.problems...) // what the directives mean is not known
	}
	r.plain, list = subgraph.ReadPlain(doc)
	r.problems = append(r.problems, list...)
	r.readGraphs()
	if len(r.graphs) > 0 {
		r.readTypes()
	}
	return r.finish(), r.problems
}

// reader is one reading of one supergraph.
type reader struct {
	doc      *ast.SchemaDocument
	links    link.Links
	plain    *subgraph.Schema  // the document as GraphQL
	minor    int               // version of the join specification
	names    map[string]string // of directives in the document, to what they are
	sets     map[string]parsed // field sets by their text: most keys are "id"
	graphs   []*graph
	graphOf  map[string]int // by value of the enum
	types    []*merge.Type
	referred map[string]bool // made by refersTo
	facts    int             // counted against maxFacts
	problems problem.List
}

func (r *reader) report(pos *ast.Position, code, coordinate, format string, args ...any) {
	r.problems = append(r.problems, problem.At(pos, code, coordinate, format, args...))
}

func (r *reader) invalid(pos *ast.Position, coordinate, format string, args ...any) {
	r.report(pos, CodeInvalid, coordinate, format, args...)
}

// fact counts something that is the case in a subgraph. It returns false if there is too much.
func (r *reader) fact() bool {
	r.facts++
	if r.facts == maxFacts+1 {
		r.invalid(nil, "", "The supergraph is too large: fields and values are in subgraphs more than %d times.", maxFacts)
	}
	return r.facts <= maxFacts
}

// versions are the known specifications of https://specs.apollo.dev with their newest minor version, and the major one.
var versions = map[string]struct{ major, minor int }{
	"link": {1, 0}, "core": {0, 2}, spec: {0, newest}, "inaccessible": {0, 2}, "tag": {0, 3}, "authenticated": {0, 1},
	"requiresScopes": {0, 1}, "policy": {0, 1}, "context": {0, 1}, "cost": {0, 1}, "cacheTag": {0, 1},
}

// checkLinks refuses what a router must know and is not known here.
func (r *reader) checkLinks() {
	for _, l := range r.links.All() {
		known, ok := versions[l.Name]
		ok = ok && l == r.links.Get(l.Name)
		major, minor := version(l.Version)
		switch {
		case l == r.links.Get(spec):
			if major != 0 || minor < 1 || minor > newest {
				r.report(l.Position, CodeUnsupported, "", "The supergraph is written in version %q of the join specification, but v0.1 to v0.%d are known here.", l.Version, newest)
			}
			r.minor = minor
		case l == r.links.Get("connect"): // its version is that of each subgraph
		case l.Purpose == "" || ok && major == known.major && minor >= 0 && minor <= known.minor:
		case ok:
			r.report(l.Position, CodeUnsupported, "", "%s is needed for %s, but it is known here up to v%d.%d alone.", l.URL, strings.ToLower(l.Purpose), known.major, known.minor)
		default:
			r.report(l.Position, CodeUnsupported, "", "%s is needed for %s, but it is not known here.", l.URL, strings.ToLower(l.Purpose))
		}
	}
}

// version splits a version of the form v1.2; it returns -1 for what is none.
func version(v string) (major, minor int) {
	a, b, ok := strings.Cut(strings.TrimPrefix(v, "v"), ".")
	major, err := strconv.Atoi(a)
	minor, err2 := strconv.Atoi(b)
	if !ok || err != nil || err2 != nil {
		return -1, -1
	}
	return major, minor
}

// is returns what a directive of the document is: "join.type", "context.context", or empty for one of no specification.
func (r *reader) is(name string) string {
	if what, ok := r.names[name]; ok {
		return what
	}
	what := ""
	switch l, own := r.links.Resolve(name); {
	case l == nil:
	case l == r.links.Get(l.Name):
		what = l.Name + "." + own
	case !clashes(l):
		what = "other." + name
	}
	r.names[name] = what
	return what
}

// clashes reports whether somebody else's specification has taken a name that printed supergraphs need. Nothing is carried of
// it: it is not known here, and not needed, or the supergraph would have been refused.
func clashes(l *link.Link) bool {
	reserved := func(name string) bool {
		prefix, _, _ := strings.Cut(strings.TrimPrefix(name, "@"), "__")
		_, known := versions[prefix]
		return known || prefix == "connect" || prefix == "listSize"
	}
	return reserved(l.As) || slices.ContainsFunc(l.Imports, func(i link.Import) bool { return reserved(i.As) })
}

func schemaPosition(doc *ast.SchemaDocument) *ast.Position {
	for _, list := range []ast.SchemaDefinitionList{doc.Schema, doc.SchemaExtension} {
		for _, def := range list {
			return def.Position
		}
	}
	return doc.Position
}
