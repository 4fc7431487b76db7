package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const twoServices = `
extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "a", http: { baseURL: "http://127.0.0.1:1" })
  @source(name: "b", http: { baseURL: "http://127.0.0.1:1" })
type Query {
  a: String @connect(source: "a", http: { GET: "/" }, selection: "$")
  b: String @connect(source: "b", http: { GET: "/" }, selection: "$")
  plain: String @connect(source: "b", http: { GET: "/plain" }, selection: "$")
  broken: String @connect(source: "b", http: { GET: "/broken" }, selection: "$")
}
`

func TestHeadersOfSeveralServicesComeTogether(t *testing.T) {
	t.Parallel()
	answer := func(headers http.Header) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			switch r.URL.Path {
			case "/":
				for name, values := range headers {
					w.Header()[name] = values
				}
			case "/broken":
				w.WriteHeader(500)
			}
			_, _ = io.WriteString(w, `"x"`)
		}))
		t.Cleanup(s.Close)
		return s
	}
	a := answer(http.Header{"Set-Cookie": {"a=1", "b=2; HttpOnly"}, "Cache-Control": {"public, max-age=60"}, "Vary": {"Accept-Language"},
		"X-Left": {"7"}, "X-Secret": {"s3cret"}})
	b := answer(http.Header{"Set-Cookie": {"c=3"}, "Cache-Control": {"private, max-age=10"}, "X-Left": {"5"}})
	rules := `{ headers: { response: [ { forward: set-cookie }, { forward: cache-control }, { forward: vary }, { forward: x-left, join: min } ] } }`
	path := configure(t, map[string]string{"s.graphql": twoServices}, []string{"s.graphql"}, map[string]string{"a": a.URL, "b": b.URL},
		"services: { a: "+rules+", b: "+rules+" }\n")
	w := &world{startProgram(t, path, nil), client(t)}

	for _, tt := range []struct {
		query        string
		cookies      []string
		cacheControl string
		left         string
	}{
		{"{ a }", []string{"a=1", "b=2; HttpOnly"}, "public, max-age=60", "7"},
		{"{ b a }", []string{"c=3", "a=1", "b=2; HttpOnly"}, "private, max-age=10", "5"}, // in the order of the query
		{"{ a plain }", []string{"a=1", "b=2; HttpOnly"}, "no-store", "7"},               // how long is not known of all
		{"{ a broken }", []string{"a=1", "b=2; HttpOnly"}, "no-store", "7"},
		{"{ plain }", nil, "no-store", ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), "POST", w.url, strings.NewReader(fmt.Sprintf(`{"query": %q}`, tt.query)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := w.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if diff := cmp.Diff(tt.cookies, resp.Header["Set-Cookie"]); diff != "" {
			t.Errorf("%s: cookies (-want +got)\n%s", tt.query, diff)
		}
		if got := resp.Header.Get("Cache-Control"); got != tt.cacheControl {
			t.Errorf("%s: Cache-Control is %q, want %q", tt.query, got, tt.cacheControl)
		}
		if got := resp.Header.Get("X-Left"); got != tt.left || resp.Header["X-Secret"] != nil {
			t.Errorf("%s: X-Left is %q, want %q; X-Secret is %q", tt.query, got, tt.left, resp.Header["X-Secret"])
		}
	}
}

const sharedSchema = `type Query { a: String @connect(source: "a", http: { GET: "/" }, selection: "$") }`

// Two callers whom the service can tell apart never get one answer, however close together they ask.
func TestCallersNeverShareWhatTheServiceTellsApart(t *testing.T) {
	t.Parallel()
	asked, open := make(chan struct{}, 10), make(chan struct{})
	w := newWorld(t, sharedSchema, func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-open:
		case <-r.Context().Done():
		}
		_, _ = fmt.Fprintf(w, "%q", r.Header.Get("Authorization")+r.Header.Get("X-Tenant"))
	}, "services: { a: { sharing: { enabled: true }, headers: { request: [ { forward: authorization }, { forward: x-tenant } ] } } }\n")
	callers := [][]string{{"Authorization", "Bearer ida"}, {"Authorization", "Bearer bo"}, {"X-Tenant", "acme"}, nil}
	got := make(chan error, len(callers))
	for _, headers := range callers {
		go func() {
			want := `{"data":{"a":""}}`
			if headers != nil {
				want = `{"data":{"a":"` + headers[1] + `"}}`
			}
			if status, text, err := w.ask(t.Context(), "{ a }", headers...); err != nil || status != 200 || text != want {
				err = fmt.Errorf("%v got %d %s: %w", headers, status, text, err)
				got <- err
				return
			}
			got <- nil
		}()
	}
	for range callers { // each has a call of its own
		await(t, "a call", asked)
	}
	close(open)
	for range callers {
		if err := <-got; err != nil {
			t.Error(err)
		}
	}
}

func TestThoseWhoShareACallGetTheirAnswerWhenTheFirstHangsUp(t *testing.T) {
	t.Parallel()
	asked, open := make(chan struct{}, 100), make(chan struct{})
	w := newWorld(t, sharedSchema, func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-open:
		case <-r.Context().Done():
		}
		_, _ = io.WriteString(w, `"it"`)
	}, "services: { a: { sharing: { enabled: true } } }\n")
	ctx, hangUp := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, _, err := w.ask(ctx, "{ a }")
		first <- err
	}()
	await(t, "the first call", asked)
	const others = 10
	got := make(chan error, others)
	for range others {
		go func() {
			status, text, err := w.ask(t.Context(), "{ a }")
			if err == nil && (status != 200 || text != `{"data":{"a":"it"}}`) {
				err = fmt.Errorf("%d %s", status, text)
			}
			got <- err
		}()
	}
	// Whether the others have come by now or come later: none of them may be told of the one that went.
	hangUp()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the first got %v", err)
	}
	await(t, "another call", asked)
	close(open)
	for range others {
		if err := <-got; err != nil {
			t.Errorf("another one got %v", err)
		}
	}
}
