package routes

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Route is what an operator sets of one route: a path, and either the operation or the service that answers.
type Route struct {
	// Path is a pattern of Go's http.ServeMux, without the method: /users/{id}, /files/{path...}, /exact/{$}, and /folder/
	// for everything below; a host may stand in front. Of two patterns that match, the more specific one wins.
	Path string `yaml:"path"`
	// Methods are the methods of requests; GET stands for HEAD too. Default: GET for an operation that is a query, POST for
	// a mutation, all methods for a service.
	Methods []string `yaml:"methods"`
	// Operation is the GraphQL operation that is run, for a route of that kind.
	Operation Operation `yaml:"operation"`
	// Service is the service that requests are passed on to, for a route of that kind.
	Service string `yaml:"service"`
	// Rewrite changes the path on its way to the service. Default: it stays as it is.
	Rewrite Rewrite `yaml:"rewrite"`
	// Headers are rules for the headers of requests to the service, and of its answers.
	Headers Headers `yaml:"headers"`
	// MaxBodyBytes limits the body of a request. Default: server.max_body_bytes for an operation, 10485760 (10 MiB) for a
	// service.
	MaxBodyBytes int64 `yaml:"max_body_bytes"`
	// IdleTimeout ends an exchange with a service in which nothing has moved for so long in either direction, streams and
	// WebSockets included. Default 5m.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// Summary is a line for the OpenAPI document.
	Summary string `yaml:"summary"`
	// Description is a longer text for the OpenAPI document, in Markdown.
	Description string `yaml:"description"`
	// Tags group routes in the OpenAPI document.
	Tags []string `yaml:"tags"`
}

// Operation is a stored GraphQL operation with what it takes of a request, and what it makes of the data.
type Operation struct {
	// File holds the document, relative to the configuration file.
	File string `yaml:"file"`
	// Text is the document itself, instead of a file.
	Text string `yaml:"text"`
	// Name chooses the operation, if the document has several.
	Name string `yaml:"name"`
	// Arguments say where the values of variables come from: path.NAME, query.NAME, header.NAME, body.NAME for a member of
	// the JSON object in the body, or body for all of it. A variable that is not listed comes from the wildcard of the path
	// with its name, else from the body of a POST, PUT or PATCH, else from the query. If the only variable that is left for
	// a body is an input object, it is the whole body.
	Arguments map[string]string `yaml:"arguments"`
	// Response is a mapping that makes the answer of the data. Default: the data as it is.
	Response string `yaml:"response"`
	// Status of an answer that has what was asked for. Default 200.
	Status int `yaml:"status"`
	// Partial says what becomes of data from which something is missing because of an error: allow answers with it, and
	// tells what is missing in the header Sluice-Incomplete; refuse answers with the error. Default allow.
	Partial string `yaml:"partial" jsonschema:"enum=allow,enum=refuse"`
	// CacheControl is the header of that name for complete answers. Default "private, no-cache" for GET, so that clients
	// ask again with the ETag, and "no-store" for other methods.
	CacheControl string `yaml:"cache_control"`
}

// Rewrite changes a path. Encoded characters stay encoded, and the query stays as it is.
type Rewrite struct {
	// StripPrefix is taken off the front of the path. It must end where a segment ends.
	StripPrefix string `yaml:"strip_prefix"`
	// Path takes the place of the path: text with wildcards of the route in braces, such as /v2/users/{id}. It cannot be
	// joined with strip_prefix.
	Path string `yaml:"path"`
}

// The choices of [Operation.Partial].
const (
	partialAllow  = "allow"
	partialRefuse = "refuse"
)

const (
	defaultPassedBody  = 10 << 20
	defaultIdleTimeout = 5 * time.Minute
)

// methods are those that a route can have. CONNECT is for tunnels, which nobody makes here; TRACE would show clients what
// was added to their request.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// Validate returns everything that is wrong with the fields, one error each. What takes the schema or the services to know
// is found by [New].
func (r *Route) Validate() error {
	var errs []error
	wrong := func(field, rule string, got any) {
		errs = append(errs, fmt.Errorf("%s: %s (got %v)", field, rule, got))
	}
	if err := checkPattern(r.Path); err != nil {
		wrong("path", err.Error(), quoted(r.Path))
	}
	for i, m := range r.Methods {
		switch {
		case !slices.Contains(methods, m):
			wrong(fmt.Sprintf("methods[%d]", i), "must be one of "+strings.Join(methods, ", "), quoted(m))
		case slices.Index(r.Methods, m) < i:
			wrong(fmt.Sprintf("methods[%d]", i), "stands here twice", quoted(m))
		}
	}
	isOperation := r.Operation.File != "" || r.Operation.Text != ""
	switch {
	case r.Service == "" && !isOperation:
		errs = append(errs, errors.New("service: a service, or an operation with a file or a text, is needed"))
	case r.Service != "" && isOperation:
		wrong("service", "a route has either a service or an operation, not both", quoted(r.Service))
	case isOperation:
		r.Operation.validate(wrong)
		if r.Rewrite != (Rewrite{}) {
			errs = append(errs, errors.New("rewrite: is for routes with a service"))
		}
		if len(r.Headers.Request)+len(r.Headers.Response) > 0 {
			errs = append(errs, errors.New("headers: are for routes with a service"))
		}
		if r.IdleTimeout != 0 {
			wrong("idle_timeout", "is for routes with a service", r.IdleTimeout)
		}
	}
	if r.Rewrite.StripPrefix != "" && r.Rewrite.Path != "" {
		wrong("rewrite.path", "cannot be joined with strip_prefix", quoted(r.Rewrite.Path))
	}
	if p := r.Rewrite.StripPrefix; p != "" && (p[0] != '/' || strings.ContainsAny(p, "{}?#%") || p == "/") {
		wrong("rewrite.strip_prefix", "must be a path such as /api", quoted(p))
	}
	if r.MaxBodyBytes < 0 {
		wrong("max_body_bytes", "must be more than 0", r.MaxBodyBytes)
	}
	if r.IdleTimeout < 0 {
		wrong("idle_timeout", "must be more than 0", r.IdleTimeout)
	}
	return errors.Join(errs...)
}

func (o *Operation) validate(wrong func(field, rule string, got any)) {
	if o.File != "" && o.Text != "" {
		wrong("operation.file", "a document is a file or a text, not both", quoted(o.File))
	}
	if o.Status != 0 && (o.Status < 200 || o.Status > 299) {
		wrong("operation.status", "must be from 200 to 299: errors have their own", o.Status)
	}
	if p := o.Partial; p != "" && p != partialAllow && p != partialRefuse {
		wrong("operation.partial", "must be allow or refuse", quoted(p))
	}
	if !isFieldValue(o.CacheControl) {
		wrong("operation.cache_control", "must be the value of a header", quoted(o.CacheControl))
	}
}

// isFieldValue reports whether s can be the value of a header (RFC 9110, section 5.5).
func isFieldValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }
