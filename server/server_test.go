package server_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/server"
)

func TestConfigDefaultsAreValid(t *testing.T) {
	t.Parallel()
	c := server.DefaultConfig()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

func TestConfigValidateListsEverything(t *testing.T) {
	t.Parallel()
	c := server.DefaultConfig()
	c.Listen = "4000"
	c.Admin.Listen = "localhost:70000"
	c.Path = "graphql/"
	c.MaxBodyBytes = 0
	c.MaxHeaderBytes = 1
	c.Timeouts.Operation = -1
	c.WebSocket.MaxOperations = 0
	c.WebSocket.MaxConnections = 0
	c.CORS.MaxAge = -1
	c.CORS.AllowOrigins = []string{"*", "app.example.com", "https://app.example.com/"}
	c.CORS.AllowCredentials = true
	c.CORS.AllowHeaders = []string{"a b"}
	c.CSRF.Headers = []string{"", "accept"}
	err := c.Validate()
	if err == nil {
		t.Fatal("Validate() = nil")
	}
	want := strings.Split(`listen: must be host:port or :port (got "4000")
admin.listen: must have a port from 0 to 65535 (got "localhost:70000")
path: must be a path such as /graphql (got "graphql/")
max_body_bytes: must be from 1 to 1 GiB (got 0)
max_header_bytes: must be from 1 KiB to 16 MiB (got 1)
timeouts.operation: must be more than 0 (got -1ns)
websocket.max_operations: must be at least 1 (got 0)
websocket.max_connections: must be at least 1 (got 0)
cors.max_age: must be 0 or more (got -1ns)
cors.allow_origins[1]: must be * or an origin such as https://app.example.com (got "app.example.com")
cors.allow_origins[2]: must be * or an origin such as https://app.example.com (got "https://app.example.com/")
cors.allow_credentials: must be false if every origin is allowed (got true)
cors.allow_headers[0]: must be the name of a header (got "a b")
csrf.headers[0]: must be the name of a header (got "")
csrf.headers[1]: must be a header that browsers do not send without a preflight (got "accept")`, "\n")
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("Validate() (-want +got):\n%s", diff)
	}
	if _, err := server.New(c, newFakeEngine(t), server.Options{}); err == nil {
		t.Error("New() takes it")
	}
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	ready := make(chan server.Readiness, 1)
	f := start(t, func(_ *server.Config, o *server.Options) {
		o.Ready = func() server.Readiness { return <-ready }
		o.Admin = map[string]http.Handler{"GET /metrics": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "metrics")
		})}
	})
	base := "http://" + f.AdminAddr().String()
	for _, tc := range []struct {
		name, method, path string
		ready              server.Readiness
		status             int
		want               string
	}{
		{"alive", "GET", "/healthz", server.Readiness{}, 200, `{"status":"ok"}`},
		{"ready", "GET", "/readyz", server.Readiness{Ready: true, Detail: map[string]int{"snapshot": 3}}, 200, `{"status":"ready","detail":{"snapshot":3}}`},
		{"not ready", "GET", "/readyz", server.Readiness{Detail: []string{"no schema"}}, 503, `{"status":"not ready","detail":["no schema"]}`},
		{"a detail that has no JSON", "GET", "/readyz", server.Readiness{Ready: true, Detail: func() {}}, 200, `{"status":"ready"}`},
		{"a handler of the program", "GET", "/metrics", server.Readiness{}, 200, `metrics`},
		{"nothing is posted", "POST", "/healthz", server.Readiness{}, 405, ""},
		{"GraphQL is not here", "GET", "/graphql", server.Readiness{}, 404, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.path == "/readyz" {
				ready <- tc.ready
			}
			got := f.do(t, tc.method, base+tc.path, "")
			if got.Status != tc.status || tc.want != "" && strings.TrimSpace(got.Body) != tc.want {
				t.Errorf("status %d, body %s, want %d, %s", got.Status, got.Body, tc.status, tc.want)
			}
		})
	}
}

// While the server stops, operations in flight go on, no connection is taken, and /readyz says no.
func TestCloseDrains(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	done := make(chan reply, 1)
	go func() { done <- f.do(t, "POST", "", `{"query":"{ wait }"}`, isJSON) }()
	<-f.engine.waiting
	closed := make(chan error, 1)
	go func() { closed <- f.Close(t.Context()) }()
	for {
		conn, err := net.Dial("tcp", f.Addr().String())
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	if got := f.do(t, "GET", "http://"+f.AdminAddr().String()+"/readyz", ""); got.Status != 503 || !strings.Contains(got.Body, "stopping") {
		t.Errorf("/readyz: %d %s", got.Status, got.Body)
	}
	close(f.engine.release)
	if got := <-done; got.Status != 200 {
		t.Errorf("the operation in flight: %d %s", got.Status, got.Body)
	}
	f.client.CloseIdleConnections()
	if err := <-closed; err != nil {
		t.Errorf("Close() = %v", err)
	}
	if err := f.Close(t.Context()); err != nil {
		t.Errorf("a second Close() = %v", err)
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	taken := f.Addr().String()
	for name, change := range map[string]func(*server.Config){
		"clients": func(c *server.Config) { c.Listen, c.Admin.Listen = taken, "" },
		"admin":   func(c *server.Config) { c.Listen, c.Admin.Listen = "127.0.0.1:0", taken },
	} {
		c := server.DefaultConfig()
		change(&c)
		s, err := server.New(c, f.engine, server.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "address already in use") {
			t.Errorf("%s: Start() = %v", name, err)
		}
		if s.AdminAddr() != nil {
			t.Errorf("%s: AdminAddr() = %v", name, s.AdminAddr())
		}
		if err := s.Close(t.Context()); err != nil {
			t.Errorf("%s: Close() = %v", name, err)
		}
		if err := s.Start(t.Context()); err == nil {
			t.Errorf("%s: a closed server starts", name)
		}
	}
	if err := f.Start(t.Context()); err == nil {
		t.Error("a server starts twice")
	}
}

// A program may mount gqlgen's own transports: the executor works with them too.
func TestTransportOfGqlgen(t *testing.T) {
	t.Parallel()
	f := start(t, func(_ *server.Config, o *server.Options) {
		o.Transports = []graphql.Transport{transport.GRAPHQL{}}
	})
	const isGraphQL = "Content-Type: application/graphql"
	for _, tc := range []struct{ name, query, want string }{
		{"a query", `{ hello }`, `{"data":{"hello":"Hello, world!"}}`},
		{"a bad query", `{`, `"code":"GRAPHQL_PARSE_FAILED"`},
		{"a panic", `{ panic }`, `Internal server error.`},
	} {
		if got := f.do(t, "POST", "", tc.query, isGraphQL); !strings.Contains(got.Body, tc.want) {
			t.Errorf("%s: %d %s", tc.name, got.Status, got.Body)
		}
	}
	if got := f.do(t, "POST", "", `{"query":"{ hello }"}`, isJSON); got.Status != 200 {
		t.Errorf("POST beside it: %d %s", got.Status, got.Body)
	}
}

func TestRequestIDOutsideOfARequest(t *testing.T) {
	t.Parallel()
	if id := server.RequestID(context.Background()); id != "" {
		t.Errorf("RequestID() = %q", id)
	}
}
