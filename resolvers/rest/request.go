package rest

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"

	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/value"
)

const contentType = "Content-Type"

var (
	jsonType = []string{"application/json"}

	errOrigin  = errors.New("the URL leads to another origin than the one of the schema")
	errNotForm = errors.New("expected URL-encoded forms to be objects")
)

// emptyObject is what mappings outside of a response are applied to.
var emptyObject = value.OfMembers(nil)

// request builds the request that the variables ask for. skip: a hole in the path has no value, and there is nothing to
// ask for.
func (w *worker) request() (r *upstream.Request, skip bool, err error) {
	c := w.connector
	built, err := c.def.Target.Build(w.path[:0], &w.env)
	w.collect("Url")
	if err != nil {
		return nil, false, err
	}
	w.path = built.Path
	if built.NullInPath {
		return nil, true, nil
	}
	if c.site.origin != "" && built.Origin != c.site.origin {
		return nil, false, errOrigin
	}
	r = &upstream.Request{Method: c.def.Method, Path: string(built.Path)}
	if c.site.key != nil {
		r.Key, r.HasKey, w.text = c.site.key.Key(&w.env, w.text)
		w.collect("BalanceKey")
	}
	w.headers(r)
	if c.def.Body == nil {
		return r, false, nil
	}
	if r.Header[contentType] == nil {
		r.Header[contentType] = jsonType
	}
	body := w.apply("RequestBody", c.def.Body, emptyObject)
	switch {
	case body.IsMissing():
	case !isForm(r.Header[contentType]):
		r.Body = body.AppendJSON(nil)
	case body.Kind() != value.Object:
		return nil, false, errNotForm
	default:
		if r.Body, err = mapping.AppendForm(nil, body); err != nil {
			return nil, false, fmt.Errorf("body: %w", err)
		}
	}
	return r, false, nil
}

// headers sets the headers of a request. One that cannot be made is left out.
func (w *worker) headers(r *upstream.Request) {
	r.Header = make(http.Header, len(w.connector.headers)+2)
	for i := range w.connector.headers {
		h := &w.connector.headers[i]
		values := h.text
		switch {
		case h.from != "":
			values = nil
			if w.caller != nil {
				values = w.caller.Header[h.from]
			}
		case h.value != nil:
			text, err := h.value.Append(w.text[:0], &w.env)
			w.text = text[:0]
			w.collect("Headers")
			if err != nil || !isFieldValue(text) {
				w.remark("Headers", "the header "+h.name+" cannot be made of this value")
				continue
			}
			values = []string{string(text)}
		}
		if len(values) == 0 {
			continue
		}
		if h.name == "Host" {
			r.Host = values[0]
			continue
		}
		r.Header[h.name] = values
	}
}

// isForm reports whether the content type, with or without parameters, is that of forms.
func isForm(values []string) bool {
	const form = "application/x-www-form-urlencoded"
	if len(values) == 0 || values[0] == jsonType[0] {
		return false
	}
	media, _, err := mime.ParseMediaType(values[len(values)-1])
	return err == nil && media == form
}

// isFieldValue reports whether a header can have this text for its value.
func isFieldValue(text []byte) bool {
	for _, c := range text {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// appendSent appends the epoch and everything of a safe request that is sent.
func (w *worker) appendSent(dst []byte, r *upstream.Request) []byte {
	dst = strconv.AppendInt(dst, int64(w.epoch), 10)
	dst = append(append(dst, ' '), r.Host...)
	dst = append(append(dst, ' '), r.Path...)
	field := func(name string) {
		for _, v := range r.Header[name] {
			dst = append(append(dst, '\n'), name...)
			dst = append(append(dst, ':'), v...)
		}
	}
	for i := range w.connector.headers {
		if w.connector.headers[i].name != contentType {
			field(w.connector.headers[i].name)
		}
	}
	field(contentType)
	dst = append(dst, "\n\n"...)
	return append(dst, r.Body...)
}
