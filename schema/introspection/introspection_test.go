package introspection_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/execute/introspect"
	"github.com/sluice-gateway/sluice/schema/diff"
	"github.com/sluice-gateway/sluice/schema/introspection"
	"github.com/sluice-gateway/sluice/value"
)

// answer is what a server with a schema answers to a query.
func answer(t *testing.T, schema *ast.Schema, query string) []byte {
	t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(schema, query, nil)
	if errs != nil {
		t.Fatal(errs)
	}
	field, ok := doc.Operations[0].SelectionSet[0].(*ast.Field)
	if !ok {
		t.Fatal("no field")
	}
	return append(introspect.Append([]byte(`{"data":{"__schema":`), schema, field, value.Value{}, 10<<20), "}}"...)
}

func load(t *testing.T, sdl string) *ast.Schema {
	t.Helper()
	s, err := gqlparser.LoadSchema(&ast.Source{Name: "schema", Input: sdl})
	if err != nil {
		t.Fatalf("%v\n%s", err, sdl)
	}
	return s
}

const everything = `
"Books, and who \"wrote\" them."
schema { query: Root mutation: Change }
"A \"quoted\" end\""
type Root { books(first: Int! = 10, where: Filter = {tags: ["a", "\"b\""], size: BIG}): [[Book!]!]! search: [Hit] old: Int @deprecated }
type Change { add(book: New!): Book older(a: Int @deprecated(reason: "Because of \"it\".")): Int @deprecated(reason: "Gone.") }
"""
Two lines,
  the second indented, with a \ and a \""" in it.
"""
type Book implements Node & Named { "The id." id: ID! name: String tags: [String!] size: Size at: Time }
interface Node { id: ID! }
interface Named implements Node { id: ID! name: String }
union Hit = Book | Root
enum Size { "Large." BIG SMALL @deprecated(reason: "Nobody.") }
input Filter { tags: [String!] = ["x"] size: Size! = SMALL }
input New @oneOf { title: String isbn: ID }
scalar Time @specifiedBy(url: "https://example.com/time")
scalar Plain
directive @cached("Seconds." ttl: Int = 60) repeatable on FIELD | QUERY
`

func TestASchemaSurvives(t *testing.T) {
	t.Parallel()
	schema := load(t, everything)
	for i, query := range introspection.Queries() {
		sdl, err := introspection.SDL(answer(t, schema, query))
		if err != nil {
			t.Fatalf("query %d: %v", i, err)
		}
		lost := diff.Schemas(schema, load(t, sdl))
		if i == 0 {
			if d := cmp.Diff(diff.Changes(nil), lost); d != "" {
				t.Errorf("lost (-want +got):\n%s\n%s", d, sdl)
			}
		} else if len(lost) > 5 {
			t.Errorf("query %d: %d changes, want those that the query cannot tell: %v", i, len(lost), lost)
		}
	}
}

func TestTheDataAloneWillDo(t *testing.T) {
	t.Parallel()
	var whole struct{ Data json.RawMessage }
	if err := json.Unmarshal(answer(t, load(t, `type Query { f: Int }`), introspection.Queries()[0]), &whole); err != nil {
		t.Fatal(err)
	}
	got, err := introspection.SDL(whole.Data)
	if want := "type Query {\n  f: Int\n}\n"; got != want || err != nil {
		t.Errorf("SDL() = %q, %v, want %q", got, err, want)
	}
}

func TestATypeOfAUsualNameIsNoRootByThat(t *testing.T) {
	t.Parallel()
	schema := load(t, `schema { query: Query } type Query { f: Mutation } type Mutation { when: Int }`)
	got, err := introspection.SDL(answer(t, schema, introspection.Queries()[0]))
	if err != nil {
		t.Fatal(err)
	}
	if again := load(t, got); again.Mutation != nil {
		t.Errorf("Mutation is the mutation type:\n%s", got)
	}
}

func TestWhatIsNoSchemaIsRefused(t *testing.T) {
	t.Parallel()
	object := func(field string) string {
		return `{"__schema":{"queryType":{"name":"Query"},"types":[{"kind":"OBJECT","name":"Query","fields":[` + field + `]}]}}`
	}
	deep := `{"kind":"SCALAR","name":"Int"}`
	for range 100 {
		deep = `{"kind":"LIST","ofType":` + deep + `}`
	}
	for _, tt := range []struct{ name, result, want string }{
		{"no JSON", `<html>`, "not the JSON of an introspection result"},
		{"nothing", `{}`, "no __schema"},
		{"errors", `{"errors":[{"message":"Introspection is disabled."}],"data":null}`, "the server refused: Introspection is disabled."},
		{"a list", `[1]`, "not the JSON"},
		{"no query type", `{"__schema":{"types":[]}}`, "no query type"},
		{"a name that is none", object(`{"name":"f: Int } type Evil { g","type":{"name":"Int"}}`), "is not a name"},
		{"a default that is more", object(`{"name":"f","type":{"name":"Int"},"args":[{"name":"a","type":{"name":"Int"},"defaultValue":"1, b: 2"}]}`), "is not a value"},
		{"a default that ends the field", object(`{"name":"f","type":{"name":"Int"},"args":[{"name":"a","type":{"name":"Int"},"defaultValue":"1) g(b: 2"}]}`), "is not a value"},
		{"a default that is a comment", object(`{"name":"f","type":{"name":"Int"},"args":[{"name":"a","type":{"name":"Int"},"defaultValue":"# 1"}]}`), "is not a value"},
		{"a field without a type", object(`{"name":"f"}`), "f: the type is not told to its end"},
		{"a type that ends in a list", object(`{"name":"f","type":{"kind":"LIST"}}`), "f: the type is not told to its end"},
		{"a type without an end", object(`{"name":"f","type":` + deep + `}`), "f: the type is not told to its end"},
		{"a type that is not there", object(`{"name":"f","type":{"kind":"OBJECT","name":"Gone"}}`), "Gone"},
		{"an unknown kind", `{"__schema":{"queryType":{"name":"Query"},"types":[{"kind":"THING","name":"Query"}]}}`, `"THING"`},
		{"nulls in lists", `{"__schema":{"queryType":{"name":"Query"},"types":[null,{"kind":"OBJECT","name":"Query","fields":[null]}],"directives":[null]}}`, "not valid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := introspection.SDL([]byte(tt.result))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("SDL() = %q, %v, want an error with %q", got, err, tt.want)
			}
		})
	}
}
