// Package openapi describes HTTP operations in a document of OpenAPI 3.1: those that run a GraphQL operation with the
// schemas of everything that goes in and comes out, as the types of the GraphQL schema and the selections have it; others
// with what is known of them.
//
// It knows GraphQL types and nothing of how requests are answered. Package routes calls it.
package openapi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/vektah/gqlparser/v2/ast"
)

// Info is what is said of the API as a whole.
type Info struct {
	Title, Version, Description string
	Servers                     []string // URLs
}

// Operation is one method of one path.
type Operation struct {
	Method      string
	Host        string // for which the path is served; empty: for all
	Path        string // with wildcards as {name}, without anything else
	ID          string // unique in the document
	Summary     string
	Description string
	Tags        []string
	Parameters  []Parameter
	Body        *Body
	Status      int // of the answer with what was asked for; 0: anything, passed on from somewhere
	// Answer is the selection that the answer has the shape of, on Type; nil: any JSON.
	Answer ast.SelectionSet
	Type   *ast.Definition
	Cached bool // answers have an ETag
}

// Parameter is a value outside of the body.
type Parameter struct {
	Name        string
	In          string // path, query, header
	Type        *ast.Type
	Required    bool
	Default     *ast.Value
	Description string
}

// Body is what the body of a request holds: one value, or an object with members; neither: anything.
type Body struct {
	Type     *ast.Type
	Members  []Parameter
	Required bool
	Any      bool
}

// Document returns the JSON text of the document.
func Document(info Info, schema *ast.Schema, list []Operation) ([]byte, error) {
	b := builder{schema: schema, schemas: object{}, paths: object{}, shapes: map[string]shape{}}
	for _, op := range list {
		b.add(op)
	}
	b.schemas[problemName] = problemSchema()
	about := object{"title": info.Title, "version": info.Version}
	if info.Description != "" {
		about["description"] = info.Description
	}
	doc := object{"openapi": "3.1.0", "info": about, "paths": b.paths, "components": object{
		"schemas": b.schemas,
		"responses": object{"Problem": object{
			"description": "What went wrong, as RFC 9457 has it.",
			"content":     object{"application/problem+json": object{"schema": ref(problemName)}},
		}},
	}}
	if len(info.Servers) > 0 {
		doc["servers"] = servers(info.Servers)
	}
	return json.Marshal(doc, json.Deterministic(true), jsontext.Multiline(true), jsontext.WithIndent("  "))
}

type object = map[string]any

// problemName is that of a component, and no type of GraphQL can have it.
const problemName = "http.Problem"

func servers(urls []string) []any {
	var out []any
	for _, u := range urls {
		out = append(out, object{"url": u})
	}
	return out
}

func ref(name string) object { return object{"$ref": "#/components/schemas/" + name} }

// builder makes a document.
type builder struct {
	schema  *ast.Schema
	schemas object
	paths   object
	shapes  map[string]shape // paths without the names of their wildcards, which may not differ
}

// shape is how a path is written in the document.
type shape struct {
	path  string
	names []string
}

// place returns the path as the document has it, and the names of its wildcards: paths that differ in these alone are one.
func (b *builder) place(path string) (string, []string) {
	var names []string
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if strings.HasPrefix(s, "{") {
			names = append(names, strings.Trim(s, "{}"))
			segments[i] = "{}"
		}
	}
	key := strings.Join(segments, "/")
	known, ok := b.shapes[key]
	if !ok {
		known = shape{path, names}
		b.shapes[key] = known
	}
	return known.path, known.names
}

func (b *builder) add(op Operation) {
	path, names := b.place(op.Path)
	item, _ := b.paths[path].(object)
	if item == nil {
		item = object{}
		b.paths[path] = item
	}
	method := strings.ToLower(op.Method)
	if item[method] != nil {
		return // of another host
	}
	out := object{"operationId": op.ID, "responses": b.responses(op)}
	if op.Summary != "" {
		out["summary"] = op.Summary
	}
	if op.Description != "" {
		out["description"] = op.Description
	}
	if len(op.Tags) > 0 {
		out["tags"] = op.Tags
	}
	if op.Host != "" {
		out["servers"] = servers([]string{"//" + op.Host})
	}
	if parameters := b.parameters(op, names); len(parameters) > 0 {
		out["parameters"] = parameters
	}
	if op.Body != nil {
		out["requestBody"] = b.body(op.Body)
	}
	item[method] = out
}

// parameters describes those of an operation; the wildcards of the path have the names of the document.
func (b *builder) parameters(op Operation, names []string) []any {
	var out []any
	_, own := (&builder{shapes: map[string]shape{}}).place(op.Path)
	for _, p := range op.Parameters {
		if n := slices.Index(own, p.Name); p.In == "path" && n >= 0 {
			p.Name = names[n]
		}
		param := object{"name": p.Name, "in": p.In, "schema": b.parameterSchema(p)}
		if p.Required || p.In == "path" {
			param["required"] = true
		}
		if p.Description != "" {
			param["description"] = p.Description
		}
		out = append(out, param)
	}
	return out
}

// parameterSchema is the schema of a value that is text, for which there is no null.
func (b *builder) parameterSchema(p Parameter) object {
	if p.Type == nil {
		return object{"type": "string"}
	}
	t := *p.Type
	t.NonNull = true
	if t.Elem != nil {
		elem := *t.Elem
		elem.NonNull = true
		t.Elem = &elem
	}
	s := b.input(&t)
	if p.Default != nil {
		if v, err := p.Default.Value(nil); err == nil && v != nil {
			s = withDefault(s, v)
		}
	}
	return s
}

func withDefault(s object, v any) object {
	out := object{"default": v}
	for k, x := range s {
		out[k] = x
	}
	return out
}

func (b *builder) body(body *Body) object {
	if body.Any {
		return object{"content": object{"*/*": object{}}}
	}
	var schema object
	if body.Type != nil {
		schema = b.input(body.Type)
	} else {
		properties, required := object{}, []string{}
		for _, m := range body.Members {
			s := b.input(m.Type)
			if m.Default != nil {
				if v, err := m.Default.Value(nil); err == nil && v != nil {
					s = withDefault(s, v)
				}
			}
			properties[m.Name] = s
			if m.Required {
				required = append(required, m.Name)
			}
		}
		schema = object{"type": "object", "properties": properties, "additionalProperties": false}
		if len(required) > 0 {
			schema["required"] = required
		}
	}
	out := object{"content": object{"application/json": object{"schema": schema}}}
	if body.Required {
		out["required"] = true
	}
	return out
}

// responses describes the answers of an operation.
func (b *builder) responses(op Operation) object {
	if op.Status == 0 {
		return object{"default": object{"description": "The answer of the service."}}
	}
	good := object{"description": http.StatusText(op.Status)}
	if op.Status != http.StatusNoContent && op.Status != http.StatusResetContent {
		schema := object{}
		if op.Answer != nil {
			schema = b.output(op.Type, op.Answer)
		}
		good["content"] = object{"application/json": object{"schema": schema}}
		good["headers"] = object{"Sluice-Incomplete": object{
			"description": "Paths at which something is missing because of an error, with its code.", "schema": object{"type": "string"},
		}}
	}
	problem := func() object { return object{"$ref": "#/components/responses/Problem"} }
	out := object{strconv.Itoa(op.Status): good, "default": problem()}
	if op.Cached {
		out["304"] = object{"description": "The answer has the ETag that the client named."}
		out["404"] = problem()
	}
	if len(op.Parameters) > 0 || op.Body != nil {
		out["400"] = problem()
	}
	return out
}

func problemSchema() object {
	text := func() object { return object{"type": "string"} }
	return object{
		"type":     "object",
		"required": []string{"type", "title", "status"},
		"properties": object{
			"type": text(), "title": text(), "status": object{"type": "integer"}, "detail": text(),
			"code":       object{"type": "string", "description": "What went wrong, for programs."},
			"request_id": text(),
			"errors": object{"type": "array", "items": object{
				"type": "object", "required": []string{"message"},
				"properties": object{"message": text(), "path": text(), "code": text()},
			}},
		},
	}
}

// Place names an operation that has no name, for an id.
func Place(method, path string) string {
	return strings.ToLower(method) + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, path)
}

// Unique makes ids unique, by numbers after the first.
func Unique(list []Operation) {
	seen := map[string]int{}
	for i := range list {
		id := list[i].ID
		seen[id]++
		if n := seen[id]; n > 1 {
			list[i].ID = fmt.Sprintf("%s_%d", id, n)
		}
	}
}
