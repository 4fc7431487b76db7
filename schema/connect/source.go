package connect

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/internal/suggest"
)

// source is a @source while it is read: a broken one keeps its name, so that its connectors are not blamed for it.
type source struct {
	Source
	broken bool
}

func (r *reader) readSources() {
	name := r.directive("source")
	for _, s := range slices.Concat(r.doc.Schema, r.doc.SchemaExtension) {
		for _, d := range s.Directives {
			if d.Name == name {
				r.readSource(d)
			}
		}
	}
	for _, d := range r.types.order {
		for _, dir := range d.directives {
			if dir.Name == name {
				r.report(CodeGraphQL, d.name, placeOf(dir.Position), "@%s cannot stand here; put it on the schema: extend schema @%s(…).", name, name)
			}
		}
		for _, f := range d.fields {
			for _, dir := range f.Directives {
				if dir.Name == name {
					r.report(CodeGraphQL, d.name+"."+f.Name, placeOf(dir.Position), "@%s cannot stand here; put it on the schema: extend schema @%s(…).", name, name)
				}
			}
		}
	}
}

func (r *reader) readSource(d *ast.Directive) {
	e := element{"@" + d.Name, d.Position}
	if v := d.Arguments.ForName("name"); v != nil && v.Value != nil && v.Value.Kind == ast.StringValue {
		e.coordinate = "@" + d.Name + "(name: " + v.Value.String() + ")"
	}
	before := r.errs
	args := r.members(e, "@"+d.Name, r.withoutMethods(e, arguments(d)), "name", "http", "errors", "isSuccess")
	s := &source{Source: Source{Position: d.Position}}
	named := r.readSourceName(e, s, args["name"])
	request, response := sourceScope(e, requesting), sourceScope(e, judging)
	if http := args["http"]; http == nil {
		r.report(CodeGraphQL, e.coordinate, placeOf(d.Position), "@%s needs the argument http: { baseURL: \"https://…\" }.", d.Name)
	} else if r.object(e, "http", http) {
		in := r.members(e, "http of @"+d.Name, http.Children, "baseURL", "headers", "path", "queryParams")
		if base := r.text(e, "baseURL", in["baseURL"]); base != nil {
			s.URL = r.url(baseScope(e), wantURL("baseURL"), base)
			r.checkBase(e, s, base)
		} else if in["baseURL"] == nil {
			r.report(CodeGraphQL, e.coordinate, r.places.start(http), "http of @%s needs the argument baseURL.", d.Name)
		}
		s.Headers = r.headers(request, in["headers"])
		s.Path = r.mapping(request, wantPath(), in["path"])
		s.QueryParams = r.mapping(request, wantQueryParams(), in["queryParams"])
	}
	s.Errors = r.errors(response, args["errors"])
	s.IsSuccess = r.mapping(response, wantIsSuccess(), args["isSuccess"])
	s.broken = r.errs > before
	if !named {
		return
	}
	r.sources[s.Name] = s
	if !s.broken {
		r.out.Sources = append(r.out.Sources, &s.Source)
	}
}

// readSourceName reports whether the source can be referred to.
func (r *reader) readSourceName(e element, s *source, v *ast.Value) bool {
	if v == nil {
		r.report(CodeGraphQL, e.coordinate, placeOf(e.position), "@source needs the argument name.")
		return false
	}
	if v = r.text(e, "name", v); v == nil {
		return false
	}
	s.Name = v.Raw
	at := r.places.start(v)
	if s.Name == "" {
		r.report(CodeEmptySourceName, e.coordinate, at, "The name of a source cannot be empty.")
		return false
	}
	if !validSourceName(s.Name) {
		r.report(CodeInvalidSourceName, e.coordinate, at,
			"The source name %q is not valid: it begins with a letter, goes on with letters, digits, \"_\" and \"-\", and has at most 64 characters.", s.Name)
	}
	if first := r.sources[s.Name]; first != nil {
		r.report(CodeDuplicateSource, e.coordinate, at, "There is another source with the name %q at line %d; give each source a name of its own.",
			s.Name, placeOf(first.Position).line)
		return false
	}
	return true
}

func validSourceName(name string) bool {
	if len(name) > 64 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c != '_' && c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return true
}

// findSource is the source that a connector names, nil if it names none or a wrong one.
func (r *reader) findSource(s *site, v *ast.Value) *source {
	if v == nil {
		return nil
	}
	if found := r.sources[v.Raw]; found != nil {
		return found
	}
	s.broken = true
	at := r.places.start(v)
	if len(r.sources) == 0 {
		if !r.imported("@source") {
			r.warn(CodeNoSourceImport, s.coordinate, placeOf(r.links.Position(spec)),
				"The connector %s names a source, but the directive @source is not imported; add \"@source\" to the import of the connect link.", s.coordinate)
		}
		r.report(CodeNoSources, s.coordinate, at,
			"There is no source %q: this subgraph defines none. Add @source(name: %q, http: { baseURL: \"https://…\" }) to the schema.", v.Raw, v.Raw)
		return nil
	}
	r.report(CodeSourceMismatch, s.coordinate, at, "There is no source %q.%s The sources of this subgraph are %s.",
		v.Raw, suggest.DidYouMean("", v.Raw, sortedKeys(r.sources)), suggest.Or(sortedKeys(r.sources)))
	return nil
}
