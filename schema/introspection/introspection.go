// Package introspection turns what a GraphQL server says of its schema into schema definition language. Introspection does
// not tell which directives are applied in the schema, but for @deprecated, @specifiedBy and @oneOf, so what comes of it
// has no keys.
//
// It asks nobody: [Queries] are what to ask a server, and how to do that is for others. The commands in app call it, also for
// files that hold such an answer.
package introspection

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/schema/sdl"
)

// deepest is how many lists and non-nulls may be around a named type. The queries ask for fewer.
const deepest = 32

// SDL returns the schema of an introspection result: the whole answer of a server, or the data in it.
func SDL(result []byte) (string, error) {
	var answer struct {
		Data *struct {
			Schema *schema `json:"__schema"`
		}
		Schema *schema `json:"__schema"`
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(result, &answer); err != nil {
		return "", fmt.Errorf("not the JSON of an introspection result: %w", err)
	}
	s := answer.Schema
	if answer.Data != nil && answer.Data.Schema != nil {
		s = answer.Data.Schema
	}
	switch {
	case s != nil:
	case len(answer.Errors) > 0:
		return "", fmt.Errorf("the server refused: %s", answer.Errors[0].Message)
	default:
		return "", errors.New("there is no __schema in it")
	}
	doc, err := s.document()
	if err != nil {
		return "", err
	}
	p := &sdl.Printer{}
	for _, def := range doc.Schema {
		p.Schema(def)
	}
	for _, d := range doc.Directives {
		p.Directive(d)
	}
	for _, t := range doc.Definitions {
		p.Definition(t)
	}
	// What names nothing that is there, or means something else as text, comes to light here.
	if _, err := gqlparser.LoadSchema(&ast.Source{Name: "introspection", Input: p.String()}); err != nil {
		return "", fmt.Errorf("the schema is not valid: %w", err)
	}
	return p.String(), nil
}

// The answer, as the chapter "Introspection" of the GraphQL specification has it.
type (
	schema struct {
		Description                               string
		QueryType, MutationType, SubscriptionType *named
		Types                                     []*definition
		Directives                                []*directive
	}
	named      struct{ Name string }
	definition struct {
		Kind, Name, Description string
		Fields                  []*field
		InputFields             []*input
		Interfaces              []named
		EnumValues              []*value
		PossibleTypes           []named
		SpecifiedByURL          *string
		IsOneOf                 bool
	}
	field struct {
		Name, Description string
		Args              []*input
		Type              *reference
		deprecation
	}
	input struct {
		Name, Description string
		Type              *reference
		DefaultValue      *string
		deprecation
	}
	value struct {
		Name, Description string
		deprecation
	}
	directive struct {
		Name, Description string
		Locations         []string
		Args              []*input
		IsRepeatable      bool
	}
	reference struct {
		Kind, Name string
		OfType     *reference
	}
	deprecation struct {
		IsDeprecated      bool
		DeprecationReason *string
	}
)

// document makes a document of what is not GraphQL's own.
func (s *schema) document() (*ast.SchemaDocument, error) {
	if s.QueryType == nil {
		return nil, errors.New("the schema has no query type")
	}
	doc := &ast.SchemaDocument{}
	def := &ast.SchemaDefinition{Description: s.Description}
	usual := def.Description == ""
	for _, root := range []struct {
		operation ast.Operation
		usual     string
		typ       *named
	}{{ast.Query, "Query", s.QueryType}, {ast.Mutation, "Mutation", s.MutationType}, {ast.Subscription, "Subscription", s.SubscriptionType}} {
		if root.typ == nil { // a type of the usual name that is no root would be taken for one
			usual = usual && !slices.ContainsFunc(s.Types, func(t *definition) bool { return t != nil && t.Name == root.usual })
			continue
		}
		if err := checkName(root.typ.Name); err != nil {
			return nil, err
		}
		usual = usual && root.typ.Name == root.usual
		def.OperationTypes = append(def.OperationTypes, &ast.OperationTypeDefinition{Operation: root.operation, Type: root.typ.Name})
	}
	if !usual {
		doc.Schema = append(doc.Schema, def)
	}
	for _, d := range s.Directives {
		if d == nil || slices.Contains([]string{"include", "skip", "defer", "stream", "deprecated", "specifiedBy", "oneOf"}, d.Name) {
			continue
		}
		out, err := d.definition()
		if err != nil {
			return nil, fmt.Errorf("@%s: %w", d.Name, err)
		}
		doc.Directives = append(doc.Directives, out)
	}
	for _, t := range s.Types {
		if t == nil || strings.HasPrefix(t.Name, "__") || t.Kind == string(ast.Scalar) && slices.Contains([]string{"Int", "Float", "String", "Boolean", "ID"}, t.Name) {
			continue
		}
		out, err := t.definition()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		doc.Definitions = append(doc.Definitions, out)
	}
	return doc, nil
}

func (t *definition) definition() (*ast.Definition, error) {
	if err := checkName(t.Name); err != nil {
		return nil, err
	}
	out := &ast.Definition{Kind: ast.DefinitionKind(t.Kind), Name: t.Name, Description: t.Description}
	var err error
	switch out.Kind {
	case ast.Scalar:
		if t.SpecifiedByURL != nil {
			out.Directives = append(out.Directives, applied("specifiedBy", "url", *t.SpecifiedByURL))
		}
	case ast.Object, ast.Interface:
		if out.Interfaces, err = names(t.Interfaces); err == nil {
			out.Fields, err = outputs(t.Fields)
		}
	case ast.Union:
		out.Types, err = names(t.PossibleTypes)
	case ast.Enum:
		out.EnumValues, err = values(t.EnumValues)
	case ast.InputObject:
		if t.IsOneOf {
			out.Directives = append(out.Directives, &ast.Directive{Name: "oneOf"})
		}
		var args ast.ArgumentDefinitionList
		args, err = inputs(t.InputFields)
		for _, a := range args {
			out.Fields = append(out.Fields, &ast.FieldDefinition{Name: a.Name, Description: a.Description, Type: a.Type, DefaultValue: a.DefaultValue, Directives: a.Directives})
		}
	default:
		err = fmt.Errorf("there is no kind of type called %q", t.Kind)
	}
	return out, err
}

func (d *directive) definition() (*ast.DirectiveDefinition, error) {
	if err := checkName(d.Name); err != nil {
		return nil, err
	}
	args, err := inputs(d.Args)
	if err != nil {
		return nil, err
	}
	out := &ast.DirectiveDefinition{Name: d.Name, Description: d.Description, Arguments: args, IsRepeatable: d.IsRepeatable}
	for _, l := range d.Locations {
		if err := checkName(l); err != nil {
			return nil, err
		}
		out.Locations = append(out.Locations, ast.DirectiveLocation(l))
	}
	return out, nil
}

func outputs(fields []*field) (ast.FieldList, error) {
	var out ast.FieldList
	for _, f := range fields {
		if f == nil {
			continue
		}
		if err := checkName(f.Name); err != nil {
			return nil, err
		}
		typ, err := f.Type.typ(0)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		args, err := inputs(f.Args)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		out = append(out, &ast.FieldDefinition{Name: f.Name, Description: f.Description, Arguments: args, Type: typ, Directives: f.directives()})
	}
	return out, nil
}

func inputs(list []*input) (ast.ArgumentDefinitionList, error) {
	var out ast.ArgumentDefinitionList
	for _, i := range list {
		if i == nil {
			continue
		}
		if err := checkName(i.Name); err != nil {
			return nil, err
		}
		typ, err := i.Type.typ(0)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", i.Name, err)
		}
		a := &ast.ArgumentDefinition{Name: i.Name, Description: i.Description, Type: typ, Directives: i.directives()}
		if i.DefaultValue != nil {
			if a.DefaultValue, err = literal(*i.DefaultValue); err != nil {
				return nil, fmt.Errorf("%s: the default %q is not a value of GraphQL", i.Name, *i.DefaultValue)
			}
		}
		out = append(out, a)
	}
	return out, nil
}

func values(list []*value) (ast.EnumValueList, error) {
	var out ast.EnumValueList
	for _, v := range list {
		if v == nil {
			continue
		}
		if err := checkName(v.Name); err != nil {
			return nil, err
		}
		out = append(out, &ast.EnumValueDefinition{Name: v.Name, Description: v.Description, Directives: v.directives()})
	}
	return out, nil
}

func names(list []named) ([]string, error) {
	var out []string
	for _, n := range list {
		if err := checkName(n.Name); err != nil {
			return nil, err
		}
		out = append(out, n.Name)
	}
	return out, nil
}

// typ is the type that is referred to, inside a number of others.
func (r *reference) typ(depth int) (*ast.Type, error) {
	if r == nil || depth > deepest {
		return nil, errors.New("the type is not told to its end")
	}
	switch r.Kind {
	case "NON_NULL":
		t, err := r.OfType.typ(depth + 1)
		if err != nil {
			return nil, err
		}
		if t.NonNull {
			return nil, errors.New("the type is non-null twice")
		}
		t.NonNull = true
		return t, nil
	case "LIST":
		t, err := r.OfType.typ(depth + 1)
		if err != nil {
			return nil, err
		}
		return ast.ListType(t, nil), nil
	}
	if err := checkName(r.Name); err != nil {
		return nil, err
	}
	return ast.NamedType(r.Name, nil), nil
}

// directives is the deprecation as it is applied.
func (d deprecation) directives() ast.DirectiveList {
	switch {
	case !d.IsDeprecated:
		return nil
	case d.DeprecationReason == nil:
		return ast.DirectiveList{{Name: "deprecated"}}
	}
	return ast.DirectiveList{applied("deprecated", "reason", *d.DeprecationReason)}
}

func applied(name, argument, text string) *ast.Directive {
	return &ast.Directive{Name: name, Arguments: ast.ArgumentList{{Name: argument, Value: &ast.Value{Kind: ast.StringValue, Raw: text}}}}
}

// literal reads the text of a default, which is a value and nothing beside it.
func literal(text string) (*ast.Value, error) {
	doc, err := parser.ParseQuery(&ast.Source{Input: "{f(a:" + text + "\n)}"})
	if err != nil {
		return nil, err
	}
	other := errors.New("more than a value")
	if len(doc.Operations) != 1 || len(doc.Fragments) > 0 || len(doc.Operations[0].SelectionSet) != 1 {
		return nil, other
	}
	f, ok := doc.Operations[0].SelectionSet[0].(*ast.Field)
	if !ok || len(f.Arguments) != 1 || len(f.Directives) > 0 || len(f.SelectionSet) > 0 {
		return nil, other
	}
	return f.Arguments[0].Value, nil
}

// checkName keeps what is no name out of the text of a schema.
func checkName(name string) error {
	for i, r := range name {
		if r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return fmt.Errorf("%q is not a name of GraphQL", name)
		}
	}
	if name == "" {
		return errors.New("a name is missing")
	}
	return nil
}
