package connect

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/internal/suggest"
	"github.com/sluice-gateway/sluice/mapping"
)

// methods are the HTTP methods in the order in which they are listed for people.
var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}

// readRequest reads everything of a connector but its selection.
func (r *reader) readRequest(s *site) {
	before := r.errs
	s.connector = &Connector{
		Coordinate: s.coordinate, Subgraph: r.out.Name, Type: s.on.name, Version: r.version, Position: s.position,
	}
	if s.field != nil {
		s.connector.Field = s.field.Name
	}
	s.args = r.members(s.element, "@"+s.directive.Name, r.withoutMethods(s.element, arguments(s.directive)),
		"source", "id", "http", "batch", "errors", "isSuccess", "selection", "entity")
	r.readID(s)
	if source := r.text(s.element, "source", s.args["source"]); source != nil {
		if s.source = r.findSource(s, source); s.source != nil {
			s.connector.Source = &s.source.Source
		}
	}
	r.readHTTP(s)
	r.readBatch(s)
	judge := s.scope(judging)
	s.connector.Errors = r.errors(judge, s.args["errors"])
	s.connector.IsSuccess = r.mapping(judge, wantIsSuccess(), s.args["isSuccess"])
	r.readEntity(s)
	if r.errs > before || s.source != nil && s.source.broken {
		s.broken = true
	}
}

func (r *reader) readID(s *site) {
	v := r.text(s.element, "id", s.args["id"])
	if v == nil {
		return
	}
	if !validName(v.Raw) {
		r.report(CodeInvalidID, s.coordinate, r.places.start(v),
			"The id %q is not valid: it must be a GraphQL name, of letters, digits and \"_\" and not beginning with a digit.", v.Raw)
		return
	}
	if first, ok := r.ids[v.Raw]; ok {
		r.report(CodeDuplicateID, s.coordinate, r.places.start(v), "The connector %s has the id %q too; give each connector an id of its own.", first, v.Raw)
		return
	}
	r.ids[v.Raw] = s.coordinate
	s.connector.ID = v.Raw
}

func validName(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

func (r *reader) readHTTP(s *site) {
	http := s.args["http"]
	if http == nil {
		if r.version < mapping.V04 {
			r.report(CodeNoHTTP, s.coordinate, placeOf(s.position),
				"@%s needs the argument http, for example http: { GET: \"/path\" }. Connectors without a request need version v0.4 of the connect specification.", s.directive.Name)
		}
		return
	}
	if !r.object(s.element, "http", http) {
		return
	}
	url := r.readMethod(s, http)
	known := []string{"body", "headers", "path", "queryParams"}
	var others ast.ChildValueList
	for _, c := range http.Children {
		if methodOf(c.Name) == "" {
			others = append(others, c)
		}
	}
	in := r.members(s.element, "http of @"+s.directive.Name, others, known...)
	sc := s.scope(requesting)
	target := &mapping.Target{}
	if url != nil {
		target.ConnectURL = r.connectURL(s, sc, url)
	}
	s.connector.Headers = r.headers(sc, in["headers"])
	s.connector.Body = r.mapping(sc, wantBody(), in["body"])
	target.ConnectPath = r.mapping(sc, wantPath(), in["path"])
	target.ConnectQuery = r.mapping(sc, wantQueryParams(), in["queryParams"])
	if s.source != nil {
		target.SourceURL, target.SourcePath, target.SourceQuery = s.source.URL, s.source.Path, s.source.QueryParams
	}
	s.connector.Target = target
}

// readMethod finds the method and returns its URL.
func (r *reader) readMethod(s *site, http *ast.Value) *ast.Value {
	var given []*ast.ChildValue
	var names []string
	for _, c := range http.Children {
		if methodOf(c.Name) != "" {
			given = append(given, c)
			names = append(names, c.Name)
		}
	}
	switch {
	case len(given) == 0:
		hint := ""
		for _, c := range http.Children {
			if near := suggest.DidYouMean("", strings.ToUpper(c.Name), methods); near != "" {
				hint = near
			}
		}
		r.report(CodeNoMethod, s.coordinate, r.places.start(http), "http of @%s needs exactly one method: %s.%s", s.directive.Name, suggest.Or(methods), hint)
		return nil
	case len(given) > 1:
		r.report(CodeManyMethods, s.coordinate, placeOf(given[1].Position), "http of @%s has more than one method: %s. Keep one of them.",
			s.directive.Name, strings.Join(names, ", "))
	}
	s.connector.Method = methodOf(given[0].Name)
	if given[0].Value == nil || given[0].Value.Kind == ast.NullValue {
		r.report(CodeGraphQL, s.coordinate, placeOf(given[0].Position), "%s must be a string, not null.", s.connector.Method)
		return nil
	}
	return r.text(s.element, s.connector.Method, given[0].Value)
}

// methodOf is the method that a member of http stands for, whatever its case, or "".
func methodOf(name string) string {
	for _, m := range methods {
		if strings.EqualFold(name, m) {
			return m
		}
	}
	return ""
}

// connectURL reads the URL of a connector, which is relative to its source if it has one.
func (r *reader) connectURL(s *site, sc scope, v *ast.Value) *mapping.URL {
	s.connector.url = v.Raw
	u := r.url(sc, wantURL(s.connector.Method), v)
	if u == nil {
		return nil
	}
	at := r.places.start(v)
	switch {
	case s.args["source"] != nil && u.Absolute():
		r.report(CodeAbsoluteURL, s.coordinate, at, "The URL %s must be relative, because the connector has the source %s: leave out what the baseURL of the source says.",
			strconv.Quote(v.Raw), strconv.Quote(s.args["source"].Raw))
	case s.args["source"] == nil && !u.Absolute():
		r.report(CodeRelativeURL, s.coordinate, at, "The URL %s must be absolute, because the connector has no source: name one with the argument source, or write the whole URL.",
			strconv.Quote(v.Raw))
	case u.HostHoles():
		r.report(CodeURL, s.coordinate, at, "The host of the URL %s cannot have expressions; define a source whose baseURL takes the host from $config or $env.", strconv.Quote(v.Raw))
	case u.Absolute():
		r.checkScheme(s.element, u, at)
	}
	return u
}

func (r *reader) checkScheme(e element, u *mapping.URL, at place) {
	if scheme := strings.ToLower(u.Scheme()); scheme != "http" && scheme != "https" {
		r.report(CodeURLScheme, e.coordinate, at, "The URL has the scheme %q; it must be http or https.", u.Scheme())
	}
}

// checkBase checks the baseURL of a source.
func (r *reader) checkBase(e element, s *source, v *ast.Value) {
	switch {
	case s.URL == nil:
	case s.URL.StartsWithHole():
	case !s.URL.Absolute():
		r.report(CodeURL, e.coordinate, r.places.start(v), "The baseURL %q must be absolute: begin it with http:// or https://.", v.Raw)
	default:
		r.checkScheme(e, s.URL, r.places.start(v))
	}
}

// readBatch reads how many objects one request may ask for. It is meaningless without $batch, and then has no effect.
func (r *reader) readBatch(s *site) {
	s.connector.Batch = slices.ContainsFunc(s.uses, func(u use) bool { return u.name == "$batch" && u.phase == requesting })
	v := s.args["batch"]
	if v == nil || !r.object(s.element, "batch", v) {
		return
	}
	max := r.members(s.element, "batch", v.Children, "maxSize")["maxSize"]
	if max == nil {
		return
	}
	n, err := strconv.Atoi(max.Raw)
	if max.Kind != ast.IntValue || err != nil || n < 1 {
		r.report(CodeGraphQL, s.coordinate, r.places.start(max), "maxSize must be a whole number of at least 1, not %s.", max.String())
		return
	}
	if s.connector.Batch {
		s.connector.MaxSize = n
	}
}

// errors reads how a failed response becomes an error.
func (r *reader) errors(sc scope, v *ast.Value) *Errors {
	if v == nil || !r.object(sc.element, "errors", v) {
		return nil
	}
	in := r.members(sc.element, "errors", v.Children, "message", "extensions")
	return &Errors{
		Message:    r.mapping(sc, wantErrorsMessage(), in["message"]),
		Extensions: r.mapping(sc, wantErrorsExtensions(), in["extensions"]),
	}
}
