package subgraphtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// schema is what a subgraph knows of itself.
type schema struct {
	*ast.Schema          // without directives of federation, with the fields and types a subgraph library adds
	keys        keys     // by type
	requires    requires // by type and field
}

type (
	keys     map[string][]ast.SelectionSet // resolvable ones only
	requires map[string]map[string]ast.SelectionSet
)

// machinery is what a subgraph library adds to a schema.
const machinery = `
scalar _Any
type _Service { sdl: String! }
extend type %s { _service: _Service! %s }
`

const entities = `_entities(representations: [_Any!]!): [_Entity]!`

// readSchema reads SDL and makes it one that requests can be validated against.
func readSchema(sdl string) (*schema, error) {
	doc, err := parser.ParseSchema(&ast.Source{Name: "subgraph", Input: sdl})
	if err != nil {
		return nil, err
	}
	s := &schema{keys: keys{}, requires: requires{}}
	objects := map[string]bool{}
	for _, def := range slices.Concat(doc.Definitions, doc.Extensions) {
		objects[def.Name] = def.Kind == ast.Object
		if err := s.facts(def); err != nil {
			return nil, fmt.Errorf("%s: %w", def.Name, err)
		}
		strip(def)
	}
	for _, def := range slices.Concat(doc.Schema, doc.SchemaExtension) {
		def.Directives = nil
	}
	doc.SchemaExtension = slices.DeleteFunc(doc.SchemaExtension, func(d *ast.SchemaDefinition) bool { return len(d.OperationTypes) == 0 })
	var members []string
	for name := range s.keys {
		if objects[name] {
			members = append(members, name)
		}
	}
	slices.Sort(members)
	if err := add(doc, queryType(doc), members); err != nil {
		return nil, err
	}
	if s.Schema, err = validator.ValidateSchemaDocument(doc); err != nil {
		return nil, err
	}
	return s, nil
}

// queryType is the name of the type of queries.
func queryType(doc *ast.SchemaDocument) string {
	for _, def := range slices.Concat(doc.Schema, doc.SchemaExtension) {
		for _, op := range def.OperationTypes {
			if op.Operation == ast.Query {
				return op.Type
			}
		}
	}
	return "Query"
}

// add merges the machinery of federation and the language itself into a document.
func add(doc *ast.SchemaDocument, query string, members []string) error {
	field, union := "", ""
	if len(members) > 0 {
		field, union = entities, "union _Entity = "+strings.Join(members, " | ")
	}
	more, err := parser.ParseSchemas(validator.Prelude, &ast.Source{Name: "federation", Input: fmt.Sprintf(machinery, query, field) + union})
	if err != nil {
		return err
	}
	doc.Merge(more)
	return nil
}

// facts takes down keys and requirements.
func (s *schema) facts(def *ast.Definition) error {
	for _, d := range def.Directives {
		if directive(d) != "key" || isFalse(d, "resolvable") {
			continue
		}
		set, err := fieldSet(d)
		if err != nil {
			return err
		}
		s.keys[def.Name] = append(s.keys[def.Name], set)
	}
	for _, f := range def.Fields {
		for _, d := range f.Directives {
			if directive(d) != "requires" {
				continue
			}
			set, err := fieldSet(d)
			if err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
			if s.requires[def.Name] == nil {
				s.requires[def.Name] = map[string]ast.SelectionSet{}
			}
			s.requires[def.Name][f.Name] = set
		}
	}
	return nil
}

// directive returns the name of a directive as federation knows it.
func directive(d *ast.Directive) string { return strings.TrimPrefix(d.Name, "federation__") }

func isFalse(d *ast.Directive, name string) bool {
	arg := d.Arguments.ForName(name)
	return arg != nil && arg.Value.Raw == "false"
}

// fieldSet reads the fields that a directive names. Federation 1 allowed a list of strings.
func fieldSet(d *ast.Directive) (ast.SelectionSet, error) {
	arg := d.Arguments.ForName("fields")
	if arg == nil {
		return nil, fmt.Errorf("@%s has no fields", d.Name)
	}
	text := arg.Value.Raw
	for _, child := range arg.Value.Children {
		text += " " + child.Value.Raw
	}
	doc, err := parser.ParseQuery(&ast.Source{Name: "fields", Input: "{" + text + "}"})
	if err != nil {
		return nil, fmt.Errorf("@%s: %w", d.Name, err)
	}
	return doc.Operations[0].SelectionSet, nil
}

// strip removes the directives of a definition, which need no definitions of their own then.
func strip(def *ast.Definition) {
	def.Directives = nil
	for _, f := range def.Fields {
		f.Directives = nil
		for _, a := range f.Arguments {
			a.Directives = nil
		}
	}
	for _, v := range def.EnumValues {
		v.Directives = nil
	}
}

// is reports whether an object of a type is meant by the condition of a fragment.
func (s *schema) is(object, condition string) bool {
	if condition == "" || condition == object {
		return true
	}
	def := s.Types[condition]
	return def != nil && slices.ContainsFunc(s.PossibleTypes[condition], func(d *ast.Definition) bool { return d.Name == object })
}
