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

// files writes files into a folder of the test.
func files(t *testing.T, texts map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestDiff(t *testing.T) {
	t.Parallel()
	const (
		subgraph = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@inaccessible"])
			type Query { user: User secret: Int @inaccessible } type User @key(fields: "id") { id: ID! name: String }`
		supergraph = `schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
			directive @join__graph(name: String!, url: String!) on ENUM_VALUE
			directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
			directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
			directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
			scalar join__FieldSet scalar link__Import enum link__Purpose { SECURITY EXECUTION }
			enum join__Graph { USERS @join__graph(name: "users", url: "http://127.0.0.1:1/") }
			type Query @join__type(graph: USERS) { user: User @join__field(graph: USERS) }
			type User @join__type(graph: USERS, key: "id") { id: ID! name: String }`
	)
	dir := files(t, map[string]string{
		"old.graphql":        `type Query { user: User } type User { id: ID! name: String }`,
		"renamed.graphql":    `type Query { user: User } type User { id: ID! fullName: String }`,
		"wider.graphql":      "\"\"\"\nIt.\n\"\"\"\ntype Query { user: User users: [User] } type User { id: ID! name: String }",
		"subgraph.graphql":   subgraph,
		"first.graphql":      `type Query { user: User } type User @key(fields: "id") { id: ID! name: String }`,
		"supergraph.graphql": supergraph,
		"result.json":        `{"data":{"__schema":{"queryType":{"name":"Query"},"types":[{"kind":"OBJECT","name":"Query","fields":[{"name":"user","type":{"kind":"OBJECT","name":"User"}}]},{"kind":"OBJECT","name":"User","fields":[{"name":"id","type":{"kind":"NON_NULL","ofType":{"kind":"SCALAR","name":"ID"}}},{"name":"name","type":{"kind":"SCALAR","name":"String"}}]}]}}}`,
		"odd.graphql":        "type Query {\n  user: Usr\n}",
		"broken.graphql":     "type Query {\n  user Int\n}",
		"empty.json":         `{}`,
	})
	for _, tt := range []struct {
		name, before, after string
		flags               []string
		stdin               string
		code                int
		stdout, stderr      string // all of the first, a part of the second
	}{
		{name: "equal schemas", before: "old.graphql", after: "old.graphql", stdout: "no changes\n"},
		{name: "what a subgraph shows to clients", before: "old.graphql", after: "subgraph.graphql", stdout: "no changes\n"},
		{name: "a subgraph of the first federation", before: "old.graphql", after: "first.graphql", stdout: "no changes\n"},
		{name: "what a supergraph shows to clients", before: "old.graphql", after: "supergraph.graphql", stdout: "no changes\n"},
		{name: "the result of an introspection", before: "old.graphql", after: "result.json", stdout: "no changes\n"},
		{name: "a configuration", before: storefront, after: storefront, stdout: "no changes\n"},
		{name: "standard input", before: "-", after: "old.graphql", stdin: `type Query { user: User } type User { id: ID! name: String }`, stdout: "no changes\n"},
		{name: "an introspection from standard input", before: "old.graphql", after: "-", stdin: `{"errors":[{"message":"No."}]}`, code: 2, stderr: "sluice: standard input: the server refused: No.\n"},
		{name: "a breaking change", before: "old.graphql", after: "renamed.graphql", code: 1,
			stdout: "breaking   User.name      The field was removed.\nsafe       User.fullName  The field was added.\n2 changes: 1 breaking, 0 dangerous, 1 safe\n"},
		{name: "safe changes", before: "old.graphql", after: "wider.graphql",
			stdout: "safe       Query        The description changed.\nsafe       Query.users  The field was added.\n2 changes: 0 breaking, 0 dangerous, 2 safe\n"},
		{name: "changes as JSON", before: "old.graphql", after: "renamed.graphql", flags: []string{"--json"}, code: 1, stdout: `{
  "breaking": 1,
  "dangerous": 0,
  "safe": 1,
  "changes": [
    {
      "severity": "breaking",
      "code": "FIELD_REMOVED",
      "coordinate": "User.name",
      "message": "The field was removed."
    },
    {
      "severity": "safe",
      "code": "FIELD_ADDED",
      "coordinate": "User.fullName",
      "message": "The field was added."
    }
  ]
}
`},
		{name: "no changes as JSON", before: "old.graphql", after: "old.graphql", flags: []string{"--json"},
			stdout: "{\n  \"breaking\": 0,\n  \"dangerous\": 0,\n  \"safe\": 0,\n  \"changes\": []\n}\n"},
		{name: "a file that is not there", before: "old.graphql", after: "gone.graphql", code: 2, stderr: "gone.graphql: error SCHEMA_FILE: The schema cannot be read: no such file"},
		{name: "a result that is not there", before: "gone.json", after: "old.graphql", code: 2, stderr: "gone.json"},
		{name: "a configuration that is not there", before: "gone.yaml", after: "old.graphql", code: 2, stderr: "gone.yaml: error: there is no such file."},
		{name: "a schema with a type that is not there", before: "old.graphql", after: "odd.graphql", code: 2, stderr: "odd.graphql:2:9: error INVALID_GRAPHQL: Undefined type Usr."},
		{name: "a schema that does not parse", before: "broken.graphql", after: "old.graphql", code: 2, stderr: "broken.graphql:2:8: error INVALID_GRAPHQL"},
		{name: "JSON without a schema", before: "empty.json", after: "old.graphql", code: 2, stderr: "empty.json: there is no __schema in it"},
		{name: "standard input twice", before: "-", after: "-", code: 2, stderr: "only one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"diff"}, tt.flags...)
			for _, name := range []string{tt.before, tt.after} {
				if name != "-" && name != storefront {
					name = filepath.Join(dir, name)
				}
				args = append(args, name)
			}
			var stdout, stderr bytes.Buffer
			code := app.Run(t.Context(), args, app.IO{Stdin: strings.NewReader(tt.stdin), Stdout: &stdout, Stderr: &stderr,
				Environ: func(string) (string, bool) { return "", false }})
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if d := cmp.Diff(tt.stdout, stdout.String()); d != "" {
				t.Errorf("stdout (-want +got):\n%s", d)
			}
			if !strings.Contains(stderr.String(), tt.stderr) || tt.stderr == "" && stderr.Len() > 0 {
				t.Errorf("stderr: %s, want a part %q", stderr.String(), tt.stderr)
			}
		})
	}
}
