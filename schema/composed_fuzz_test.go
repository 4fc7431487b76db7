package schema_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema"
)

// join reads a supergraph.
func join(text string) (*schema.Supergraph, problem.List) {
	c, problems := schema.ReadSupergraph(&ast.Source{Name: "supergraph.graphql", Input: text})
	if problems.Errors() != nil {
		return nil, problems
	}
	return schema.Join(c)
}

// Whatever a supergraph says, it is read or refused; one that can be read is the same when it was printed.
func FuzzJoin(f *testing.F) {
	files, err := filepath.Glob("../e2e/testdata/supergraph/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatal("no supergraphs to begin with", err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range txtar.Parse(data).Files {
			if part.Name == "supergraph.graphql" {
				f.Add(string(part.Data))
			}
		}
	}
	f.Add(large(3, 5))
	f.Fuzz(func(t *testing.T, text string) {
		sg, problems := join(text)
		if sg == nil {
			if problems.Errors() == nil {
				t.Fatal("neither a supergraph nor an error")
			}
			return
		}
		printed := sg.JoinSDL(nil)
		again, problems := join(printed)
		if again == nil {
			t.Fatalf("what was printed cannot be read: %v\n%s", problems.Err(), printed)
		}
		if twice := again.JoinSDL(nil); twice != printed {
			t.Fatalf("printed in another way:\n%s\nthan at first:\n%s", twice, printed)
		}
		if again.SDL() != sg.SDL() {
			t.Fatalf("another API:\n%s\nthan at first:\n%s", again.SDL(), sg.SDL())
		}
	})
}
