package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema/link"
)

// Assemble makes the schema of a subgraph whose document is not at hand, of what is known of its types. It makes types,
// fields and enum values known by name. It checks nothing: the caller has made sure that names are not there twice.
func Assemble(name string, types []*Type) *Schema {
	s := &Schema{Name: name, Types: types, byName: make(map[string]*Type, len(types)), renamed: map[string]string{}}
	for _, t := range types {
		s.byName[t.Name] = t
		t.fields = make(map[string]*Field, len(t.Fields))
		for _, f := range t.Fields {
			f.Parent, t.fields[f.Name] = t, f
		}
		t.values = make(map[string]*Value, len(t.Values))
		for _, v := range t.Values {
			t.values[v.Name] = v
		}
	}
	return s
}

// ReadPlain reads a document as GraphQL alone, without the meaning that the federation gives to it: types with their
// extensions, and the marks of [Marks]. Specifications that the document links have their own definitions, which are left
// out. The schema is there even if the document is not valid; then it lacks what makes no sense.
func ReadPlain(doc *ast.SchemaDocument) (*Schema, problem.List) {
	r := &reader{schema: &Schema{Document: doc, byName: map[string]*Type{}, renamed: map[string]string{}}}
	r.schema.Links, r.problems = link.Of(doc)
	specs, err := newSpecs(r.schema.Links)
	if err != nil {
		r.report(nil, CodeInvalid, "", "The definitions of the federation cannot be read: %v.", err)
		return r.schema, r.problems
	}
	specs.version1 = false // whose directives need no link
	r.specs = specs
	r.collect()
	r.readMarks()
	r.checkDocument()
	return r.schema, r.problems
}

// Blocks returns the definition of a type and its extensions, as they stand in the document. There is none for a type that
// was assembled.
func (t *Type) Blocks() []*ast.Definition { return t.blocks }

// Definition returns a field as it stands in the document, nil if it was assembled.
func (f *Field) Definition() *ast.FieldDefinition { return f.ast }
