package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/link"
)

// Schema is what one subgraph declares. Root types have their standard names here, whatever the document calls them.
// It is immutable once [Read] has returned.
type Schema struct {
	Name       string
	Document   *ast.SchemaDocument // as it was parsed
	Links      link.Links
	Connectors bool    // has the connect link: its fields are answered by connectors
	Version1   bool    // no link to the federation: the older dialect of its directives
	Types      []*Type // in the order of their first appearance, without those of specifications
	Directives []*ast.DirectiveDefinition
	Composed   []*Composed
	Lookups    []*Lookup // by @lookup, in the order of their fields

	byName  map[string]*Type
	uses    map[string]bool   // names of the directives that are applied
	renamed map[string]string // names of root types in the document that differ from the standard ones
}

// Type returns a type by its name in the supergraph, nil if the subgraph does not have it.
func (s *Schema) Type(name string) *Type { return s.byName[name] }

// Field returns a field of a type, nil if the subgraph does not have it.
func (s *Schema) Field(typ, field string) *Field {
	if t := s.byName[typ]; t != nil {
		return t.Field(field)
	}
	return nil
}

// Rename returns the name that a type of the document has in the supergraph: another one only for root types.
func (s *Schema) Rename(local string) string {
	if name, ok := s.renamed[local]; ok {
		return name
	}
	return local
}

// Composed is a directive of the document's own or of another specification that the supergraph is to keep
// (@composeDirective).
type Composed struct {
	Link       *link.Link // the specification it belongs to
	Original   string     // its name there, without "@"
	Definition *ast.DirectiveDefinition
	Position   *ast.Position // of the @composeDirective
}

// Type is a type of one subgraph, its definition and extensions together.
type Type struct {
	Name        string // in the supergraph
	Local       string // in the document
	Kind        ast.DefinitionKind
	Description string
	Position    *ast.Position // of the definition, or of the first extension
	Extended    bool          // there are extensions only, or @extends
	Fields      []*Field      // of objects, interfaces and input objects
	Interfaces  []Reference
	Members     []Reference // of unions
	Values      []*Value    // of enums
	Keys        []*Key
	// InterfaceObject: an interface of the supergraph that this subgraph declares as an object type.
	InterfaceObject bool
	OldKey          bool     // an interface with a key in the older dialect, where that is no way in
	Contexts        []string // that objects of this type set (@context)
	Marks

	fields map[string]*Field
	values map[string]*Value
	blocks []*ast.Definition
}

// Field returns a field by its name, nil if there is none.
func (t *Type) Field(name string) *Field { return t.fields[name] }

// Value returns an enum value by its name, nil if there is none.
func (t *Type) Value(name string) *Value { return t.values[name] }

// Composite reports whether t is an object, an interface or a union.
func (t *Type) Composite() bool {
	return t.Kind == ast.Object || t.Kind == ast.Interface || t.Kind == ast.Union
}

// Implements reports whether t declares that it implements an interface.
func (t *Type) Implements(name string) bool {
	for _, i := range t.Interfaces {
		if i.Name == name {
			return true
		}
	}
	return false
}

// Reference is the name of another type, and where it stands.
type Reference struct {
	Name     string
	Position *ast.Position
}

// Field is a field of an object, an interface or an input object.
type Field struct {
	Parent      *Type
	Name        string
	Description string
	Type        *ast.Type
	Args        []*Argument
	Default     *ast.Value // of input fields
	Position    *ast.Position
	External    bool // declared, but not resolved here
	Shareable   bool // by a directive, as part of a key, or by the rules of the older dialect
	InKey       bool // part of a key of some type
	Requires    *FieldSet
	Provides    *FieldSet
	Override    *Override
	Marks

	used  bool // by a key, requires or provides, or by an interface
	block *ast.Definition
	ast   *ast.FieldDefinition
}

// Coordinate returns the schema coordinate of the field.
func (f *Field) Coordinate() string { return f.Parent.Name + "." + f.Name }

// Arg returns an argument by its name, nil if there is none.
func (f *Field) Arg(name string) *Argument {
	for _, a := range f.Args {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// Argument is an argument of a field.
type Argument struct {
	Name        string
	Description string
	Type        *ast.Type
	Default     *ast.Value
	Position    *ast.Position
	// Context is where the value comes from if the gateway gives it (@fromContext); nil: clients do, and the argument is
	// part of the supergraph.
	Context *FromContext
	Marks
}

// FromContext says which part of an enclosing object an argument takes its value from.
type FromContext struct {
	Name       string           // of the context, one of Type.Contexts
	Text       string           // of the selection
	Selections ast.SelectionSet // nil if the text is not valid, which has been reported
	Position   *ast.Position
}

// Required reports whether a use of the field must give the argument.
func (a *Argument) Required() bool { return a.Type.NonNull && a.Default == nil }

// Value is a value of an enum.
type Value struct {
	Name        string
	Description string
	Position    *ast.Position
	Marks
}

// Marks are the directives that the supergraph keeps and that any element may carry.
type Marks struct {
	Inaccessible bool
	Tags         []string
	Kept         ast.DirectiveList // @deprecated, @specifiedBy, @oneOf
	// Carried are directives that others act upon: those of the federation (authenticated, requiresScopes, policy, cost,
	// listSize, cacheTag) under their own names, and those of [Schema.Composed] under the names of the document.
	Carried ast.DirectiveList
}

// Key is one @key of a type.
type Key struct {
	Fields     *FieldSet
	Resolvable bool
	extension  bool // stands on an extension, where @external fields mean "part of the key"
}

// FieldSet is the value of a @key, @requires or @provides.
type FieldSet struct {
	Text       string
	Selections ast.SelectionSet // nil if the text is not valid, which has been reported
	Position   *ast.Position
}

// Override is an @override of a field.
type Override struct {
	From     string
	Label    string
	Position *ast.Position
}
