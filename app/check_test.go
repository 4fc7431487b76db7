package app_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/app"
)

const blog = `extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "blog", http: { baseURL: "http://127.0.0.1:4301" })
type Query {
  posts: [Post] @connect(source: "blog", http: { GET: "/posts" }, selection: "id title")
}
type Post { id: ID! title: String }
`

// commandIn runs a command in a folder with the given files. Paths in what it prints are relative to that folder.
func commandIn(t *testing.T, files map[string]string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	args = append(args, "-c", filepath.Join(dir, "sluice.yaml"))
	code = app.Run(t.Context(), args, app.IO{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Environ: func(string) (string, bool) { return "", false },
	})
	relative := func(b *bytes.Buffer) string {
		return strings.ReplaceAll(b.String(), dir+string(filepath.Separator), "")
	}
	return relative(&out), relative(&errs), code
}

func TestCheckSaysWhatIsWrongOnceAndWhere(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		files  map[string]string
		stdout string
		stderr string
		code   int
	}{
		{
			name:   "nothing is wrong",
			files:  map[string]string{"sluice.yaml": "schema: [blog.graphql]\n", "blog.graphql": blog},
			stdout: "ok: 1 subgraph, 1 connector, 0 services\n",
		},
		{
			name: "there is no configuration",
			stderr: `sluice.yaml: error: there is no such file. Name the configuration with -c, or begin with "sluice demo", which needs none.
sluice: 1 error
`,
			code: 1,
		},
		{
			name:   "a service has another name than its source",
			files:  map[string]string{"sluice.yaml": "schema: [blog.graphql]\nservices: {blgo: {endpoints: [\"http://127.0.0.1:4301\"]}}\n", "blog.graphql": blog},
			stdout: "ok: 1 subgraph, 1 connector, 1 service, 1 warning\n",
			stderr: "sluice.yaml:2:18: warning UNUSED_SERVICE: services.blgo: no @source and no subgraph is bound to this service, so nothing calls it. Did you mean \"blog\"?\n",
		},
		{
			name:  "the configuration and the schema are wrong",
			files: map[string]string{"sluice.yaml": "schema: [blog.graphql]\nserver: {tiemouts: {}}\n", "blog.graphql": strings.Replace(blog, "id title", "id titel", 1)},
			stderr: `blog.graphql:5:82: error SELECTED_FIELD_NOT_FOUND: The type Post has no field "titel", which the selection gives. Did you mean "title"? [Query.posts[0]]
sluice.yaml:2:10: error: server.tiemouts: there is no such field. Did you mean "timeouts"?
sluice: 2 errors
`,
			code: 1,
		},
		{
			name:   "a file that does not parse is told once",
			files:  map[string]string{"sluice.yaml": "schema: [blog.graphql]\n", "blog.graphql": strings.Replace(blog, "type Post {", "type Post", 1)},
			stderr: "blog.graphql:7:11: error INVALID_GRAPHQL: Syntax error: Unexpected Name \"id\".\nsluice: 1 error\n",
			code:   1,
		},
		{
			name:  "a subgraph has no connectors",
			files: map[string]string{"sluice.yaml": "schema: [plain.graphql]\n", "plain.graphql": "type Query { hello: String }\n"},
			stderr: `plain.graphql: error NO_SOURCE: The subgraph "plain" is a GraphQL server, as it has no connectors, and nobody says where it is. Configure a service of that name, or name one as subgraphs.plain.service. If its fields are to be answered by REST services, link the connect specification and add @connect to them.
sluice: 1 error
`,
			code: 1,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, code := commandIn(t, test.files, "check")
			if code != test.code {
				t.Errorf("check ended with %d, want %d", code, test.code)
			}
			if diff := cmp.Diff(test.stdout, stdout); diff != "" {
				t.Errorf("standard output (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.stderr, stderr); diff != "" {
				t.Errorf("standard error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestServeReportsWhatCheckDoes(t *testing.T) {
	t.Parallel()
	files := map[string]string{"sluice.yaml": "schema: [blog.graphql]\nlog: {level: loud}\n", "blog.graphql": strings.Replace(blog, "id title", "id titel", 1)}
	_, want, _ := commandIn(t, files, "check")
	_, got, code := commandIn(t, files, "serve")
	if diff := cmp.Diff(want, got); diff != "" || code != 1 {
		t.Errorf("serve ended with %d, want 1; standard error (-check +serve):\n%s", code, diff)
	}
	if !strings.Contains(want, "2 errors") {
		t.Errorf("check reported %q, want both errors", want)
	}
}
