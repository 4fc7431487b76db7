package routes

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/value"
)

// errOperationTime is the cause of a context whose operation took too long.
var errOperationTime = errors.New("the time of the operation is over")

// run serves one method of an operation route.
type run struct {
	options      *Options
	stored       *stored
	binding      *binding
	limit        int64
	status       int
	refuses      bool // data with something missing
	reads        bool // by GET
	cacheControl []string
	fixed        bool // cacheControl is the operator's, and not what services say
}

func newRun(o *Options, e *entry, b *binding, method string) *run {
	c := &e.config.Operation
	r := &run{
		options: o, stored: e.stored, binding: b, limit: e.config.MaxBodyBytes, status: c.Status,
		refuses: c.Partial == partialRefuse, reads: method == http.MethodGet || method == http.MethodHead,
	}
	if r.limit == 0 {
		r.limit = o.MaxBodyBytes
	}
	if r.status == 0 {
		r.status = http.StatusOK
	}
	switch {
	case c.CacheControl != "":
		r.cacheControl, r.fixed = []string{c.CacheControl}, true
	case r.reads:
		r.cacheControl = []string{"private, no-cache"}
	default:
		r.cacheControl = noStore
	}
	return r
}

// ServeHTTP runs the operation and answers with its data.
func (s *run) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := s.options.RequestID(r.Context())
	refuse := func(d *details) {
		d.RequestID = id
		writeProblem(w, d)
	}
	in, bad := s.binding.read(w, r, s.limit)
	if bad != nil {
		refuse(bad)
		return
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), s.options.OperationTimeout, errOperationTime)
	defer cancel()
	variables := in.variables(s.binding)
	op, errs := s.options.Engine.Prepare(ctx, &operation.Request{
		Query: s.stored.document, OperationName: s.stored.name, Variables: variables, QueryOnly: s.reads,
		Caller: &operation.Caller{Header: r.Header, RequestID: id},
	})
	if len(errs) > 0 {
		refuse(unprepared(errs))
		return
	}
	response := op.Execute(ctx)
	answer, bad := s.answer(response, variables)
	incomplete := incompleteness(response.Errors)
	cacheControl := s.give(w.Header(), response)
	response.Release()
	if bad != nil {
		refuse(bad)
		return
	}
	s.write(w, r, answer, cacheControl, incomplete)
}

// give puts what services gave into the headers of an answer, and returns its Cache-Control: theirs, if all that were asked
// said something and the operator did not.
func (s *run) give(to http.Header, response *operation.Response) (cacheControl []string) {
	cacheControl = s.cacheControl
	for name, values := range response.Header {
		switch name {
		case "Cache-Control":
			if !s.fixed && !response.Gaps {
				cacheControl = values
			}
		case "Vary", "Set-Cookie":
			to[name] = append(slices.Clip(to[name]), values...)
		default:
			to[name] = values
		}
	}
	return cacheControl
}

// answer returns the body for what an operation brought, or why there is none. The body is a copy.
func (s *run) answer(response *operation.Response, variables []byte) ([]byte, *details) {
	if response.Data == nil {
		return nil, unanswered(response.Errors)
	}
	if len(response.Errors) > 0 && (s.refuses || isNothing(response.Data)) {
		return nil, unanswered(response.Errors)
	}
	if s.stored.response == nil {
		if s.reads && isNothing(response.Data) {
			return nil, notFound()
		}
		return append([]byte(nil), response.Data...), nil
	}
	arena := value.NewArena()
	defer arena.Release()
	data, err := value.Scan(response.Data, s.stored.response.Reads(), arena)
	if err != nil {
		return nil, &details{Status: http.StatusInternalServerError, Detail: "Internal server error."}
	}
	env := mapping.Env{Arena: arena}
	if len(variables) > 0 {
		if env.Args, err = value.Scan(variables, nil, arena); err != nil {
			return nil, &details{Status: http.StatusInternalServerError, Detail: "Internal server error."}
		}
	}
	out := s.stored.response.Apply(data, &env)
	if out.IsMissing() || out.IsNull() {
		if len(response.Errors) > 0 {
			return nil, unanswered(response.Errors)
		}
		if s.reads {
			return nil, notFound()
		}
		return []byte("null"), nil
	}
	return out.AppendJSON(nil), nil
}

// isNothing reports whether data has no value but null: {"user":null}.
func isNothing(data []byte) bool {
	const most = 4 << 10 // what is longer has something in it; 200 root fields are all there can be
	if string(data) == "null" {
		return true
	}
	if len(data) > most {
		return false
	}
	arena := value.NewArena()
	defer arena.Release()
	v, err := value.Scan(data, nil, arena)
	if err != nil || v.Len() == 0 {
		return false
	}
	for _, m := range v.Members() {
		if !m.Value.IsNull() {
			return false
		}
	}
	return true
}

var jsonType = []string{"application/json"}

// write writes an answer that has what was asked for, or most of it.
func (s *run) write(w http.ResponseWriter, r *http.Request, body []byte, cacheControl []string, incomplete string) {
	h := w.Header()
	if incomplete != "" {
		h["Sluice-Incomplete"] = []string{incomplete}
		h["Cache-Control"] = noStore
	} else {
		h["Cache-Control"] = cacheControl
		if s.reads && s.status == http.StatusOK {
			// A weak validator: the same data in another encoding is the same answer.
			tag := `W/"` + strconv.FormatUint(xxhash.Sum64(body), 36) + `"`
			h["Etag"] = []string{tag}
			if matches(r.Header["If-None-Match"], tag) {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
	}
	if s.status == http.StatusNoContent || s.status == http.StatusResetContent {
		w.WriteHeader(s.status)
		return
	}
	h["Content-Type"] = jsonType
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(s.options.WriteTimeout))
	w.WriteHeader(s.status)
	_, _ = w.Write(body) // a client that went away is nobody's error
}
