package merge_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema/merge"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

const version2 = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@override", "@inaccessible", "@tag", "@interfaceObject"])
`

// compose merges subgraphs named a, b, c…; each document is the second line of its file.
func compose(t *testing.T, documents ...string) (*merge.Schema, problem.List) {
	t.Helper()
	var schemas []*subgraph.Schema
	for i, sdl := range documents {
		name := string(rune('a' + i))
		doc, err := parser.ParseSchema(&ast.Source{Name: name, Input: version2 + sdl})
		if err != nil {
			t.Fatal(err)
		}
		s, problems := subgraph.Read(name, doc)
		if problems != nil {
			t.Fatal(problems)
		}
		schemas = append(schemas, s)
	}
	merged, problems := merge.Merge(schemas)
	problems.Sort()
	return merged, problems
}

// sdl prints the merged types but the root types.
func sdl(m *merge.Schema) string {
	doc := &ast.SchemaDocument{Directives: m.Directives}
	for _, t := range m.Types {
		if !subgraph.IsRoot(t.Name) {
			doc.Definitions = append(doc.Definitions, t.Definition)
		}
	}
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithIndent(" "), formatter.WithCompacted()).FormatSchemaDocument(doc)
	return strings.Join(strings.Fields(b.String()), " ")
}

// root is the document of a subgraph that is there to have a query.
const root = "type Query { root: Int }"

func TestMerging(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		documents []string
		want      string
	}{
		{"fields of an entity are united",
			[]string{root + ` type A @key(fields: "id") { id: ID! a: Int }`, `type A @key(fields: "id") { id: ID! b: Int }`},
			"type A { id: ID! a: Int b: Int }"},
		{"an output type is the widest",
			[]string{root + ` type A @shareable { a: Int! b: [U!] c: I d: B } union U = B interface I { x: Int } type B implements I @shareable { x: Int }`,
				`type A @shareable { a: Int b: [B!]! c: B! d: I } interface I { x: Int } type B implements I @shareable { x: Int }`},
			"type A { a: Int b: [U!] c: I d: I } type B implements I { x: Int } interface I { x: Int } union U = B"},
		{"members of unions and interfaces of types are united",
			[]string{root + ` union U = A type A implements I @shareable { x: Int } interface I { x: Int }`, `union U = B | A type B @shareable { y: Int } type A implements J @shareable { x: Int } interface J { x: Int }`},
			"type A implements I & J { x: Int } type B { y: Int } interface I { x: Int } interface J { x: Int } union U = A | B"},
		{"input objects have the fields in common, at the narrowest",
			[]string{root + ` input I { a: Int b: [Int] only: Int d: Int = 1 e: Int = 1 }`, `input I { a: Int! b: [Int!] d: Int = 1 e: Int }`},
			"input I { a: Int! b: [Int!] d: Int = 1 e: Int }"},
		{"arguments are those in common, at the narrowest",
			[]string{root + ` type A @shareable { f(a: Int, only: Int, d: Int = 1, e: Int = 2): Int }`, `type A @shareable { f(a: Int!, d: Int = 1, e: Int): Int }`},
			"type A { f(a: Int!, d: Int = 1, e: Int): Int }"},
		{"an enum that clients receive has the values of all",
			[]string{root + ` type A @shareable { e: E } enum E { X Y }`, `type A @shareable { e: E } enum E { Y Z }`},
			"type A { e: E } enum E { X Y Z }"},
		{"an enum that clients send has the values in common",
			[]string{root + ` input I { e: E } enum E { X Y }`, `input I { e: E } enum E { Y Z }`},
			"enum E { Y } input I { e: E }"},
		{"an enum used both ways may differ in what is hidden",
			[]string{root + ` input I { e: E } type A @shareable { e: E } enum E { X @inaccessible Y }`, `enum E { Y }`},
			"type A { e: E } enum E { X Y } input I { e: E }"},
		{"descriptions, deprecations and the like are kept",
			[]string{root + ` type A @shareable { "of a" a(x: Int @deprecated): Int @deprecated(reason: "old") } scalar S @specifiedBy(url: "https://s.example") input I @oneOf { a: Int b: Int }`,
				`"A of b" type A @shareable { "of b" a(x: Int): Int } scalar S input I { a: Int b: Int }`},
			`""" A of b """ type A { """ of a """ a(x: Int @deprecated): Int @deprecated(reason: "old") } input I @oneOf { a: Int b: Int } scalar S @specifiedBy(url: "https://s.example")`},
		{"directives of operations that all subgraphs know are kept, as far as they agree",
			[]string{root + ` directive @d(a: Int, b: Int) repeatable on FIELD | QUERY | OBJECT directive @only on FIELD`, `directive @d(a: Int!) on FIELD | OBJECT`},
			"directive @d(a: Int!) on FIELD"},
		{"an overridden field counts no more",
			[]string{root + ` type A @key(fields: "id") { id: ID a(x: Int): Int }`, `type A @key(fields: "id") { id: ID a: Int @override(from: "a") }`},
			"type A { id: ID a: Int }"},
		{"overriding from a subgraph that is gone changes nothing",
			[]string{root + ` type A @key(fields: "id") { id: ID a: Int @override(from: "gone") }`},
			"type A { id: ID a: Int }"},
		{"an interface object gives its fields to the implementations",
			[]string{root + ` interface I @key(fields: "id") { id: ID } type A implements I @key(fields: "id") { id: ID }`, `type I @interfaceObject @key(fields: "id") { id: ID extra(x: Int): Int }`},
			"type A implements I { id: ID extra(x: Int): Int } interface I { id: ID extra(x: Int): Int }"},
		{"external declarations do not widen",
			[]string{root + ` type A @key(fields: "id") { id: ID a: Int }`, `type A @key(fields: "id") { id: ID a: Int! @external b: Int @requires(fields: "a") }`},
			"type A { id: ID a: Int b: Int }"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, problems := compose(t, c.documents...)
			if problems != nil {
				t.Fatal(problems)
			}
			if diff := cmp.Diff(c.want, sdl(m)); diff != "" {
				t.Errorf("merged (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConflicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		documents []string
		want      []string // file, code, coordinate
	}{
		{"kinds differ", []string{root + ` type A { a: Int }`, `input A { a: Int }`, `scalar A`}, []string{"b TYPE_KIND_MISMATCH A"}},
		{"only extended", []string{root + ` extend type A @key(fields: "id") { id: ID }`, `extend type A @key(fields: "id") { id: ID }`}, []string{"a EXTENSION_WITH_NO_BASE A"}},
		{"a root type may be only extended", []string{`extend type Query { a: Int }`}, nil},
		{"output types have nothing in common", []string{root + ` type A @shareable { a: Int b: [Int] }`, `type A @shareable { a: String b: Int }`}, []string{"b FIELD_TYPE_MISMATCH A.a", "b FIELD_TYPE_MISMATCH A.b"}},
		{"input types have nothing in common", []string{root + ` input A { a: Int } type B @shareable { f(x: Int): Int }`, `input A { a: ID } type B @shareable { f(x: ID): Int }`},
			[]string{"b FIELD_ARGUMENT_TYPE_MISMATCH B.f(x:)", "b FIELD_TYPE_MISMATCH A.a"}},
		{"defaults differ", []string{root + ` input A { a: Int = 1 } type B @shareable { f(x: Int = 1): Int }`, `input A { a: Int = 2 } type B @shareable { f(x: Int = 2): Int }`},
			[]string{"b INPUT_FIELD_DEFAULT_MISMATCH A.a", "b FIELD_ARGUMENT_DEFAULT_MISMATCH B.f(x:)"}},
		{"a required argument is missing", []string{root + ` type A @shareable { f(x: Int!): Int }`, `type A @shareable { f: Int }`}, []string{"a REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH A.f(x:)"}},
		{"a required input field is missing", []string{root + ` input A { a: Int! b: Int }`, `input A { b: Int }`}, []string{"a REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH A.a"}},
		{"no input field in common", []string{root + ` input A { a: Int }`, `input A { b: Int }`}, []string{"a EMPTY_MERGED_INPUT_TYPE A"}},
		{"no value in common", []string{root + ` enum E { A } input I { e: E }`, `enum E { B } input I { e: E }`}, []string{"a EMPTY_MERGED_ENUM_TYPE E"}},
		{"an enum used both ways differs", []string{root + ` enum E { A B } input I { e: E } type T { e: E }`, `enum E { A }`}, []string{"a ENUM_VALUE_MISMATCH E.B"}},
		{"a field is shared by none", []string{root + ` type A @key(fields: "id") { id: ID a: Int }`, `type A @key(fields: "id") { id: ID a: Int }`}, []string{"a INVALID_FIELD_SHARING A.a", "b INVALID_FIELD_SHARING A.a"}},
		{"a field is shared by one alone", []string{root + ` type A @key(fields: "id") { id: ID a: Int @shareable }`, `type A @key(fields: "id") { id: ID a: Int }`}, []string{"b INVALID_FIELD_SHARING A.a"}},
		{"root fields are fields", []string{root, root}, []string{"a INVALID_FIELD_SHARING Query.root", "b INVALID_FIELD_SHARING Query.root"}},
		{"subscriptions cannot be shared", []string{root + ` type Subscription @shareable { a: Int }`, `type Subscription @shareable { a: Int }`}, []string{"b INVALID_FIELD_SHARING Subscription.a"}},
		{"an interface object shares too", []string{root + ` interface I @key(fields: "id") { id: ID x: Int } type A implements I @key(fields: "id") { id: ID x: Int }`, `type I @interfaceObject @key(fields: "id") { id: ID x: Int }`},
			[]string{"a INVALID_FIELD_SHARING A.x", "b INVALID_FIELD_SHARING A.x"}},
		{"shared fields have some type in common", []string{root + ` type A @shareable { u: U } union U = B type B @shareable { x: Int }`, `type A @shareable { u: U } union U = C type C @shareable { x: Int }`}, []string{"b SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES A.u"}},
		{"external everywhere", []string{root + ` type A @key(fields: "id") { id: ID a: Int @external b: Int @requires(fields: "a") }`}, []string{"a EXTERNAL_MISSING_ON_BASE A.a"}},
		{"external differs", []string{root + ` type A @key(fields: "id") { id: ID a(x: Int, y: Int, z: Int = 1): Int }`,
			`type A @key(fields: "id") { id: ID a(y: ID, z: Int): String @external b: Int @requires(fields: "a") }`},
			[]string{"b EXTERNAL_TYPE_MISMATCH A.a", "b EXTERNAL_ARGUMENT_MISSING A.a(x:)", "b EXTERNAL_ARGUMENT_TYPE_MISMATCH A.a(y:)", "b EXTERNAL_ARGUMENT_DEFAULT_MISMATCH A.a(z:)"}},
		{"an interface of another subgraph is not implemented", []string{root + ` interface I { a: Int } type A implements I @key(fields: "id") { id: ID a: Int }`, `interface I { a: Int b: Int } type B implements I { a: Int b: Int }`}, []string{"a INTERFACE_FIELD_NO_IMPLEM A"}},
		{"two override each other", []string{root + ` type A @key(fields: "id") { id: ID a: Int @override(from: "b") }`, `type A @key(fields: "id") { id: ID a: Int @override(from: "a") }`},
			[]string{"a OVERRIDE_SOURCE_HAS_OVERRIDE A.a", "b OVERRIDE_SOURCE_HAS_OVERRIDE A.a", "a INVALID_FIELD_SHARING A.a", "b INVALID_FIELD_SHARING A.a"}},
		{"what has requirements is not overridden", []string{root + ` type A @key(fields: "id") { id: ID x: Int @external a: Int @requires(fields: "x") }`, `type A @key(fields: "id") { id: ID x: Int a: Int @override(from: "a") }`},
			[]string{"b OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE A.a", "a INVALID_FIELD_SHARING A.a", "b INVALID_FIELD_SHARING A.a"}},
		{"an interface object without an interface", []string{root + ` type I @interfaceObject @key(fields: "id") { id: ID a: Int }`}, []string{"a INTERFACE_OBJECT_USAGE_ERROR I"}},
		{"an interface object whose interface has no key is entered by the keys of its objects", []string{root + ` interface I { id: ID } type A implements I { id: ID }`, `type I @interfaceObject @key(fields: "id") { id: ID @shareable }`},
			[]string{"a INVALID_FIELD_SHARING A.id"}},
		{"an interface with a key knows all implementations", []string{root + ` interface I @key(fields: "id") { id: ID } type A implements I @key(fields: "id") { id: ID }`, `interface I { id: ID } type B implements I @key(fields: "id") { id: ID }`}, []string{"a INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE I"}},
		{"nothing to ask for", []string{`type A { a: Int }`}, []string{" NO_QUERIES Query"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, problems := compose(t, c.documents...)
			want, got := map[string]int{}, map[string]int{}
			for _, w := range c.want {
				want[w]++
			}
			for _, p := range problems {
				got[fmt.Sprintf("%s %s %s", p.File, p.Code, p.Coordinate)]++
				if p.File != "" && p.Line != 2 {
					t.Errorf("%v is not at a declaration, which are all in line 2", p)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s\n%v", diff, problems)
			}
		})
	}
}

func TestWhoResolvesWhat(t *testing.T) {
	t.Parallel()
	m, problems := compose(t,
		root+` type A @key(fields: "id") @key(fields: "used") { id: ID moved: Int used: Int far: Int @external near: Int @requires(fields: "far") }`,
		`type A @key(fields: "id") { id: ID moved: Int @override(from: "a") used: Int @override(from: "a") far: Int }`)
	if problems != nil {
		t.Fatal(problems)
	}
	got := map[string]string{}
	for _, f := range m.Type("A").Fields {
		for _, in := range f.In {
			got[f.Name] += fmt.Sprintf("%d:%v ", in.Subgraph, in.Resolved())
		}
	}
	want := map[string]string{"id": "0:true 1:true ", "moved": "1:true ", "used": "0:false 1:true ", "far": "0:false 1:true ", "near": "0:true "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("resolved (-want +got):\n%s", diff)
	}
}

func TestHiddenAndTagged(t *testing.T) {
	t.Parallel()
	m, problems := compose(t,
		root+` type A @shareable @tag(name: "x") { a: Int @tag(name: "y") b(x: Int @tag(name: "z")): Int } enum E { V W }`,
		`type A @shareable @inaccessible @tag(name: "x") @tag(name: "w") { a: Int @inaccessible b(x: Int @inaccessible): Int } enum E { V @inaccessible }`)
	if problems != nil {
		t.Fatal(problems)
	}
	a, e := m.Type("A"), m.Type("E")
	if !a.Hidden || !a.Field("a").Hidden || a.Field("b").Hidden || !a.Field("b").Args[0].Hidden || !e.Values[0].Hidden || e.Values[1].Hidden {
		t.Error("what one subgraph hides is not hidden")
	}
	if diff := cmp.Diff([][]string{{"x", "w"}, {"y"}, {"z"}}, [][]string{a.Tags, a.Field("a").Tags, a.Field("b").Args[0].Tags}); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
}
