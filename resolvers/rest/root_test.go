package rest_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/resolvers/rest"
	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/value"
)

const users = `
	@source(name: "api", http: { baseURL: "BASE/v1" })
	type Query {
		user(id: ID): User @connect(source: "api", http: { GET: "/users/{$args.id}" }, selection: "id name: full_name age")
		users(first: Int = 10): [User] @connect(source: "api", http: { GET: "/users", queryParams: "limit: $args.first" }, selection: "$.items { id name: full_name age }")
		count: Int @connect(source: "api", http: { GET: "/count" }, selection: "$.n")
		version: String @connect(source: "api", http: { GET: "/version" }, selection: "$")
	}
	type Mutation {
		add(name: String!): User @connect(source: "api", http: { POST: "/users", body: "{ full_name: $args.name }" }, selection: "id name: full_name age")
		drop(id: ID): Boolean @connect(source: "api", http: { DELETE: "/users/{$args.id}" }, selection: "$(true)")
		refresh: Boolean @connect(source: "api", http: { GET: "/refresh" }, selection: "$(true)")
	}
	type User { id: ID! name: String age: Int }`

func TestRootFields(t *testing.T) {
	t.Parallel()
	s := answers(t, map[string]string{
		"/v1/users/1":        `{"id":1,"full_name":"Ada","age":36,"secret":true}`,
		"/v1/users/a%2Fb":    `{"id":"a/b"}`,
		"/v1/users?limit=2":  `{"items":[{"id":1,"full_name":"Ada"},{"id":2,"full_name":null}]}`,
		"/v1/users?limit=10": `{"items":null}`,
		"/v1/count":          `{"n":42}`,
	})
	f := load(t, s, users, rest.Options{})
	for _, tt := range []struct {
		name, coordinate, ask, variables, want, asked string
	}{
		{"only what is asked for comes back", "Query.user[0]", "user(id: 1) { name }", "{}", `{"user":{"name":"Ada"}}`, "GET /v1/users/1"},
		{"a variable is encoded", "Query.user[0]", "user(id: $id) { id name }", `{"id":"a/b"}`, `{"user":{"id":"a/b"}}`, "GET /v1/users/a%2Fb"},
		{"a list", "Query.users[0]", "users(first: 2) { id name }", "{}", `{"users":[{"id":1,"name":"Ada"},{"id":2,"name":null}]}`, "GET /v1/users?limit=2"},
		{"a default", "Query.users[0]", "users { id }", "{}", `{"users":null}`, "GET /v1/users?limit=10"},
		{"a leaf", "Query.count[0]", "count", "{}", `{"count":42}`, "GET /v1/count"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := f.query(f.fetch(tt.coordinate, tt.ask))
			o.variables = tt.variables
			values, errs := o.run(0)
			want(t, "values", values, tt.want)
			want(t, "errors", errs)
			s.wantAsked(t, tt.asked)
		})
	}
}

func TestNoValueInThePath(t *testing.T) {
	t.Parallel()
	s := answers(t, nil)
	f := load(t, s, users, rest.Options{})

	values, errs := f.query(f.fetch("Query.user[0]", "user(id: null) { name }")).run(0)
	want(t, "values", values, `{"user":null}`)
	want(t, "errors", errs)

	// A mutation that was not done must not look done.
	values, errs = f.operation(ast.Mutation, f.fetch("Mutation.drop[0]", "drop(id: null)")).run(0)
	want(t, "values", values, "missing")
	want(t, "errors", errs, "-1 [drop] CONNECTOR_REQUEST_INVALID The request to the service lacks a value in its path.")
	s.wantAsked(t)
}

func TestEqualRequestsOfOneOperation(t *testing.T) {
	t.Parallel()
	s := answers(t, map[string]string{
		"/v1/users/1": `{"id":1,"full_name":"Ada","age":36}`,
		"/v1/users/2": `{"id":2,"full_name":"Bob","age":7}`,
		"/v1/refresh": `{}`,
	})
	f := load(t, s, users, rest.Options{})

	o := f.query(f.fetch("Query.user[0]", `user(id: "1") { name }`), f.fetch("Query.user[0]", "user(id: $a) { age }"),
		f.fetch("Query.user[0]", "user(id: 2) { name }"))
	o.variables = `{"a":1}`
	for i, w := range []string{`{"user":{"name":"Ada"}}`, `{"user":{"age":36}}`, `{"user":{"name":"Bob"}}`} {
		values, errs := o.run(i)
		want(t, "values", values, w)
		want(t, "errors", errs)
	}
	s.wantAsked(t, "GET /v1/users/1", "GET /v1/users/2")

	// Nor do connectors differ: what counts is what is sent.
	g := load(t, s, `
		type Query { user(id: ID): User @connect(http: { GET: "BASE/v1/users/{$args.id}" }, selection: "name: full_name") }
		type User @connect(http: { GET: "BASE/v1/users/{$this.id}" }, selection: "id age") { id: ID! name: String age: Int }`, rest.Options{})
	o2 := g.query(g.fetch("Query.user[0]", "user(id: 1) { name }"), g.fetch("User[0]", "age"))
	o2.run(0)
	values, errs := o2.run(1, `{"id":1}`)
	want(t, "values", values, `{"age":36}`)
	want(t, "errors", errs)
	s.wantAsked(t, "GET /v1/users/1")

	// Nothing outlives the operation.
	o = o.again()
	o.run(0)
	s.wantAsked(t, "GET /v1/users/1")

	// Mutations are all sent, whatever their method.
	m := f.operation(ast.Mutation, f.fetch("Mutation.refresh[0]", "refresh"), f.fetch("Mutation.refresh[0]", "refresh"))
	for i := range 2 {
		values, errs := m.run(i)
		want(t, "values", values, `{"refresh":true}`)
		want(t, "errors", errs)
	}
	s.wantAsked(t, "GET /v1/refresh", "GET /v1/refresh")
}

func TestAMutationEndsWhatWasRead(t *testing.T) {
	t.Parallel()
	n := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == "GET" {
			n++
		}
		fmt.Fprintf(w, `{"id":1,"total":%d}`, n)
	})
	f := load(t, s, `
		type Query { one: T @connect(http: { GET: "BASE/one" }, selection: "id") }
		type Mutation { bump: T @connect(http: { POST: "BASE/bump" }, selection: "id") }
		type T @connect(http: { GET: "BASE/t/{$this.id}" }, selection: "id total") { id: ID! total: Int }`, rest.Options{})
	read := func() *plan.Fetch { return f.fetch("T[0]", "total") }
	o := f.operation(ast.Mutation,
		f.fetch("Mutation.bump[0]", "bump { id }"), read(), read(),
		f.fetch("Mutation.bump[0]", "bump { id }"), read())
	var got []string
	for i := range 5 {
		var reps []string
		if i != 0 && i != 3 {
			reps = []string{`{"id":1}`}
		}
		values, errs := o.run(i, reps...)
		want(t, "errors", errs)
		got = append(got, values...)
	}
	want(t, "values", got, `{"bump":{"id":1}}`, `{"total":1}`, `{"total":1}`, `{"bump":{"id":1}}`, `{"total":2}`)
	s.wantAsked(t, "POST /bump", "GET /t/1", "POST /bump", "GET /t/1")
}

func TestBodies(t *testing.T) {
	t.Parallel()
	type seen struct{ contentType, length, body string }
	var got seen
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = seen{r.Header.Get("Content-Type"), r.Header.Get("Content-Length"), string(body)}
	})
	f := load(t, s, `
		type Query { q: Int @connect(http: { GET: "BASE/" }, selection: "$") }
		type Mutation {
			json(a: String, b: In): Int @connect(http: { POST: "BASE/", body: "{ a: $args.a, b: $args.b }" }, selection: "$")
			own(a: String): Int @connect(http: { PATCH: "BASE/", body: "{ a: $args.a }", headers: [{ name: "content-type", value: "application/merge-patch+json" }] }, selection: "$")
			form(a: String, b: In): Int @connect(http: { POST: "BASE/", body: "{ a: $args.a, b: $args.b }", headers: [{ name: "Content-Type", value: "application/x-www-form-urlencoded" }] }, selection: "$")
			charset(a: String): Int @connect(http: { POST: "BASE/", body: "{ a: $args.a }", headers: [{ name: "Content-Type", value: "application/x-www-form-urlencoded; charset=utf-8" }] }, selection: "$")
			bad(a: String): Int @connect(http: { POST: "BASE/", body: "$args.a", headers: [{ name: "Content-Type", value: "application/x-www-form-urlencoded" }] }, selection: "$")
			none: Int @connect(http: { POST: "BASE/" }, selection: "$")
			missing(a: String): Int @connect(http: { PUT: "BASE/", body: "$args.a" }, selection: "$")
			text(a: String): Int @connect(http: { POST: "BASE/", body: "$args.a" }, selection: "$")
			delete: Int @connect(http: { DELETE: "BASE/" }, selection: "$")
		}
		input In { x: Int = 3 ys: [String] }`, rest.Options{})
	const form = "application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name, ask string
		want      seen
	}{
		{"json", `json(a: "x\"", b: {ys: ["1"]})`, seen{"application/json", "37", `{"a":"x\"","b":{"x":3,"ys":["1"]}}`}},
		{"own", `own(a: "x")`, seen{"application/merge-patch+json", "9", `{"a":"x"}`}},
		{"form", `form(a: "x y&", b: {ys: ["1", null]})`, seen{form, "51", "a=x+y%26&b%5Bx%5D=3&b%5Bys%5D%5B0%5D=1&b%5Bys%5D%5B1%5D="}},
		{"charset", `charset(a: "x")`, seen{form + "; charset=utf-8", "3", "a=x"}},
		{"none", "none", seen{"", "0", ""}},
		{"missing", "missing", seen{"application/json", "0", ""}},
		{"text", `text(a: "x")`, seen{"application/json", "3", `"x"`}},
		{"delete", "delete", seen{"", "", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.length = map[bool]string{true: "", false: fmt.Sprint(len(tt.want.body))}[tt.name == "delete"]
			_, errs := f.operation(ast.Mutation, f.fetch("Mutation."+tt.name+"[0]", tt.ask)).run(0)
			want(t, "errors", errs)
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	s.asked()
	_, errs := f.operation(ast.Mutation, f.fetch("Mutation.bad[0]", `bad(a: "x")`)).run(0)
	want(t, "errors", errs, "-1 [bad] CONNECTOR_REQUEST_INVALID The request to the service cannot be built.")
	s.wantAsked(t)
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	var got http.Header
	var host string
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { got, host = r.Header.Clone(), r.Host })
	arena := value.NewArena()
	config, err := value.Scan([]byte(`{"token":"s3cret","bad":{"x":1}}`), nil, arena)
	if err != nil {
		t.Fatal(err)
	}
	f := load(t, s, `
		@source(name: "api", http: { baseURL: "BASE", headers: [
			{ name: "Authorization", value: "Bearer {$config.token}" }
			{ name: "X-Both", value: "of the source" }
			{ name: "X-Source", from: "x-client" }
			{ name: "X-Env", value: "{$env.REGION}-{$env.ABSENT}" }
		] })
		type Query { q(a: String): Int @connect(source: "api", selection: "$", http: { GET: "/", headers: [
			{ name: "x-both", value: "of the connector" }
			{ name: "X-Copy", from: "X-Many" }
			{ name: "X-Absent", from: "X-Nowhere" }
			{ name: "X-Arg", value: "<{$args.a}>" }
			{ name: "X-Tenant", value: "{$request.headers.'x-tenant'->first}" }
			{ name: "X-Object", value: "{$config.bad}" }
			{ name: "Host", value: "api.example" }
			{ name: "Accept", value: "application/vnd.api+json" }
		] }) }`, rest.Options{
		Bind: func(string, *connect.Source) rest.Binding { return rest.Binding{Config: config} },
		Env: func(name string) (string, bool) {
			return map[string]string{"REGION": "eu"}[name], name == "REGION"
		},
	})
	o := f.query(f.fetch("Query.q[0]", "q(a: $a)"))
	o.variables = `{"a":"x"}`
	o.header = http.Header{"X-Many": {"1", "2"}, "X-Client": {"c"}, "X-Tenant": {"t1", "t2"}, "Cookie": {"never"}, "Authorization": {"never"}}
	_, errs := o.run(0)
	want(t, "errors", errs)
	wantHeader := http.Header{
		"Authorization": {"Bearer s3cret"}, "X-Both": {"of the connector"}, "X-Source": {"c"}, "X-Env": {"eu-"},
		"X-Copy": {"1", "2"}, "X-Arg": {"<x>"}, "X-Tenant": {"t1"}, "Accept": {"application/vnd.api+json"}, "User-Agent": {"sluice"},
	}
	for name := range got {
		if wantHeader[name] == nil {
			t.Errorf("the header %s: %q was sent", name, got[name])
		}
	}
	for name, values := range wantHeader {
		want(t, name, got[name], values...)
	}
	if host != "api.example" {
		t.Errorf("Host: %q, want api.example", host)
	}

	// A value that would end the line is left out, and so are no others.
	o = o.again()
	o.variables = `{"a":"x\r\nX-Evil: 1"}`
	_, errs = o.run(0)
	want(t, "errors", errs)
	if got["X-Arg"] != nil || got["X-Evil"] != nil || got.Get("X-Copy") != "1" {
		t.Errorf("headers %v", got)
	}
}

func TestVirtualConnector(t *testing.T) {
	t.Parallel()
	f := load(t, nil, `
		type Query { add(a: Int!, b: Int!): Int @connect(selection: "$args.a->add($args.b)")
			who: Who @connect(selection: "name: $env.NAME locale: $request.headers.'accept-language'->first") }
		type Who { name: String locale: String }`, rest.Options{
		Env: func(string) (string, bool) { return "sluice", true },
	})
	o := f.query(f.fetch("Query.add[0]", "add(a: 2, b: 3)"), f.fetch("Query.who[0]", "who { name locale }"))
	o.header = http.Header{"Accept-Language": {"de", "en"}}
	values, errs := o.run(0)
	want(t, "values", values, `{"add":5}`)
	want(t, "errors", errs)
	values, errs = o.run(1)
	want(t, "values", values, `{"who":{"name":"sluice","locale":"de"}}`)
	want(t, "errors", errs)
	if n := len(f.driver.Clients()); n != 0 {
		t.Errorf("%d clients were made, want none", n)
	}
}

func TestAbstractTypes(t *testing.T) {
	t.Parallel()
	s := answers(t, map[string]string{
		"/search?q=x": `[{"kind":"b","id":1,"depth":3,"light":true},{"kind":"m","id":2,"depth":4,"light":false},{"kind":"?","id":3}]`,
	})
	f := load(t, s, `
		type Query { search(q: String): [Hit] @connect(http: { GET: "BASE/search?q={$args.q}" },
			selection: """
			id
			...kind->match(["b", { __typename: "Buoy" depth: depth }], ["m", { __typename: "Mark" light: light }])
			""") }
		interface Hit { id: ID }
		type Buoy implements Hit { id: ID depth: Int }
		type Mark implements Hit { id: ID light: Boolean }`, rest.Options{})
	values, errs := f.query(f.fetch("Query.search[0]", `search(q: "x") { __typename id ... on Buoy { depth } ... on Mark { light } }`)).run(0)
	want(t, "errors", errs)
	want(t, "values", values, `{"search":[{"id":1,"__typename":"Buoy","depth":3},{"id":2,"__typename":"Mark","light":false},{"id":3}]}`)
}

func TestAnswersLiveUntilTheOperationEnds(t *testing.T) {
	t.Parallel()
	s := answers(t, map[string]string{"/v1/users/1": `{"id":1,"full_name":"Ada"}`, "/v1/users/2": `{"id":2,"full_name":"Bob"}`})
	f := load(t, s, users, rest.Options{})
	o := f.query(f.fetch("Query.user[0]", "user(id: 1) { name }"), f.fetch("Query.user[0]", "user(id: 2) { name }"))
	first := o.outcome(t.Context(), 0)
	for range 20 { // other operations come and go
		other := o.again()
		other.run(1)
		rest.Release(f.driver, other.scope)
	}
	if got := string(first.Values[0].AppendJSON(nil)); got != `{"user":{"name":"Ada"}}` {
		t.Errorf("the answer has become %s", got)
	}
	rest.Release(f.driver, o.scope)
}

func TestProblemsAreToldEachTimeABodyIsNotAsItShouldBe(t *testing.T) {
	t.Parallel()
	s := answers(t, map[string]string{"/v1/users?limit=1": `{"items":[{"id":1},{"full_name":"Ada","id":2}]}`, "/v1/users?limit=2": `{"items":[{"id":1,"full_name":"Ida"}]}`})
	f := load(t, s, users, rest.Options{})
	bad, good := f.query(f.fetch("Query.users[0]", "users(first: 1) { id name }")), f.query(f.fetch("Query.users[0]", "users(first: 2) { id name }"))
	const times = 40
	for range times {
		values, _ := bad.again().run(0)
		want(t, "values", values, `{"users":[{"id":1},{"id":2,"name":"Ada"}]}`)
		values, _ = good.again().run(0)
		want(t, "values", values, `{"users":[{"id":1,"name":"Ida"}]}`)
	}
	for _, c := range f.driver.Status() {
		if problems := map[string]uint64{"shop:Query.users[0]": times}[c.Coordinate]; c.Problems != problems {
			t.Errorf("%s had %d problems, want %d", c.Coordinate, c.Problems, problems)
		}
	}
}
