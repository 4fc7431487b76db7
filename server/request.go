package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/operation"
)

// refusal is an HTTP request that is not a GraphQL request that this server takes: the status, and the error that says why.
type refusal struct {
	status int
	err    *gqlerror.Error
}

func refuse(status int, code fault.Code, format string, args ...any) *refusal {
	return &refusal{status: status, err: fault.New(code, fmt.Sprintf(format, args...))}
}

func badRequest(format string, args ...any) *refusal {
	return refuse(http.StatusBadRequest, fault.BadRequest, format, args...)
}

// body is a pooled buffer that holds the bytes of one request, and the decoder that reads them.
type body struct {
	bytes   []byte
	reader  bytes.Buffer
	decoder jsontext.Decoder
}

// maxPooled is the largest buffer that goes back to a pool, so that one large request or answer does not hold its memory
// for ever.
const maxPooled = 1 << 20

// firstRead is how large a buffer for a body begins.
const firstRead = 4 << 10

var bodies = sync.Pool{New: func() any { return &body{bytes: make([]byte, 0, firstRead)} }}

func (b *body) release() {
	if cap(b.bytes) > maxPooled {
		return
	}
	b.bytes = b.bytes[:0]
	b.reader = bytes.Buffer{}
	bodies.Put(b)
}

// read fills b with the body of r. It reads at most limit bytes and one more.
func (b *body) read(r *http.Request, limit int64) *refusal {
	tooLarge := func() *refusal {
		return refuse(http.StatusRequestEntityTooLarge, fault.OperationTooLarge, "The request body is larger than %d bytes.", limit)
	}
	if r.ContentLength > limit {
		return tooLarge()
	}
	announced := int(limit) + 1
	if r.ContentLength >= 0 {
		announced = int(r.ContentLength) + bytes.MinRead // more than the length, to see the end
	}
	for {
		// The buffer grows with what has come, and not at once to what was announced: a thousand clients that announce a
		// megabyte each and send nothing would take a gigabyte.
		if len(b.bytes) == cap(b.bytes) {
			more := min(max(2*cap(b.bytes), firstRead), max(announced, len(b.bytes)+bytes.MinRead))
			b.bytes = append(make([]byte, 0, more), b.bytes...)
		}
		n, err := r.Body.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		if int64(len(b.bytes)) > limit {
			return tooLarge()
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return refuse(http.StatusRequestTimeout, fault.BadRequest, "The request body did not come in time.")
		}
		if err != nil {
			return badRequest("The request body could not be read.")
		}
	}
}

// decode reads the bytes of b as the JSON text of a GraphQL request. Variables and Extensions of the result are parts of
// b; the query is a copy, because documents are kept.
func (b *body) decode(into *operation.Request) *refusal {
	// A decoder over a bytes.Buffer reads it in place.
	b.reader = *bytes.NewBuffer(b.bytes)
	b.decoder.Reset(&b.reader)
	d := &b.decoder

	switch d.PeekKind() {
	case '{':
	case '[':
		return badRequest("The request body is a list. Requests cannot be sent in batches.")
	default:
		if _, err := d.ReadToken(); err == nil {
			return badRequest("The request body must be a JSON object.")
		} else {
			return notJSON(err)
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return notJSON(err)
	}
	hasQuery := false
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return notJSON(err)
		}
		key := name.String()
		raw, err := d.ReadValue()
		if err != nil {
			return notJSON(err)
		}
		// The value is only lent until the next read, but these bytes are ours.
		end := d.InputOffset()
		raw = b.bytes[end-int64(len(raw)) : end : end]
		switch key {
		case "query":
			if raw.Kind() != '"' {
				return badRequest("The parameter query must be a string.")
			}
			into.Query, hasQuery = unquote(raw), true
		case "operationName":
			switch raw.Kind() {
			case '"':
				into.OperationName = unquote(raw)
			case 'n':
			default:
				return badRequest("The parameter operationName must be a string.")
			}
		case "variables":
			if !isMap(raw) {
				return badRequest("The parameter variables must be a map.")
			}
			into.Variables = raw
		case "extensions":
			if !isMap(raw) {
				return badRequest("The parameter extensions must be a map.")
			}
			into.Extensions = raw
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return notJSON(err)
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return badRequest("The request body has something after its JSON object.")
	}
	if !hasQuery {
		return badRequest("The parameter query is missing.")
	}
	return nil
}

func isMap(v jsontext.Value) bool { return v.Kind() == '{' || v.Kind() == 'n' }

// unquote returns the text of a JSON string that the decoder has accepted.
func unquote(v jsontext.Value) string {
	text, _ := jsontext.AppendUnquote(make([]byte, 0, len(v)), v)
	return string(text)
}

// notJSON tells where a body stops being JSON. It quotes nothing of the body.
func notJSON(err error) *refusal {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return badRequest("The request body names a member of an object twice, at byte %d.", syntax.ByteOffset)
		}
		return badRequest("The request body is not valid JSON, at byte %d.", syntax.ByteOffset)
	}
	return badRequest("The request body is not valid JSON.")
}

// decodeQuery reads the parameters of a GET request.
func decodeQuery(rawQuery string, into *operation.Request) *refusal {
	params, err := url.ParseQuery(rawQuery)
	if err != nil {
		return badRequest("The query string of the URL is not valid.")
	}
	one := func(name string) (string, *refusal) {
		switch v := params[name]; len(v) {
		case 0:
			return "", nil
		case 1:
			return v[0], nil
		default:
			return "", badRequest("The parameter %s is given %d times.", name, len(v))
		}
	}
	object := func(name string) ([]byte, *refusal) {
		text, bad := one(name)
		if bad != nil || text == "" {
			return nil, bad
		}
		v := jsontext.Value(text)
		if !v.IsValid() || !isMap(v) {
			return nil, badRequest("The parameter %s must be the JSON text of a map.", name)
		}
		return v, nil
	}
	var bad *refusal
	if into.Query, bad = one("query"); bad != nil {
		return bad
	}
	if into.OperationName, bad = one("operationName"); bad != nil {
		return bad
	}
	if into.Variables, bad = object("variables"); bad != nil {
		return bad
	}
	if into.Extensions, bad = object("extensions"); bad != nil {
		return bad
	}
	if into.Query == "" {
		return badRequest("The parameter query is missing.")
	}
	return nil
}
