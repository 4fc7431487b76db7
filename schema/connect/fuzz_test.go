package connect_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/schema/link"
)

// Whatever can be parsed as a schema can be read: Read does not panic, points at places that exist, and what it gives
// without an error is complete.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.graphql")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := parser.ParseSchemasWithLimit(10_000, &ast.Source{Name: "fuzz", Input: text})
		if err != nil {
			t.Skip()
		}
		links, _ := link.Of(doc)
		sub, problems := connect.Read("fuzz", doc, links)
		count := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
		for _, p := range problems {
			if p.Line > count || p.Column < 0 || p.Column > len(text)+2 {
				t.Errorf("the problem %v is outside the text of %d lines", p, count)
			}
			if p.Code == "" || !strings.HasSuffix(p.Message, ".") && !strings.HasSuffix(p.Message, "?") {
				t.Errorf("the problem %v has no code or is no sentence", p)
			}
			if p.Severity == problem.Error && p.Line == 0 && p.Code != connect.CodeMissingType {
				t.Errorf("the problem %v is nowhere", p)
			}
		}
		for _, c := range sub.Connectors {
			if c.Selection == nil || c.Gives == nil || c.Method != "" && (c.Target == nil || c.Target.ConnectURL == nil) {
				t.Errorf("the connector %s is not complete", c.Coordinate)
			}
			_ = c.Label()
		}
	})
}
