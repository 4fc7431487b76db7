package local

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/value"
)

// entitiesField is the field that answers for representations (the federation subgraph specification).
const entitiesField = "_entities"

// runner runs one query of a plan.
type runner struct {
	es      graphql.ExecutableSchema
	doc     *ast.QueryDocument
	query   *plan.Query
	entries []*plan.Entry
}

// Run executes the query. Generated code waits for all its resolvers, so Run returns when they do: a resolver that
// takes long must look at its context. A panic, in a resolver or around it, is an error of the fetch.
func (r *runner) Run(ctx context.Context, in *execute.Inputs) (out *execute.Outcome) {
	defer func() {
		if v := recover(); v != nil {
			out = &execute.Outcome{Errors: []execute.SourceError{internalError(newPanicError(v))}}
		}
	}()
	if c := in.Caller; c != nil { // for resolvers that call services
		ctx = upstream.WithCaller(ctx, upstream.Caller{Header: c.Header, RequestID: c.RequestID})
	}
	data, errs := r.execute(ctx, in)
	out = &execute.Outcome{}
	for _, e := range errs {
		out.Errors = append(out.Errors, r.sourceError(ctx, e))
	}
	if len(data) == 0 {
		if len(errs) == 0 {
			out.Errors = append(out.Errors, internalError(fmt.Errorf("the query was answered with neither data nor errors")))
		}
		return out
	}
	arena := value.NewArena()
	root, err := value.Scan(data, nil, arena)
	if err != nil {
		arena.Release()
		out.Errors = append(out.Errors, internalError(fmt.Errorf("reading the answer: %w", err)))
		return out
	}
	out.Release = arena.Release
	if r.query.Entities {
		out.Values = root.Get(entitiesField).Items()
	} else {
		out.Values = []value.Value{root}
	}
	return out
}

// execute runs the query by the generated code and returns the JSON of the data.
func (r *runner) execute(ctx context.Context, in *execute.Inputs) ([]byte, gqlerror.List) {
	oc := &graphql.OperationContext{
		RawQuery:               r.query.Text,
		Variables:              r.variables(in),
		Doc:                    r.doc,
		Operation:              r.doc.Operations[0],
		RecoverFunc:            func(_ context.Context, v any) error { return newPanicError(v) },
		ResolverMiddleware:     func(ctx context.Context, next graphql.Resolver) (any, error) { return next(ctx) },
		RootResolverMiddleware: func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler { return next(ctx) },
	}
	if in.Caller != nil {
		oc.Headers = http.Header(in.Caller.Header)
	}
	ctx = graphql.WithOperationContext(context.WithValue(ctx, scopeKey{}, in.Scope), oc)
	// Errors are made fit for clients in sourceError, which sees them whole.
	ctx = graphql.WithResponseContext(ctx, graphql.DefaultErrorPresenter, oc.RecoverFunc)
	handler := r.es.Exec(ctx)
	if errs := graphql.GetErrors(ctx); len(errs) > 0 {
		return nil, errs
	}
	response := handler(ctx)
	if response == nil {
		return nil, graphql.GetErrors(ctx)
	}
	return response.Data, append(response.Errors, graphql.GetErrors(ctx)...)
}

// variables returns the variables of the query as generated code expects them. They are a copy: code that keeps one
// longer than the operation keeps nothing of a request's memory.
func (r *runner) variables(in *execute.Inputs) map[string]any {
	vars := make(map[string]any, len(r.query.Variables)+1)
	for _, name := range r.query.Variables {
		if v := in.Variables.Get(name); !v.IsMissing() {
			vars[name] = v.Any()
		}
	}
	if r.query.Entities {
		reps := make([]any, len(in.Reps))
		for i, rep := range in.Reps {
			object := map[string]any{}
			for _, m := range rep.Object.Members() {
				if !m.Value.IsMissing() {
					object[strings.Clone(m.Key)] = m.Value.Any()
				}
			}
			// What is entered, whatever the object is: it may be known here as an interface only.
			object["__typename"] = r.entries[rep.Entry].Entrance.On.Name
			reps[i] = object
		}
		vars[r.query.Representations] = reps
	}
	return vars
}

// panicError is a panic of a resolver.
type panicError struct {
	value any
	stack []byte
}

func newPanicError(v any) *panicError { return &panicError{v, debug.Stack()} }

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.value, e.stack) }
