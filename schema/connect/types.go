package connect

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// types are the types of one subgraph by name, each with its extensions joined. Nothing is assumed to be right: names
// may be unknown, kinds may disagree.
type types struct {
	byName map[string]*definition
	order  []*definition
	roots  map[ast.Operation]string
}

// definition is a type of the subgraph.
type definition struct {
	kind       ast.DefinitionKind
	name       string
	fields     []*ast.FieldDefinition // of the definition, then of its extensions
	directives []applied
	implements []string
	members    []string // of a union
	position   *ast.Position
}

// applied is a directive with the kind of block it stands on.
type applied struct {
	*ast.Directive
	block *ast.Definition
}

func newTypes(doc *ast.SchemaDocument) *types {
	t := &types{byName: map[string]*definition{}, roots: map[ast.Operation]string{}}
	for _, d := range doc.Definitions {
		t.add(d)
	}
	for _, d := range doc.Extensions {
		t.add(d)
	}
	for _, s := range slices.Concat(doc.Schema, doc.SchemaExtension) {
		for _, o := range s.OperationTypes {
			t.roots[o.Operation] = o.Type
		}
	}
	if len(doc.Schema) == 0 {
		for op, name := range map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation", ast.Subscription: "Subscription"} {
			if d := t.byName[name]; d != nil && d.kind == ast.Object && t.roots[op] == "" {
				t.roots[op] = name
			}
		}
	}
	return t
}

func (t *types) add(d *ast.Definition) {
	def := t.byName[d.Name]
	if def == nil {
		def = &definition{kind: d.Kind, name: d.Name, position: d.Position}
		t.byName[d.Name] = def
		t.order = append(t.order, def)
	}
	for _, f := range d.Fields {
		if def.field(f.Name) == nil {
			def.fields = append(def.fields, f)
		}
	}
	for _, dir := range d.Directives {
		def.directives = append(def.directives, applied{dir, d})
	}
	def.implements = append(def.implements, d.Interfaces...)
	def.members = append(def.members, d.Types...)
}

// root returns the operation that the type is the root of, or "".
func (t *types) root(name string) ast.Operation {
	for _, op := range []ast.Operation{ast.Query, ast.Mutation, ast.Subscription} {
		if t.roots[op] == name {
			return op
		}
	}
	return ""
}

// named returns the type inside lists and non-null marks. Its kind is a scalar if the subgraph does not define it.
func (t *types) named(typ *ast.Type) *definition {
	name := typ.Name()
	if d := t.byName[name]; d != nil {
		return d
	}
	return &definition{kind: ast.Scalar, name: name}
}

// possible returns the object types that a value of type d can be, in the order of the schema.
func (t *types) possible(d *definition) []*definition {
	var out []*definition
	switch d.kind {
	case ast.Object:
		return []*definition{d}
	case ast.Union:
		for _, m := range d.members {
			if o := t.byName[m]; o != nil && o.kind == ast.Object && !slices.Contains(out, o) {
				out = append(out, o)
			}
		}
	case ast.Interface:
		for _, o := range t.order {
			if o.kind == ast.Object && slices.Contains(o.implements, d.name) {
				out = append(out, o)
			}
		}
	}
	return out
}

func (d *definition) field(name string) *ast.FieldDefinition {
	for _, f := range d.fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

func (d *definition) fieldNames() []string {
	names := make([]string, len(d.fields))
	for i, f := range d.fields {
		names[i] = f.Name
	}
	return names
}

func (d *definition) leaf() bool {
	return d.kind == ast.Scalar || d.kind == ast.Enum
}

func (d *definition) abstract() bool {
	return d.kind == ast.Interface || d.kind == ast.Union
}

// customScalar reports whether values of the type may have any form.
func (d *definition) customScalar() bool {
	switch d.name {
	case "Int", "Float", "String", "Boolean", "ID":
		return false
	}
	return d.kind == ast.Scalar
}
