package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/app"
	"github.com/sluice-gateway/sluice/execute/introspect"
	"github.com/sluice-gateway/sluice/value"
)

const (
	usersSDL  = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@key\"])\ntype Query { user(id: ID!): User }\ntype User @key(fields: \"id\") { id: ID! name: String }\n"
	ordersSDL = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@key\"])\ntype User @key(fields: \"id\") { id: ID! orders: [Order!] }\ntype Order { id: ID! }\n"
	plainSDL  = "type Query {\n  weather(city: String! = \"Rome\"): Weather\n}\n\ntype Weather {\n  degrees: Float\n}\n"
)

// serve answers by a function of the query, with status 200 if it says nothing else.
func serve(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, query string)) (url string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct{ Query string }
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			t.Error(err)
		}
		answer(w, r, request.Query)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// subgraph is a server that gives its document.
func subgraph(t *testing.T, sdl string) (url string) {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request, query string) {
		if !strings.Contains(query, "_service") || r.URL.Path != "/graphql" {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"_service": map[string]any{"sdl": sdl}}})
	}) + "/graphql"
}

// plain is a server without federation, which knows no more of introspection than it did at first.
func plain(t *testing.T) (url string) {
	t.Helper()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: plainSDL})
	return serve(t, func(w http.ResponseWriter, _ *http.Request, query string) {
		doc, errs := gqlparser.LoadQueryWithRules(schema, query, nil)
		if errs != nil || strings.Contains(query, "isOneOf") {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"errors":[{"message":"Unknown field."}]}`)
			return
		}
		field, _ := doc.Operations[0].SelectionSet[0].(*ast.Field)
		_, _ = w.Write(append(introspect.Append([]byte(`{"data":{"__schema":`), schema, field, value.Value{}, 1<<20), "}}"...))
	})
}

// compose runs the command with one variable in its environment.
func compose(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, problems bytes.Buffer
	code = app.Run(t.Context(), append([]string{"compose"}, args...), app.IO{Stdout: &out, Stderr: &problems,
		Environ: func(name string) (string, bool) { return "s3cret", name == "TOKEN" }})
	return code, out.String(), problems.String()
}

func contains(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s has no %q:\n%s", what, part, text)
		}
	}
}

func TestComposeOfAConfiguration(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{
		"users.graphql": usersSDL, "orders.graphql": ordersSDL,
		"sluice.yaml": "schema: [users.graphql, orders.graphql]\nservices:\n  users: {endpoints: ['http://127.0.0.1:4101']}\n  shop: {endpoints: ['http://127.0.0.1:4102/shop']}\n" +
			"subgraphs:\n  users: {path: /graphql}\n  orders: {service: shop, path: /graphql}\n",
		"again.yaml": "supergraph: supergraph.graphql\n",
	})
	target := filepath.Join(dir, "supergraph.graphql")
	code, stdout, stderr := compose(t, "-c", filepath.Join(dir, "sluice.yaml"), "-o", target)
	if code != 0 || stdout != "" {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	contains(t, "stderr", stderr, "sluice: wrote "+target)
	text, err := os.ReadFile(target)
	if err != nil {
		t.Fatal(err)
	}
	contains(t, "the supergraph", string(text), `@join__type(graph: ORDERS, key: "id")`, `url: "http://127.0.0.1:4101/graphql"`, `url: "http://127.0.0.1:4102/shop/graphql"`)

	// What is printed is read again, and printed as it was.
	code, stdout, stderr = compose(t, "-c", filepath.Join(dir, "again.yaml"))
	if code != 0 || stdout != string(text) {
		t.Errorf("exit code %d, and another supergraph of the supergraph:\n%s%s", code, stdout, stderr)
	}
	code, _, stderr = compose(t, "-c", filepath.Join(dir, "sluice.yaml"), "-o", target)
	if code != 0 || stderr != "sluice: "+target+" is up to date\n" {
		t.Errorf("exit code %d, %s, want that the file is up to date", code, stderr)
	}
	code, _, stderr = compose(t, filepath.Join(dir, "users.graphql"), "-o", target)
	if code != 0 || stderr != "sluice: replaced "+target+"\n" {
		t.Errorf("exit code %d, %s, want that the file was replaced", code, stderr)
	}
}

func TestComposeOfServers(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "subgraphs")
	args := []string{"--url", "users=" + subgraph(t, usersSDL), "--url", "orders=" + subgraph(t, ordersSDL), "--url", "weather=" + plain(t), "--out", dir}
	code, stdout, stderr := compose(t, args...)
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	contains(t, "the supergraph", stdout, `@join__graph(name: "weather", url: "http://127.0.0.1:`, "weather(city: String! = \"Rome\"): Weather @join__field(graph: WEATHER)", "orders: [Order!] @join__field(graph: ORDERS)")
	contains(t, "stderr", stderr, "wrote "+filepath.Join(dir, "users.graphql"), "weather is no subgraph")
	for name, want := range map[string]string{"users": usersSDL, "orders": ordersSDL, "weather": plainSDL} {
		if got, err := os.ReadFile(filepath.Join(dir, name+".graphql")); string(got) != want || err != nil {
			t.Errorf("%s: %s, %v, want %s", name, got, err, want)
		}
	}

	mine := "# by hand\n" + usersSDL
	if err := os.WriteFile(filepath.Join(dir, "users.graphql"), []byte(mine), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr = compose(t, args...)
	got, err := os.ReadFile(filepath.Join(dir, "users.graphql"))
	if code != 1 || string(got) != mine || err != nil {
		t.Errorf("exit code %d, and the file of others is %s", code, got)
	}
	contains(t, "stderr", stderr, "users.graphql is there and differs", "--force", "orders.graphql is up to date")
	if code, _, stderr = compose(t, append(args, "--force")...); code != 0 {
		t.Errorf("exit code %d with --force\n%s", code, stderr)
	}
	contains(t, "stderr", stderr, "replaced "+filepath.Join(dir, "users.graphql"))
}

func TestComposeOfAServiceWithHeaders(t *testing.T) {
	t.Parallel()
	guarded := serve(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.URL.Path != "/v1/graphql" || r.Header.Get("Authorization") != "Bearer s3cret" || r.Header.Get("X-Env") != "test" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"errors":[{"message":"Who are you?"}]}`)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"_service": map[string]any{"sdl": usersSDL}}})
	})
	other := serve(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.Header.Get("Authorization") != "" {
			t.Error("a token was sent to another server")
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"_service": map[string]any{"sdl": ordersSDL}}})
	})
	dir := files(t, map[string]string{"sluice.yaml": "schema: [gone.graphql]\nservices:\n  accounts: {endpoints: ['" + guarded + "/v1']}\nsubgraphs:\n  users: {service: accounts, path: /graphql}\n"})
	args := []string{"-c", filepath.Join(dir, "sluice.yaml"), "--service", "users", "--url", "orders=" + other, "-H", "X-Env: test"}
	code, _, stderr := compose(t, args...)
	if code != 1 || strings.Contains(stderr, "Who are you") {
		t.Errorf("exit code %d without the token\n%s", code, stderr)
	}
	contains(t, "stderr", stderr, "sluice: users: it answers 401 Unauthorized", "--header")
	code, stdout, stderr := compose(t, append(args, "-H", "users=Authorization: Bearer ${TOKEN}")...)
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	contains(t, "the supergraph", stdout, `url: "`+guarded+`/v1/graphql"`)
}

func TestComposeWarnsOfLookups(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{"users.graphql": usersSDL, "scores.graphql": `extend schema @link(url: "https://specs.sluice.dev/sluice/v0.1", import: ["@lookup"])
		type Query { score(id: ID!): User @lookup } type User { id: ID! points: Int }`})
	code, stdout, stderr := compose(t, filepath.Join(dir, "users.graphql"), filepath.Join(dir, "scores.graphql"))
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	contains(t, "the supergraph", stdout, `@join__type(graph: SCORES, key: "id", resolvable: false)`)
	contains(t, "stderr", stderr, `warning LOOKUPS_LOST: The supergraph does not say by which fields the subgraph "scores"`)
}

func TestComposeSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	static := func(status int, body string, header ...string) string {
		return serve(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
			if len(header) > 0 {
				w.Header().Set(header[0], header[1])
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}
	dir := files(t, map[string]string{"sluice.yaml": "schema: [gone.graphql]\n", "users.graphql": usersSDL, "broken.graphql": "type Query {", "clash.graphql": strings.ReplaceAll(usersSDL, "name: String", "name: Int")})
	users, clash := filepath.Join(dir, "users.graphql"), filepath.Join(dir, "clash.graphql")
	for _, tt := range []struct {
		name string
		args []string
		want []string
	}{
		{"subgraphs that do not fit", []string{users, clash}, []string{"clash.graphql:3:", "error ", "[User.name]", "errors"}},
		{"a file that does not parse", []string{filepath.Join(dir, "broken.graphql")}, []string{"broken.graphql:1:", "INVALID_GRAPHQL"}},
		{"a file that is not there", []string{"n=" + filepath.Join(dir, "gone.graphql")}, []string{"gone.graphql: error SCHEMA_FILE"}},
		{"a configuration that is not there", []string{"-c", filepath.Join(dir, "none.yaml")}, []string{"there is no such file"}},
		{"a schema of a configuration that is not there", []string{"-c", filepath.Join(dir, "sluice.yaml")}, []string{"sluice.yaml:1:10: error: schema[0]: there is no such file", "1 error"}},
		{"a service that is not there", []string{"-c", filepath.Join(dir, "sluice.yaml"), "--service", "x"}, []string{"--service x", "no service of that name"}},
		{"a URL without a name", []string{"--url", "http://127.0.0.1:1/"}, []string{"must be NAME=URL"}},
		{"a URL that is none", []string{"--url", "a=127.0.0.1:1"}, []string{"must be NAME=URL"}},
		{"a password in a URL", []string{"--url", "a=http://u:s3cret@127.0.0.1:1"}, []string{"give a password by --header"}},
		{"a name that leaves the folder", []string{"--url", "../a=http://127.0.0.1:1/", "--out", dir}, []string{`"../a" cannot be the name`}},
		{"one name twice", []string{"--url", "a=http://127.0.0.1:1/", "--url", "a=http://127.0.0.1:2/"}, []string{"two servers are called a"}},
		{"a header for nobody", []string{"--url", "a=http://127.0.0.1:1/", "-H", "b=X: y"}, []string{`no server called "b"`}},
		{"a header that is none", []string{"--url", "a=http://127.0.0.1:1/", "-H", "s3cret"}, []string{"must be HEADER:VALUE"}},
		{"a variable that is not set", []string{"--url", "a=http://127.0.0.1:1/", "-H", "X: ${GONE}"}, []string{"GONE is not set"}},
		{"nothing to write", []string{"--out", dir}, []string{"--out has nothing to write"}},
		{"nobody there, twice", []string{"--url", "a=http://127.0.0.1:1/", "--url", "b=http://127.0.0.1:1/"}, []string{"a: unavailable", "\nb: unavailable"}},
		{"a page", []string{"--url", "a=" + static(200, "<html>")}, []string{"a: its answer is not JSON"}},
		{"nothing", []string{"--url", "a=" + static(200, "")}, []string{"a: its answer is not JSON"}},
		{"a wrong path", []string{"--url", "a=" + static(404, "not found")}, []string{"a: it answers 404 Not Found"}},
		{"another place", []string{"--url", "a=" + static(308, "", "Location", "/here")}, []string{`a: it answers 308 and points to "/here"`}},
		{"an answer of another shape", []string{"--url", "a=" + static(200, `{"data":{"_service":[]}}`)}, []string{"a: the answer is not one of GraphQL"}},
		{"a server that tells nothing", []string{"--url", "a=" + static(200, `{"errors":[{"message":"No.\u001b[2J"}]}`)},
			[]string{`a: it does not tell its schema: asked for _service { sdl }, it says "No.\x1b[2J"; asked for __schema, the server refused: No. [2J`}},
		{"a subgraph that does not parse", []string{"--url", "a=" + subgraph(t, "type Query {"), "--out", filepath.Join(dir, "out")}, []string{"a.graphql:1:", "INVALID_GRAPHQL"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := compose(t, tt.args...)
			if code != 1 || stdout != "" {
				t.Errorf("exit code %d, want 1, and stdout %q", code, stdout)
			}
			contains(t, "stderr", stderr, tt.want...)
			if strings.Contains(stderr, "s3cret") {
				t.Errorf("stderr tells a secret: %s", stderr)
			}
		})
	}
}
