package subgraph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// version2 stands in front of the documents below, on a line of its own.
const version2 = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@override", "@inaccessible", "@tag", "@interfaceObject", "@extends"])
`

func read(t *testing.T, sdl string) (*subgraph.Schema, problem.List) {
	t.Helper()
	doc, err := parser.ParseSchema(&ast.Source{Name: "a.graphql", Input: sdl})
	if err != nil {
		t.Fatal(err)
	}
	s, problems := subgraph.Read("a", doc)
	problems.Sort()
	return s, problems
}

// short gives a problem in the form that the tables have: code, line, coordinate.
func short(list problem.List) []string {
	var out []string
	for _, p := range list {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %d %s", p.Code, p.Line, p.Coordinate)))
	}
	return out
}

func TestGraphQLRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, sdl string
		want      []string
	}{
		{"all problems are reported, not the first alone", "type Query { a: Nope b: Input u(x: Query): Int }\ninput Input { q: Query }",
			[]string{"INVALID_GRAPHQL 1 Query.a", "INVALID_GRAPHQL 1 Query.b", "INVALID_GRAPHQL 1 Query.u(x:)", "INVALID_GRAPHQL 2 Input.q"}},
		{"a type is defined once", "type Query { a: Int }\ntype Query { b: Int }", []string{"INVALID_GRAPHQL 2 Query"}},
		{"an extension is of the kind of its type", "type A { a: Int }\nextend input A { b: Int }", []string{"INVALID_GRAPHQL 2 A"}},
		{"fields, arguments, values and members occur once",
			"type A { a: Int, a: Int\n b(x: Int, x: Int): E }\nenum E { V V }\nunion U = A | A\nextend type A { b: Int }",
			[]string{"INVALID_GRAPHQL 1 A.a", "INVALID_GRAPHQL 2 A.b(x:)", "INVALID_GRAPHQL 3 E.V", "INVALID_GRAPHQL 4 U", "INVALID_GRAPHQL 5 A.b"}},
		{"types need something in them", "type A\nenum E\nunion U\ninput I\ninterface F", []string{
			"INVALID_GRAPHQL 1 A", "INVALID_GRAPHQL 2 E", "INVALID_GRAPHQL 3 U", "INVALID_GRAPHQL 4 I", "INVALID_GRAPHQL 5 F"}},
		{"two underscores are reserved", "type A { __a(__b: Int): Int }\nenum __E { V }", []string{"INVALID_GRAPHQL 1 A.__a", "INVALID_GRAPHQL 1 A.__a(__b:)", "INVALID_GRAPHQL 2 __E"}},
		{"an enum has no values that look like literals", "enum E { true A }", []string{"INVALID_GRAPHQL 1 E.true"}},
		{"unions are of objects", "union U = I | Nope\ninterface I { a: Int }", []string{"INVALID_GRAPHQL 1 U", "INVALID_GRAPHQL 1 U"}},
		{"interfaces are implemented",
			"interface I { a(x: Int): Int! b: I }\ntype A implements I { a(x: ID, y: Int!): Int }",
			[]string{"INVALID_GRAPHQL 2 A", "INVALID_GRAPHQL 2 A.a", "INVALID_GRAPHQL 2 A.a(x:)", "INVALID_GRAPHQL 2 A.a(y:)"}},
		{"an implementation may be narrower", "interface I { a: I b: [U] }\nunion U = A\ntype A implements I { a: A! b(extra: Int): [A!]! }", nil},
		{"interfaces of interfaces are implemented too", "interface I implements J { a: Int }\ninterface J { a: Int }\ntype A implements I { a: Int }", []string{"INVALID_GRAPHQL 3 A"}},
		{"only interfaces are implemented, once, and not by themselves", "type A implements B & B & C { a: Int }\ntype B { a: Int }\ninterface D implements D { a: Int }",
			[]string{"INVALID_GRAPHQL 1 A", "INVALID_GRAPHQL 1 A", "INVALID_GRAPHQL 1 A", "INVALID_GRAPHQL 3 D"}},
		{"defaults fit their types",
			"input I { a: Int! = 1.5, b: E = A, c: E = X, d: [Int!] = 3, e: I = {a: 1, f: 2}, g: I = {}, h: ID = 7, i: Int = 3000000000, j: Boolean = \"x\", k: Date = {any: [1]} }\nenum E { A }\nscalar Date",
			[]string{"INVALID_GRAPHQL 1 I.a", "INVALID_GRAPHQL 1 I.c", "INVALID_GRAPHQL 1 I.e", "INVALID_GRAPHQL 1 I.i", "INVALID_GRAPHQL 1 I.j"}},
		{"an exclusive input object takes one member", "input I @oneOf { a: Int b: Int }\ntype Query { f(x: I = {a: 1, b: 2}, y: I = {a: 1}): Int }", []string{"INVALID_GRAPHQL 2 Query.f(x:)"}},
		{"input objects do not need themselves", "input A { b: B! }\ninput B { a: A! list: [A!]! }", []string{"INVALID_GRAPHQL 2 B.a"}},
		{"directives are known, at home here and complete",
			"directive @d(a: Int!) on OBJECT\ntype A @d @e { a: Int @d(a: 1) }\ntype B @d(a: \"x\", b: 2) @d(a: 1) { a: Int @deprecated(reason: 1) }",
			[]string{"INVALID_GRAPHQL 2 A", "INVALID_GRAPHQL 2", "INVALID_GRAPHQL 2 A.a", "INVALID_GRAPHQL 3 B", "INVALID_GRAPHQL 3 B", "INVALID_GRAPHQL 3 B", "INVALID_GRAPHQL 3 B.a"}},
		{"definitions of directives are checked", "directive @d(a: Nope, b: A, b: Int) on FIELD\ndirective @d on FIELD\ntype A { a: Int }",
			[]string{"INVALID_GRAPHQL 1 @d(a:)", "INVALID_GRAPHQL 1 @d(b:)", "INVALID_GRAPHQL 1 @d(b:)", "INVALID_GRAPHQL 2 @d"}},
		{"root types exist and are objects", "schema { query: Q mutation: M }\ninput M { a: Int }", []string{"INVALID_GRAPHQL 1 Q", "INVALID_GRAPHQL 2 M"}},
		{"root types are different", "schema { query: Q mutation: Q }\ntype Q { a: Int }", []string{"INVALID_GRAPHQL 1"}},
		{"a renamed root type leaves no other of its standard name", "schema { query: Q }\ntype Q { a: Int }\ntype Query { a: Int }", []string{"ROOT_QUERY_USED 1 Q"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, problems := read(t, c.sdl)
			if diff := cmp.Diff(c.want, short(problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s\n%v", diff, problems)
			}
			if (s == nil) != (len(c.want) > 0) {
				t.Errorf("Read() returned a schema: %v, with the problems %v", s != nil, problems)
			}
		})
	}
}

func TestFederationRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, sdl string
		want      []string
	}{
		{"keys select fields", `type A @key(fields: "id") @key(fields: "nope") @key(fields: "b") @key(fields: "b { id") @key(fields: "id { x }") { id: ID b: B } type B { id: ID }`,
			[]string{"KEY_INVALID_FIELDS 2 A", "KEY_INVALID_FIELDS 2 A", "KEY_INVALID_FIELDS 2 A", "KEY_INVALID_FIELDS 2 A"}},
		{"keys of lists of objects are fine", `type A @key(fields: "bs{id}") { bs: [B] } type B { id: ID }`, nil},
		{"a field set is one selection", `type A @key(fields: "id } { id") { id: ID }`, []string{"KEY_INVALID_FIELDS 2 A"}},
		{"field sets are strings", `type A @key(fields: ["id"]) { id: ID }`, []string{"KEY_INVALID_FIELDS_TYPE 2 A"}},
		{"field sets have no directives, aliases and fragments",
			`type A @key(fields: "id @x") @key(fields: "x: id") @key(fields: "... on A { id }") @key(fields: "...F") { id: ID }`,
			[]string{"KEY_DIRECTIVE_IN_FIELDS_ARG 2 A", "KEY_INVALID_FIELDS 2 A", "KEY_INVALID_FIELDS 2 A", "KEY_INVALID_FIELDS 2 A"}},
		{"keys have no arguments and no abstract types", `type A @key(fields: "a i { a }") { a(x: Int): Int i: I } interface I { a: Int }`,
			[]string{"KEY_FIELDS_HAS_ARGS 2 A", "KEY_FIELDS_SELECT_INVALID_TYPE 2 A"}},
		{"what is required comes from elsewhere", `type A @key(fields: "id") { id: ID a: Int b: Int @requires(fields: "a") c: Int @requires(fields: "d") d: Int @external }`,
			[]string{"REQUIRES_FIELDS_MISSING_EXTERNAL 2 A.b"}},
		{"requirements may have arguments and fragments", `type A @key(fields: "id") { id: ID i: I @external b: Int @requires(fields: "i { ... on B { a(x: 1) } }") } interface I { id: ID } type B implements I { id: ID a(x: Int!): Int }`, nil},
		{"arguments of requirements are known, constant and complete", `type A { a(x: Int!): Int @external b: Int @requires(fields: "a(y: 1)") c: Int @requires(fields: "a(x: $v)") }`,
			[]string{"REQUIRES_INVALID_FIELDS 2 A.b", "REQUIRES_INVALID_FIELDS 2 A.b", "REQUIRES_INVALID_FIELDS 2 A.c"}},
		{"what is provided is external", `type A { b: B @provides(fields: "x y") s: Int @provides(fields: "x") } type B @key(fields: "id") { id: ID x: Int @external y: Int }`,
			[]string{"PROVIDES_FIELDS_MISSING_EXTERNAL 2 A.b", "PROVIDES_ON_NON_OBJECT_FIELD 2 A.s"}},
		{"a field of an interface is external where one of the types has it so", `type A { b: I @provides(fields: "x y") } interface I { x: Int y: Int } type B implements I @key(fields: "id") { id: ID x: Int @external y: Int }`,
			[]string{"PROVIDES_FIELDS_MISSING_EXTERNAL 2 A.b"}},
		{"external fields are used", `type A @key(fields: "id") { id: ID a: Int @external }`, []string{"EXTERNAL_UNUSED 2 A.a"}},
		{"an interface is a use", `interface I { a: Int } type A implements I @key(fields: "id") { id: ID a: Int @external }`, nil},
		{"on a type, external speaks of its own block", "type A @key(fields: \"id\") { id: ID }\nextend type A @external { a: Int b: Int }",
			[]string{"EXTERNAL_UNUSED 3 A.a", "EXTERNAL_UNUSED 3 A.b"}},
		{"interface fields are not resolved", `interface I { a: Int @external b: Int @shareable c: Int @requires(fields: "a") d: I @provides(fields: "a") e: Int @override(from: "b") }`,
			[]string{"EXTERNAL_ON_INTERFACE 2 I.a", "INVALID_SHAREABLE_USAGE 2 I.b", "REQUIRES_UNSUPPORTED_ON_INTERFACE 2 I.c", "PROVIDES_UNSUPPORTED_ON_INTERFACE 2 I.d", "OVERRIDE_ON_INTERFACE 2 I.e"}},
		{"external excludes what resolvers have", `type A { a: Int @external @tag(name: "x") b: Int @external @requires(fields: "a") c: Int @external @override(from: "b") d: Int @requires(fields: "b c") }`,
			[]string{"MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL 2 A.a", "EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE 2 A.b", "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE 2 A.c"}},
		{"nobody overrides itself", `type A { a: Int @override(from: "a") }`, []string{"OVERRIDE_FROM_SELF_ERROR 2 A.a"}},
		{"the key of an interface is that of its implementations", `interface I @key(fields: "id") { id: ID } type A implements I { id: ID } type B implements I @key(fields: "id") { id: ID }`,
			[]string{"INTERFACE_KEY_NOT_ON_IMPLEMENTATION 2 I"}},
		{"an interface object has a key", `type A @interfaceObject { id: ID }`, []string{"INTERFACE_OBJECT_USAGE_ERROR 2 A"}},
		{"shareable has a code of its own where it does not belong", `input A { a: Int @shareable }`, []string{"INVALID_SHAREABLE_USAGE 2 A.a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, problems := read(t, version2+c.sdl)
			if diff := cmp.Diff(c.want, short(problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s\n%v", diff, problems)
			}
		})
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, sdl string
		want      []string
	}{
		{"an unknown version of the federation", `extend schema @link(url: "https://specs.apollo.dev/federation/v3.0")`, []string{"UNKNOWN_FEDERATION_LINK_VERSION 1"}},
		{"an element that does not exist", `extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@kee"])`, []string{"INVALID_LINK_DIRECTIVE_USAGE 1"}},
		{"an element of a later version", `extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@interfaceObject"])`, []string{"INVALID_LINK_DIRECTIVE_USAGE 1"}},
		{"a specification that must be understood", `extend schema @link(url: "https://example.com/secrets/v1.0", for: SECURITY)`, []string{"UNSUPPORTED_LINKED_FEATURE 1"}},
		{"one that may be ignored, with its definitions", `extend schema @link(url: "https://example.com/notes/v1.0", import: ["@note"]) directive @note(x: notes__Kind) on OBJECT
			enum notes__Kind { A } type A @note(x: A) { a: Int }`, nil},
		{"a link is reported by its own codes", `extend schema @link(url: "nope")`, []string{"INVALID_LINK_IDENTIFIER 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, problems := read(t, c.sdl)
			if diff := cmp.Diff(c.want, short(problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s\n%v", diff, problems)
			}
		})
	}
}

func TestUnknownNamesAreExplained(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, sdl, want string }{
		{"a type", "type Query { a: Usr } type User { a: Int }", `Did you mean "User"?`},
		{"a directive", "directive @cached on OBJECT type Query @cachd { a: Int }", `Did you mean "@cached"?`},
		{"a directive that is not imported", `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9") type Query { a: Int @shareable }`, `Import it with @link(`},
		{"a field of a key", version2 + `type A @key(fields: "di") { id: ID }`, `Did you mean "id"?`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, problems := read(t, c.sdl)
			if len(problems) != 1 || !strings.Contains(problems[0].Message, c.want) {
				t.Errorf("problems = %v, want one with %q", problems, c.want)
			}
		})
	}
}

func TestDeclarations(t *testing.T) {
	t.Parallel()
	s, problems := read(t, `
		schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable", {name: "@key", as: "@ident"}]) { query: MyQuery }
		type MyQuery { again: [MyQuery!] _service: _Service! _entities(representations: [_Any!]!): [_Entity]! }
		scalar _Any union _Entity = A type _Service { sdl: String! }
		directive @federation__external on FIELD_DEFINITION
		extend type A @ident(fields: "id n { v }") { id: ID @federation__external n: N }
		type N { v: Int w: Int }
		extend type N @shareable { x: Int }
	`)
	if problems != nil {
		t.Fatal(problems)
	}
	var types []string
	for _, typ := range s.Types {
		types = append(types, typ.Name)
	}
	if diff := cmp.Diff([]string{"Query", "N", "A"}, types); diff != "" {
		t.Errorf("types, without those of the subgraph protocol (-want +got):\n%s", diff)
	}
	if got := s.Field("Query", "again").Type.String(); got != "[Query!]" {
		t.Errorf("a reference to a renamed root type is %s, want [Query!]", got)
	}
	if s.Field("Query", "_service") != nil {
		t.Error("a field of the subgraph protocol is still there")
	}
	if f := s.Field("A", "id"); f.External || !f.Shareable || !s.Type("A").Extended {
		t.Errorf("the key field of an extension is %+v, want it resolved and shareable", f)
	}
	for field, want := range map[string]bool{"v": true, "w": false, "x": true} {
		if got := s.Field("N", field).Shareable; got != want {
			t.Errorf("N.%s is shareable: %v, want %v", field, got, want)
		}
	}
	if s.Rename("MyQuery") != "Query" || s.Rename("A") != "A" {
		t.Error("Rename does not give the names of the supergraph")
	}
}

func TestOlderDialect(t *testing.T) {
	t.Parallel()
	s, problems := read(t, `
		type Query { me: User @provides(fields: "name") count: Int @provides(fields: "x") }
		extend type User @key(fields: ["id"]) {
			id: ID! @external
			name: String @external
			unused: Int @external
			greeting: String @requires(fields: "name")
		}
		interface I @key(fields: "id") { id: ID @external }
	`)
	if problems != nil {
		t.Fatal(problems)
	}
	if f := s.Field("User", "id"); f.External {
		t.Error("the key field of an extension is external")
	}
	if f := s.Field("User", "name"); f == nil || !f.External {
		t.Error("a field that is required is not external any more")
	}
	if f := s.Field("User", "unused"); f != nil {
		t.Error("an external field that nothing uses is still there")
	}
	if len(s.Type("I").Keys) != 0 || s.Field("I", "id").External {
		t.Error("an interface still has a key or external fields")
	}
	if !s.Field("User", "greeting").Shareable {
		t.Error("fields of the older dialect are not shareable")
	}
	_, problems = read(t, `type Query { a: A } extend type A @key(fields: "id") { name: String @external }`)
	if diff := cmp.Diff([]string{"TYPE_WITH_ONLY_UNUSED_EXTERNAL 1 A", "KEY_INVALID_FIELDS 1 A"}, short(problems)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestReadLeavesTheDocument(t *testing.T) {
	t.Parallel()
	doc, err := parser.ParseSchema(&ast.Source{Input: version2 + "schema { query: Q } type Q { a: Q } extend type Q { b: Int }"})
	if err != nil {
		t.Fatal(err)
	}
	before := ast.Dump(doc)
	if _, problems := subgraph.Read("a", doc); problems != nil {
		t.Fatal(problems)
	}
	if after := ast.Dump(doc); before != after {
		t.Errorf("Read changed the document (-before +after):\n%s", cmp.Diff(before, after))
	}
}
