package rest_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/resolvers/rest"
	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/value"
)

func TestAServiceReplacesTheOriginOfTheSchema(t *testing.T) {
	t.Parallel()
	s := answers(t, map[string]string{"/tenant/v1/users/1": `{"full_name":"a"}`})
	cfg := upstream.DefaultConfig()
	cfg.Endpoints = endpoint.At(s.URL + "/tenant")
	c, err := upstream.New("users", cfg, upstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	var bound []string
	f := load(t, nil, strings.ReplaceAll(users, "BASE", "https://api.invalid"), rest.Options{
		Bind: func(subgraph string, source *connect.Source) rest.Binding {
			bound = append(bound, subgraph+"."+source.Name)
			return rest.Binding{Client: c}
		},
	})
	values, errs := f.query(f.fetch("Query.user[0]", "user(id: 1) { name }")).run(0)
	want(t, "values", values, `{"user":{"name":"a"}}`)
	want(t, "errors", errs)
	want(t, "bound sources", bound, "shop.api")
	if n := len(f.driver.Clients()); n != 0 {
		t.Errorf("the driver made %d clients of its own, want none", n)
	}
}

func TestOriginsOfTheSchema(t *testing.T) {
	t.Parallel()
	s := answers(t, map[string]string{"/eu/q": `1`, "/q": `2`})
	host := strings.TrimPrefix(s.URL, "http://")
	config, err := value.Scan([]byte(`{"host":"`+host+`"}`), nil, value.NewArena())
	if err != nil {
		t.Fatal(err)
	}
	f := load(t, s, `
		@source(name: "config", http: { baseURL: "http://{$config.host}/{$env.REGION}" })
		@source(name: "plain", http: { baseURL: "BASE" })
		type Query {
			a: Int @connect(source: "config", http: { GET: "/q" }, selection: "$")
			b: Int @connect(source: "plain", http: { GET: "/q" }, selection: "$")
			c: Int @connect(http: { GET: "BASE/q" }, selection: "$")
		}`, rest.Options{
		Bind: func(string, *connect.Source) rest.Binding { return rest.Binding{Config: config} },
		Env:  func(string) (string, bool) { return "eu", true },
	})
	for field, text := range map[string]string{"a": "1", "b": "2", "c": "2"} {
		values, errs := f.query(f.fetch("Query."+field+"[0]", field)).run(0)
		want(t, "values", values, `{"`+field+`":`+text+`}`)
		want(t, "errors", errs)
	}
	clients := f.driver.Clients()
	if len(clients) != 1 || clients[0].Service() != s.URL {
		t.Fatalf("clients %v, want one for %s", clients, s.URL)
	}
	if got := clients[0].Status().Endpoints[0].Requests; got != 3 {
		t.Errorf("%d requests were counted, want 3", got)
	}
}

func TestOriginsThatAreNone(t *testing.T) {
	t.Parallel()
	sg := supergraph(t, `
		@source(name: "a", http: { baseURL: "http://{$env.HOST}/" })
		@source(name: "b", http: { baseURL: "http://{$config.host}/" })
		type Query {
			a: Int @connect(source: "a", http: { GET: "/q" }, selection: "$")
			b: Int @connect(source: "b", http: { GET: "/q" }, selection: "$")
		}`)
	_, err := rest.New(sg, rest.Options{})
	for _, part := range []string{"shop:Query.a[0]: ", "shop:Query.b[0]: ", `"a"`, `"b"`} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("New() error = %v, want something about %s", err, part)
		}
	}
}

func TestValuesDoNotChangeWhereRequestsGo(t *testing.T) {
	t.Parallel()
	s := answers(t, nil)
	f := load(t, s, users, rest.Options{})
	for id, path := range map[string]string{
		"@evil.example/":      "/v1/users/%40evil.example%2F",
		"../../admin":         "/v1/users/..%2F..%2Fadmin",
		"1?x=y#z":             "/v1/users/1%3Fx%3Dy%23z",
		"1\r\nHost: evil":     "/v1/users/1%0D%0AHost%3A%20evil",
		"//evil.example:80/a": "/v1/users/%2F%2Fevil.example%3A80%2Fa",
	} {
		o := f.query(f.fetch("Query.user[0]", "user(id: $id) { name }"))
		o.variables = string(value.AppendString([]byte(`{"id":`), id)) + "}"
		o.run(0)
		s.wantAsked(t, "GET "+path)
	}
}

func TestSecretsStayInside(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := answers(t, map[string]string{"/user?key=s3cret": `{"id":1}`})
	f := load(t, s, `type Query { user: User @connect(http: { GET: "BASE/user", queryParams: "key: $env.KEY" }, selection: "id name") }
		type User { id: ID name: String }`, rest.Options{
		Env: func(string) (string, bool) { return "s3cret", true },
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	values, errs := f.query(f.fetch("Query.user[0]", "user { id name }")).run(0)
	want(t, "values", values, `{"user":{"id":1}}`)
	want(t, "errors", errs)
	for _, part := range []string{"connector=shop:Query.user[0]", "place=Selection", "name"} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("the log has nothing of %q: %s", part, &log)
		}
	}
	if strings.Contains(log.String(), "s3cret") {
		t.Errorf("the log has a secret: %s", &log)
	}
}
