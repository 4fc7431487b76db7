package diff_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/diff"
)

func load(t *testing.T, sdl string) *ast.Schema {
	t.Helper()
	if !strings.Contains(sdl, "type Query") && !strings.Contains(sdl, "query:") {
		sdl += "\ntype Query { q: Int }"
	}
	s, err := gqlparser.LoadSchema(&ast.Source{Name: "schema", Input: sdl})
	if err != nil {
		t.Fatalf("%v\n%s", err, sdl)
	}
	return s
}

func TestSchemas(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, before, after string
		want                []string // severity, code, coordinate
	}{
		{"a type is added", ``, `type T { f: Int }`, []string{"safe TYPE_ADDED T"}},
		{"a type is removed", `type T { f: Int }`, ``, []string{"breaking TYPE_REMOVED T"}},
		{"an enum is removed", `enum E { A }`, ``, []string{"breaking TYPE_REMOVED E"}},
		{"an input type is removed", `input I { f: Int }`, ``, []string{"breaking TYPE_REMOVED I"}},
		{"a scalar is removed", `scalar S`, ``, []string{"breaking TYPE_REMOVED S"}},
		{"a type is of another kind", `type T { f: Int }`, `interface T { f: Int }`, []string{"breaking TYPE_KIND_CHANGED T"}},
		{"a type is described", `type T { f: Int }`, `"It." type T { f: Int }`, []string{"safe DESCRIPTION_CHANGED T"}},
		{"the schema is described", `schema { query: Q } type Q { f: Int }`, `"It." schema { query: Q } type Q { f: Int }`, []string{"safe DESCRIPTION_CHANGED "}},
		{"the order changes", `type T { f: Int g(a: Int, b: Int): Int } enum E { A B }`, `enum E { B A } type T { g(b: Int, a: Int): Int f: Int }`, nil},

		{"mutations are added", ``, `type Mutation { f: Int }`, []string{"safe ROOT_TYPE_ADDED Mutation", "safe TYPE_ADDED Mutation"}},
		{"mutations are removed", `type Mutation { f: Int }`, ``, []string{"breaking ROOT_TYPE_REMOVED Mutation", "breaking TYPE_REMOVED Mutation"}},
		{"subscriptions are not subscriptions any more", `type Subscription { f: Int }`, `schema { query: Query } type Query { q: Int } type Subscription { f: Int }`,
			[]string{"breaking ROOT_TYPE_REMOVED Subscription"}},
		{"the query type has another name", `schema { query: A } type A { f: Int }`, `schema { query: B } type B { f: Int }`,
			[]string{"breaking ROOT_TYPE_CHANGED A", "breaking TYPE_REMOVED A", "safe TYPE_ADDED B"}},

		{"a field is added", `type T { f: Int }`, `type T { f: Int g: Int! }`, []string{"safe FIELD_ADDED T.g"}},
		{"a field is removed", `type T { f: Int g: Int }`, `type T { f: Int }`, []string{"breaking FIELD_REMOVED T.g"}},
		{"a field of an interface is removed", `interface T { f: Int g: Int }`, `interface T { f: Int }`, []string{"breaking FIELD_REMOVED T.g"}},
		{"a field of the query type is removed", `type Query { f: Int g: Int }`, `type Query { f: Int }`, []string{"breaking FIELD_REMOVED Query.g"}},
		{"a field is described", `type T { f: Int }`, `type T { "It." f: Int }`, []string{"safe DESCRIPTION_CHANGED T.f"}},
		{"a field has another type", `type T { f: Int }`, `type T { f: Float }`, []string{"breaking FIELD_TYPE_CHANGED T.f"}},
		{"a field is an object instead of its interface", `interface I { f: Int } type A implements I { f: Int } type T { f: I }`, `interface I { f: Int } type A implements I { f: Int } type T { f: A }`,
			[]string{"breaking FIELD_TYPE_CHANGED T.f"}},
		{"a field may be null", `type T { f: Int! }`, `type T { f: Int }`, []string{"breaking FIELD_TYPE_CHANGED T.f"}},
		{"a field is never null", `type T { f: Int }`, `type T { f: Int! }`, []string{"safe FIELD_TYPE_CHANGED T.f"}},
		{"an item may be null", `type T { f: [Int!]! }`, `type T { f: [Int]! }`, []string{"breaking FIELD_TYPE_CHANGED T.f"}},
		{"an item is never null", `type T { f: [Int] }`, `type T { f: [Int!] }`, []string{"safe FIELD_TYPE_CHANGED T.f"}},
		{"a list may be null and its items are not", `type T { f: [Int]! }`, `type T { f: [Int!] }`, []string{"breaking FIELD_TYPE_CHANGED T.f"}},
		{"a field is a list", `type T { f: Int }`, `type T { f: [Int] }`, []string{"breaking FIELD_TYPE_CHANGED T.f"}},
		{"a field is a list no more", `type T { f: [Int] }`, `type T { f: Int }`, []string{"breaking FIELD_TYPE_CHANGED T.f"}},
		{"a field is deprecated", `type T { f: Int }`, `type T { f: Int @deprecated }`, []string{"safe DEPRECATION_ADDED T.f"}},
		{"a field is deprecated no more", `type T { f: Int @deprecated }`, `type T { f: Int }`, []string{"safe DEPRECATION_REMOVED T.f"}},
		{"a field is deprecated for another reason", `type T { f: Int @deprecated }`, `type T { f: Int @deprecated(reason: "Old.") }`, []string{"safe DEPRECATION_CHANGED T.f"}},
		{"the usual reason is given", `type T { f: Int @deprecated }`, `type T { f: Int @deprecated(reason: "No longer supported") }`, nil},

		{"an argument is added", `type T { f: Int }`, `type T { f(a: Int): Int }`, []string{"safe ARGUMENT_ADDED T.f(a:)"}},
		{"an argument with a default is added", `type T { f: Int }`, `type T { f(a: Int! = 1): Int }`, []string{"safe ARGUMENT_ADDED T.f(a:)"}},
		{"a required argument is added", `type T { f: Int }`, `type T { f(a: Int!): Int }`, []string{"breaking ARGUMENT_ADDED T.f(a:)"}},
		{"an argument is removed", `type T { f(a: Int): Int }`, `type T { f: Int }`, []string{"breaking ARGUMENT_REMOVED T.f(a:)"}},
		{"an argument is described", `type T { f(a: Int): Int }`, `type T { f("It." a: Int): Int }`, []string{"safe DESCRIPTION_CHANGED T.f(a:)"}},
		{"an argument is deprecated", `type T { f(a: Int): Int }`, `type T { f(a: Int @deprecated): Int }`, []string{"safe DEPRECATION_ADDED T.f(a:)"}},
		{"an argument has another type", `type T { f(a: Int): Int }`, `type T { f(a: String): Int }`, []string{"breaking ARGUMENT_TYPE_CHANGED T.f(a:)"}},
		{"an argument may not be null", `type T { f(a: Int): Int }`, `type T { f(a: Int!): Int }`, []string{"breaking ARGUMENT_TYPE_CHANGED T.f(a:)"}},
		{"an argument with a default may not be null", `type T { f(a: Int = 1): Int }`, `type T { f(a: Int! = 1): Int }`, []string{"breaking ARGUMENT_TYPE_CHANGED T.f(a:)"}},
		{"an argument may be null", `type T { f(a: Int!): Int }`, `type T { f(a: Int): Int }`, []string{"safe ARGUMENT_TYPE_CHANGED T.f(a:)"}},
		{"an item of an argument may be null", `type T { f(a: [Int!]): Int }`, `type T { f(a: [Int]): Int }`, []string{"safe ARGUMENT_TYPE_CHANGED T.f(a:)"}},
		{"an argument is a list, which variables are not", `type T { f(a: Int): Int }`, `type T { f(a: [Int]): Int }`, []string{"breaking ARGUMENT_TYPE_CHANGED T.f(a:)"}},
		{"a default is added", `type T { f(a: Int): Int }`, `type T { f(a: Int = 1): Int }`, []string{"dangerous ARGUMENT_DEFAULT_CHANGED T.f(a:)"}},
		{"a default changes", `type T { f(a: Int = 2): Int }`, `type T { f(a: Int = 1): Int }`, []string{"dangerous ARGUMENT_DEFAULT_CHANGED T.f(a:)"}},
		{"a default is removed", `type T { f(a: Int = 2): Int }`, `type T { f(a: Int): Int }`, []string{"dangerous ARGUMENT_DEFAULT_CHANGED T.f(a:)"}},
		{"a default is removed from what may not be null", `type T { f(a: Int! = 2): Int }`, `type T { f(a: Int!): Int }`, []string{"breaking ARGUMENT_DEFAULT_CHANGED T.f(a:)"}},
		{"a default is removed, and null is refused", `type T { f(a: Int = 2): Int }`, `type T { f(a: Int!): Int }`, []string{"breaking ARGUMENT_TYPE_CHANGED T.f(a:)"}},
		{"what was required has a default", `type T { f(a: Int!): Int }`, `type T { f(a: Int! = 1): Int }`, []string{"safe ARGUMENT_DEFAULT_CHANGED T.f(a:)"}},
		{"a default is written in another way", `type T { f(a: I = {a: "x", b: [1, {}]}): Int } scalar I`, `type T { f(a: I = {b: [1, {}], a: """x"""}): Int } scalar I`, nil},
		{"an item of a default changes", `type T { f(a: I = {a: [1]}): Int } scalar I`, `type T { f(a: I = {a: [2]}): Int } scalar I`, []string{"dangerous ARGUMENT_DEFAULT_CHANGED T.f(a:)"}},

		{"an input field is added", `input I { a: Int }`, `input I { a: Int b: Int }`, []string{"safe INPUT_FIELD_ADDED I.b"}},
		{"a required input field is added", `input I { a: Int }`, `input I { a: Int b: Int! }`, []string{"breaking INPUT_FIELD_ADDED I.b"}},
		{"an input field is removed", `input I { a: Int b: Int }`, `input I { a: Int }`, []string{"breaking INPUT_FIELD_REMOVED I.b"}},
		{"an input field may not be null", `input I { a: Int }`, `input I { a: Int! }`, []string{"breaking INPUT_FIELD_TYPE_CHANGED I.a"}},
		{"an input field may be null", `input I { a: Int! }`, `input I { a: Int }`, []string{"safe INPUT_FIELD_TYPE_CHANGED I.a"}},
		{"an input field has another type", `input I { a: Int }`, `input I { a: ID }`, []string{"breaking INPUT_FIELD_TYPE_CHANGED I.a"}},
		{"the default of an input field changes", `input I { a: Int = 1 }`, `input I { a: Int = 2 }`, []string{"dangerous INPUT_FIELD_DEFAULT_CHANGED I.a"}},
		{"an input field is deprecated", `input I { a: Int }`, `input I { a: Int @deprecated }`, []string{"safe DEPRECATION_ADDED I.a"}},
		{"only one field may be given", `input I { a: Int b: Int }`, `input I @oneOf { a: Int b: Int }`, []string{"breaking ONE_OF_ADDED I"}},
		{"any fields may be given", `input I @oneOf { a: Int b: Int }`, `input I { a: Int b: Int }`, []string{"safe ONE_OF_REMOVED I"}},

		{"a value is added to an enum that fields return", `enum E { A } type T { e: [E!] }`, `enum E { A B } type T { e: [E!] }`, []string{"dangerous ENUM_VALUE_ADDED E.B"}},
		{"a value is added to an enum that clients alone send", `enum E { A } type T { f(e: E): Int }`, `enum E { A B } type T { f(e: E): Int }`, []string{"safe ENUM_VALUE_ADDED E.B"}},
		{"a value is removed", `enum E { A B }`, `enum E { A }`, []string{"breaking ENUM_VALUE_REMOVED E.B"}},
		{"a value is deprecated", `enum E { A B }`, `enum E { A B @deprecated }`, []string{"safe DEPRECATION_ADDED E.B"}},
		{"a value is described", `enum E { A }`, `enum E { "It." A }`, []string{"safe DESCRIPTION_CHANGED E.A"}},

		{"a member is added", `union U = A type A { f: Int } type B { f: Int }`, `union U = A | B type A { f: Int } type B { f: Int }`, []string{"dangerous UNION_MEMBER_ADDED U"}},
		{"a member is removed", `union U = A | B type A { f: Int } type B { f: Int }`, `union U = A type A { f: Int } type B { f: Int }`, []string{"breaking UNION_MEMBER_REMOVED U"}},

		{"a type implements an interface", `interface I { f: Int } type A { f: Int }`, `interface I { f: Int } type A implements I { f: Int }`, []string{"dangerous INTERFACE_ADDED A"}},
		{"a new type implements an interface", `interface I { f: Int }`, `interface I { f: Int } type A implements I { f: Int }`, []string{"dangerous INTERFACE_ADDED A", "safe TYPE_ADDED A"}},
		{"a type implements a new interface", `type A { f: Int }`, `interface I { f: Int } type A implements I { f: Int }`, []string{"safe INTERFACE_ADDED A", "safe TYPE_ADDED I"}},
		{"an interface implements another, and no object does", `interface I { f: Int } interface J { f: Int }`, `interface I { f: Int } interface J implements I { f: Int }`, []string{"safe INTERFACE_ADDED J"}},
		{"a type implements an interface no more", `interface I { f: Int } type A implements I { f: Int }`, `interface I { f: Int } type A { f: Int }`, []string{"breaking INTERFACE_REMOVED A"}},

		{"a scalar is specified", `scalar S`, `scalar S @specifiedBy(url: "https://a")`, []string{"safe SPECIFIED_BY_CHANGED S"}},
		{"a scalar is specified elsewhere", `scalar S @specifiedBy(url: "https://b")`, `scalar S @specifiedBy(url: "https://a")`, []string{"dangerous SPECIFIED_BY_CHANGED S"}},
		{"a scalar is specified no more", `scalar S @specifiedBy(url: "https://b")`, `scalar S`, []string{"dangerous SPECIFIED_BY_CHANGED S"}},

		{"a directive is added", ``, `directive @d on FIELD`, []string{"safe DIRECTIVE_ADDED @d"}},
		{"a directive of operations is removed", `directive @d on FIELD`, ``, []string{"breaking DIRECTIVE_REMOVED @d"}},
		{"a directive of schemas is removed", `directive @d on OBJECT`, ``, []string{"safe DIRECTIVE_REMOVED @d"}},
		{"a location in operations is removed", `directive @d on FIELD | QUERY | OBJECT`, `directive @d on FIELD`, []string{"breaking DIRECTIVE_LOCATION_REMOVED @d", "safe DIRECTIVE_LOCATION_REMOVED @d"}},
		{"a location is added", `directive @d on FIELD`, `directive @d on FIELD | QUERY`, []string{"safe DIRECTIVE_LOCATION_ADDED @d"}},
		{"a directive may be repeated", `directive @d on FIELD`, `directive @d repeatable on FIELD`, []string{"safe DIRECTIVE_REPEATABLE_ADDED @d"}},
		{"a directive may not be repeated", `directive @d repeatable on FIELD`, `directive @d on FIELD`, []string{"breaking DIRECTIVE_REPEATABLE_REMOVED @d"}},
		{"a directive of schemas may not be repeated", `directive @d repeatable on OBJECT`, `directive @d on OBJECT`, []string{"safe DIRECTIVE_REPEATABLE_REMOVED @d"}},
		{"an argument of a directive is removed", `directive @d(a: Int) on FIELD`, `directive @d on FIELD`, []string{"breaking ARGUMENT_REMOVED @d(a:)"}},
		{"a required argument of a directive is added", `directive @d on FIELD`, `directive @d(a: Int!) on FIELD`, []string{"breaking ARGUMENT_ADDED @d(a:)"}},
		{"a required argument of a directive of schemas is added", `directive @d on OBJECT`, `directive @d(a: Int!) on OBJECT`, []string{"safe ARGUMENT_ADDED @d(a:)"}},
		{"an argument of a directive of schemas has another type", `directive @d(a: Int) on OBJECT`, `directive @d(a: ID) on OBJECT`, []string{"safe ARGUMENT_TYPE_CHANGED @d(a:)"}},
		{"the default of a directive's argument changes", `directive @d(a: Int = 1) on FIELD`, `directive @d(a: Int = 2) on FIELD`, []string{"dangerous ARGUMENT_DEFAULT_CHANGED @d(a:)"}},
		{"a schema repeats what GraphQL declares", ``, `directive @deprecated(reason: String) on FIELD_DEFINITION`, nil},
		{"what is applied in the schema is not seen", `directive @d on OBJECT type T { f: Int }`, `directive @d on OBJECT type T @d { f: Int }`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, c := range diff.Schemas(load(t, tt.before), load(t, tt.after)) {
				got = append(got, fmt.Sprintf("%s %s %s", c.Severity, c.Code, c.Coordinate))
				if !strings.HasSuffix(c.Message, ".") && !strings.Contains(c.Message, "deprecated") {
					t.Errorf("not a sentence: %s", c.Message)
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
		})
	}
}

func TestTheWorstChangesComeFirst(t *testing.T) {
	t.Parallel()
	got := diff.Schemas(
		load(t, `type A { f: Int } enum E { A } type T { e: E g: Int @deprecated(reason: "Ask f.") f: Int! }`),
		load(t, `type A { f: Int! } enum E { A B } type T { e: E f: Int }`))
	want := diff.Changes{
		{diff.Breaking, diff.FieldTypeChanged, "T.f", "The type is Int instead of Int!: clients may get null where they were promised a value."},
		{diff.Breaking, diff.FieldRemoved, "T.g", "The field was removed. It was deprecated: Ask f."},
		{diff.Dangerous, diff.ValueAdded, "E.B", "The value was added: clients may get a value they do not know of."},
		{diff.Safe, diff.FieldTypeChanged, "A.f", "The type is Int! instead of Int, which promises more."},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("changes (-want +got):\n%s", d)
	}
	if n := got.Count(diff.Breaking); n != 2 {
		t.Errorf("Count() = %d, want 2", n)
	}
	text, err := json.Marshal(got[2])
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"severity":"dangerous","code":"ENUM_VALUE_ADDED","coordinate":"E.B","message":"The value was added: clients may get a value they do not know of."}`; string(text) != want {
		t.Errorf("as JSON: %s, want %s", text, want)
	}
}
