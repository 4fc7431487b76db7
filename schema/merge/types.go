package merge

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/link"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// Schema is the merged type system, hidden elements included.
type Schema struct {
	Subgraphs  []*subgraph.Schema
	Types      []*Type // root types first, then by name
	Directives []*ast.DirectiveDefinition
	// Features are the specifications that subgraphs brought with them (@composeDirective).
	Features []*Feature

	byName map[string]*Type
}

// Type returns a type by its name, nil if there is none.
func (s *Schema) Type(name string) *Type { return s.byName[name] }

// Feature is a specification of somebody else whose directives elements of the supergraph carry.
type Feature struct {
	URL     string // with its version
	As      string // prefix of the names that are not imported; empty: the specification's own name
	Purpose string // SECURITY, EXECUTION, or empty
	Imports []link.Import
	// Directives and Types are the definitions that the supergraph repeats of it.
	Directives []*ast.DirectiveDefinition
	Types      []*ast.Definition
}

// Carried are directives that an element of the supergraph carries, because others act upon them: those of the federation
// (authenticated, requiresScopes, policy, cost, listSize, cacheTag) under their own names, those of [Schema.Features] under
// the names that they have in the supergraph. What has a field of its own in this package is not among them.
type Carried = ast.DirectiveList

// Type is a type of the supergraph.
type Type struct {
	Name       string
	Kind       ast.DefinitionKind
	Definition *ast.Definition // with everything hidden, without directives of the federation
	Hidden     bool
	Tags       []string
	Carried    Carried
	In         []TypeIn // the subgraphs that declare it
	Fields     []*Field // in the order of their first appearance
	Values     []*Value

	fields map[string]*Field
}

// TypeIn is a type as one subgraph declares it.
type TypeIn struct {
	Subgraph int // index into Schema.Subgraphs
	Decl     *subgraph.Type
}

// Field returns a field by its name, nil if there is none.
func (t *Type) Field(name string) *Field { return t.fields[name] }

// Composite reports whether t is an object, an interface or a union.
func (t *Type) Composite() bool {
	return t.Kind == ast.Object || t.Kind == ast.Interface || t.Kind == ast.Union
}

// Field is a field of the supergraph.
type Field struct {
	Parent     *Type
	Name       string
	Definition *ast.FieldDefinition
	Args       []*Argument
	Hidden     bool
	Tags       []string
	Carried    Carried
	// In are the subgraphs that declare the field. There is none for a field that an object type has because an
	// interface object contributes it to the interface.
	In []FieldIn
}

// Coordinate returns the schema coordinate of the field.
func (f *Field) Coordinate() string { return f.Parent.Name + "." + f.Name }

// FieldIn is a field as one subgraph declares it.
type FieldIn struct {
	Subgraph   int
	Decl       *subgraph.Field
	Overridden bool // another subgraph resolves it instead
	// Label is that of a progressive override, empty for none: the subgraph resolves the field only for requests in which
	// the label is on if LabelOn, off if not. Overridden is false then.
	Label   string
	LabelOn bool
}

// Resolved reports whether the subgraph resolves the field: it is neither external nor overridden.
func (in FieldIn) Resolved() bool { return !in.Decl.External && !in.Overridden }

// Argument is an argument of a field of the supergraph.
type Argument struct {
	Definition *ast.ArgumentDefinition
	Hidden     bool
	Tags       []string
	Carried    Carried
}

// Value is an enum value of the supergraph.
type Value struct {
	Definition *ast.EnumValueDefinition
	Hidden     bool
	Tags       []string
	Carried    Carried
	In         []int // the subgraphs that have it
}
