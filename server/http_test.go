package server_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixture is a server on a listener of its own, and the engine behind it.
type fixture struct {
	*server.Server
	engine *fakeEngine
	url    string // of GraphQL
	client *http.Client
	log    *bytes.Buffer // read it after the server is closed
}

// start starts a server with the defaults, as changed by change.
func start(t testing.TB, change func(*server.Config, *server.Options)) *fixture {
	t.Helper()
	config := server.DefaultConfig()
	config.Listen, config.Admin.Listen = "127.0.0.1:0", "127.0.0.1:0"
	log := &bytes.Buffer{}
	options := server.Options{Log: slog.New(slog.NewTextHandler(log, nil))}
	if change != nil {
		change(&config, &options)
	}
	f := &fixture{engine: newFakeEngine(t), client: &http.Client{Transport: &http.Transport{DisableCompression: true}}, log: log}
	s, err := server.New(config, f.engine, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.Server, f.url = s, "http://"+s.Addr().String()+"/graphql"
	t.Cleanup(func() { f.stop(t) })
	return f
}

func (f *fixture) stop(t testing.TB) {
	f.client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := f.Close(ctx); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if n := f.engine.loaned.Load(); n != 0 {
		t.Errorf("%d responses were not released", n)
	}
}

// reply is what a test looks at of an answer.
type reply struct {
	Status int
	Header http.Header
	Body   string
}

// do sends one request: "METHOD target", lines of headers, and a body.
func (f *fixture) do(t testing.TB, method, target, body string, headers ...string) reply {
	t.Helper()
	if strings.HasPrefix(target, "?") {
		target = f.url + target
	} else if target == "" {
		target = f.url
	}
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, target, reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if strings.EqualFold(name, "Host") {
			req.Host = value
		}
		req.Header.Add(name, value)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(text)}
}

const (
	isJSON        = "Content-Type: application/json"
	takesJSON     = "Accept: application/json"
	takesResponse = "Accept: application/graphql-response+json"
)

func TestStatusAndBody(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config, _ *server.Options) { c.MaxBodyBytes = 2000 })

	bad := func(message string) string {
		return `{"errors":[{"message":"` + message + `","extensions":{"code":"BAD_REQUEST"}}]}`
	}
	for _, tc := range []struct {
		name    string
		method  string
		target  string
		body    string
		headers []string
		status  int
		want    string // the whole body; empty: not looked at
	}{
		{"a query is answered", "POST", "", `{"query":"{ hello }"}`, []string{isJSON}, 200, `{"data":{"hello":"Hello, world!"}}`},
		{"variables are passed", "POST", "", `{"query":"query($n: String) { hello(name: $n) }","variables":{"n":"é\u00e9"}}`, []string{isJSON}, 200, `{"data":{"hello":"Hello, éé!"}}`},
		{"members may come in any order and unknown ones are ignored", "POST", "", ` {"variables" : {"n":"x"} , "id":[1,{"a":2}], "query":"query A($n: String) { hello(name: $n) } query B { __typename }", "operationName":"A"} `, []string{isJSON}, 200, `{"data":{"hello":"Hello, x!"}}`},
		{"nulls are as good as nothing", "POST", "", `{"query":"{ hello }","operationName":null,"variables":null,"extensions":null}`, []string{isJSON}, 200, `{"data":{"hello":"Hello, world!"}}`},
		{"a mutation runs over POST", "POST", "", `{"query":"mutation { touch }"}`, []string{isJSON}, 200, `{"data":{"touch":1}}`},
		{"partial data keeps 200", "POST", "", `{"query":"{ partial }"}`, []string{isJSON, takesResponse}, 200, `{"data":{"partial":null},"errors":[{"message":"The <source> failed.","path":["partial"],"extensions":{"alpha":["a"],"code":"CONNECTOR_FETCH","zeta":1.50}}]}`},

		{"GET", "GET", "?query=%7Bhello%7D", "", nil, 200, `{"data":{"hello":"Hello, world!"}}`},
		{"GET with variables and a name", "GET", "?" + url.Values{"query": {"query A($n: String) { hello(name: $n) }"}, "variables": {`{"n":"x"}`}, "operationName": {"A"}, "extensions": {"{}"}}.Encode(), "", nil, 200, `{"data":{"hello":"Hello, x!"}}`},
		{"a mutation does not run over GET", "GET", "?query=mutation%7Btouch%7D", "", []string{takesJSON}, 405, `{"errors":[{"message":"Mutations need POST.","extensions":{"code":"METHOD_NOT_ALLOWED"}}]}`},
		{"GET without a query", "GET", "", "", nil, 400, bad("The parameter query is missing.")},
		{"GET with a parameter twice", "GET", "?query=%7Bhello%7D&query=%7Bhello%7D", "", nil, 400, bad("The parameter query is given 2 times.")},
		{"GET with a broken query string", "GET", "?query=%zz", "", nil, 400, bad("The query string of the URL is not valid.")},
		{"GET with variables that are no map", "GET", "?query=%7Bhello%7D&variables=[1]", "", nil, 400, bad("The parameter variables must be the JSON text of a map.")},
		{"GET with variables that are no JSON", "GET", "?query=%7Bhello%7D&variables=%7B", "", nil, 400, bad("The parameter variables must be the JSON text of a map.")},

		{"a syntax error, for a client of application/json", "POST", "", `{"query":"{"}`, []string{isJSON, takesJSON}, 200, ""},
		{"a syntax error, for a client of graphql-response+json", "POST", "", `{"query":"{"}`, []string{isJSON, takesResponse}, 400, ""},
		{"an unknown field, for a client of application/json", "POST", "", `{"query":"{ nope }"}`, []string{isJSON, takesJSON}, 200, ""},
		{"an unknown field, for a client of graphql-response+json", "POST", "", `{"query":"{ nope }"}`, []string{isJSON, takesResponse}, 400, ""},
		{"a wrong variable, for a client of graphql-response+json", "POST", "", `{"query":"query($n: Int!) { big(size: $n) }"}`, []string{isJSON, takesResponse}, 400, ""},
		{"an operation without a plan is the server's fault", "POST", "", `{"query":"{ unplanned }"}`, []string{isJSON, takesJSON}, 500, `{"errors":[{"message":"There is no plan.","extensions":{"code":"QUERY_PLANNING_FAILED"}}]}`},
		{"a panic in execution", "POST", "", `{"query":"{ panic }"}`, []string{isJSON, takesJSON}, 500, `{"errors":[{"message":"Internal server error.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`},
		{"a panic in preparation", "POST", "", `{"query":"{ panicInPrepare }"}`, []string{isJSON, takesResponse}, 500, `{"errors":[{"message":"Internal server error.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`},

		{"no body", "POST", "", "", []string{isJSON}, 400, bad("The request body is missing.")},
		{"not JSON", "POST", "", `{"query":`, []string{isJSON}, 400, bad("The request body is not valid JSON, at byte 9.")},
		{"not JSON from the start", "POST", "", `query { hello }`, []string{isJSON}, 400, bad("The request body is not valid JSON, at byte 0.")},
		{"a string", "POST", "", `"{ hello }"`, []string{isJSON}, 400, bad("The request body must be a JSON object.")},
		{"a batch", "POST", "", `[{"query":"{ hello }"}]`, []string{isJSON}, 400, bad("The request body is a list. Requests cannot be sent in batches.")},
		{"something after the object", "POST", "", `{"query":"{ hello }"}{}`, []string{isJSON}, 400, bad("The request body has something after its JSON object.")},
		{"a member twice", "POST", "", `{"query":"{ hello }","query":"{ hello }"}`, []string{isJSON}, 400, bad("The request body names a member of an object twice, at byte 21.")},
		{"invalid UTF-8", "POST", "", "{\"query\":\"{ hello(name: \\\"\xff\\\") }\"}", []string{isJSON}, 400, ""},
		{"no query", "POST", "", `{"queri":"{ hello }"}`, []string{isJSON}, 400, bad("The parameter query is missing.")},
		{"a query of a wrong type", "POST", "", `{"query":null}`, []string{isJSON}, 400, bad("The parameter query must be a string.")},
		{"a name of a wrong type", "POST", "", `{"query":"{ hello }","operationName":1}`, []string{isJSON}, 400, bad("The parameter operationName must be a string.")},
		{"variables of a wrong type", "POST", "", `{"query":"{ hello }","variables":[]}`, []string{isJSON}, 400, bad("The parameter variables must be a map.")},
		{"extensions of a wrong type", "POST", "", `{"query":"{ hello }","extensions":"x"}`, []string{isJSON}, 400, bad("The parameter extensions must be a map.")},
		{"a large body", "POST", "", `{"query":"{ hello }","x":"` + strings.Repeat("x", 2000) + `"}`, []string{isJSON}, 413, `{"errors":[{"message":"The request body is larger than 2000 bytes.","extensions":{"code":"OPERATION_LIMIT_EXCEEDED"}}]}`},

		{"no content type", "POST", "", `{"query":"{ hello }"}`, nil, 415, ""},
		{"a content type that needs no preflight", "POST", "", `{"query":"{ hello }"}`, []string{"Content-Type: text/plain"}, 415, ""},
		{"a content type that hides JSON in a parameter", "POST", "", `{"query":"{ hello }"}`, []string{"Content-Type: text/plain; application/json"}, 415, ""},
		{"two content types", "POST", "", `{"query":"{ hello }"}`, []string{isJSON, "Content-Type: text/plain"}, 415, ""},
		{"a form", "POST", "", `query={hello}`, []string{"Content-Type: application/x-www-form-urlencoded"}, 415, ""},
		{"JSON in UTF-8", "POST", "", `{"query":"{ hello }"}`, []string{`Content-Type: application/json; charset="UTF-8"`}, 200, ""},
		{"JSON in another encoding", "POST", "", `{"query":"{ hello }"}`, []string{"Content-Type: application/json; charset=utf-16"}, 415, ""},
		{"a compressed body", "POST", "", `{"query":"{ hello }"}`, []string{isJSON, "Content-Encoding: gzip"}, 415, ""},
		{"a client that accepts neither", "POST", "", `{"query":"{ hello }"}`, []string{isJSON, "Accept: text/html"}, 406, ""},
		{"PUT", "PUT", "", `{"query":"{ hello }"}`, []string{isJSON}, 405, ""},
		{"HEAD", "HEAD", "?query=%7Bhello%7D", "", nil, 405, ""},
		{"another path", "GET", f.url + "/more", "", nil, 404, bad("There is nothing at this path.")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := f.do(t, tc.method, tc.target, tc.body, tc.headers...)
			if got.Status != tc.status {
				t.Errorf("status = %d, want %d: %s", got.Status, tc.status, got.Body)
			}
			if tc.want != "" {
				if diff := cmp.Diff(tc.want, got.Body); diff != "" {
					t.Errorf("body (-want +got):\n%s", diff)
				}
			}
			wantType := "application/json; charset=utf-8"
			if len(tc.headers) > 1 && tc.headers[1] == takesResponse {
				wantType = "application/graphql-response+json; charset=utf-8"
			}
			if got.Header.Get("Content-Type") != wantType {
				t.Errorf("Content-Type = %q, want %q", got.Header.Get("Content-Type"), wantType)
			}
			if got.Status != 200 && tc.method != "HEAD" && strings.Contains(got.Body, `"data"`) {
				t.Errorf("a request error has data: %s", got.Body)
			}
			for _, name := range []string{"X-Request-Id", "X-Content-Type-Options", "Content-Length", "Content-Security-Policy"} {
				if got.Header.Get(name) == "" {
					t.Errorf("there is no %s", name)
				}
			}
			if tc.status == 405 && got.Header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
		})
	}
}

func TestPanicIsLoggedAndNotShown(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	got := f.do(t, "POST", "", `{"query":"{ panic }"}`, isJSON, "X-Request-Id: abc-1")
	if strings.Contains(got.Body, "secret") {
		t.Errorf("the answer shows the panic: %s", got.Body)
	}
	if id := got.Header.Get("X-Request-Id"); id != "abc-1" {
		t.Errorf("X-Request-Id = %q, want abc-1", id)
	}
	if again := f.do(t, "POST", "", `{"query":"{ hello }"}`, isJSON); again.Status != 200 {
		t.Errorf("the next request: status = %d", again.Status)
	}
	f.stop(t)
	for _, want := range []string{"execute: secret", "request_id=abc-1", "engine_test.go"} {
		if !strings.Contains(f.log.String(), want) {
			t.Errorf("the log lacks %q", want)
		}
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	for _, tc := range []struct {
		name, sent string
		kept       bool
	}{
		{"one that is made of letters is kept", "01HZX-req.7", true},
		{"one with spaces is not", "a b", false},
		{"a long one is not", strings.Repeat("a", 129), false},
		{"none", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			headers := []string{isJSON}
			if tc.sent != "" {
				headers = append(headers, "X-Request-Id: "+tc.sent)
			}
			got := f.do(t, "POST", "", `{"query":"{ hello }"}`, headers...).Header.Get("X-Request-Id")
			if got == "" || (got == tc.sent) != tc.kept {
				t.Errorf("X-Request-Id = %q after %q", got, tc.sent)
			}
		})
	}
}

func TestClientThatGoesAwayCancelsTheOperation(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	for name, accept := range map[string]string{"POST": takesJSON, "server-sent events": "Accept: text/event-stream"} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			req, err := http.NewRequestWithContext(ctx, "POST", f.url, strings.NewReader(`{"query":"{ wait }"}`))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Accept", strings.TrimPrefix(accept, "Accept: "))
			done := make(chan error, 1)
			go func() {
				resp, err := f.client.Do(req)
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
				}
				done <- err
			}()
			<-f.engine.waiting
			cancel()
			if cause := <-f.engine.canceled; !errors.Is(cause, context.Canceled) {
				t.Errorf("the operation's context ended with %v", cause)
			}
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("Do() = %v", err)
			}
		})
	}
}

func TestOperationThatTakesTooLong(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config, _ *server.Options) { c.Timeouts.Operation = 20 * time.Millisecond })
	got := f.do(t, "POST", "", `{"query":"{ wait }"}`, isJSON)
	if got.Status != 504 {
		t.Errorf("status = %d, want 504: %s", got.Status, got.Body)
	}
}

// A deadline for the body is the connection's: without taking it back, it would end a longer operation as if the client
// had gone away.
func TestOperationMayOutlastTheTimeOfTheBody(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config, _ *server.Options) { c.Timeouts.ReadBody = 30 * time.Millisecond })
	done := make(chan reply, 1)
	go func() { done <- f.do(t, "POST", "", `{"query":"{ wait }"}`, isJSON) }()
	<-f.engine.waiting
	timer := time.NewTimer(100 * time.Millisecond)
	defer timer.Stop()
	select {
	case cause := <-f.engine.canceled:
		t.Errorf("the operation was cancelled: %v", cause)
	case <-timer.C:
	}
	close(f.engine.release)
	if got := <-done; got.Status != 200 {
		t.Errorf("status = %d: %s", got.Status, got.Body)
	}
}

func TestSlowBody(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config, _ *server.Options) { c.Timeouts.ReadBody = 20 * time.Millisecond })
	for _, tc := range []struct{ name, head, status string }{
		{"that is wanted", "POST /graphql HTTP/1.1\r\nContent-Type: application/json", "408"},
		{"that is not", "POST /graphql HTTP/1.1\r\nContent-Type: text/plain", "415"},
		{"of another path", "POST /more HTTP/1.1", "404"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			text := f.raw(t, tc.head+"\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
			if !strings.HasPrefix(text, "HTTP/1.1 "+tc.status+" ") {
				t.Errorf("answer = %q, want %s", text, tc.status)
			}
		})
	}
}

// raw sends text and returns all that comes back until the server closes the connection.
func (f *fixture) raw(t *testing.T, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", f.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Errorf("the connection was not closed: %v", err)
	}
	return string(answer)
}

func TestAnswersLargerThanEveryBuffer(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	got := f.do(t, "POST", "", `{"query":"{ big(size: 3000000) }"}`, isJSON)
	if want := 3_000_000 + len(`{"data":{"big":""}}`); len(got.Body) != want || got.Header.Get("Content-Length") == "" {
		t.Errorf("%d bytes, Content-Length %q, want %d", len(got.Body), got.Header.Get("Content-Length"), want)
	}
}

func TestRecordOfARequest(t *testing.T) {
	t.Parallel()
	records := make(chan server.Record, 10)
	f := start(t, func(c *server.Config, o *server.Options) {
		c.AccessLog = true
		o.OnRequest = func(ctx context.Context, r server.Record) {
			if id := server.RequestID(ctx); id != r.RequestID {
				t.Errorf("RequestID() = %q, the record has %q", id, r.RequestID)
			}
			records <- r
		}
	})
	f.do(t, "POST", "", `{"query":"{ panic }"}`, isJSON, "X-Request-Id: seven")
	got := <-records
	if got.Duration <= 0 || got.RemoteAddr == "" {
		t.Errorf("record = %+v", got)
	}
	got.Duration, got.RemoteAddr = 0, ""
	want := server.Record{RequestID: "seven", Method: "POST", Path: "/graphql", Status: 500, Bytes: 95}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	f.stop(t)
	if !strings.Contains(f.log.String(), "request_id=seven") || !strings.Contains(f.log.String(), "status=500") {
		t.Errorf("the access log lacks the request: %s", f.log)
	}
}

func TestServerSentEvents(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	for _, tc := range []struct{ name, query, want string }{
		{"a query", `{ hello }`, ":\n\nevent: next\ndata: {\"data\":{\"hello\":\"Hello, world!\"}}\n\nevent: complete\ndata:\n\n"},
		{"a mutation", `mutation { touch }`, ":\n\nevent: next\ndata: {\"data\":{\"touch\":1}}\n\nevent: complete\ndata:\n\n"},
		{"a bad query", `{ unplanned }`, ":\n\nevent: next\ndata: {\"errors\":[{\"message\":\"There is no plan.\",\"extensions\":{\"code\":\"QUERY_PLANNING_FAILED\"}}]}\n\nevent: complete\ndata:\n\n"},
		{"a panic", `{ panic }`, ":\n\nevent: next\ndata: {\"errors\":[{\"message\":\"Internal server error.\",\"extensions\":{\"code\":\"INTERNAL_SERVER_ERROR\"}}]}\n\nevent: complete\ndata:\n\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := f.do(t, "POST", "", `{"query":"`+tc.query+`"}`, isJSON, "Accept: text/event-stream")
			if diff := cmp.Diff(tc.want, got.Body); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			if ct := got.Header.Get("Content-Type"); got.Status != 200 || ct != "text/event-stream; charset=utf-8" {
				t.Errorf("status %d, Content-Type %q", got.Status, ct)
			}
		})
	}
	t.Run("over GET, as EventSource sends it", func(t *testing.T) {
		t.Parallel()
		got := f.do(t, "GET", "?query=%7Bhello%7D", "", "Accept: text/event-stream", "Sec-Fetch-Site: same-origin")
		if !strings.Contains(got.Body, "event: complete") {
			t.Errorf("body = %q", got.Body)
		}
	})
	t.Run("what is no GraphQL request is answered with a status", func(t *testing.T) {
		t.Parallel()
		got := f.do(t, "POST", "", `{`, isJSON, "Accept: text/event-stream")
		if got.Status != 400 || got.Header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("status %d, %v", got.Status, got.Header)
		}
	})
}

func TestServerSentEventsKeepTheConnectionAlive(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config, _ *server.Options) { c.SSE.KeepAlive = time.Millisecond })
	req, err := http.NewRequestWithContext(t.Context(), "POST", f.url, strings.NewReader(`{"query":"{ wait }"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	resp, err := f.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	early := make([]byte, len(":\n\n:\n\n:\n\n"))
	if _, err := io.ReadFull(resp.Body, early); err != nil || string(early) != ":\n\n:\n\n:\n\n" {
		t.Fatalf("before the answer: %q, %v", early, err)
	}
	close(f.engine.release)
	rest, err := io.ReadAll(resp.Body)
	if err != nil || !strings.HasSuffix(string(rest), "event: next\ndata: {\"data\":{\"wait\":true}}\n\nevent: complete\ndata:\n\n") {
		t.Errorf("rest = %q, %v", rest, err)
	}
}

func TestHandlerWorksInAnotherServer(t *testing.T) {
	t.Parallel()
	s, err := server.New(server.DefaultConfig(), newFakeEngine(t), server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(http.StripPrefix("/api", s.Handler()))
	defer ts.Close()
	f := &fixture{client: ts.Client()}
	if got := f.do(t, "POST", ts.URL+"/api/graphql", `{"query":"{ hello }"}`, isJSON); got.Status != 200 {
		t.Errorf("status = %d: %s", got.Status, got.Body)
	}
}
