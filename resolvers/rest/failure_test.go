package rest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/resolvers/rest"
	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/credential"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

const one = `
	@source(name: "api", http: { baseURL: "BASE" })
	type Query { user: User @connect(source: "api", http: { GET: "/user" }, selection: "id name") }
	type User { id: ID name: String }`

func answer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestWhatServicesAnswer(t *testing.T) {
	t.Parallel()
	const (
		failed     = "-1 [user] CONNECTOR_FETCH Request failed"
		unreadable = "-1 [user] CONNECTOR_RESPONSE_INVALID The server returned data in an unexpected format."
		broken     = "-1 [user] HTTP_CLIENT_ERROR The connection to the service broke."
		large      = "-1 [user] CONNECTOR_RESPONSE_TOO_LARGE The answer of the service is too large."
	)
	const json = "application/json"
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		want    string // of the value; missing with an error
		err     string
	}{
		{"JSON", answer(200, json, `{"id":1,"name":"a"}`), `{"user":{"id":1,"name":"a"}}`, ""},
		{"JSON with a charset", answer(200, "application/json; charset=utf-8", `{"id":1}`), `{"user":{"id":1}}`, ""},
		{"a JSON dialect", answer(200, "application/vnd.api+json", `{"id":1}`), `{"user":{"id":1}}`, ""},
		{"JSON in capitals", answer(200, "Application/JSON", `{"id":1}`), `{"user":{"id":1}}`, ""},
		{"JSON without a content type", answer(200, "", `{"id":1}`), `{"user":{"id":1}}`, ""},
		{"JSON with an unparsable content type", answer(200, ";;;", `{"id":1}`), `{"user":{"id":1}}`, ""},
		{"JSON with a byte order mark", answer(200, json, "\uFEFF"+`{"id":1}`), `{"user":{"id":1}}`, ""},
		{"another success", answer(201, json, `{"id":1}`), `{"user":{"id":1}}`, ""},
		{"null", answer(200, json, `null`), `{"user":null}`, ""},
		{"nothing", answer(200, json, ``), `{"user":null}`, ""},
		{"no content", answer(204, "", ``), `{"user":null}`, ""},
		{"a wrong type", answer(200, json, `{"id":[1],"name":{"a":1}}`), `{"user":{"id":[1],"name":{"a":1}}}`, ""},
		{"a list where an object belongs", answer(200, json, `[{"id":1}]`), `{"user":[{"id":1}]}`, ""},
		{"HTML", answer(200, "text/html", `<p>`), "", unreadable},
		{"nothing that says it is HTML", answer(200, "text/html", ``), `{"user":null}`, ""},
		{"text", answer(200, "text/plain", `hello`), `{"user":"hello"}`, ""},
		{"404", answer(404, json, `{"id":1}`), "", failed},
		{"404 in HTML", answer(404, "text/html", `<p>`), "", failed},
		{"500", answer(500, json, `{}`), "", failed},
		{"500 without a body", answer(500, "", ``), "", failed},
		{"500 with broken JSON", answer(500, json, `{`), "", unreadable},
		{"a redirect", answer(302, json, `{}`), "", failed},
		{"broken JSON", answer(200, json, `{"id":1`), "", unreadable},
		{"broken JSON in what nobody asked for", answer(200, json, `{"id":1,"x":[01]}`), "", unreadable},
		{"HTML that says it is JSON", answer(200, json, `<p>`), "", unreadable},
		{"two documents", answer(200, json, `{} {}`), "", unreadable},
		{"invalid UTF-8", answer(200, json, "{\"id\":\"\xff\"}"), "", unreadable},
		{"deep nesting", answer(200, json, strings.Repeat("[", 100_000)), "", unreadable},
		{"text that is none", answer(200, "text/plain", "\xff"), "", unreadable},
		{"text in an unknown charset", answer(200, "text/plain; charset=klingon", "x"), "", unreadable},
		{"text in Latin 1", answer(200, "text/plain; charset=iso-8859-1", "\xe4"), `{"user":"ä"}`, ""},
		{"a body over the limit", answer(200, json, `"`+strings.Repeat("x", 1<<20)+`"`), "", large},
		{"a gzip bomb", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(bytes.Repeat([]byte(" "), 4<<20))
			_ = z.Close()
		}, "", large},
		{"an unknown encoding", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "compress")
			_, _ = io.WriteString(w, "x")
		}, "", unreadable},
		{"a truncated body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"id":1,`)
		}, "", broken},
		{"a connection that breaks", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = conn.Close()
			}
		}, "", broken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, tt.handler)
			f := load(t, s, one, bound(t, s.URL, nil))
			values, errs := f.query(f.fetch("Query.user[0]", "user { id name }")).run(0)
			if tt.err != "" {
				want(t, "values", values, "missing")
				want(t, "errors", errs, tt.err)
			} else {
				want(t, "values", values, tt.want)
				want(t, "errors", errs)
			}
			if got := len(s.asked()); got != 1 && !strings.Contains(tt.name, "breaks") {
				t.Errorf("the service was asked %d times, want once", got)
			}
		})
	}
}

// bound binds all sources to a service with small limits.
func bound(t *testing.T, address string, configure func(*upstream.Config)) rest.Options {
	t.Helper()
	cfg := upstream.DefaultConfig()
	cfg.Endpoints = endpoint.At(address)
	cfg.Limits.BodyBytes = 1 << 20
	cfg.Retry.Attempts = 1 // how often the service is asked is counted
	if configure != nil {
		configure(&cfg)
	}
	c, err := upstream.New("api", cfg, upstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return rest.Options{Bind: func(string, *connect.Source) rest.Binding { return rest.Binding{Client: c} }}
}

func TestServicesThatDoNotAnswer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	dead := "http://" + l.Addr().String()
	f := load(t, nil, strings.ReplaceAll(one, "BASE", dead), bound(t, dead, nil))
	_, errs := f.query(f.fetch("Query.user[0]", "user { id }")).run(0)
	want(t, "errors of a service that is down", errs, "-1 [user] HTTP_CLIENT_ERROR The service cannot be reached.")

	f = load(t, nil, strings.ReplaceAll(one, "BASE", dead), bound(t, dead, func(c *upstream.Config) {
		c.Credentials.Headers = []credential.Header{{Name: "x-key", File: filepath.Join(t.TempDir(), "none")}}
	}))
	_, errs = f.query(f.fetch("Query.user[0]", "user { id }")).run(0)
	want(t, "errors without credentials", errs, "-1 [user] SERVICE_CREDENTIALS There are no credentials to call the service with.")

	slow := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	f = load(t, slow, one, bound(t, slow.URL, func(c *upstream.Config) { c.Timeouts.ResponseHeader = 20 * time.Millisecond }))
	_, errs = f.query(f.fetch("Query.user[0]", "user { id }")).run(0)
	want(t, "errors of a slow service", errs, "-1 [user] GATEWAY_TIMEOUT Gateway timeout")
}

func TestTheOperationEnds(t *testing.T) {
	t.Parallel()
	started := make(chan struct{}, 10)
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		started <- struct{}{}
		<-r.Context().Done()
	})
	f := load(t, s, one, rest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-started; cancel() }()
	_, errs := f.query(f.fetch("Query.user[0]", "user { id }")).runContext(ctx, 0)
	want(t, "errors of a canceled operation", errs, "-1 [user] REQUEST_CANCELED The request was canceled.")

	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, errs = f.query(f.fetch("Query.user[0]", "user { id }")).runContext(ctx, 0)
	want(t, "errors of an operation without time", errs, "-1 [user] GATEWAY_TIMEOUT The operation's time is over.")
}

func TestErrorsOfTheSchema(t *testing.T) {
	t.Parallel()
	const problemJSON = `{"type":"about:blank","title":"Invalid order","detail":"quantity must be positive","code":7,"fields":[{"name":"quantity"}],"n":12345678901234567890}`
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Trace", "t1")
		switch r.URL.Path {
		case "/ok":
			answer(404, "application/json", `{"errors":[],"id":1}`)(w, r)
		case "/soft":
			answer(200, "application/json", `{"errors":[{"m":"no"}]}`)(w, r)
		default:
			answer(422, "application/problem+json", problemJSON)(w, r)
		}
	})
	f := load(t, s, `
		@source(name: "api", http: { baseURL: "BASE" }, errors: {
			message: "$.title", extensions: "origin: $('source') code: $('SOURCE_CODE') http: { trace: $response.headers.'x-trace'->first }" })
		type Query {
			inherited: Int @connect(source: "api", http: { GET: "/x" }, selection: "$")
			own(a: Int): Int @connect(source: "api", http: { GET: "/x" }, selection: "$", errors: {
				message: "$.detail", extensions: "code: $('INVALID') fields: fields.name n args: $args status: $status origin: $('connector')" })
			odd: Int @connect(source: "api", http: { GET: "/x" }, selection: "$", errors: { message: "$.code", extensions: "code fields" })
			none: Int @connect(source: "api", http: { GET: "/x" }, selection: "$", errors: { message: "nothing.at.all", extensions: "$.nothing" })
			plain: Int @connect(http: { GET: "BASE/x" }, selection: "$")
			ok: Int @connect(source: "api", http: { GET: "/ok" }, selection: "$.id", isSuccess: "$status->eq(404)")
			soft: Int @connect(source: "api", http: { GET: "/soft" }, selection: "$.id", isSuccess: "$.errors->size->eq(0)", errors: { message: "errors->first.m" })
			unsure: Int @connect(source: "api", http: { GET: "/soft" }, selection: "$.id", isSuccess: "$.absent")
		}`, rest.Options{})
	for _, tt := range []struct{ field, ask, code, message, extensions string }{
		{"inherited", "inherited", "SOURCE_CODE", "Invalid order",
			`{"connector":{"coordinate":"shop:Query.inherited[0]"},"http":{"status":422,"trace":"t1"},"origin":"source","service":"shop"}`},
		{"own", "own(a: 1)", "INVALID", "quantity must be positive",
			`{"args":{"a":1},"connector":{"coordinate":"shop:Query.own[0]"},"fields":["quantity"],"http":{"status":422,"trace":"t1"},"n":12345678901234567890,"origin":"connector","service":"shop","status":422}`},
		{"odd", "odd", "SOURCE_CODE", "Request failed",
			`{"connector":{"coordinate":"shop:Query.odd[0]"},"fields":[{"name":"quantity"}],"http":{"status":422,"trace":"t1"},"origin":"source","service":"shop"}`},
		{"none", "none", "SOURCE_CODE", "Request failed",
			`{"connector":{"coordinate":"shop:Query.none[0]"},"http":{"status":422,"trace":"t1"},"origin":"source","service":"shop"}`},
		{"plain", "plain", "CONNECTOR_FETCH", "Request failed",
			`{"connector":{"coordinate":"shop:Query.plain[0]"},"http":{"status":422},"service":"shop"}`},
		{"soft", "soft", "SOURCE_CODE", "no",
			`{"connector":{"coordinate":"shop:Query.soft[0]"},"http":{"status":200,"trace":"t1"},"origin":"source","service":"shop"}`},
		{"unsure", "unsure", "SOURCE_CODE", "Request failed",
			`{"connector":{"coordinate":"shop:Query.unsure[0]"},"http":{"status":200,"trace":"t1"},"origin":"source","service":"shop"}`},
	} {
		t.Run(tt.field, func(t *testing.T) {
			out := f.query(f.fetch("Query."+tt.field+"[0]", tt.ask)).outcome(t.Context(), 0)
			if len(out.Errors) != 1 {
				t.Fatalf("errors %v, want one", out.Errors)
			}
			e := out.Errors[0]
			if e.Code != tt.code || e.Message != tt.message {
				t.Errorf("got %s %q, want %s %q", e.Code, e.Message, tt.code, tt.message)
			}
			if diff := cmp.Diff(tt.extensions, extensions(t, e)); diff != "" {
				t.Errorf("extensions mismatch (-want +got):\n%s", diff)
			}
		})
	}
	values, errs := f.query(f.fetch("Query.ok[0]", "ok")).run(0)
	want(t, "values", values, `{"ok":1}`)
	want(t, "errors", errs)
}

func TestProblemsAreCounted(t *testing.T) {
	t.Parallel()
	s := answers(t, map[string]string{"/user": `{"id":1}`})
	f := load(t, s, one, rest.Options{})
	values, errs := f.query(f.fetch("Query.user[0]", "user { id name }")).run(0)
	want(t, "values", values, `{"user":{"id":1}}`)
	want(t, "errors", errs)
	if diff := cmp.Diff([]rest.ConnectorStatus{{Coordinate: "shop:Query.user[0]", Problems: 1}}, f.driver.Status()); diff != "" {
		t.Errorf("Status() mismatch (-want +got):\n%s", diff)
	}
}
