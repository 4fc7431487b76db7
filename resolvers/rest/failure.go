package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/value"
)

// The messages for clients. The first four are those that users of connectors know.
const (
	messageFailed     = "Request failed"
	messageUnreadable = "The server returned data in an unexpected format."
	messageTimeout    = "Gateway timeout"
	messageLimit      = "Request limit exceeded"

	messageUnreachable = "The service cannot be reached."
	messageBroken      = "The connection to the service broke."
	messageTooLarge    = "The answer of the service is too large."
	messageUnbuilt     = "The request to the service cannot be built."
	messageOverloaded  = "Too many calls to the service are under way."
	messageCircuitOpen = "The last calls to the service failed, so that it is not called for a while."
	messageCredentials = "There are no credentials to call the service with."
	messageNothing     = "The request to the service lacks a value in its path."
	messageNoList      = "The answer of the service is not a list."
	messageOver        = "The operation's time is over."
	messageCanceled    = "The request was canceled."
	messageInternal    = "Internal server error."
)

// failure is why a call brought nothing. It is immutable, and may be shared by all objects that the call was for.
type failure struct {
	message    string
	code       string
	extensions map[string]any // without the code
	cause      error          // for the log; may be nil
}

// fail makes a failure with the extensions that every failure of a connector has. status is 0 if there was none.
func (c *connector) fail(code fault.Code, message string, status int, cause error) *failure {
	ext := map[string]any{
		"service":   c.def.Subgraph,
		"connector": map[string]any{"coordinate": c.coordinate},
	}
	if status != 0 {
		ext["http"] = map[string]any{"status": status}
	}
	return &failure{message: message, code: string(code), extensions: ext, cause: cause}
}

// unanswered is the failure of a call that brought no answer.
func (c *connector) unanswered(ctx context.Context, err error) *failure {
	var e *upstream.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return c.fail(fault.GatewayTimeout, messageOver, 0, err)
	case ctx.Err() != nil:
		return c.fail(fault.Canceled, messageCanceled, 0, err)
	case errors.Is(err, errLimit):
		return c.fail(fault.RequestLimit, messageLimit, 0, err)
	case !errors.As(err, &e):
		return c.fail(fault.Internal, messageInternal, 0, err)
	}
	switch e.Code {
	case upstream.CodeTimeout:
		return c.fail(fault.GatewayTimeout, messageTimeout, e.Status, err)
	case upstream.CodeTooLarge:
		return c.fail(fault.ResponseTooLarge, messageTooLarge, e.Status, err)
	case upstream.CodeInvalid:
		return c.fail(fault.ResponseInvalid, messageUnreadable, e.Status, err)
	case upstream.CodeRequest:
		return c.fail(fault.RequestInvalid, messageUnbuilt, 0, err)
	case upstream.CodeOverloaded:
		return c.fail(fault.Overloaded, messageOverloaded, 0, err)
	case upstream.CodeCircuitOpen:
		return c.fail(fault.CircuitOpen, messageCircuitOpen, 0, err)
	case upstream.CodeCredentials:
		return c.fail(fault.Credentials, messageCredentials, 0, err)
	case upstream.CodeUnavailable:
		if errors.Is(err, upstream.ErrConnectTimeout) {
			return c.fail(fault.GatewayTimeout, messageTimeout, 0, err)
		}
		return c.fail(fault.HTTPClient, messageUnreachable, 0, err)
	}
	return c.fail(fault.HTTPClient, messageBroken, e.Status, err)
}

// refusal is the failure of a call whose answer means failure. body is what the mappings of errors read of it.
func (w *worker) refusal(body value.Value, status int) *failure {
	c := w.connector
	var cause error
	if status >= 500 { // a defect of the service, which its operator wants to know of; anything below is an answer
		cause = fmt.Errorf("status %d %s", status, http.StatusText(status))
	}
	f := c.fail(fault.ConnectorFetch, messageFailed, status, cause)
	if c.message != nil {
		switch m := w.apply("ErrorsMessage", c.message, body); m.Kind() {
		case value.String:
			f.message = m.Text()
		default:
			w.remark("ErrorsMessage", "the message is not a string: "+m.Kind().String())
		}
	}
	for _, m := range c.extensions {
		ext := w.apply("ErrorsExtensions", m, body)
		if ext.Kind() != value.Object {
			w.remark("ErrorsExtensions", "the extensions are not an object: "+ext.Kind().String())
			continue
		}
		overlay(f.extensions, ext)
		if code, ok := f.extensions["code"]; ok {
			delete(f.extensions, "code")
			if text, ok := code.(string); ok {
				f.code = text
			} else {
				w.remark("ErrorsExtensions", "the code is not a string")
			}
		}
	}
	return f
}

// overlay puts the members of an object over those of dst; objects under the same key are merged.
func overlay(dst map[string]any, object value.Value) {
	for _, m := range object.Members() {
		if m.Value.IsMissing() {
			continue
		}
		if below, ok := dst[m.Key].(map[string]any); ok && m.Value.Kind() == value.Object {
			overlay(below, m.Value)
			continue
		}
		dst[strings.Clone(m.Key)] = m.Value.Any()
	}
}

// at makes the error of a failure for one representation, or for all of a fetch if rep is -1.
func (f *failure) at(rep int, path []any) execute.SourceError {
	return execute.SourceError{
		Rep: rep, Path: path, Message: f.message, Code: f.code, Extensions: f.extensions, Cause: f.cause,
	}
}
