package server

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/operation"
)

// errOperationTime is the cause of a context whose operation took too long.
var errOperationTime = errors.New("the time of the operation is over")

// serveGraphQL chooses the transport of a request. Those that a program added come first, since they know exactly what is
// theirs.
func (s *front) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	for _, t := range s.options.Transports {
		if t.Supports(r) {
			r.Body = http.MaxBytesReader(w, r.Body, s.config.MaxBodyBytes)
			s.serveTransport(w, r, t)
			return
		}
	}
	if s.config.WebSocket.Enabled && isWebSocket(r) {
		s.serveWebSocket(w, r)
		return
	}
	switch r.Method {
	case http.MethodPost, http.MethodGet:
		s.serveHTTP(w, r)
	case http.MethodOptions:
		w.Header()["Allow"] = allowBoth
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header()["Allow"] = allowBoth
		writeRefusal(w, jsonMediaType, refuse(http.StatusMethodNotAllowed, fault.MethodNotAllowed,
			"GraphQL requests are made with POST or GET."))
	}
}

// serveHTTP answers a POST or a GET.
func (s *front) serveHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Vary"] = append(h["Vary"], "Accept")
	h["Cache-Control"] = noStore
	m := negotiate(r.Header["Accept"], s.config.SSE.Enabled)
	if m == noMediaType {
		writeRefusal(w, m, refuse(http.StatusNotAcceptable, fault.BadRequest,
			"Answers are application/graphql-response+json or application/json in UTF-8, and the Accept header allows neither."))
		return
	}

	request := operation.Request{Caller: &operation.Caller{Header: r.Header, RequestID: RequestID(r.Context())}}
	if r.Method == http.MethodGet {
		request.QueryOnly = true
		s.answer(w, r, m, &request, decodeQuery(r.URL.RawQuery, &request))
		return
	}
	b := bodies.Get().(*body)
	s.answer(w, r, m, &request, s.decodeBody(w, r, b, &request))
	// The variables are parts of the buffer, so it goes back only now; and not by a defer, because after a panic somebody
	// may still read it.
	b.release()
}

// answer executes a request and writes what comes of it, unless it is bad.
func (s *front) answer(w http.ResponseWriter, r *http.Request, m mediaType, request *operation.Request, bad *refusal) {
	if bad != nil {
		writeRefusal(w, m, bad)
		return
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), s.config.Timeouts.Operation, errOperationTime)
	defer cancel()
	if m == eventStream {
		s.stream(ctx, w, request)
		return
	}
	response := s.run(ctx, request)
	writeResponse(ctx, w, m, response, s.config.Timeouts.Write)
}

// run prepares and executes a request.
func (s *front) run(ctx context.Context, request *operation.Request) *operation.Response {
	op, errs := s.engine.Prepare(ctx, request)
	if len(errs) > 0 {
		return &operation.Response{Errors: errs}
	}
	return op.Execute(ctx)
}

// decodeBody reads the request of a POST into b.
func (s *front) decodeBody(w http.ResponseWriter, r *http.Request, b *body, into *operation.Request) *refusal {
	if !isJSONBody(r.Header) {
		w.Header()["Accept-Post"] = []string{"application/json"}
		return refuse(http.StatusUnsupportedMediaType, fault.BadRequest, "The content type of a request must be application/json in UTF-8.")
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		w.Header()["Accept-Encoding"] = []string{"identity"}
		return refuse(http.StatusUnsupportedMediaType, fault.BadRequest, "Request bodies cannot be compressed.")
	}
	if bad := b.read(r, s.config.MaxBodyBytes); bad != nil {
		return bad
	}
	if len(b.bytes) == 0 {
		return badRequest("The request body is missing.")
	}
	return b.decode(into)
}

var noStore = []string{"no-store"}
