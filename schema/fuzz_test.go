package schema_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema"
)

// cut separates the subgraphs in the text that is fuzzed.
const cut = "\n----\n"

// FuzzCompose composes whatever it is given. It must come to an end with a supergraph whose API schema is valid, or
// with errors, and never with both or neither.
func FuzzCompose(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var parts []string
		for _, part := range archive.Files {
			if strings.HasSuffix(part.Name, ".graphql") {
				parts = append(parts, string(part.Data))
			}
		}
		f.Add(strings.Join(parts, cut))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<14 {
			return
		}
		var subgraphs []*schema.Subgraph
		parsed := true
		for i, part := range strings.Split(text, cut) {
			s, problems := schema.LoadSources(fmt.Sprint("s", i), schema.Local, &ast.Source{Name: "x", Input: part})
			subgraphs, parsed = append(subgraphs, s), parsed && problems == nil
		}
		sg, problems := schema.Compose(subgraphs)
		if (sg == nil) != (problems.Errors() != nil) {
			t.Fatalf("there is a supergraph: %v, with the problems\n%s", sg != nil, lines(problems))
		}
		if sg == nil {
			return
		}
		if !parsed {
			t.Fatal("a supergraph was made of subgraphs that do not parse")
		}
		if _, err := gqlparser.LoadSchema(&ast.Source{Input: sg.SDL()}); err != nil {
			t.Fatalf("the API schema is not valid: %v\n%s", err, sg.SDL())
		}
	})
}
