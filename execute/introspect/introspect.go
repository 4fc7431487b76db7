// Package introspect answers __schema and __type from a schema, as the chapter "Introspection" of the GraphQL
// specification has it. It writes the answer as JSON while it walks the selection, so that a large schema needs no model
// of itself in memory.
//
// Execution calls it for the fields that a plan leaves to the gateway, and so does whoever prints a schema as
// introspection JSON. Selections must be validated, which also bounds how deep they nest. gqlgen has a model of the same
// kind, but it gives empty lists where the specification asks for null, and its walk is generated for one schema.
package introspect

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/value"
)

// Append appends the JSON value of a __schema or __type field. The field must come from a document that was validated
// against the schema. variables is an object with the operation's coerced variables; it may be missing.
//
// A result that is longer than limit is no JSON: it ends soon after that. The lists of types that lists of types hold,
// under hundreds of names, are gigabytes in a schema of usual size.
func Append(dst []byte, schema *ast.Schema, field *ast.Field, variables value.Value, limit int) []byte {
	w := writer{schema: schema, variables: variables, limit: limit, collected: map[*ast.Selection][]*ast.Field{}}
	if field.Name == "__schema" {
		return object(&w, dst, field, "__Schema", schema, (*writer).schemaField)
	}
	def := schema.Types[w.text(field, "name")]
	if !visible(schema, def) {
		return null(dst)
	}
	return w.definition(dst, field, def)
}

type writer struct {
	schema    *ast.Schema
	variables value.Value
	limit     int // of what is written, with what was there before
	// collected holds the fields of the selection sets that were met, by their first selection: each is met once for
	// every object at its place, and all those have one type.
	collected map[*ast.Selection][]*ast.Field
}

// object appends an object with what f selects of it.
func object[T any](w *writer, dst []byte, f *ast.Field, typename string, o T, field func(*writer, []byte, T, *ast.Field) []byte) []byte {
	dst = append(dst, '{')
	for i, f := range w.fields(f.SelectionSet, typename) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		dst = append(dst, f.Alias...)
		dst = append(dst, '"', ':')
		if len(dst) > w.limit {
			return dst
		}
		if f.Name == "__typename" {
			dst = value.AppendString(dst, typename)
		} else {
			dst = field(w, dst, o, f)
		}
	}
	return append(dst, '}')
}

// list appends a list of objects.
func list[T any](w *writer, dst []byte, f *ast.Field, typename string, items []T, field func(*writer, []byte, T, *ast.Field) []byte) []byte {
	dst = append(dst, '[')
	for i, item := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		if len(dst) > w.limit {
			return dst
		}
		dst = object(w, dst, f, typename, item, field)
	}
	return append(dst, ']')
}

func (w *writer) schemaField(dst []byte, s *ast.Schema, f *ast.Field) []byte {
	switch f.Name {
	case "description":
		return optional(dst, s.Description)
	case "types":
		all := slices.DeleteFunc(sorted(s.Types), func(d *ast.Definition) bool { return !visible(s, d) })
		return w.definitions(dst, f, all)
	case "queryType":
		return w.definition(dst, f, s.Query)
	case "mutationType":
		return w.definition(dst, f, s.Mutation)
	case "subscriptionType":
		return w.definition(dst, f, s.Subscription)
	case "directives":
		return list(w, dst, f, "__Directive", sorted(s.Directives), (*writer).directiveField)
	}
	return null(dst)
}

func (w *writer) directiveField(dst []byte, d *ast.DirectiveDefinition, f *ast.Field) []byte {
	switch f.Name {
	case "name":
		return value.AppendString(dst, d.Name)
	case "description":
		return optional(dst, d.Description)
	case "isRepeatable":
		return boolean(dst, d.IsRepeatable)
	case "locations":
		dst = append(dst, '[')
		for i, l := range d.Locations {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = value.AppendString(dst, string(l))
		}
		return append(dst, ']')
	case "args":
		return w.arguments(dst, f, d.Arguments)
	}
	return null(dst)
}

func (w *writer) fieldField(dst []byte, d *ast.FieldDefinition, f *ast.Field) []byte {
	switch f.Name {
	case "name":
		return value.AppendString(dst, d.Name)
	case "description":
		return optional(dst, d.Description)
	case "args":
		return w.arguments(dst, f, d.Arguments)
	case "type":
		return w.reference(dst, f, d.Type)
	}
	return deprecation(dst, d.Directives, f)
}

// input is an argument or an input field.
type input struct {
	name, description string
	typ               *ast.Type
	preset            *ast.Value
	directives        ast.DirectiveList
}

func (w *writer) arguments(dst []byte, f *ast.Field, args ast.ArgumentDefinitionList) []byte {
	all := make([]input, len(args))
	for i, a := range args {
		all[i] = input{a.Name, a.Description, a.Type, a.DefaultValue, a.Directives}
	}
	return w.inputs(dst, f, all)
}

func (w *writer) inputs(dst []byte, f *ast.Field, all []input) []byte {
	all = current(w, f, all, func(in input) ast.DirectiveList { return in.directives })
	return list(w, dst, f, "__InputValue", all, (*writer).inputField)
}

func (w *writer) inputField(dst []byte, in input, f *ast.Field) []byte {
	switch f.Name {
	case "name":
		return value.AppendString(dst, in.name)
	case "description":
		return optional(dst, in.description)
	case "type":
		return w.reference(dst, f, in.typ)
	case "defaultValue":
		if in.preset == nil {
			return null(dst)
		}
		return value.AppendString(dst, in.preset.String())
	}
	return deprecation(dst, in.directives, f)
}

func (w *writer) enumField(dst []byte, d *ast.EnumValueDefinition, f *ast.Field) []byte {
	switch f.Name {
	case "name":
		return value.AppendString(dst, d.Name)
	case "description":
		return optional(dst, d.Description)
	}
	return deprecation(dst, d.Directives, f)
}

// current leaves out what is deprecated, unless f asks for that too.
func current[T any](w *writer, f *ast.Field, all []T, directives func(T) ast.DirectiveList) []T {
	if w.flag(f, "includeDeprecated") {
		return all
	}
	out := make([]T, 0, len(all))
	for _, e := range all {
		if directives(e).ForName("deprecated") == nil {
			out = append(out, e)
		}
	}
	return out
}

// deprecation appends isDeprecated or deprecationReason.
func deprecation(dst []byte, directives ast.DirectiveList, f *ast.Field) []byte {
	d := directives.ForName("deprecated")
	switch {
	case f.Name == "isDeprecated":
		return boolean(dst, d != nil)
	case f.Name != "deprecationReason" || d == nil:
		return null(dst)
	}
	if a := d.Arguments.ForName("reason"); a != nil && a.Value != nil && a.Value.Kind != ast.NullValue {
		return value.AppendString(dst, a.Value.Raw)
	}
	return value.AppendString(dst, "No longer supported") // the default of the directive's argument
}

// sorted returns the values of a map in the order of their keys.
func sorted[T any](m map[string]T) []T {
	out := make([]T, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[k])
	}
	return out
}

func null(dst []byte) []byte { return append(dst, "null"...) }

func boolean(dst []byte, b bool) []byte {
	if b {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}

// optional appends a string, or null for an empty one: the schema does not tell an empty description from none.
func optional(dst []byte, s string) []byte {
	if s == "" {
		return null(dst)
	}
	return value.AppendString(dst, s)
}
