package link_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/schema/link"
)

func parse(t *testing.T, sdl string) *ast.SchemaDocument {
	t.Helper()
	doc, err := parser.ParseSchema(&ast.Source{Name: "a.graphql", Input: sdl})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestNamesOfDirectives(t *testing.T) {
	t.Parallel()
	const sluice = "https://specs.sluice.dev/sluice"
	for _, c := range []struct{ name, sdl, spec, directive, want string }{
		{"an imported directive has its own name",
			`extend schema @link(url: "https://specs.apollo.dev/connect/v0.2", import: ["@source"])`, "connect", "source", "source"},
		{"an import may rename",
			`extend schema @link(url: "https://specs.apollo.dev/connect/v0.2", import: [{name: "@connect", as: "@rest"}])`, "connect", "connect", "rest"},
		{"what is not imported has the specification's name in front",
			`extend schema @link(url: "https://specs.apollo.dev/connect/v0.2")`, "connect", "source", "connect__source"},
		{"the directive of the specification's name stays bare",
			`extend schema @link(url: "https://specs.apollo.dev/tag/v0.3")`, "tag", "tag", "tag"},
		{"unless the document applies it with the prefix",
			`extend schema @link(url: "https://specs.apollo.dev/connect/v0.2") type Query { a: Int @connect__connect }`, "connect", "connect", "connect__connect"},
		{"as changes the prefix",
			`schema @link(url: "https://specs.apollo.dev/federation/v2.5/", as: "fed") { query: Query }`, "federation", "key", "fed__key"},
		{"as changes the bare name too",
			`extend schema @link(url: "https://specs.apollo.dev/tag/v0.3", as: "label")`, "tag", "tag", "label"},
		{"link itself may be renamed",
			`extend schema @uses(url: "https://specs.apollo.dev/link/v1.0", as: "uses") @uses(url: "https://specs.apollo.dev/tag/v0.3")`, "tag", "tag", "tag"},
		{"the older core directive is read",
			`schema @core(feature: "https://specs.apollo.dev/core/v0.2") @core(feature: "https://specs.apollo.dev/join/v0.1") { query: Query }`, "join", "type", "join__type"},
		{"other specifications are named by their whole identity",
			`extend schema @link(url: "https://specs.sluice.dev/sluice/v0.1", import: ["@lookup"])`, sluice, "lookup", "lookup"},
		{"a specification elsewhere does not count by its name",
			`extend schema @link(url: "https://example.com/connect/v0.2", import: ["@source"])`, "connect", "source", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			links, problems := link.Of(parse(t, c.sdl))
			if problems != nil {
				t.Fatal(problems)
			}
			got, ok := links.Directive(c.spec, c.directive)
			if got != c.want || ok != (c.want != "") {
				t.Fatalf("Directive(%s, %s) = %q, %v, want %q", c.spec, c.directive, got, ok, c.want)
			}
			if !ok {
				return
			}
			if l, name := links.Resolve(got); l == nil || l != links.Get(c.spec) || name != c.directive {
				t.Errorf("Resolve(%s) = %v, %q, want the link of %s and %q", got, l, name, c.spec, c.directive)
			}
		})
	}
}

func TestResolveLeavesForeignNames(t *testing.T) {
	t.Parallel()
	links, _ := link.Of(parse(t, `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["FieldSet"])`))
	if l, _ := links.Resolve("auth"); l != nil {
		t.Errorf("Resolve(auth) = %v, want none", l)
	}
	if l, name := links.ResolveType("FieldSet"); l == nil || name != "FieldSet" {
		t.Errorf("ResolveType(FieldSet) = %v, %q, want that of the federation", l, name)
	}
	if l, name := links.ResolveType("federation__Scope"); l == nil || name != "Scope" {
		t.Errorf("ResolveType(federation__Scope) = %v, %q, want that of the federation", l, name)
	}
	if l, _ := links.ResolveType("federation"); l != nil {
		t.Errorf("ResolveType(federation) = %v: a type of a specification's name is the user's own", l)
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	links, problems := link.Of(parse(t, "\nextend schema\n  @link(url: \"https://specs.apollo.dev/connect/v0.3\", for: EXECUTION, import: [\"@connect\"])"))
	if problems != nil {
		t.Fatal(problems)
	}
	if v, ok := links.Version("connect"); v != "v0.3" || !ok {
		t.Errorf("Version(connect) = %q, %v, want v0.3", v, ok)
	}
	if _, ok := links.Version("federation"); ok {
		t.Error("Version(federation) is known although it is not linked")
	}
	if diff := cmp.Diff([]link.Import{{Name: "@connect", As: "@connect"}}, links.Imports("connect")); diff != "" {
		t.Errorf("Imports (-want +got):\n%s", diff)
	}
	if p := links.Position("connect"); p == nil || p.Line != 3 || p.Column != 4 {
		t.Errorf("Position = %v, want 3:4, the name", p)
	}
	if p := links.Get("connect").Purpose; p != "EXECUTION" {
		t.Errorf("Purpose = %q, want EXECUTION", p)
	}
	if !link.AtLeast("v2.10", 2, 9) || link.AtLeast("v1.10", 2, 3) || link.AtLeast("", 0, 0) {
		t.Error("AtLeast compares versions wrongly")
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, sdl, want string }{
		{"no address", `extend schema @link`, "INVALID_LINK_DIRECTIVE_USAGE"},
		{"not an address", `extend schema @link(url: "federation")`, "INVALID_LINK_IDENTIFIER"},
		{"a bad prefix", `extend schema @link(url: "https://a.b/c/v1.0", as: "x__y")`, "INVALID_LINK_IDENTIFIER"},
		{"a bad purpose", `extend schema @link(url: "https://a.b/c/v1.0", for: FUN)`, "INVALID_LINK_DIRECTIVE_USAGE"},
		{"an unknown argument", `extend schema @link(url: "https://a.b/c/v1.0", imports: [])`, "INVALID_LINK_DIRECTIVE_USAGE"},
		{"imports that are no list", `extend schema @link(url: "https://a.b/c/v1.0", import: "@a")`, "INVALID_LINK_DIRECTIVE_USAGE"},
		{"an import that is no name", `extend schema @link(url: "https://a.b/c/v1.0", import: [1])`, "INVALID_LINK_DIRECTIVE_USAGE"},
		{"an import that turns a directive into a type", `extend schema @link(url: "https://a.b/c/v1.0", import: [{name: "@a", as: "b"}])`, "INVALID_LINK_DIRECTIVE_USAGE"},
		{"an import with an empty name", `extend schema @link(url: "https://a.b/c/v1.0", import: ["@"])`, "INVALID_LINK_DIRECTIVE_USAGE"},
		{"a specification linked twice", `extend schema @link(url: "https://a.b/c/v1.0") @link(url: "https://a.b/c/v1.1")`, "INVALID_LINK_DIRECTIVE_USAGE"},
		{"two specifications of one name", `extend schema @link(url: "https://a.b/c/v1.0") @link(url: "https://d.e/c/v1.1")`, "INVALID_LINK_DIRECTIVE_USAGE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, problems := link.Of(parse(t, c.sdl))
			if len(problems) != 1 || problems[0].Code != c.want || problems[0].Line != 1 || problems[0].File != "a.graphql" {
				t.Fatalf("problems = %v, want one %s in line 1 of a.graphql", problems, c.want)
			}
			if m := problems[0].Message; !strings.HasSuffix(m, ".") {
				t.Errorf("message %q is not a sentence", m)
			}
		})
	}
}
