package subgraph

import (
	"context"
	"errors"
	"fmt"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/upstream"
)

// The messages for clients.
const (
	messageUnreachable = "The subgraph cannot be reached."
	messageBroken      = "The connection to the subgraph broke."
	messageTimeout     = "The subgraph did not answer in time."
	messageTooLarge    = "The answer of the subgraph is too large."
	messageStatus      = "The subgraph answered with an HTTP error."
	messageNoGraphQL   = "The answer of the subgraph is not a GraphQL answer."
	messageNoData      = "The answer of the subgraph has neither data nor errors."
	messageNoEntities  = "The answer of the subgraph has no list of entities."
	messageCount       = "The answer of the subgraph has another number of entities than it was asked for."
	messageNoEntity    = "The answer of the subgraph has something else in the place of an entity."
	messageOtherType   = "The answer of the subgraph has an entity of another type than it was asked for."
	messageIncomplete  = "The answer of the subgraph lacks what it was asked for."
	messageReported    = "The subgraph reported an error."
	messageNoErrors    = "The errors of the subgraph cannot be read."
	messageOverloaded  = "Too many calls to the subgraph are under way."
	messageCircuitOpen = "The last calls to the subgraph failed, so that it is not called for a while."
	messageCredentials = "There are no credentials to call the subgraph with."
	messageUnsent      = "The request to the subgraph cannot be sent."
	messageOver        = "The operation's time is over."
	messageCanceled    = "The request was canceled."
	messageInternal    = "An internal error occurred."
)

// failure is why something has no value.
type failure struct {
	code    fault.Code
	message string
	status  int   // of the answer; 0 if there is none. Clients are told one that is not 2xx
	cause   error // for the log; may be nil
}

// error makes the error for clients.
func (f *failure) error(r *remote, rep int) execute.SourceError {
	ext := map[string]any{"service": r.name}
	if f.status != 0 && (f.status < 200 || f.status > 299) {
		ext["http"] = map[string]any{"status": f.status}
	}
	return execute.SourceError{Rep: rep, Message: f.message, Code: string(f.code), Extensions: ext, Cause: f.cause}
}

// fail has the whole request fail. A list of entities is told of it once, and root fields each.
func (r *request) fail(f *failure) {
	for i := range r.parts {
		r.results[i] = result{}
		r.results[i].fail(&r.parts[i], f)
	}
}

// fail has all of a part fail.
func (res *result) fail(p *part, f *failure) {
	e := f.error(p.query.remote, -1)
	e.Once = p.query.entities
	res.errors = append(res.errors, e)
}

// unanswered is the failure of a request that brought no answer.
func unanswered(ctx context.Context, err error) *failure {
	var e *upstream.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &failure{fault.GatewayTimeout, messageOver, 0, err}
	case ctx.Err() != nil:
		return &failure{fault.Canceled, messageCanceled, 0, err}
	case !errors.As(err, &e):
		return &failure{fault.Internal, messageInternal, 0, err}
	}
	switch e.Code {
	case upstream.CodeTimeout:
		return &failure{fault.GatewayTimeout, messageTimeout, e.Status, err}
	case upstream.CodeTooLarge:
		return &failure{fault.SubrequestTooLarge, messageTooLarge, e.Status, err}
	case upstream.CodeInvalid:
		return &failure{fault.SubrequestMalformed, messageNoGraphQL, e.Status, err}
	case upstream.CodeRequest:
		return &failure{fault.Internal, messageUnsent, 0, err}
	case upstream.CodeOverloaded:
		return &failure{fault.Overloaded, messageOverloaded, 0, err}
	case upstream.CodeCircuitOpen:
		return &failure{fault.CircuitOpen, messageCircuitOpen, 0, err}
	case upstream.CodeCredentials:
		return &failure{fault.Credentials, messageCredentials, 0, err}
	case upstream.CodeUnavailable:
		if errors.Is(err, upstream.ErrConnectTimeout) {
			return &failure{fault.GatewayTimeout, messageTimeout, 0, err}
		}
		return &failure{fault.HTTPClient, messageUnreachable, 0, err}
	}
	return &failure{fault.HTTPClient, messageBroken, e.Status, err}
}

// malformed is the failure of an answer that is not what was asked for.
func malformed(message string, format string, args ...any) *failure {
	return &failure{code: fault.SubrequestMalformed, message: message, cause: fmt.Errorf(format, args...)}
}
