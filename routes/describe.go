package routes

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/routes/openapi"
)

// OpenAPI says how the routes are described to those who write clients.
type OpenAPI struct {
	// Enabled serves the document, if there are routes. Default true.
	Enabled bool `yaml:"enabled"`
	// Path is where it is served. Default /openapi.json.
	Path string `yaml:"path"`
	// Title of the API. Default "API".
	Title string `yaml:"title"`
	// Version of the API. Default "1".
	Version string `yaml:"version"`
	// Description of the API, in Markdown.
	Description string `yaml:"description"`
	// Servers are the URLs at which clients reach the gateway. Default: where the document comes from.
	Servers []string `yaml:"servers"`
}

// DefaultOpenAPI returns the defaults that the fields name.
func DefaultOpenAPI() OpenAPI {
	return OpenAPI{Enabled: true, Path: "/openapi.json", Title: "API", Version: "1"}
}

// Validate returns everything that is wrong, one error each.
func (c *OpenAPI) Validate() error {
	var errs []error
	if u, err := url.Parse(c.Path); err != nil || u.Path != c.Path || len(c.Path) < 2 || c.Path[0] != '/' || strings.ContainsAny(c.Path, "{} ") {
		errs = append(errs, fmt.Errorf("path: must be a path such as /openapi.json (got %q)", c.Path))
	}
	if c.Title == "" {
		errs = append(errs, errors.New(`title: must not be empty (got "")`))
	}
	if c.Version == "" {
		errs = append(errs, errors.New(`version: must not be empty (got "")`))
	}
	for i, s := range c.Servers {
		if u, err := url.Parse(s); err != nil || u.Host == "" && !strings.HasPrefix(s, "/") {
			errs = append(errs, fmt.Errorf("servers[%d]: must be a URL (got %q)", i, s))
		}
	}
	return errors.Join(errs...)
}

// describe makes the document of the routes and adds the route that serves it.
func (b *builder) describe() {
	c := b.options.OpenAPI
	if !c.Enabled || len(b.table.routes) == 0 {
		return
	}
	for path, what := range b.options.Reserved {
		if path == c.Path {
			b.report("ROUTE_CONFLICT", "openapi.path", "%s is served there, and goes before all routes (got %q).", what, c.Path)
			return
		}
	}
	for _, other := range b.registered {
		if clash, _ := conflict(other.pattern, "GET "+c.Path); clash {
			b.report("ROUTE_CONFLICT", "openapi.path", "some requests match both this (%q) and routes[%d] (%q).", c.Path, other.route, other.pattern)
			return
		}
	}
	var list []openapi.Operation
	for _, e := range b.table.routes {
		list = append(list, e.describe()...)
	}
	openapi.Unique(list)
	text, err := openapi.Document(openapi.Info{Title: c.Title, Version: c.Version, Description: c.Description, Servers: c.Servers}, b.options.Schema, list)
	if err == nil {
		err = register(b.table.mux, "GET "+c.Path, document(text))
	}
	if err != nil {
		b.report("INVALID_ROUTE", "openapi.path", "%v.", err)
	}
}

// document is a text that is served.
type document []byte

func (d document) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h["Content-Type"] = []string{"application/json"}
	h["Content-Length"] = []string{strconv.Itoa(len(d))}
	_, _ = w.Write(d) // a client that went away is nobody's error
}

// documented are the methods that OpenAPI knows of a route that has all.
var documented = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// describe returns the operations of a route.
func (e *entry) describe() []openapi.Operation {
	list := e.methods
	if len(list) == 0 {
		list = documented
	}
	var out []openapi.Operation
	for _, m := range list {
		op := openapi.Operation{
			Method: m, Path: e.pattern.documented(), Host: e.pattern.host(),
			Summary: e.config.Summary, Description: e.config.Description, Tags: e.config.Tags,
		}
		op.ID = openapi.Place(m, op.Path)
		if e.stored != nil {
			e.describeStored(&op)
		} else {
			e.describePlain(&op)
		}
		out = append(out, op)
	}
	return out
}

func (e *entry) describePlain(op *openapi.Operation) {
	for _, name := range e.pattern.documentedWildcards() {
		op.Parameters = append(op.Parameters, openapi.Parameter{Name: name, In: "path", Required: true})
	}
	for _, m := range bodyMethods {
		if op.Method == m {
			op.Body = &openapi.Body{Any: true}
		}
	}
}

func (e *entry) describeStored(op *openapi.Operation) {
	s := e.stored
	if s.definition.Name != "" {
		op.ID = s.definition.Name
		if len(e.methods) > 1 {
			op.ID += "_" + strings.ToLower(op.Method)
		}
	}
	op.Status = e.config.Operation.Status
	if op.Status == 0 {
		op.Status = http.StatusOK
	}
	op.Cached = op.Method == http.MethodGet && op.Status == http.StatusOK
	if s.response == nil {
		op.Type, op.Answer = s.root, s.definition.SelectionSet
	}
	var body openapi.Body
	b := s.bindings[op.Method]
	for i, p := range b.parameters {
		described := openapi.Parameter{Name: p.name, In: string(p.origin), Type: p.typ, Required: p.required, Default: defaultOf(s.definition, p.variable)}
		switch {
		case p.origin != fromBody:
			op.Parameters = append(op.Parameters, described)
		case i == b.whole:
			body.Type, body.Required = p.typ, p.required
		default:
			body.Members = append(body.Members, described)
			body.Required = body.Required || p.required
		}
	}
	if b.readsBody() {
		op.Body = &body
	}
}

func defaultOf(op *ast.OperationDefinition, variable string) *ast.Value {
	if v := op.VariableDefinitions.ForName(variable); v != nil {
		return v.DefaultValue
	}
	return nil
}
