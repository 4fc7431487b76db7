package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

const routed = `
routes:
  - { path: "/users/{id}", operation: { text: "query ($id: ID!) { user(id: $id) { name } }" } }
  - { path: "/raw/{path...}", service: api, rewrite: { strip_prefix: /raw }, max_body_bytes: 1000, idle_timeout: 20s }
`

const routedSchema = `
extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "api", http: { baseURL: "http://127.0.0.1:1" })
type Query { user(id: ID!): User @connect(source: "api", http: { GET: "/users/{$args.id}" }, selection: "name") }
type User { name: String }
`

// startRouted runs the program with routes in front of a service, and returns its origin.
func startRouted(t *testing.T, more string, h http.HandlerFunc) (string, *program) {
	t.Helper()
	api := httptest.NewServer(h)
	t.Cleanup(api.Close)
	schema := map[string]string{"api.graphql": routedSchema}
	p := startProgram(t, configure(t, schema, []string{"api.graphql"}, map[string]string{"api": api.URL}, routed+more), nil)
	return strings.TrimSuffix(p.url, "/graphql"), p
}

func TestRoutesAreServedBesideGraphQL(t *testing.T) {
	t.Parallel()
	url, _ := startRouted(t, "", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		_, _ = fmt.Fprintf(w, `{"name": %q}`, r.URL.Path)
	})
	c := client(t)
	for path, want := range map[string]string{
		"/users/7":      `{"user":{"name":"/users/7"}}`,
		"/raw/users/7":  `{"name": "/users/7"}`,
		"/openapi.json": `"openapi": "3.1.0"`,
		"/raw/%2e%2e/x": `leads out of its folder`,
		"/nowhere":      `404`,
	} {
		resp, err := c.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if !strings.Contains(string(text), want) {
			t.Errorf("%s: got %d %s, want %s", path, resp.StatusCode, text, want)
		}
		policy := resp.Header.Get("Content-Security-Policy")
		if own := strings.HasPrefix(policy, "default-src 'none'"); path == "/raw/users/7" && policy != "default-src 'self'" || path == "/users/7" && !own {
			t.Errorf("%s: the policy of its pages is %q", path, policy)
		}
		if resp.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s: the answer has no id", path)
		}
	}
}

func TestAPageOfAnotherOriginCannotPostToAnOperation(t *testing.T) {
	t.Parallel()
	url, _ := startRouted(t, `  - { path: "/users/{id}/find", methods: [POST], operation: { text: "query ($id: ID!) { user(id: $id) { name } }" } }`+"\n",
		func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"name": "Ida"}`)
		})
	for header, want := range map[string]int{"https://evil.example": 403, "": 200} {
		r, _ := http.NewRequestWithContext(t.Context(), "POST", url+"/users/7/find", nil)
		if header != "" {
			r.Header.Set("Origin", header)
		}
		resp, err := client(t).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("origin %q: %d, want %d", header, resp.StatusCode, want)
		}
	}
}

func TestAWebSocketPassesThroughARouteAndEndsWithTheProgram(t *testing.T) {
	t.Parallel()
	url, p := startRouted(t, "", func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		defer func() { _ = conn.CloseNow() }()
		for {
			kind, text, err := conn.Read(r.Context())
			if err != nil || conn.Write(r.Context(), kind, append([]byte("echo "), text...)) != nil {
				return
			}
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, strings.Replace(url, "http", "ws", 1)+"/raw/socket", &websocket.DialOptions{HTTPClient: client(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	for i := range 3 {
		if err := conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, "%d", i)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := conn.Read(ctx); err != nil || string(got) != fmt.Sprintf("echo %d", i) {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	p.close(t) // waits for the end of the program
	if _, _, err := conn.Read(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("the socket outlives the program: %v", err)
	}
}

func TestBadBytesOnARouteHarmNobody(t *testing.T) {
	t.Parallel()
	url, _ := startRouted(t, "", func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		_, _ = fmt.Fprintf(w, `{"name": "%d bytes"}`, len(text))
	})
	address := strings.TrimPrefix(url, "http://")
	for name, tt := range map[string]struct{ send, want string }{
		"both lengths":            {"POST /raw/a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", `"0 bytes"`},
		"two lengths":             {"POST /raw/a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "400 Bad Request"},
		"an encoding of its own":  {"POST /raw/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", "501 "},
		"chunks that are garbage": {"POST /raw/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 400"},
		"a body over the limit":   {"POST /raw/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n", "HTTP/1.1 413"},
		"a header of its own":     {"GET /raw/a HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c: d\r\n\r\n", "HTTP/1.1 "},
		"a huge header":           {"GET /raw/a HTTP/1.1\r\nHost: a\r\nX-A: " + strings.Repeat("x", 100_000) + "\r\n\r\n", "431 "},
	} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		_, _ = io.WriteString(conn, tt.send)
		var got strings.Builder
		piece := make([]byte, 4096)
		for !strings.Contains(got.String(), tt.want) {
			n, err := conn.Read(piece)
			got.Write(piece[:n])
			if err != nil {
				break
			}
		}
		_ = conn.Close()
		if !strings.Contains(got.String(), tt.want) {
			t.Errorf("%s: got %q, want %s", name, got.String(), tt.want)
		}
	}
	resp, err := client(t).Get(url + "/raw/a")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("afterwards: %d", resp.StatusCode)
	}
}
