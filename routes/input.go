package routes

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/value"
)

// input is what one request gives an operation: the values of its parameters as JSON text, nil for one that it does not
// give.
type input struct {
	values []jsontext.Value
}

// variables returns the JSON text of the variables.
func (in *input) variables(b *binding) []byte {
	if len(b.parameters) == 0 {
		return nil
	}
	dst := []byte{'{'}
	for i, v := range in.values {
		if v == nil {
			continue
		}
		if len(dst) > 1 {
			dst = append(dst, ',')
		}
		dst = value.AppendString(dst, b.parameters[i].variable)
		dst = append(dst, ':')
		dst = append(dst, v...)
	}
	return append(dst, '}')
}

// read takes the values out of a request. limit is that of the body.
func (b *binding) read(w http.ResponseWriter, r *http.Request, limit int64) (*input, *details) {
	in := &input{values: make([]jsontext.Value, len(b.parameters))}
	var query url.Values
	if r.URL.RawQuery != "" {
		var err error
		if query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
			return nil, badInput("The query string of the URL is not valid.")
		}
	}
	for i := range b.parameters {
		p := &b.parameters[i]
		var bad *details
		switch p.origin {
		case fromPath:
			in.values[i], bad = p.read([]string{r.PathValue(p.name)})
		case fromQuery:
			in.values[i], bad = p.read(query[p.name])
		case fromHeader:
			in.values[i], bad = p.read(r.Header[p.name])
		}
		if bad != nil {
			return nil, bad
		}
	}
	if b.readsBody() {
		if bad := b.readBody(w, r, limit, in); bad != nil {
			return nil, bad
		}
	}
	for i := range b.parameters {
		if p := &b.parameters[i]; p.required && in.values[i] == nil {
			return nil, badInput("The %s is missing.", p.described())
		}
	}
	return in, nil
}

// described names a parameter for clients.
func (p *parameter) described() string {
	switch {
	case p.origin == fromPath:
		return "value of {" + p.name + "} in the path"
	case p.origin == fromQuery:
		return "query parameter " + p.name
	case p.origin == fromHeader:
		return "header " + p.name
	case p.name == "":
		return "request body"
	}
	return "member " + p.name + " of the request body"
}

// read turns texts of a request into JSON. What is strict about numbers and names is left to the coercion of variables.
func (p *parameter) read(texts []string) (jsontext.Value, *details) {
	switch {
	case len(texts) == 0:
		return nil, nil
	case p.list:
		dst := jsontext.Value{'['}
		for i, text := range texts {
			if i > 0 {
				dst = append(dst, ',')
			}
			var bad *details
			if dst, bad = p.append(dst, text); bad != nil {
				return nil, bad
			}
		}
		return append(dst, ']'), nil
	case len(texts) > 1:
		return nil, badInput("The %s is given %d times, and is one value.", p.described(), len(texts))
	}
	return p.append(nil, texts[0])
}

func (p *parameter) append(dst jsontext.Value, text string) (jsontext.Value, *details) {
	var kind string
	switch {
	case !utf8.ValidString(text):
		kind = "text in UTF-8"
	case p.text == booleanText && text != "true" && text != "false":
		kind = "true or false"
	case p.text == integerText && !isNumber(text, false):
		kind = "an integer"
	case p.text == numberText && !isNumber(text, true):
		kind = "a number"
	case p.text == anyText:
		return value.AppendString(dst, text), nil
	default:
		return append(dst, text...), nil
	}
	return nil, badInput("The %s must be %s.", p.described(), kind)
}

// isNumber reports whether a text is a number as JSON writes it, or an integer.
func isNumber(text string, fraction bool) bool {
	if text == "" || len(text) > 64 || !fraction && strings.ContainsAny(text, ".eE") {
		return false
	}
	v := jsontext.Value(text)
	return v.Kind() == '0' && v.IsValid() && text[0] != ' ' && text[len(text)-1] > ' '
}

// readBody reads the values that come from the body.
func (b *binding) readBody(w http.ResponseWriter, r *http.Request, limit int64, in *input) *details {
	text, bad := readAll(w, r, limit)
	if bad != nil || len(text) == 0 {
		return bad
	}
	if !isJSON(r.Header) {
		w.Header()["Accept-Post"] = []string{"application/json"}
		return &details{Status: http.StatusUnsupportedMediaType, Code: string(fault.BadRequest), Detail: "The content type of the body must be application/json in UTF-8."}
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		w.Header()["Accept-Encoding"] = []string{"identity"}
		return &details{Status: http.StatusUnsupportedMediaType, Code: string(fault.BadRequest), Detail: "Request bodies cannot be compressed."}
	}
	if b.whole >= 0 {
		v := jsontext.Value(text)
		if !v.IsValid() {
			return badInput("The request body is not valid JSON.")
		}
		in.values[b.whole] = v
		return nil
	}
	return b.readMembers(text, in)
}

// readMembers reads the members of the object in a body.
func (b *binding) readMembers(text []byte, in *input) *details {
	d := jsontext.NewDecoder(bytes.NewBuffer(text))
	if d.PeekKind() != '{' {
		if jsontext.Value(text).IsValid() {
			return badInput("The request body must be a JSON object.")
		}
		return badInput("The request body is not valid JSON.")
	}
	if _, err := d.ReadToken(); err != nil {
		return notJSON(err)
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return notJSON(err)
		}
		key := name.String()
		v, err := d.ReadValue()
		if err != nil {
			return notJSON(err)
		}
		i, ok := b.members[key]
		if !ok {
			return badInput("The request body has a member that is not known: %s.", value.AppendString(nil, clip(key)))
		}
		in.values[i] = v.Clone() // on loan until the next read
	}
	if _, err := d.ReadToken(); err != nil {
		return notJSON(err)
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return badInput("The request body has something after its JSON object.")
	}
	return nil
}

// readAll reads a body within a limit. It grows with what has come, not to what was announced.
func readAll(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *details) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	tooLarge := &details{Status: http.StatusRequestEntityTooLarge, Code: string(fault.OperationTooLarge),
		Detail: fmt.Sprintf("The request body is larger than %d bytes.", limit)}
	if r.ContentLength > limit {
		w.Header()["Connection"] = []string{"close"} // the rest of the body is not worth reading
		return nil, tooLarge
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var over *http.MaxBytesError
	switch {
	case err == nil:
		return text, nil
	case errors.As(err, &over):
		return nil, tooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header()["Connection"] = []string{"close"}
		return nil, &details{Status: http.StatusRequestTimeout, Code: string(fault.BadRequest), Detail: "The request body did not come in time."}
	}
	return nil, badInput("The request body could not be read.")
}

// isJSON reports whether a body is declared as JSON in UTF-8.
func isJSON(h http.Header) bool {
	v := h["Content-Type"]
	if len(v) != 1 {
		return false
	}
	essence, params, err := mime.ParseMediaType(v[0])
	if err != nil || essence != "application/json" {
		return false
	}
	charset, ok := params["charset"]
	return !ok || strings.EqualFold(charset, "utf-8")
}

func notJSON(err error) *details {
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		return badInput("The request body is not valid JSON.")
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return badInput("The request body names a member of an object twice, at byte %d.", syntax.ByteOffset)
	}
	return badInput("The request body is not valid JSON, at byte %d.", syntax.ByteOffset)
}

func badInput(format string, args ...any) *details {
	return &details{Status: http.StatusBadRequest, Code: string(fault.BadUserInput), Detail: fmt.Sprintf(format, args...)}
}

// clip shortens what a client wrote for a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
