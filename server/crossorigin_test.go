package server_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/server"
)

func TestCSRF(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config, _ *server.Options) { c.CORS.AllowOrigins = []string{"https://app.example.com"} })
	own := "http://" + f.Addr().String()
	const mozilla = "User-Agent: Mozilla/5.0"
	for _, tc := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"a program", []string{"User-Agent: curl/8"}, 200},
		{"a page of another site", []string{mozilla, "Sec-Fetch-Site: cross-site"}, 403},
		{"a page of a sister site", []string{mozilla, "Sec-Fetch-Site: same-site"}, 403},
		{"a page of the same origin", []string{mozilla, "Sec-Fetch-Site: same-origin"}, 200},
		{"the address bar", []string{mozilla, "Sec-Fetch-Site: none", "Accept: application/json"}, 200},
		{"an old browser, which does not say", []string{mozilla}, 403},
		{"an old browser that was told to hide itself", []string{"User-Agent: x", "Cookie: session=1"}, 403},
		{"an old browser with a referrer", []string{"User-Agent: x", "Referer: https://evil.example.com/"}, 403},
		{"an origin that is not allowed", []string{mozilla, "Origin: https://evil.example.com"}, 403},
		{"a sandboxed page", []string{mozilla, "Origin: null"}, 403},
		{"an origin that is allowed", []string{mozilla, "Origin: https://app.example.com", "Sec-Fetch-Site: cross-site"}, 200},
		{"its own origin", []string{mozilla, "Origin: " + own}, 200},
		{"a header that needs a preflight", []string{mozilla, "Sec-Fetch-Site: cross-site", "apollo-require-preflight: 1"}, 200},
		{"a content type that needs a preflight", []string{mozilla, "Sec-Fetch-Site: cross-site", isJSON}, 200},
		{"a content type that needs none", []string{mozilla, "Sec-Fetch-Site: cross-site", "Content-Type: text/plain"}, 403},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := f.do(t, "GET", "?query=%7Bhello%7D", "", tc.headers...); got.Status != tc.status {
				t.Errorf("status = %d, want %d: %s", got.Status, tc.status, got.Body)
			}
		})
	}
	off := start(t, func(c *server.Config, _ *server.Options) { c.CSRF.Enabled = false })
	if got := off.do(t, "GET", "?query=%7Bhello%7D", "", mozilla, "Sec-Fetch-Site: cross-site"); got.Status != 200 {
		t.Errorf("turned off: status = %d", got.Status)
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	some := start(t, func(c *server.Config, _ *server.Options) {
		c.CORS.AllowOrigins, c.CORS.AllowCredentials = []string{"https://app.example.com"}, true
		c.CORS.AllowHeaders = []string{"Authorization", "Content-Type"}
	})
	all := start(t, func(c *server.Config, _ *server.Options) { c.CORS.AllowOrigins = []string{"*"} })
	none := start(t, nil)
	const (
		app       = "Origin: https://app.example.com"
		evil      = "Origin: https://evil.example.com"
		preflight = "Access-Control-Request-Method: POST"
	)
	type answer struct{ Origin, Credentials, Methods, Headers, Expose, MaxAge string }
	for _, tc := range []struct {
		name    string
		f       *fixture
		method  string
		headers []string
		status  int
		want    answer
	}{
		{"a preflight of an allowed origin", some, "OPTIONS", []string{app, preflight}, 204, answer{"https://app.example.com", "true", "GET, POST", "Authorization, Content-Type", "", "7200"}},
		{"a preflight of another origin", some, "OPTIONS", []string{evil, preflight}, 204, answer{}},
		{"a request of an allowed origin", some, "POST", []string{isJSON, app}, 200, answer{"https://app.example.com", "true", "", "", "X-Request-Id", ""}},
		{"a request of another origin is answered for whoever may read it", some, "POST", []string{isJSON, evil}, 200, answer{}},
		{"a refusal can be read too", some, "POST", []string{app}, 415, answer{"https://app.example.com", "true", "", "", "X-Request-Id", ""}},
		{"no origin", some, "POST", []string{isJSON}, 200, answer{}},
		{"any origin", all, "POST", []string{isJSON, evil}, 200, answer{"*", "", "", "", "X-Request-Id", ""}},
		{"not configured", none, "OPTIONS", []string{app, preflight}, 204, answer{}},
		{"OPTIONS that is no preflight", some, "OPTIONS", nil, 204, answer{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			body := ""
			if tc.method == "POST" {
				body = `{"query":"{ hello }"}`
			}
			got := tc.f.do(t, tc.method, "", body, tc.headers...)
			h := func(name string) string { return got.Header.Get("Access-Control-" + name) }
			headers := answer{h("Allow-Origin"), h("Allow-Credentials"), h("Allow-Methods"), h("Allow-Headers"), h("Expose-Headers"), h("Max-Age")}
			if diff := cmp.Diff(tc.want, headers); diff != "" || got.Status != tc.status {
				t.Errorf("status %d, want %d; headers (-want +got):\n%s", got.Status, tc.status, diff)
			}
		})
	}
	if vary := some.do(t, "POST", "", `{"query":"{ hello }"}`, isJSON).Header["Vary"]; !cmp.Equal(vary, []string{"Origin", "Accept"}) {
		t.Errorf("Vary = %q", vary)
	}
}
