package rest

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/textproto"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/value"
)

// interpret judges an answer and maps it: the value, or the failure that it means.
func (w *worker) interpret(resp *upstream.Response) (value.Value, *failure) {
	c := w.connector
	form, charset := formOf(resp.Header)
	read := func(want *value.Filter) (value.Value, error) {
		return decode(resp.Body, form, charset, want, w.env.Arena)
	}
	w.env.Status = statusOK
	if resp.Status != http.StatusOK {
		w.env.Status = value.OfInt(int64(resp.Status))
	}
	w.env.Response = headersValue(w.env.Arena, c.answerHeaders, resp.Header)
	success := resp.Status >= 200 && resp.Status <= 299
	want := c.failing
	if success || c.isSuccess != nil {
		want = w.reading.body
	}
	// Nothing can be read of a page of HTML and the like. It is null to the mappings that judge an answer; to one that
	// looks for data in it, it is a mistake somewhere, and must not pass for no data.
	foreign := form == formOther && len(resp.Body) > 0
	if success && form == formJSON && w.reading.short.open() {
		switch v, err := read(w.reading.short.filter); {
		case err == nil && len(resp.Body) > 0:
			return v, nil
		case errors.Is(err, value.ErrLayout):
			w.reading.short.close()
		}
	}
	body, err := read(want)
	if err != nil {
		return value.Value{}, c.fail(fault.ResponseInvalid, messageUnreadable, resp.Status, err)
	}
	if c.isSuccess != nil {
		if _, reads := c.isSuccess.ReadsInput(); reads && foreign {
			w.remark("IsSuccess", "the content type of the answer is none that can be read; it is taken for null")
		}
		verdict := w.apply("IsSuccess", c.isSuccess, body)
		success = verdict.Bool()
		if k := verdict.Kind(); k != value.Bool {
			w.remark("IsSuccess", "the result is not a boolean, which means failure: "+k.String())
		}
		if !success {
			body, err = read(c.failing)
		}
	}
	if !success {
		if err != nil { // the same text was read before
			return value.Value{}, c.fail(fault.ResponseInvalid, messageUnreadable, resp.Status, err)
		}
		return value.Value{}, w.refusal(body, resp.Status)
	}
	if _, reads := w.reading.selection.ReadsInput(); reads && foreign {
		return value.Value{}, c.fail(fault.ResponseInvalid, messageUnreadable, resp.Status, errContentType)
	}
	return w.apply("Selection", w.reading.selection, body), nil
}

var (
	statusOK  = value.OfInt(http.StatusOK)
	noHeaders = value.OfMembers([]value.Member{{Key: "headers", Value: emptyObject}})
)

// headersValue returns {"headers": {<name>: [<value>, …]}} with those of the names that are there.
func headersValue(a *value.Arena, names []string, h map[string][]string) value.Value {
	if len(names) == 0 {
		return noHeaders
	}
	var found []value.Member
	for _, name := range names {
		values := h[textproto.CanonicalMIMEHeaderKey(name)]
		if len(values) == 0 {
			continue
		}
		items := a.Values(len(values))
		for i, text := range values {
			items[i] = value.OfString(text)
		}
		found = append(found, value.Member{Key: name, Value: value.OfItems(items)})
	}
	members := a.Members(1)
	members[0] = value.Member{Key: "headers", Value: value.OfMembers(found)}
	return value.OfMembers(members)
}

// form is how the body of an answer is read.
type form uint8

const (
	formJSON form = iota
	formText
	formOther // not at all: such a body is null
)

// formOf reads the content type of an answer. Without one, or with one that cannot be parsed, the body is JSON.
func formOf(h http.Header) (form, string) {
	values := h[contentType]
	if len(values) == 0 || values[0] == jsonType[0] {
		return formJSON, ""
	}
	media, params, err := mime.ParseMediaType(values[0])
	if err != nil {
		return formJSON, ""
	}
	_, subtype, _ := strings.Cut(media, "/")
	switch {
	case subtype == "json", strings.HasSuffix(subtype, "+json"):
		return formJSON, ""
	case media == "text/plain":
		return formText, params["charset"]
	}
	return formOther, ""
}

var (
	errCharset     = errors.New("the text is not in its character set")
	errContentType = errors.New("the content type is none that can be read")
)

// byteOrderMark stands at the start of some JSON texts; readers may ignore it (RFC 8259, section 8.1).
const byteOrderMark = "\uFEFF"

// decode reads a body.
func decode(body []byte, f form, charset string, want *value.Filter, a *value.Arena) (value.Value, error) {
	switch {
	case len(body) == 0 || f == formOther:
		return value.NullValue, nil
	case f == formText:
		text, err := decodeText(body, charset)
		return value.OfString(text), err
	}
	if body[0] == byteOrderMark[0] && strings.HasPrefix(string(body[:min(len(body), 3)]), byteOrderMark) {
		body = body[3:]
	}
	return value.Scan(body, want, a)
}

func decodeText(body []byte, charset string) (string, error) {
	switch strings.ToLower(charset) {
	case "", "utf-8", "utf8":
		if !utf8.Valid(body) {
			return "", errCharset
		}
		return string(body), nil
	}
	e, err := htmlindex.Get(charset)
	if err != nil {
		return "", fmt.Errorf("the character set is not known: %w", err)
	}
	text, err := e.NewDecoder().Bytes(body)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errCharset, err)
	}
	return string(text), nil
}
