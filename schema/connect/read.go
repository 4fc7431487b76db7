package connect

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/internal/suggest"
	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema/link"
)

// spec is the name of the specification of connectors.
const spec = "connect"

// Read finds and checks every @source and @connect of one connector subgraph. doc holds all definitions and extensions of
// the subgraph, links its links. A subgraph that does not link the specification has no connectors.
//
// The subgraph is never nil. If the list holds errors, what is broken is missing in it.
func Read(name string, doc *ast.SchemaDocument, links link.Links) (*Subgraph, problem.List) {
	r := &reader{
		out:       &Subgraph{Name: name},
		doc:       doc,
		links:     links,
		types:     newTypes(doc),
		seen:      map[string]bool{},
		sources:   map[string]*source{},
		ids:       map[string]string{},
		unsure:    map[string]bool{},
		unsureKey: map[string]bool{},
		known:     map[*definition]mapping.Shape{},
		resolving: map[*definition][]*site{},
	}
	linked, ok := links.Version(spec)
	if !ok {
		return r.out, nil
	}
	if !r.readVersion(linked) {
		return r.out, r.problems
	}
	r.connect = r.directive("connect")
	r.checkFederation()
	r.checkRoots()
	r.checkAbstract()
	r.checkMethodDirectives()
	r.checkNamedTypes()
	r.readSources()
	r.readConnectors()
	given := r.given()
	r.checkCycles(given)
	r.checkResolved(given)
	r.checkEntities()
	r.problems.Sort()
	return r.out, r.problems
}

// reader is one reading of one subgraph.
type reader struct {
	out      *Subgraph
	doc      *ast.SchemaDocument
	links    link.Links
	types    *types
	places   places
	problems problem.List
	seen     map[string]bool // what was reported, so that nothing is twice
	errs     int             // how many of the problems are errors

	version mapping.Version
	sources map[string]*source
	ids     map[string]string // of connectors: the coordinate of the first
	sites   []*site
	connect string // the name of @connect in this document
	// resolving are the connectors that can be entered with an object of a type, and with what fields of it.
	resolving map[*definition][]*site

	// unsure are the types whose fields a broken connector may have been meant to give, and unsureKey those that it may
	// have been meant to resolve by key. Checks of the whole subgraph say nothing about them.
	unsure, unsureKey map[string]bool

	known map[*definition]mapping.Shape // made by shapeOfNamed
}

func (r *reader) readVersion(linked string) bool {
	version, ok := mapping.ParseVersion(linked)
	if ok {
		r.version, r.out.Version = version, version
		return true
	}
	var names []string
	for v := mapping.V01; v <= mapping.V04; v++ {
		names = append(names, v.String())
	}
	if linked == "" {
		linked = "without a version"
	}
	r.report(CodeUnknownVersion, "", placeOf(r.links.Position(spec)),
		"The version of the connect specification is not known: %s. Link %s.", linked, suggest.Or(names))
	return false
}

// directive returns the name of a directive of the specification in this document.
func (r *reader) directive(name string) string {
	as, _ := r.links.Directive(spec, name)
	return as
}

// federation returns the name of a federation directive in this document. Documents without the link use the plain names.
func (r *reader) federation(name string) string {
	if as, ok := r.links.Directive("federation", name); ok {
		return as
	}
	return name
}

// readConnectors reads each @connect of the document. Selections come last: those that are left out depend on what the
// other connectors can resolve by key.
func (r *reader) readConnectors() {
	name := r.connect
	for _, d := range r.types.order {
		n := 0
		for _, dir := range d.directives {
			if dir.Name == name {
				r.site(d, nil, dir.Directive, fmt.Sprintf("%s[%d]", d.name, n))
				n++
			}
		}
		for _, f := range d.fields {
			n := 0
			for _, dir := range f.Directives {
				if dir.Name == name {
					r.site(d, f, dir, fmt.Sprintf("%s.%s[%d]", d.name, f.Name, n))
					n++
				}
			}
			for _, a := range f.Arguments {
				r.misplaced(a.Directives, name, d.name+"."+f.Name+"("+a.Name+":)")
			}
		}
	}
	r.misplacedElsewhere(name)
	for _, s := range r.sites {
		r.readRequest(s)
	}
	for _, s := range r.sites {
		r.readSelection(s)
	}
	for _, s := range r.sites {
		r.readOutput(s)
	}
	for _, s := range r.sites {
		r.finish(s)
	}
}

// misplacedElsewhere reports connectors on enum values and on the schema.
func (r *reader) misplacedElsewhere(name string) {
	for _, d := range slices.Concat(r.doc.Definitions, r.doc.Extensions) {
		for _, v := range d.EnumValues {
			r.misplaced(v.Directives, name, d.Name+"."+v.Name)
		}
	}
	for _, s := range slices.Concat(r.doc.Schema, r.doc.SchemaExtension) {
		r.misplaced(s.Directives, name, "schema")
	}
}

func (r *reader) misplaced(list ast.DirectiveList, name, coordinate string) {
	for _, dir := range list {
		if dir.Name == name {
			r.report(CodeGraphQL, coordinate, placeOf(dir.Position), "@%s cannot stand here, only on fields and on object types.", name)
		}
	}
}

// site is one @connect, with what reading has found out so far.
type site struct {
	element
	directive *ast.Directive
	args      map[string]*ast.Value
	on        *definition
	field     *ast.FieldDefinition // nil for a connector on a type
	root      ast.Operation        // of on, "" if it is not a root type
	connector *Connector
	source    *source
	uses      []use
	needs     *fieldSet   // nil if it reads no object
	result    *definition // the named type of what comes back
	broken    bool        // it is not part of the subgraph
}

// site notes a @connect that stands where one can stand.
func (r *reader) site(on *definition, field *ast.FieldDefinition, dir *ast.Directive, coordinate string) {
	s := &site{element: element{coordinate, dir.Position}, directive: dir, on: on, field: field, root: r.types.root(on.name)}
	s.result = on
	if field != nil {
		s.result = r.types.named(field.Type)
	}
	at := placeOf(dir.Position)
	switch {
	case on.abstract():
		r.report(CodeAbstractType, coordinate, at,
			"@%s cannot stand on the %s %s or its fields; put it on the object types, or on an @interfaceObject type.", dir.Name, kindWord(on.kind), on.name)
		r.giveUp(s)
		return
	case on.kind != ast.Object:
		r.report(CodeGraphQL, coordinate, at, "@%s cannot stand on the %s %s, only on fields and on object types.", dir.Name, kindWord(on.kind), on.name)
		return
	case field == nil && s.root != "":
		r.report(CodeConnectOnRoot, coordinate, at,
			"@%s cannot stand on the root type %s: put it on the fields of %s instead.", dir.Name, on.name, on.name)
		r.giveUp(s)
		return
	}
	r.sites = append(r.sites, s)
}

func kindWord(k ast.DefinitionKind) string {
	switch k {
	case ast.Scalar:
		return "scalar"
	case ast.Enum:
		return "enum"
	case ast.Interface:
		return "interface"
	case ast.Union:
		return "union"
	case ast.InputObject:
		return "input object"
	}
	return "type"
}

// finish adds what was read to the subgraph, unless it is broken.
func (r *reader) finish(s *site) {
	if s.broken {
		return
	}
	r.out.Connectors = append(r.out.Connectors, s.connector)
}
