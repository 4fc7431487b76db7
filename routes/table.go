package routes

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/upstream/header"
)

// Engine answers stored operations. It is safe for concurrent use.
type Engine interface {
	// Definition returns the operation of a document that the schema allows, or what is wrong with it, with places in the
	// document. It is called when routes are made.
	Definition(document, name string) (*ast.OperationDefinition, gqlerror.List)
	// Prepare is called once a request, as by a server of GraphQL.
	Prepare(ctx context.Context, r *operation.Request) (operation.Operation, gqlerror.List)
}

// Options are what routes are made of, beside their configuration.
type Options struct {
	Engine Engine
	// Services passes requests on.
	Services Services
	// HasService reports whether there is a service of a name. Nil: there is none.
	HasService func(name string) bool
	// ResponseRules returns the rules that a service has for the headers of its answers, whatever route they come by. They
	// are applied before those of the route. Nil: there are none.
	ResponseRules func(service string) []header.Rule
	// Reserved are the paths that something else answers, and what that is.
	Reserved map[string]string
	// Forwarded says what services are told of clients.
	Forwarded Forwarded
	// Stop ends what is passed on when it is done: a stream or another protocol has no end of its own. Nil: never.
	Stop context.Context
	// ReadFile reads the document of an operation. Default: os.ReadFile.
	ReadFile func(name string) ([]byte, error)
	// RequestID returns the id of the request that a context belongs to; nil: requests have none.
	RequestID func(context.Context) string
	// MaxBodyBytes limits the bodies of operation routes. Default 1 MiB.
	MaxBodyBytes int64
	// OperationTimeout is the time that an operation may take. Default 30s.
	OperationTimeout time.Duration
	// WriteTimeout is the time a client has to take the answer of an operation, or the next piece of a stream. Default 30s.
	WriteTimeout time.Duration
	// OpenAPI says how the routes are described. The zero value: not at all.
	OpenAPI OpenAPI
	// Schema is the API schema that the operations are described by.
	Schema *ast.Schema
	// Log gets what clients are not told. Default: nowhere.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.HasService == nil {
		o.HasService = func(string) bool { return false }
	}
	if o.ResponseRules == nil {
		o.ResponseRules = func(string) []header.Rule { return nil }
	}
	if o.ReadFile == nil {
		o.ReadFile = os.ReadFile
	}
	if o.RequestID == nil {
		o.RequestID = func(context.Context) string { return "" }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxBodyBytes == 0 {
		o.MaxBodyBytes = 1 << 20
	}
	if o.OperationTimeout == 0 {
		o.OperationTimeout = 30 * time.Second
	}
	if o.WriteTimeout == 0 {
		o.WriteTimeout = 30 * time.Second
	}
	return o
}

// Table is a set of routes. It is immutable and safe for concurrent use.
type Table struct {
	mux    *http.ServeMux
	routes []*entry
}

// entry is one route of a table.
type entry struct {
	config  Route
	pattern pattern
	methods []string // empty: all
	stored  *stored  // nil for a plain route
}

// passing marks handlers whose answers are those of a service.
type passing interface{ passes() }

// New makes a table of routes. The problems are everything that is wrong with them; the table has the routes without any.
func New(list []Route, o Options) (*Table, problem.List) {
	b := builder{table: &Table{mux: http.NewServeMux()}, options: o.withDefaults()}
	var err error
	if b.forwarding, err = newForwarding(o.Forwarded); err != nil {
		return b.table, problem.List{{Code: "INVALID_ROUTE", Message: "forwarded." + err.Error()}}
	}
	for i := range list {
		b.add(i, &list[i])
	}
	if b.problems.Errors() == nil {
		b.describe()
	}
	return b.table, b.problems
}

// builder makes a table.
type builder struct {
	table      *Table
	options    Options
	forwarding *forwarding
	registered []registered
	problems   problem.List
}

// registered is one pattern with its method, and the route it belongs to.
type registered struct {
	pattern string
	route   int
}

// report adds a problem of a field, which is named by its path in a configuration.
func (b *builder) report(code, field, format string, args ...any) {
	b.problems = append(b.problems, problem.Problem{Code: code, Message: field + ": " + fmt.Sprintf(format, args...)})
}

// at is the path of a field of a route.
func at(route int, field string) string { return fmt.Sprintf("routes[%d].%s", route, field) }

func (b *builder) add(i int, r *Route) {
	before := len(b.problems)
	if r.Validate() != nil {
		return // reported with the configuration
	}
	e := &entry{config: *r, pattern: newPattern(r.Path), methods: r.Methods}
	b.reserved(i, e)
	var serve func(method string) http.Handler
	if r.Service != "" {
		serve = b.plain(i, e)
	} else {
		serve = b.operation(i, e)
	}
	if len(b.problems) > before {
		return
	}
	patterns := []string{r.Path}
	if len(e.methods) > 0 {
		patterns = patterns[:0]
		for _, m := range e.methods {
			patterns = append(patterns, m+" "+r.Path)
		}
	}
	for _, p := range patterns {
		for _, other := range b.registered {
			if clash, same := conflict(other.pattern, p); same {
				b.report("ROUTE_CONFLICT", at(i, "path"), "routes[%d] has the same path and method (got %q).", other.route, p)
			} else if clash {
				b.report("ROUTE_CONFLICT", at(i, "path"), "some requests match both this (%q) and routes[%d] (%q), and neither is more specific.", p, other.route, other.pattern)
			}
		}
	}
	if len(b.problems) > before {
		return
	}
	for _, p := range patterns {
		method, _, _ := strings.Cut(p, " ")
		if err := register(b.table.mux, p, serve(method)); err != nil {
			b.report("ROUTE_CONFLICT", at(i, "path"), "%v.", err)
			return
		}
		b.registered = append(b.registered, registered{p, i})
	}
	b.table.routes = append(b.table.routes, e)
}

// reserved reports a route that would take a path from something else, or rather not get it.
func (b *builder) reserved(i int, e *entry) {
	exact, one := e.pattern.exact()
	for path, what := range b.options.Reserved {
		if one && exact == path || e.pattern.path == path {
			b.report("ROUTE_CONFLICT", at(i, "path"), "%s is served there, and goes before all routes (got %q).", what, e.pattern.text)
		}
	}
}

// Find returns what answers a request, or nil if no route has its path. Passed means that what is answered may be of a
// service, so that nothing is to be added to it.
func (t *Table) Find(r *http.Request) (h http.Handler, passed bool) {
	h, pattern := t.mux.Handler(r)
	if pattern == "" {
		if allow := allowed(h, r); allow != "" {
			return otherMethod(allow), false
		}
		return nil, false
	}
	_, passed = h.(passing)
	return t.mux, passed
}

// allowed returns the methods that the path of a request has, if the mux refuses it for its method.
func allowed(h http.Handler, r *http.Request) string {
	var seen head
	h.ServeHTTP(&seen, r)
	if seen.status != http.StatusMethodNotAllowed {
		return ""
	}
	return seen.Header().Get("Allow")
}

// head is an answer of which only the head matters.
type head struct {
	header http.Header
	status int
}

func (h *head) Header() http.Header {
	if h.header == nil {
		h.header = http.Header{}
	}
	return h.header
}

func (h *head) WriteHeader(status int)      { h.status = status }
func (h *head) Write(p []byte) (int, error) { return len(p), nil }

// otherMethod answers requests with a method that a path does not have.
func otherMethod(allow string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		writeProblem(w, &details{Status: http.StatusMethodNotAllowed, Detail: "This path has other methods: " + allow + "."})
	})
}
