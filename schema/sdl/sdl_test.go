package sdl_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/schema/sdl"
)

func TestDefinitionsAreWrittenForPeople(t *testing.T) {
	t.Parallel()
	const text = `
"What it is."
type User implements Node & Named @key(fields: "id") @tag(name: "x") {
  id: ID! @deprecated(reason: "It is \"old\".\n\tSee later.")
  "Some text."
  posts("How many." first: Int = 10, after: String): [Post!]!
  size(unit: Unit = METER, near: Point = {x: 1, y: [1.5, null]}): Float
}
scalar Date @specifiedBy(url: "https://example.com")
union Any @a = User | Post
enum Unit { METER @deprecated FOOT }
input Point { x: Int = 1, y: [Float] }
interface Node { id: ID! }
type Empty
directive @a(b: Int) repeatable on FIELD | UNION
schema @link(url: "https://example.com/a/v1.0") { query: User mutation: Empty }
`
	const want = `"""What it is."""
type User implements Node & Named
  @key(fields: "id")
  @tag(name: "x")
{
  id: ID! @deprecated(reason: "It is \"old\".\n\tSee later.")
  """Some text."""
  posts(
    """How many."""
    first: Int = 10
    after: String
  ): [Post!]!
  size(unit: Unit = METER, near: Point = {x: 1, y: [1.5, null]}): Float
}

scalar Date
  @specifiedBy(url: "https://example.com")

union Any
  @a
  = User | Post

enum Unit {
  METER @deprecated
  FOOT
}

input Point {
  x: Int = 1
  y: [Float]
}

interface Node {
  id: ID!
}

type Empty

directive @a(b: Int) repeatable on FIELD | UNION

schema
  @link(url: "https://example.com/a/v1.0")
{
  query: User
  mutation: Empty
}
`
	doc := parse(t, text)
	if diff := cmp.Diff(want, write(doc)); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(want, write(parse(t, want))); diff != "" {
		t.Errorf("what was written is written in another way: (-want +got)\n%s", diff)
	}
}

func parse(t *testing.T, text string) *ast.SchemaDocument {
	t.Helper()
	doc, err := parser.ParseSchema(&ast.Source{Input: text})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return doc
}

func write(doc *ast.SchemaDocument) string {
	p := &sdl.Printer{DirectiveLines: true}
	for _, d := range doc.Definitions {
		p.Definition(d)
	}
	for _, d := range doc.Directives {
		p.Directive(d)
	}
	for _, s := range doc.Schema {
		p.Schema(s)
	}
	return p.String()
}

// Descriptions and strings mean the same after they were written and read, whatever is in them.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a", "two\nlines", " indented", "\n", "a\n  b\n c", `ends with "`, `ends with \`, `"""`, "\x00\x7f\u2028", "tab\tand\rreturn", strings.Repeat("long ", 40), "a\n\nb\n", "\ta\n\tb", "x\n   \ny"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if s = strings.ToValidUTF8(s, "?"); strings.ContainsRune(s, '\ufeff') {
			return // the parser takes it for a mark of the encoding
		}
		doc := &ast.SchemaDocument{Definitions: ast.DefinitionList{{Kind: ast.Object, Name: "A", Description: s, Fields: ast.FieldList{
			{Name: "a", Description: s, Type: ast.NamedType("Int", nil), Directives: ast.DirectiveList{
				{Name: "d", Arguments: ast.ArgumentList{{Name: "s", Value: &ast.Value{Raw: s, Kind: ast.StringValue}}}},
			}},
		}}}}
		text := write(doc)
		def := parse(t, text).Definitions[0]
		if field := def.Fields[0]; def.Description != s || field.Description != s || field.Directives[0].Arguments[0].Value.Raw != s {
			t.Errorf("%q came back as %q, %q and %q:\n%s", s, def.Description, field.Description, field.Directives[0].Arguments[0].Value.Raw, text)
		}
	})
}
