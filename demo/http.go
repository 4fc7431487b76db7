package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	maxBody  = 64 << 10 // bytes of a request
	maxIDs   = 100      // of one batch
	maxLimit = 100      // items of one page
)

// problem is a problem document of RFC 9457, with the members code, field and errors as the services' extension.
type problem struct {
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Code   string       `json:"code"`
	Detail string       `json:"detail"`
	Field  string       `json:"field,omitempty"`
	Errors []fieldError `json:"errors,omitempty"`
}

// fieldError says what is wrong with one field of a document that was sent.
type fieldError struct {
	Field  string `json:"field"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func notFound(code, format string, args ...any) *problem {
	return &problem{Status: http.StatusNotFound, Code: code, Detail: fmt.Sprintf(format, args...)}
}

func badParameter(field, code, format string, args ...any) *problem {
	return &problem{Status: http.StatusBadRequest, Code: code, Field: field, Detail: fmt.Sprintf(format, args...)}
}

// invalid makes one document of all that is wrong with the fields; the first stands for the others where there is room
// for one. It returns nil if there is nothing wrong.
func invalid(errs []fieldError) *problem {
	if len(errs) == 0 {
		return nil
	}
	first := errs[0]
	return &problem{
		Status: http.StatusUnprocessableEntity, Code: first.Code, Field: first.Field, Detail: first.Detail, Errors: errs,
	}
}

// endpoint answers one request: with a status and a JSON document, or with a problem.
type endpoint func(r *http.Request) (status int, body []byte, p *problem)

func (e endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, body, p := e(r)
	if p != nil {
		p.write(w)
		return
	}
	write(w, status, "application/json", body)
}

func (p *problem) write(w http.ResponseWriter) {
	p.Title = http.StatusText(p.Status)
	write(w, p.Status, "application/problem+json", encode(p))
}

func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone away needs no answer
}

// newHandler puts around a service's routes what all services share: the size of a request is bounded, and what has no
// route gets a problem document too.
func newHandler(routes *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if _, pattern := routes.Handler(r); pattern != "" {
			routes.ServeHTTP(w, r)
			return
		}
		// ServeMux knows whether it is the path or only the method that has no route.
		refusal := &refusal{header: w.Header()}
		routes.ServeHTTP(refusal, r)
		p := notFound("NO_SUCH_RESOURCE", "There is nothing at this path.")
		if refusal.status == http.StatusMethodNotAllowed {
			p = &problem{Status: refusal.status, Code: "METHOD_NOT_ALLOWED", Detail: "This path has no such method."}
		}
		p.write(w)
	})
}

// refusal takes the status that a ServeMux refuses a request with, and drops the text.
type refusal struct {
	header http.Header
	status int
}

func (r *refusal) Header() http.Header         { return r.header }
func (r *refusal) WriteHeader(status int)      { r.status = status }
func (r *refusal) Write(b []byte) (int, error) { return len(b), nil }

// encode returns the JSON of one of the package's own types, none of which can fail.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("null")
	}
	return b
}

// encodeAll returns the JSON of each item: what is asked for again and again is encoded once.
func encodeAll[T any](items []T) [][]byte {
	rows := make([][]byte, len(items))
	for i := range items {
		rows[i] = encode(items[i])
	}
	return rows
}

// row returns the row with the id that a path names.
func row(rows [][]byte, id string) ([]byte, bool) {
	n, ok := parseID(id)
	if !ok || n > len(rows) {
		return nil, false
	}
	return rows[n-1], true
}

// rowsOf returns the rows with these ids, in their order; ids that there are not are left out.
func rowsOf(rows [][]byte, ids []int) [][]byte {
	out := make([][]byte, 0, len(ids))
	for _, id := range ids {
		if id <= len(rows) {
			out = append(out, rows[id-1])
		}
	}
	return out
}

// envelope returns {"name":[rows]}.
func envelope(name string, rows [][]byte) []byte {
	size := len(name) + 8
	for _, r := range rows {
		size += len(r) + 1
	}
	b := append(make([]byte, 0, size), `{"`...)
	b = append(b, name...)
	b = append(b, `":[`...)
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, r...)
	}
	return append(b, `]}`...)
}

// parseID reads an id as it is written: a decimal number from 1 on, without leading zeros.
func parseID(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n > 0 && strconv.Itoa(n) == s
}

// idsParameter reads a list of ids: a parameter that is repeated, or holds several with commas between, or both. What
// is no id is left out, as nothing can have it.
func idsParameter(q url.Values, name string) ([]int, *problem) {
	if !q.Has(name) {
		return nil, badParameter(name, "MISSING_PARAMETER", "The parameter %s is missing.", name)
	}
	var ids []int
	n := 0
	for _, v := range q[name] {
		for s := range strings.SplitSeq(v, ",") {
			if n++; n > maxIDs {
				return nil, badParameter(name, "TOO_MANY_IDS", "At most %d ids can be asked for at once.", maxIDs)
			}
			if id, ok := parseID(s); ok {
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}

// limitParameter reads how many items are wanted.
func limitParameter(q url.Values, otherwise int) (int, *problem) {
	if !q.Has("limit") {
		return otherwise, nil
	}
	n, err := strconv.Atoi(q.Get("limit"))
	if err != nil || n < 1 || n > maxLimit {
		return 0, badParameter("limit", "INVALID_LIMIT", "The limit must be a number from 1 to %d.", maxLimit)
	}
	return n, nil
}

// decode reads the JSON document of a request into v.
func decode(r *http.Request, v any) *problem {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return &problem{
			Status: http.StatusUnsupportedMediaType, Code: "UNSUPPORTED_MEDIA_TYPE", Detail: "Send application/json.",
		}
	}
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return &problem{
			Status: http.StatusRequestEntityTooLarge, Code: "BODY_TOO_LARGE",
			Detail: fmt.Sprintf("A request may have %d bytes.", maxBody),
		}
	case err != nil:
		return badParameter("", "INCOMPLETE_BODY", "The body of the request could not be read.")
	}
	if err := json.Unmarshal(body, v); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) && wrong.Field != "" {
			return invalid([]fieldError{{wrong.Field, "WRONG_TYPE", fmt.Sprintf("%s has the wrong type.", wrong.Field)}})
		}
		return badParameter("", "INVALID_BODY", "The body of the request is not a JSON object of the kind that is taken here.")
	}
	return nil
}

// idInput is an id in a document that was sent: a number, or a number in a string. Zero stands for none.
type idInput int

// UnmarshalJSON never fails: an id that is no id is one that nothing has, and is reported as such.
func (id *idInput) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	*id = 0
	if n, ok := parseID(s); ok {
		*id = idInput(n)
	} else if s != "null" && s != "" {
		*id = -1
	}
	return nil
}
