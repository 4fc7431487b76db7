package schema

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/sluice-gateway/sluice/schema/merge"
)

// apiSchema makes the schema that clients see: without what is hidden, and without the machinery of the federation.
// Its definitions are copies, because validation writes into them.
func apiSchema(m *merge.Schema) (*ast.Schema, error) {
	doc := validator.PreludeDocument()
	hidden := hiddenTypes(m)
	for _, t := range m.Types {
		if !t.Hidden {
			doc.Definitions = append(doc.Definitions, apiType(t, hidden))
		}
	}
	for _, d := range m.Directives {
		if !slices.ContainsFunc(d.Arguments, func(a *ast.ArgumentDefinition) bool { return hidden[a.Type.Name()] }) {
			def := *d
			doc.Directives = append(doc.Directives, &def)
		}
	}
	api, err := validator.ValidateSchemaDocument(doc)
	if err != nil {
		return nil, err
	}
	// The parser knows @defer, but nobody here does what it asks for.
	delete(api.Directives, "defer")
	return api, nil
}

func hiddenTypes(m *merge.Schema) map[string]bool {
	hidden := map[string]bool{}
	for _, t := range m.Types {
		if t.Hidden {
			hidden[t.Name] = true
		}
	}
	return hidden
}

func apiType(t *merge.Type, hidden map[string]bool) *ast.Definition {
	def := *t.Definition
	gone := func(name string) bool { return hidden[name] }
	def.Interfaces = slices.DeleteFunc(slices.Clone(def.Interfaces), gone)
	def.Types = slices.DeleteFunc(slices.Clone(def.Types), gone)
	def.Directives = apiDirectives(def.Directives)
	def.Fields, def.EnumValues = nil, nil
	for _, f := range t.Fields {
		if !f.Hidden {
			def.Fields = append(def.Fields, apiField(f))
		}
	}
	for _, v := range t.Values {
		if !v.Hidden {
			value := *v.Definition
			value.Directives = apiDirectives(value.Directives)
			def.EnumValues = append(def.EnumValues, &value)
		}
	}
	return &def
}

func apiField(f *merge.Field) *ast.FieldDefinition {
	field := *f.Definition
	field.Directives = apiDirectives(field.Directives)
	field.Arguments = nil
	for _, a := range f.Args {
		if !a.Hidden {
			arg := *a.Definition
			arg.Directives = apiDirectives(arg.Directives)
			field.Arguments = append(field.Arguments, &arg)
		}
	}
	return &field
}

// apiDirectives copies applications of directives, which are still those of the subgraphs' documents.
func apiDirectives(list ast.DirectiveList) ast.DirectiveList {
	var out ast.DirectiveList
	for _, d := range list {
		c := *d
		out = append(out, &c)
	}
	return out
}
