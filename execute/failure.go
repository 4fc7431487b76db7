package execute

import (
	"context"
	"errors"
	"maps"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/fault"
)

var errNoOutcome = errors.New("the runner returned no outcome")

// failure is something that kept values away. A mark in the store carries its number.
type failure struct {
	SourceError
	fetch      int
	extensions map[string]any // made when the failure is first reported; the reports share it
	// A copy of another failure is one that leads on from the null where its mark is, see [run.leading].
	copied bool
	of     int
	onward []errorStep
}

// fail records a failure of a fetch and returns its number.
func (r *run) fail(fetch int, e SourceError) int {
	r.failures = append(r.failures, failure{SourceError: e, fetch: fetch})
	return len(r.failures) - 1
}

// report makes the error for clients of a failure at a path.
func (r *run) report(n int, path ast.Path) *gqlerror.Error {
	f := &r.failures[n]
	if f.extensions == nil {
		f.extensions = make(map[string]any, len(f.Extensions)+1)
		maps.Copy(f.extensions, f.Extensions)
		f.extensions["code"] = f.code()
	}
	return &gqlerror.Error{Message: f.Message, Path: path, Extensions: f.extensions}
}

// code is what clients see as extensions.code.
func (f *failure) code() string {
	if f.Code != "" {
		return f.Code
	}
	if code, ok := f.Extensions["code"].(string); ok {
		return code
	}
	return string(fault.SubgraphError)
}

// log tells the request's log what went wrong.
func (r *run) log(ctx context.Context) {
	if r.in.Log == nil {
		return
	}
	for _, err := range r.crashes {
		safely(func() {
			r.in.Log(ctx, &Incident{Code: string(fault.Internal), Message: internalMessage, Cause: err})
		})
	}
	for i := range r.failures[:min(len(r.failures), r.maxErrors())] {
		f := &r.failures[i]
		if f.copied {
			continue
		}
		safely(func() {
			r.in.Log(ctx, &Incident{Source: r.program.fetches[f.fetch].source, Code: f.code(), Message: f.Message, Cause: f.Cause})
		})
	}
}
