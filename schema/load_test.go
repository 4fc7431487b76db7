package schema_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema"
)

func TestLoadFS(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"users.graphql":           {Data: []byte("type Query { a: Int }")},
		"orders/order.graphqls":   {Data: []byte("type Query { b: B }")},
		"orders/types.gql":        {Data: []byte("type B { x: Int }")},
		"orders/README.md":        {Data: []byte("not a schema")},
		"orders/old/x.graphql":    {Data: []byte("type Query { old: Int }")},
		"rest.graphql":            {Data: []byte(`extend schema @link(url: "https://specs.apollo.dev/connect/v0.4") type Query { a: Int }`)},
		"empty/nothing.txt":       {Data: []byte("")},
		"bad/one.graphql":         {Data: []byte("type {")},
		"bad/two.graphql":         {Data: []byte("type A { a: Int }\ntype B {\n  b Int }")},
		"bad/three.graphql":       {Data: []byte("type C { c: Int }")},
		"unterminated.graphql":    {Data: []byte(`"""never ends`)},
		"not-utf8.graphql":        {Data: []byte("type \xff { a: Int }")},
		"comments-only.graphql":   {Data: []byte("# nothing\n")},
		"byte-order-mark.graphql": {Data: []byte("\ufefftype Query { a: Int }")},
	}
	for _, c := range []struct {
		name     string
		location schema.Location
		subgraph string
		kind     schema.Kind
		types    []string
		problems []string
	}{
		{"a file is a subgraph", schema.Location{Path: "users.graphql"}, "users", schema.Remote, []string{"Query"}, nil},
		{"a subgraph may be named", schema.Location{Path: "users.graphql", Name: "people"}, "people", schema.Remote, []string{"Query"}, nil},
		{"the schema files of a folder are one subgraph", schema.Location{Path: "orders"}, "orders", schema.Remote, []string{"Query", "B"}, nil},
		{"the connect link makes a connector subgraph", schema.Location{Path: "rest.graphql"}, "rest", schema.Connector, []string{"Query"}, nil},
		{"a byte order mark does no harm", schema.Location{Path: "byte-order-mark.graphql"}, "byte-order-mark", schema.Remote, []string{"Query"}, nil},
		{"every file that does not parse is reported", schema.Location{Path: "bad"}, "bad", schema.Remote, []string{"C"},
			[]string{"INVALID_GRAPHQL bad/one.graphql:1:6", "INVALID_GRAPHQL bad/two.graphql:3:5"}},
		{"a text that never ends", schema.Location{Path: "unterminated.graphql"}, "unterminated", schema.Remote, nil, []string{"INVALID_GRAPHQL unterminated.graphql:1:14"}},
		{"bytes that are no text", schema.Location{Path: "not-utf8.graphql"}, "not-utf8", schema.Remote, nil, []string{"INVALID_GRAPHQL not-utf8.graphql:1:6"}},
		{"a file that is not there", schema.Location{Path: "missing.graphql"}, "", "", nil, []string{"SCHEMA_FILE missing.graphql:0:0"}},
		{"a folder without schema files", schema.Location{Path: "empty"}, "", "", nil, []string{"SCHEMA_FILE empty:0:0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			subgraphs, list := schema.LoadFS(files, c.location)
			var problems []string
			for _, p := range list {
				problems = append(problems, fmt.Sprintf("%s %s:%d:%d", p.Code, p.File, p.Line, p.Column))
			}
			if diff := cmp.Diff(c.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s\n%v", diff, list)
			}
			if c.subgraph == "" {
				if len(subgraphs) != 0 {
					t.Errorf("there are %d subgraphs, want none", len(subgraphs))
				}
				return
			}
			s := subgraphs[0]
			var types []string
			for _, d := range s.Document.Definitions {
				types = append(types, d.Name)
			}
			if s.Name != c.subgraph || s.Kind != c.kind || !cmp.Equal(types, c.types) {
				t.Errorf("subgraph is %q of kind %q with the types %q, want %q, %q, %q", s.Name, s.Kind, types, c.subgraph, c.kind, c.types)
			}
		})
	}
}

// A device or a pipe tells no size.
func TestAFileThatNeverEndsIsRefused(t *testing.T) {
	t.Parallel()
	subgraphs, problems := schema.LoadFS(endless{}, schema.Location{Path: "zero.graphql"})
	if len(subgraphs) != 0 || len(problems) != 1 || !strings.Contains(problems[0].Message, "has more than 67108864 bytes") {
		t.Errorf("LoadFS() = %d subgraphs, problems %v", len(subgraphs), problems)
	}
}

// endless is a file system with one file, which has no end.
type endless struct{}

func (endless) Open(string) (fs.File, error) { return endless{}, nil }
func (endless) Stat() (fs.FileInfo, error)   { return fs.FileInfo(fileInfo{}), nil }
func (endless) Read(p []byte) (int, error)   { clear(p); return len(p), nil }
func (endless) Close() error                 { return nil }

type fileInfo struct{ fs.FileInfo }

func (fileInfo) Size() int64 { return 0 }
func (fileInfo) IsDir() bool { return false }

func TestLoadReadsFilesOfThisMachine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "a.graphql")
	if err := os.WriteFile(path, []byte("type Query { a: Int }"), 0o600); err != nil {
		t.Fatal(err)
	}
	subgraphs, problems := schema.Load(schema.Location{Path: path}, schema.Location{Path: dir, Name: "all"})
	if problems != nil || len(subgraphs) != 2 || subgraphs[0].Name != "a" || subgraphs[1].Name != "all" {
		t.Fatalf("Load() = %v, %v, want the subgraphs a and all", subgraphs, problems)
	}
	if files := subgraphs[0].Files(); len(files) != 1 || files[0].Name != path {
		t.Errorf("Files() = %v, want %s", files, path)
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	hash := func(name, sdl string) string {
		s, _ := schema.LoadSources(name, schema.Local, &ast.Source{Name: name, Input: sdl})
		sg, problems := schema.Compose([]*schema.Subgraph{s})
		if sg == nil {
			t.Fatal(problems)
		}
		return sg.Hash
	}
	first := hash("a", "type Query { a: Int }")
	if again := hash("a", "type Query { a: Int }"); again != first || len(first) != 32 {
		t.Errorf("the hashes of the same schema are %q and %q", first, again)
	}
	if first == hash("b", "type Query { a: Int }") || first == hash("a", "type Query { a: ID }") {
		t.Error("schemas that differ have one hash")
	}
}

func TestCompositionDoesNotChangeItsInput(t *testing.T) {
	t.Parallel()
	s, _ := schema.LoadSources("a", schema.Local, &ast.Source{Name: "a", Input: `schema { query: Q } type Q { a(x: E = A @deprecated): A @deprecated } enum E { A @deprecated } scalar S @specifiedBy(url: "https://s.example") input I @oneOf { a: Int } type A { x: Int } extend type A { y: Int }`})
	before := ast.Dump(s.Document)
	first, problems := schema.Compose([]*schema.Subgraph{s})
	if problems != nil {
		t.Fatal(problems)
	}
	if diff := cmp.Diff(before, ast.Dump(s.Document)); diff != "" {
		t.Errorf("the document has changed (-before +after):\n%s", diff)
	}
	second, _ := schema.Compose([]*schema.Subgraph{s})
	if diff := cmp.Diff(first.SDL(), second.SDL()); diff != "" {
		t.Errorf("composing twice gives different schemas (-first +second):\n%s", diff)
	}
}
