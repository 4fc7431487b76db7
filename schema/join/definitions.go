package join

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// specification is one that printed supergraphs link.
type specification struct {
	name    string
	url     string
	purpose string
	imports []string
	// directives and types are its definitions, as far as a supergraph shows them.
	definitions string
}

// always are the specifications that every supergraph uses.
var always = [...]specification{
	{name: "link", url: "https://specs.apollo.dev/link/v1.0", definitions: `
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
scalar link__Import
enum link__Purpose {
  "What reads the schema must know the specification to answer securely."
  SECURITY
  "What reads the schema must know the specification to answer at all."
  EXECUTION
}`},
	{name: spec, url: "https://specs.apollo.dev/join/v0.5", purpose: "EXECUTION", definitions: `
directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean, overrideLabel: String, contextArguments: [join__ContextArgument!]) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
input join__ContextArgument {
  name: String!
  type: String!
  context: String!
  selection: join__FieldValue!
}
scalar join__DirectiveArguments
scalar join__FieldSet
scalar join__FieldValue`},
}

// sometimes are the specifications that a supergraph uses if one of their directives is applied.
var sometimes = [...]specification{
	{name: "inaccessible", url: "https://specs.apollo.dev/inaccessible/v0.2", purpose: "SECURITY", definitions: `
directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION`},
	{name: "tag", url: "https://specs.apollo.dev/tag/v0.3", definitions: `
directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCHEMA`},
	{name: "authenticated", url: "https://specs.apollo.dev/authenticated/v0.1", purpose: "SECURITY", definitions: `
directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM`},
	{name: "requiresScopes", url: "https://specs.apollo.dev/requiresScopes/v0.1", purpose: "SECURITY", definitions: `
directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
scalar requiresScopes__Scope`},
	{name: "policy", url: "https://specs.apollo.dev/policy/v0.1", purpose: "SECURITY", definitions: `
directive @policy(policies: [[policy__Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
scalar policy__Policy`},
	{name: "context", url: "https://specs.apollo.dev/context/v0.1", purpose: "SECURITY", definitions: `
directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION
directive @context__fromContext(field: context__ContextFieldValue) on ARGUMENT_DEFINITION
scalar context__ContextFieldValue`},
	{name: "cost", url: "https://specs.apollo.dev/cost/v0.1", imports: []string{"@cost", "@listSize"}, definitions: `
directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION`},
}

// link makes the @link of a specification.
func (s *specification) link() *ast.Directive {
	return linkTo(s.url, "", s.purpose, texts(s.imports))
}

func linkTo(url, as, purpose string, imports *ast.Value) *ast.Directive {
	d := &ast.Directive{Name: "link", Arguments: ast.ArgumentList{argument("url", textValue(url))}}
	if as != "" {
		d.Arguments = append(d.Arguments, argument("as", textValue(as)))
	}
	if imports != nil && len(imports.Children) > 0 {
		d.Arguments = append(d.Arguments, argument("import", imports))
	}
	if purpose != "" {
		d.Arguments = append(d.Arguments, argument("for", enumValue(purpose)))
	}
	return d
}

// parse returns the definitions of a specification. They parse: a test prints all of them.
func (s *specification) parse() *ast.SchemaDocument {
	doc, err := parser.ParseSchema(&ast.Source{Name: s.name, Input: s.definitions})
	if err != nil {
		return &ast.SchemaDocument{}
	}
	return doc
}

func argument(name string, v *ast.Value) *ast.Argument { return &ast.Argument{Name: name, Value: v} }

func textValue(s string) *ast.Value { return &ast.Value{Raw: s, Kind: ast.StringValue} }

func enumValue(s string) *ast.Value { return &ast.Value{Raw: s, Kind: ast.EnumValue} }

func boolean(b bool) *ast.Value {
	if b {
		return &ast.Value{Raw: "true", Kind: ast.BooleanValue}
	}
	return &ast.Value{Raw: "false", Kind: ast.BooleanValue}
}

func texts(list []string) *ast.Value {
	v := &ast.Value{Kind: ast.ListValue}
	for _, s := range list {
		v.Children = append(v.Children, &ast.ChildValue{Value: textValue(s)})
	}
	return v
}

func sorted(list ast.DirectiveDefinitionList) ast.DirectiveDefinitionList {
	slices.SortStableFunc(list, func(a, b *ast.DirectiveDefinition) int {
		switch {
		case a.Name < b.Name:
			return -1
		case a.Name > b.Name:
			return 1
		}
		return 0
	})
	return list
}
