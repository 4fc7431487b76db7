package routes_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/routes"
)

func stored(path, text string, methods ...string) routes.Route {
	return routes.Route{Path: path, Methods: methods, Operation: routes.Operation{Text: text}}
}

const overview = `query Overview($id: ID!, $first: Int, $states: [State!], $paid: Boolean, $above: Float) {
  user(id: $id) { name age }
  orders(user: $id, first: $first, states: $states, paid: $paid, above: $above) { id total }
}`

func TestAPathIsAnsweredByAStoredOperation(t *testing.T) {
	t.Parallel()
	s := serve(t, []routes.Route{
		stored("/users/{id}/overview", overview),
		stored("/users/{id}", `mutation ($id: ID!, $input: Rename!) { rename(id: $id, input: $input) { name } }`, http.MethodPut),
		stored("/users", `mutation ($name: String!, $age: Int) { create(name: $name, age: $age) { id name age } }`),
		{Path: "/me", Operation: routes.Operation{
			Text: `query ($me: ID!) { user(id: $me) { name } }`, Arguments: map[string]string{"me": "header.x-user"},
			Response: `name: user.name->first who: $args.me`, CacheControl: "public, max-age=60", Status: 203,
		}},
	}, nil)
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"by values in the path and the query", "GET", "/users/1/overview?first=3&states=OPEN&states=CLOSED&paid=true&above=1.5e0", "", 200,
			`{"user":{"name":"Ida","age":36},"orders":[{"id":"user=1 first=3 states=OPEN%2CCLOSED paid=true above=1.5","total":1.50}]}`},
		{"with what is missing as null", "GET", "/users/2/overview", "", 200,
			`{"user":{"name":"Bo","age":null},"orders":[{"id":"user=2 first=2 states=","total":1.50}]}`},
		{"by an encoded segment", "GET", "/users/a%2Fb%20c/overview?first=1", "", 200,
			`{"user":{"name":"Bo","age":null},"orders":[{"id":"user=a%2Fb%20c first=1 states=","total":1.50}]}`},
		{"by the whole body", "PUT", "/users/7", `{"name": "Ann"}`, 200, `{"rename":{"name":"Ann"}}`},
		{"by members of the body", "POST", "/users", `{"age": 5, "name": "Eve\u0021"}`, 200, `{"create":{"id":"9","name":"Eve!","age":5}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ask(t, s, tt.method, tt.path, tt.body)
			if got.status != tt.status || got.body != tt.want || got.header.Get("Content-Type") != "application/json" {
				t.Errorf("got %d %s %s, want %d %s", got.status, got.header.Get("Content-Type"), got.body, tt.status, tt.want)
			}
		})
	}
	t.Run("by a header, reshaped", func(t *testing.T) {
		t.Parallel()
		got := ask(t, s, "GET", "/me", "", "X-User", "1")
		if want := `{"name":"I","who":"1"}`; got.status != 203 || got.body != want || got.header.Get("Cache-Control") != "public, max-age=60" {
			t.Errorf("got %d %s %v", got.status, got.body, got.header)
		}
	})
}

func TestARequestThatDoesNotFitIsRefusedInWords(t *testing.T) {
	t.Parallel()
	s := serve(t, []routes.Route{
		stored("/users/{id}/overview", overview),
		stored("/users", `mutation ($name: String!, $age: Int) { create(name: $name, age: $age) { id } }`),
		stored("/whole", `mutation ($input: Rename!) { rename(id: 1, input: $input) { id } }`),
		stored("/required", `query ($user: ID!) { orders(user: $user) { id } }`),
	}, func(o *routes.Options) { o.MaxBodyBytes = 100 })
	long := `{"name": "` + strings.Repeat("x", 200) + `"}`
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		want                     string // in the detail
	}{
		{"a number that is none", "GET", "/users/1/overview?first=two", "", 400, "The query parameter first must be an integer."},
		{"an empty number", "GET", "/users/1/overview?first=", "", 400, "The query parameter first must be an integer."},
		{"a fraction where there is none", "GET", "/users/1/overview?first=1.0", "", 400, "The query parameter first must be an integer."},
		{"a number with a space", "GET", "/users/1/overview?first=+1", "", 400, "The query parameter first must be an integer."},
		{"a number that is too large", "GET", "/users/1/overview?first=3000000000", "", 400, `Variable \"$first\" got invalid value 3000000000; Int cannot represent non 32-bit signed integer value: 3000000000`},
		{"a hexadecimal number", "GET", "/users/1/overview?above=0x10", "", 400, "The query parameter above must be a number."},
		{"a boolean that is none", "GET", "/users/1/overview?paid=1", "", 400, "The query parameter paid must be true or false."},
		{"a value that is given twice", "GET", "/users/1/overview?first=1&first=2", "", 400, "The query parameter first is given 2 times, and is one value."},
		{"a name that is none of an enum", "GET", "/users/1/overview?states=OPEM", "", 400, `Did you mean the enum value`},
		{"text that is not UTF-8", "GET", "/users/%ff/overview", "", 400, "The value of {id} in the path must be text in UTF-8."},
		{"a query that is none", "GET", "/users/1/overview?a=%zz", "", 400, "The query string of the URL is not valid."},
		{"a query without a value that is needed", "GET", "/required", "", 400, "The query parameter user is missing."},
		{"a body without a value that is needed", "POST", "/users", `{"age": 1}`, 400, "The member name of the request body is missing."},
		{"no body where one is needed", "POST", "/whole", ``, 400, "The request body is missing."},
		{"a member that is not known", "POST", "/users", `{"name": "a", "agee": 1}`, 400, `The request body has a member that is not known: \"agee\".`},
		{"a member that stands twice", "POST", "/users", `{"name": "a", "name": "b"}`, 400, "names a member of an object twice"},
		{"a body that is no object", "POST", "/users", `[1]`, 400, "The request body must be a JSON object."},
		{"a body that is no JSON", "POST", "/users", `{"name": `, 400, "The request body is not valid JSON"},
		{"a body with more after it", "POST", "/users", `{"name": "a"} {}`, 400, "has something after its JSON object"},
		{"a whole body that is no JSON", "POST", "/whole", `{"name" "a"}`, 400, "The request body is not valid JSON."},
		{"a whole body of another type", "POST", "/whole", `{"name": 1}`, 400, `at \"input.name\"; String cannot represent a non string value: 1`},
		{"a large body", "POST", "/users", long, 413, "The request body is larger than 100 bytes."},
		{"another method", "DELETE", "/users", "", 405, "This path has other methods: POST."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ask(t, s, tt.method, tt.path, tt.body)
			if got.status != tt.status || !strings.Contains(got.body, tt.want) || got.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("got %d %s, want %d %s", got.status, got.body, tt.status, tt.want)
			}
		})
	}
	t.Run("a body of another type", func(t *testing.T) {
		t.Parallel()
		got := ask(t, s, "POST", "/users", `name=a`, "Content-Type", "application/x-www-form-urlencoded")
		if got.status != 415 || got.header.Get("Accept-Post") != "application/json" {
			t.Errorf("got %d %v %s", got.status, got.header, got.body)
		}
	})
	t.Run("a compressed body", func(t *testing.T) {
		t.Parallel()
		if got := ask(t, s, "POST", "/users", `{"name": "a"}`, "Content-Encoding", "gzip"); got.status != 415 {
			t.Errorf("got %d %s", got.status, got.body)
		}
	})
}

func TestWhatServicesDoBecomesAStatus(t *testing.T) {
	t.Parallel()
	s := serve(t, []routes.Route{
		stored("/users/{id}", `query ($id: ID!) { user(id: $id) { name } }`),
		stored("/users/{id}/all", `query ($id: ID!) { user(id: $id) { name } broken }`),
		{Path: "/users/{id}/whole", Operation: routes.Operation{Text: `query ($id: ID!) { user(id: $id) { name } broken }`, Partial: "refuse"}},
		{Path: "/users/{id}/name", Operation: routes.Operation{Text: `query ($id: ID!) { user(id: $id) { name } broken }`, Response: "$.user.name"}},
	}, nil)
	for _, tt := range []struct {
		path   string
		status int
		want   string // in the body
	}{
		{"/users/1", 200, `{"user":{"name":"Ida"}}`},
		{"/users/null", 404, `"title":"Not Found"`},
		{"/users/404", 404, `"code":"CONNECTOR_FETCH"`},
		{"/users/401", 401, `"detail":"Request failed"`},
		{"/users/409", 409, `"status":409`},
		{"/users/429", 429, `"status":429`},
		{"/users/500", 502, `"errors":[{"message":"Request failed","path":"user","code":"CONNECTOR_FETCH"}]`},
		{"/users/503", 503, `"status":503`},
		{"/users/text", 502, `"code":"CONNECTOR_RESPONSE_INVALID"`},
		{"/users/404/all", 502, `"path":"broken"`},
		{"/users/1/all", 200, `{"user":{"name":"Ida"},"broken":null}`},
		{"/users/1/whole", 502, `"path":"broken"`},
		{"/users/1/name", 200, `"Ida"`},
		{"/users/404/name", 502, `"path":"user"`},
	} {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			got := ask(t, s, "GET", tt.path, "")
			if got.status != tt.status || !strings.Contains(got.body, tt.want) || strings.Contains(got.body, "s3cret") {
				t.Errorf("got %d %s, want %d %s", got.status, got.body, tt.status, tt.want)
			}
			if got.status >= 400 && got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("the error may be stored: %v", got.header)
			}
		})
	}
	t.Run("what is missing is told in a header", func(t *testing.T) {
		t.Parallel()
		got := ask(t, s, "GET", "/users/1/all", "")
		if want := `"broken";code="CONNECTOR_FETCH"`; got.header.Get("Sluice-Incomplete") != want || got.header.Get("Cache-Control") != "no-store" || got.header.Get("ETag") != "" {
			t.Errorf("got %v, want %s", got.header, want)
		}
	})
}

func TestAnAnswerThatAClientHasIsNotSentAgain(t *testing.T) {
	t.Parallel()
	s := serve(t, []routes.Route{stored("/users/{id}", `query ($id: ID!) { user(id: $id) { name } }`)}, nil)
	first := ask(t, s, "GET", "/users/1", "")
	tag := first.header.Get("ETag")
	if !strings.HasPrefix(tag, `W/"`) || first.header.Get("Cache-Control") != "private, no-cache" {
		t.Fatalf("got %v", first.header)
	}
	if got := ask(t, s, "GET", "/users/1", "", "If-None-Match", `"x", `+tag); got.status != 304 || got.body != "" || got.header.Get("ETag") != tag {
		t.Errorf("the same answer: %d %v", got.status, got.header)
	}
	if got := ask(t, s, "GET", "/users/2", "", "If-None-Match", tag); got.status != 200 {
		t.Errorf("another answer: %d", got.status)
	}
	if got := ask(t, s, "HEAD", "/users/1", ""); got.status != 200 || got.header.Get("ETag") != tag || got.header.Get("Content-Length") != "23" {
		t.Errorf("HEAD: %d %v", got.status, got.header)
	}
}

func TestProblemsOfRoutesAreAllTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "bad.graphql")
	if err := os.WriteFile(file, []byte("query {\n  user(id: 1) { nam }\n}"), 0o600); err != nil {
		t.Fatal(err)
	}
	const user = `query ($id: ID!) { user(id: $id) { name } }`
	with := func(o routes.Operation, path string, methods ...string) routes.Route {
		return routes.Route{Path: path, Methods: methods, Operation: o}
	}
	list := []routes.Route{
		with(routes.Operation{File: file}, "/a"),
		with(routes.Operation{Text: "query {\n  usr }"}, "/b"),
		with(routes.Operation{Text: `mutation { create(name: "a") { id } }`}, "/c", "GET", "POST"),
		with(routes.Operation{Text: user}, "/d/{ident}"),
		with(routes.Operation{Text: user, Arguments: map[string]string{"di": "query.id"}}, "/e"),
		with(routes.Operation{Text: user, Arguments: map[string]string{"id": "body"}}, "/f"),
		with(routes.Operation{Text: user, Arguments: map[string]string{"id": "cookie.id"}}, "/g"),
		with(routes.Operation{Text: `query ($f: Filter) { strange(of: $f) }`}, "/h"),
		with(routes.Operation{Text: user, Response: "$("}, "/i/{id}"),
		with(routes.Operation{Text: user, Response: "a: $status"}, "/j/{id}"),
		with(routes.Operation{Text: user}, "/graphql"),
		with(routes.Operation{Text: user}, "/same/{id}"),
		with(routes.Operation{Text: user}, "/same/{id}"),
		with(routes.Operation{Text: user, Arguments: map[string]string{"id": "path.a"}}, "/x/{a}/y"),
		with(routes.Operation{Text: user, Arguments: map[string]string{"id": "path.b"}}, "/x/y/{b}"),
		with(routes.Operation{Text: user, Name: "Other"}, "/k/{id}"),
		{Path: "/l", Service: "apo"},
		with(routes.Operation{File: filepath.Join(dir, "none.graphql")}, "/m"),
	}
	_, problems := table(t, list, nil)
	var got []string
	for _, p := range problems {
		got = append(got, strings.ReplaceAll(p.String(), dir+string(filepath.Separator), ""))
	}
	want := []string{
		`bad.graphql:2:17: error GRAPHQL_VALIDATION_FAILED: routes[0].operation.file: Cannot query field "nam" on type "User". Did you mean "name"?`,
		`error GRAPHQL_VALIDATION_FAILED: routes[1].operation.text: Cannot query field "usr" on type "Query". Did you mean "user"? (line 2, column 3 of the text)`,
		`error INVALID_ROUTE: routes[2].methods[0]: the operation is a mutation, and GET is for what changes nothing.`,
		`error INVALID_ROUTE: routes[3].operation.arguments: no variable takes {ident} of the path; the operation has $id.`,
		`error INVALID_ROUTE: routes[4].operation.arguments: the operation has no variable $di; did you mean "id"?`,
		`error INVALID_ROUTE: routes[5].operation.arguments: $id comes from the body, and GET has none; use the query.`,
		`error INVALID_ROUTE: routes[6].operation.arguments: $id comes from path.NAME, query.NAME, header.NAME, body.NAME or body (got "cookie.id").`,
		`error INVALID_ROUTE: routes[7].operation.arguments: $f has the type Filter, which cannot be written in a query; take it from the body.`,
		`error INVALID_ROUTE: routes[8].operation.response: is not a mapping: unexpected end: something is missing here (byte 2, line 1 of the text).`,
		`error INVALID_ROUTE: routes[9].operation.response: $status is not known here: a mapping of an answer reads the data, and the variables as $args.`,
		`error ROUTE_CONFLICT: routes[10].path: GraphQL is served there, and goes before all routes (got "/graphql").`,
		`error ROUTE_CONFLICT: routes[12].path: routes[11] has the same path and method (got "GET /same/{id}").`,
		`error ROUTE_CONFLICT: routes[14].path: some requests match both this ("GET /x/y/{b}") and routes[13] ("GET /x/{a}/y"), and neither is more specific.`,
		`error OPERATION_RESOLUTION_FAILURE: routes[15].operation.text: Unknown operation named "Other".`,
		`error UNKNOWN_SERVICE: routes[16].service: there is no service "apo".`,
		`error INVALID_OPERATION: routes[17].operation.file: open none.graphql: no such file or directory.`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the problems (-want +got):\n%s", diff)
	}
}

func TestEachProblemOfAFieldIsToldByItsPath(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		route routes.Route
		want  string
	}{
		{routes.Route{}, `path: is missing (got "")`},
		{routes.Route{Path: "a b", Service: "a"}, `path: must not have spaces; methods have a field of their own (got "a b")`},
		{routes.Route{Path: "/{a", Service: "a"}, `path: is not a pattern: at offset 1: bad wildcard segment (must end with '}') (got "/{a")`},
		{routes.Route{Path: "/a//b", Service: "a"}, `path: must not have empty segments nor dots`},
		{routes.Route{Path: "/a", Service: "a", Methods: []string{"get"}}, `methods[0]: must be one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS (got "get")`},
		{routes.Route{Path: "/a", Service: "a", Methods: []string{"GET", "GET"}}, `methods[1]: stands here twice (got "GET")`},
		{routes.Route{Path: "/a"}, `service: a service, or an operation with a file or a text, is needed`},
		{routes.Route{Path: "/a", Service: "a", Operation: routes.Operation{Text: "{ a }"}}, `service: a route has either a service or an operation, not both (got "a")`},
		{routes.Route{Path: "/a", Operation: routes.Operation{Text: "{ a }", Status: 404}}, `operation.status: must be from 200 to 299: errors have their own (got 404)`},
		{routes.Route{Path: "/a", Operation: routes.Operation{Text: "{ a }", CacheControl: "a\r\nb: c"}}, `operation.cache_control: must be the value of a header (got "a\r\nb: c")`},
		{routes.Route{Path: "/a", Operation: routes.Operation{Text: "{ a }", Partial: "yes"}}, `operation.partial: must be allow or refuse (got "yes")`},
		{routes.Route{Path: "/a", Service: "a", Rewrite: routes.Rewrite{StripPrefix: "api"}}, `rewrite.strip_prefix: must be a path such as /api (got "api")`},
		{routes.Route{Path: "/a", Service: "a", MaxBodyBytes: -1}, `max_body_bytes: must be more than 0 (got -1)`},
	} {
		if err := tt.route.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Validate() = %v, want %s", err, tt.want)
		}
	}
}
