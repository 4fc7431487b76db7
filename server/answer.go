package server

import (
	"context"
	stdjson "encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/operation"
)

// answers are buffers in which the text of an answer is put together, so that it is written in one piece.
var answers = sync.Pool{New: func() any { return &answerBuffer{make([]byte, 0, 4<<10)} }}

type answerBuffer struct{ bytes []byte }

func newAnswer() *answerBuffer { return answers.Get().(*answerBuffer) }

func (a *answerBuffer) release() {
	if cap(a.bytes) <= maxPooled {
		a.bytes = a.bytes[:0]
		answers.Put(a)
	}
}

// appendResponse appends the JSON text of a GraphQL response: data if the operation was executed, then errors and
// extensions if there are any.
func appendResponse(dst []byte, r *operation.Response) []byte {
	dst = append(dst, '{')
	if r.Data != nil {
		dst = append(dst, `"data":`...)
		dst = append(dst, r.Data...)
	}
	if len(r.Errors) > 0 || r.Data == nil {
		if r.Data != nil {
			dst = append(dst, ',')
		}
		dst = append(dst, `"errors":`...)
		dst = appendErrors(dst, r.Errors)
	}
	if len(r.Extensions) > 0 {
		if text, err := encode(r.Extensions); err == nil {
			dst = append(dst, `,"extensions":`...)
			dst = append(dst, text...)
		}
	}
	return append(dst, '}')
}

// appendErrors appends the JSON text of a list of errors. An answer without data has at least one.
func appendErrors(dst []byte, errs gqlerror.List) []byte {
	if len(errs) == 0 {
		errs = gqlerror.List{internalError()}
	}
	text, err := encode(errs)
	if err != nil { // an extension that has no JSON text: the message is worth more than the details
		plain := make(gqlerror.List, len(errs))
		for i, e := range errs {
			plain[i] = &gqlerror.Error{Message: e.Message, Path: e.Path, Locations: e.Locations}
			if code, ok := e.Extensions["code"].(string); ok {
				plain[i].Extensions = map[string]any{"code": code}
			}
		}
		if text, err = encode(plain); err != nil {
			text = []byte(`[{"message":"` + internalMessage + `","extensions":{"code":"` + string(fault.Internal) + `"}}]`)
		}
	}
	return append(dst, text...)
}

func encode(v any) ([]byte, error) {
	return json.Marshal(v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true), numbers)
}

// numbers writes the numbers that services give in extensions as they came. This encoder knows nothing of the type of the
// standard library's decoder, which is a string to it.
var numbers = json.WithMarshalers(json.MarshalToFunc(func(e *jsontext.Encoder, n stdjson.Number) error {
	return e.WriteValue(jsontext.Value(n))
}))

const internalMessage = "Internal server error."

func internalError() *gqlerror.Error { return fault.New(fault.Internal, internalMessage) }

// statusOf returns the HTTP status of a response. An operation that was executed has 200, whatever became of it. One that
// was not has the status of its first error: in application/graphql-response+json always, in application/json only where
// the request or the server is at fault rather than the document, because clients of that type take another status than
// 200 as an answer from somebody else.
func statusOf(ctx context.Context, m mediaType, r *operation.Response) int {
	if r.Data != nil {
		return http.StatusOK
	}
	var code fault.Code
	if len(r.Errors) > 0 {
		text, _ := r.Errors[0].Extensions["code"].(string)
		code = fault.Code(text)
	} else {
		code = fault.Internal
	}
	switch code {
	case fault.Internal, fault.NoPlan:
		return http.StatusInternalServerError
	case fault.Canceled, fault.GatewayTimeout:
		return http.StatusGatewayTimeout
	case fault.MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case fault.BadRequest:
		return http.StatusBadRequest
	}
	if ctx.Err() != nil {
		return http.StatusGatewayTimeout
	}
	if m == jsonMediaType {
		return http.StatusOK
	}
	return http.StatusBadRequest
}

// writeAnswer writes text as the whole answer to a request.
func writeAnswer(w http.ResponseWriter, m mediaType, status int, text []byte) {
	h := w.Header()
	h["Content-Type"] = m.contentType()
	h["Content-Length"] = []string{strconv.Itoa(len(text))}
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that went away is nobody's error
}

// longAnswer is what a connection may not take at once, so that writing it depends on the client.
const longAnswer = 64 << 10

// writeResponse writes a GraphQL response as the whole answer to a request, and releases it before: a client that does not
// read holds no more than the text. It has limit to take the answer; what is short goes to the network at once.
func writeResponse(ctx context.Context, w http.ResponseWriter, m mediaType, r *operation.Response, limit time.Duration) {
	a := newAnswer()
	a.bytes = appendResponse(a.bytes, r)
	status := statusOf(ctx, m, r)
	giveHeaders(w.Header(), r)
	r.Release()
	if len(a.bytes) > longAnswer {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(limit)) // else the server's, which is longer
	}
	if status == http.StatusMethodNotAllowed {
		w.Header()["Allow"] = allowPost
	}
	writeAnswer(w, m, status, a.bytes)
	a.release()
}

// giveHeaders adds what services gave to the headers of the answer.
func giveHeaders(to http.Header, r *operation.Response) {
	for name, values := range r.Header {
		switch name {
		case "Cache-Control":
			// How long an answer is good for is known only if all that it was made of said so, and nothing is missing.
			if !r.Gaps && len(r.Errors) == 0 {
				to[name] = values
			}
		case "Vary", "Set-Cookie":
			to[name] = append(slices.Clip(to[name]), values...)
		default:
			to[name] = values
		}
	}
}

// writeRefusal writes what is wrong with a request that is not executed, in the shape of a GraphQL response. A client
// whose wishes could not be met gets application/json.
func writeRefusal(w http.ResponseWriter, m mediaType, bad *refusal) {
	if m == noMediaType || m == eventStream {
		m = jsonMediaType
	}
	if bad.status == http.StatusRequestEntityTooLarge || bad.status == http.StatusRequestTimeout {
		w.Header()["Connection"] = closeConnection // the rest of the body is not worth reading
	}
	a := newAnswer()
	a.bytes = appendResponse(a.bytes, &operation.Response{Errors: gqlerror.List{bad.err}})
	writeAnswer(w, m, bad.status, a.bytes)
	a.release()
}

var (
	allowPost       = []string{"POST"}
	allowBoth       = []string{"GET, POST"}
	closeConnection = []string{"close"}
)
