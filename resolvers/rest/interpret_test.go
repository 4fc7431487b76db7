package rest_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/resolvers/rest"
)

// Whatever a service answers, it becomes JSON or an error with a code.
func FuzzInterpret(f *testing.F) {
	for _, seed := range []struct {
		status            int
		contentType, body string
	}{
		{200, "application/json", `{"items":[{"id":1,"name":"a","x":[1.0,null]}]}`},
		{200, "", `{"items":{"id":"\ud800","name":"\u0000"}}`},
		{404, "application/problem+json", `{"title":"no","code":7,"http":{"status":1}}`},
		{500, "text/html; charset=utf-8", "<p>"},
		{200, "text/plain; charset=utf-16", "\xff\xfea\x00"},
		{200, "text/plain; charset=\"", "x"},
		{422, "application/json", `{"title":{"a":1},"extensions":[]}`},
		{-1, ";=", "\xef\xbb\xbf1e999"},
		{999, "a/json", `[[[[]]]]`},
	} {
		f.Add(seed.status, seed.contentType, []byte(seed.body))
	}
	fx := load(f, nil, `
		@source(name: "api", http: { baseURL: "http://127.0.0.1:1" }, errors: { message: "$.title", extensions: "code http extensions { }" })
		type Query {
			plain: [T] @connect(source: "api", http: { GET: "/" }, selection: "$.items { id name: name->slice(1, 3) }")
			judged: [T] @connect(source: "api", http: { GET: "/" }, isSuccess: "$status->eq(200)->or($.items->size->gt(0))", selection: "$.items { id name: $.x->first }")
		}
		type T { id: ID name: String }`, rest.Options{})
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte) {
		for _, coordinate := range []string{"Query.plain[0]", "Query.judged[0]"} {
			text, code, err := rest.Interpret(fx.driver, coordinate, status, http.Header{"Content-Type": {contentType}}, body)
			switch {
			case err != nil:
				t.Fatal(err)
			case code == "" && !json.Valid([]byte(text)), !utf8.ValidString(text):
				t.Errorf("%s: %q is not JSON", coordinate, text)
			}
		}
	})
}
