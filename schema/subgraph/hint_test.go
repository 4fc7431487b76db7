package subgraph_test

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/schema/subgraph"
)

func TestUnknownDirectivesAreHintedAt(t *testing.T) {
	t.Parallel()
	const link = `extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: [{name: "@connect", as: "@rest"}]) `
	for sdl, want := range map[string]string{
		`type Query { a: Int @connect }`:        `Import it with @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect", "@source"]).`,
		`type Query { a: Int @conect }`:         `Did you mean "@connect" or "@oneOf"?`,
		link + `type Query { a: Int @rset }`:    `Did you mean "@rest"?`,
		link + `type Query { a: Int @shareabl}`: `Unknown directive "@shareabl".`,
	} {
		doc, err := parser.ParseSchema(&ast.Source{Name: "a.graphql", Input: sdl})
		if err != nil {
			t.Fatal(err)
		}
		_, problems := subgraph.Read("a", doc)
		if text := problems.Err(); text == nil || !strings.Contains(text.Error(), want) {
			t.Errorf("%s: %v, want %s", sdl, text, want)
		}
	}
}
