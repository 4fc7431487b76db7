package local

import (
	"context"
	"errors"
	"maps"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/fault"
)

// sourceError turns an error of the generated code into one for clients. What a resolver returns as a *gqlerror.Error
// was written for them and is passed on, a code in its extensions included. The text of every other error is for the
// log: it may name what clients must not see.
func (r *runner) sourceError(ctx context.Context, e *gqlerror.Error) execute.SourceError {
	out := internalError(e)
	switch cause := e.Unwrap(); {
	case errors.Is(cause, context.Canceled) && ctx.Err() != nil:
		out.Code, out.Message = string(fault.Canceled), "The request was canceled."
	case errors.Is(cause, context.DeadlineExceeded):
		out.Code, out.Message = string(fault.GatewayTimeout), "There was no answer in time."
	case cause == nil:
		out.Message = e.Message
		if code, ok := e.Extensions["code"].(string); ok {
			out.Code = code
		}
		if len(e.Extensions) > 0 {
			out.Extensions = maps.Clone(e.Extensions)
			delete(out.Extensions, "code")
		}
	}
	path := e.Path
	if r.query.Entities && len(path) > 0 && path[0] == ast.PathName(entitiesField) {
		path = path[1:]
		if len(path) > 0 {
			if i, ok := path[0].(ast.PathIndex); ok {
				out.Rep, path = int(i), path[1:]
			}
		}
	}
	for _, p := range path {
		switch p := p.(type) {
		case ast.PathName:
			out.Path = append(out.Path, string(p))
		case ast.PathIndex:
			out.Path = append(out.Path, int(p))
		}
	}
	return out
}

// internalError is an error of the whole fetch that tells clients no more than that there is one.
func internalError(cause error) execute.SourceError {
	return execute.SourceError{
		Rep: -1, Message: "The field could not be resolved.", Code: string(fault.SubgraphError), Cause: cause,
	}
}
