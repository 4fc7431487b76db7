package server

import (
	"context"
	"encoding/json"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/operation"
)

// executor is the seam to gqlgen: it lets gqlgen's transports run operations of an [Engine]. Nothing of gqlgen's own
// executor is behind it, no generated code and no query cache.
type executor struct{ front *front }

var _ graphql.GraphExecutor = executor{}

// preparedKey is where an operation context keeps the engine's operation between the two calls of a transport.
const preparedKey = "sluice"

// CreateOperationContext prepares a request. A request that comes over a WebSocket is only looked up: it is prepared by
// DispatchOperation, which runs beside the loop that reads the connection.
func (e executor) CreateOperationContext(ctx context.Context, p *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	oc := &graphql.OperationContext{
		RawQuery:      p.Query,
		OperationName: p.OperationName,
		Variables:     p.Variables,
		Extensions:    p.Extensions,
		Headers:       p.Headers,
		RecoverFunc: func(ctx context.Context, p any) error {
			e.front.logPanic(ctx, p)
			return internalError()
		},
	}
	if c, ok := ctx.Value(socketKey{}).(*socket); ok {
		t := c.take(p.OperationName)
		if t == nil {
			return oc, gqlerror.List{internalError()}
		}
		oc.Stats.SetExtension(preparedKey, t)
		return oc, nil
	}
	request := &operation.Request{Query: p.Query, OperationName: p.OperationName, Caller: &operation.Caller{Header: p.Headers, RequestID: RequestID(ctx)}}
	var err error
	if request.Variables, err = json.Marshal(p.Variables); err == nil {
		request.Extensions, err = json.Marshal(p.Extensions)
	}
	if err != nil {
		return oc, gqlerror.List{fault.New(fault.BadRequest, "The variables and extensions must be JSON.")}
	}
	op, errs := e.front.engine.Prepare(ctx, request)
	if len(errs) > 0 {
		return oc, errs
	}
	oc.Operation = op.Definition()
	oc.Stats.SetExtension(preparedKey, op)
	return oc, nil
}

// DispatchOperation returns an iterator of one response. The operation runs when the first is asked for.
func (e executor) DispatchOperation(ctx context.Context, oc *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	if t, ok := oc.Stats.GetExtension(preparedKey).(*ticket); ok {
		return e.iterate(t), ctx
	}
	op, ok := oc.Stats.GetExtension(preparedKey).(operation.Operation)
	if !ok {
		return graphql.OneShot(e.DispatchError(ctx, nil)), ctx
	}
	return once(func(ctx context.Context) *graphql.Response {
		ctx, cancel := context.WithTimeoutCause(ctx, e.front.config.Timeouts.Operation, errOperationTime)
		defer cancel()
		r := op.Execute(ctx)
		defer r.Release()
		return &graphql.Response{Data: append(json.RawMessage(nil), r.Data...), Errors: r.Errors, Extensions: r.Extensions}
	}), ctx
}

// iterate yields the response of a ticket, and then ends; the transport asks again when it has sent the first.
func (e executor) iterate(t *ticket) graphql.ResponseHandler {
	next := once(func(ctx context.Context) *graphql.Response { return e.serveTicket(ctx, t) })
	return func(ctx context.Context) *graphql.Response {
		response := next(ctx)
		if response == nil {
			t.end()
		}
		return response
	}
}

// serveTicket runs an operation of a WebSocket. The answer does not pass through gqlgen, which would encode it again: it
// stays with the ticket, and gqlgen carries an empty one. Errors of the request do pass, since they are another message.
func (e executor) serveTicket(ctx context.Context, t *ticket) *graphql.Response {
	ctx, cancel := context.WithTimeoutCause(ctx, e.front.config.Timeouts.Operation, errOperationTime)
	defer cancel()
	response := e.front.runSafely(ctx, &t.request)
	if response.Data == nil {
		errs := response.Errors
		if len(errs) == 0 {
			errs = gqlerror.List{internalError()}
		}
		for _, err := range errs {
			transport.AddSubscriptionError(ctx, err)
		}
		return nil
	}
	t.answer = response
	return &graphql.Response{}
}

// DispatchError returns the response of a request that is not executed.
func (e executor) DispatchError(_ context.Context, errs gqlerror.List) *graphql.Response {
	if len(errs) == 0 {
		errs = gqlerror.List{internalError()}
	}
	return &graphql.Response{Errors: errs}
}

// once returns an iterator that yields what f returns, and then ends.
func once(f func(context.Context) *graphql.Response) graphql.ResponseHandler {
	done := false
	return func(ctx context.Context) *graphql.Response {
		if done {
			return nil
		}
		done = true
		return f(ctx)
	}
}
