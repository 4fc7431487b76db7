package join_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/schema/join"
	"github.com/sluice-gateway/sluice/schema/merge"
)

// read reads a supergraph with the subgraphs a and b.
func read(t *testing.T, version, links, types string) (*join.Supergraph, []string) {
	t.Helper()
	text := fmt.Sprintf(`schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/%s", for: EXECUTION) %s { query: Query }
enum join__Graph { A @join__graph(name: "a", url: "http://a.example") B @join__graph(name: "b", url: "") }
%s`, version, links, types)
	doc, err := parser.ParseSchema(&ast.Source{Name: "s", Input: text})
	if err != nil {
		t.Fatal(err)
	}
	s, problems := join.Read(doc)
	problems.Sort()
	var out []string
	for _, p := range problems {
		out = append(out, fmt.Sprintf("%d %s %s", p.Line-2, p.Code, p.Coordinate))
	}
	return s, out
}

// facts tells of a merged field which subgraphs have it, and how.
func facts(s *join.Supergraph, coordinate string) string {
	typ, field, _ := strings.Cut(coordinate, ".")
	f := s.Merged.Type(typ).Field(field)
	var out []string
	for _, in := range f.In {
		out = append(out, s.Graphs[in.Subgraph].Name+fact(in))
	}
	return strings.Join(out, " ")
}

func fact(in merge.FieldIn) string {
	d, text := in.Decl, ":"+in.Decl.Type.String()
	if d.External {
		text += " external"
	}
	if in.Overridden {
		text += " overridden"
	}
	if d.Requires != nil {
		text += " requires(" + d.Requires.Text + ")"
	}
	if d.Provides != nil {
		text += " provides(" + d.Provides.Text + ")"
	}
	if in.Label != "" {
		text += fmt.Sprintf(" label(%s %v)", in.Label, in.LabelOn)
	}
	for _, a := range d.Args {
		if a.Context != nil {
			text += fmt.Sprintf(" %s:%s from %s %s", a.Name, a.Type, a.Context.Name, a.Context.Text)
		}
	}
	return text
}

const both = "@join__type(graph: B) @join__type(graph: A)"

func TestWhichSubgraphsHaveAField(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, version, types, field, want string
	}{
		{"no entry means all that have the type", "v0.3", "type Query " + both + " { x: Int }", "Query.x", "a:Int b:Int"},
		{"an entry names the one", "v0.3", "type Query " + both + " { x: Int @join__field(graph: B) }", "Query.x", "b:Int"},
		{"an entry without a graph names none", "v0.3", "type Query " + both + " { x: Int @join__field }", "Query.x", ""},
		{"a type may be declared in another way", "v0.3", "type Query " + both + ` { x: Int @join__field(graph: B, type: " [ Int! ] ! ") @join__field(graph: A, type: "Int") }`, "Query.x", "a:Int b:[Int!]!"},
		{"external, and what is required and provided", "v0.2", "type Query " + both + ` { x: Q @join__field(graph: A, external: true) @join__field(graph: B, requires: "y", provides: "z") y: Int } type Q ` + both + " { z: Int }", "Query.x", "a:Q external b:Q requires(y) provides(z)"},
		{"what is overridden is still declared", "v0.3", "type Query " + both + ` { x: Int @join__field(graph: A, usedOverridden: true) @join__field(graph: B, override: "a") }`, "Query.x", "a:Int overridden b:Int"},
		{"a label is on in one of two", "v0.4", "type Query " + both + ` { x: Int @join__field(graph: A, usedOverridden: true, overrideLabel: "percent(1)") @join__field(graph: B, override: "a", overrideLabel: "percent(1)") }`, "Query.x", "a:Int label(percent(1) false) b:Int label(percent(1) true)"},
		{"an argument comes from a context", "v0.5", `type Query @join__type(graph: A) { x: Int @join__field(graph: A, contextArguments: [{name: "n", type: "Int!", context: "a__c", selection: "{ y }"}]) y: Int }`, "Query.x", "a:Int n:Int! from c { y }"},
		{"a value type of the first version is everywhere", "v0.1", "type Query { x: V @join__field(graph: A) } type V { v: Int }", "V.v", "a:Int b:Int"},
		{"an owner has what nobody else names", "v0.1", `type Query { x: E @join__field(graph: A) } type E @join__owner(graph: A) @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! v: Int }`, "E.v", "a:Int"},
		{"whoever extends an entity of the first version has its key", "v0.1", `type Query { x: E @join__field(graph: A) } type E @join__owner(graph: A) @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! v: Int }`, "E.id", "a:ID! b:ID!"},
		{"and declares what it requires", "v0.1", `type Query { x: E @join__field(graph: A) } type E @join__owner(graph: A) @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! v: Int w: Int @join__field(graph: B, requires: "v") }`, "E.v", "a:Int b:Int external"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, problems := read(t, tt.version, "", tt.types)
			if problems != nil {
				t.Fatal(problems)
			}
			if got := facts(s, tt.field); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if tt.version != "v0.1" { // which is printed as what it means
				again := reread(t, s)
				if got := facts(again, tt.field); got != tt.want {
					t.Errorf("printed and read: got %q, want %q", got, tt.want)
				}
			}
		})
	}
}

func reread(t *testing.T, s *join.Supergraph) *join.Supergraph {
	t.Helper()
	printed := join.Print(s)
	doc, err := parser.ParseSchema(&ast.Source{Name: "printed", Input: printed})
	if err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	again, problems := join.Read(doc)
	if problems.Errors() != nil {
		t.Fatalf("%v\n%s", problems.Err(), printed)
	}
	if diff := cmp.Diff(printed, join.Print(again)); diff != "" {
		t.Errorf("printed in another way (-first +second):\n%s", diff)
	}
	return again
}

func TestSubgraphsKnowTheirOwnMembers(t *testing.T) {
	t.Parallel()
	types := `type Query @join__type(graph: A) { u: U i: I e: E }
union U ` + both + ` @join__unionMember(graph: A, member: "T") @join__unionMember(graph: B, member: "S") = T | S
interface I @join__type(graph: A, key: "id") @join__type(graph: B, key: "id", isInterfaceObject: true) { id: ID! }
type T implements I ` + both + ` @join__implements(graph: A, interface: "I") { id: ID! }
type S ` + both + ` { id: ID! }
enum E ` + both + ` { X @join__enumValue(graph: A) Y @join__enumValue(graph: A) @join__enumValue(graph: B) }`
	s, problems := read(t, "v0.3", "", types)
	if problems != nil {
		t.Fatal(problems)
	}
	for _, s := range []*join.Supergraph{s, reread(t, s)} {
		var got []string
		for i, declared := range s.Merged.Subgraphs {
			for _, m := range declared.Type("U").Members {
				got = append(got, fmt.Sprintf("U of %s: %s", s.Graphs[i].Name, m.Name))
			}
			got = append(got, fmt.Sprintf("I of %s: %s %v, T implements it %v, %d values",
				s.Graphs[i].Name, declared.Type("I").Kind, declared.Type("I").InterfaceObject, declared.Type("T").Implements("I"), len(declared.Type("E").Values)))
		}
		want := []string{"U of a: T", "I of a: INTERFACE false, T implements it true, 2 values", "U of b: S", "I of b: OBJECT true, T implements it false, 1 values"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	// Older versions do not say it.
	s, problems = read(t, "v0.2", "", "type Query "+both+" { u: U e: E } union U "+both+" = T | S type T "+both+" { x: Int } type S @join__type(graph: A) { x: Int } enum E "+both+" { X }")
	if problems != nil || len(s.Merged.Subgraphs[0].Type("U").Members) != 2 || len(s.Merged.Subgraphs[1].Type("U").Members) != 1 {
		t.Errorf("v0.2: %v", problems)
	}
}

func TestDirectivesAreCarriedUnderTheirOwnNames(t *testing.T) {
	t.Parallel()
	links := `@link(url: "https://specs.apollo.dev/cost/v0.1", as: "price") @link(url: "https://specs.apollo.dev/authenticated/v0.1", import: [{name: "@authenticated", as: "@login"}], for: SECURITY)
@link(url: "https://notes.example/note/v1.2", import: ["@mark", {name: "Colour", as: "Color"}]) @link(url: "https://specs.apollo.dev/context/v0.1", for: SECURITY) @link(url: "https://specs.apollo.dev/tag/v0.3")`
	types := `directive @mark(c: Color) on FIELD_DEFINITION
directive @note on ENUM_VALUE
directive @trace(id: String) on FIELD | FIELD_DEFINITION
enum Color { RED }
type Query @join__type(graph: A) @context(name: "a__user") { x(n: Int @price(weight: 2)): [E] @price(weight: 5) @login @mark(c: RED) @price__listSize(assumedSize: 3) @tag(name: "t") @deprecated(reason: "old") }
enum E @join__type(graph: A) @login { X @note }`
	s, problems := read(t, "v0.5", links, types)
	if problems != nil {
		t.Fatal(problems)
	}
	printed := join.Print(reread(t, s))
	for _, want := range []string{
		`@context(name: "a__user")`, `x(n: Int @cost(weight: 2)): [E]`, `@deprecated(reason: "old") @tag(name: "t") @cost(weight: 5) @authenticated @mark(c: RED) @listSize(assumedSize: 3)`,
		`@link(url: "https://notes.example/note/v1.2", import: ["@mark", {name: "Colour", as: "Color"}])`, "directive @note on ENUM_VALUE", "X @join__enumValue(graph: A) @note",
		`@link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)`, "directive @trace(id: String) on FIELD\n",
	} {
		if !strings.Contains(printed, want) {
			t.Errorf("there is no %s in\n%s", want, printed)
		}
	}
	if contexts := s.Merged.Subgraphs[0].Type("Query").Contexts; len(contexts) != 1 || contexts[0] != "user" {
		t.Errorf("contexts %q", contexts)
	}
}

func TestSubgraphsAreNamedInCapitals(t *testing.T) {
	t.Parallel()
	s, problems := read(t, "v0.3", "", "type Query "+both+" { x: Int }")
	if problems != nil {
		t.Fatal(problems)
	}
	for names, want := range map[[2]string]string{
		{"users", "order-items"}: "USERS ORDER_ITEMS", {"1st", "x_2"}: "_1ST X_2_", {"a.b", "A-B"}: "A_B_1 A_B_2", {"é", "x2"}: "__ X2",
	} {
		s.Graphs = []join.Graph{{Name: names[0]}, {Name: names[1]}}
		var got []string
		for _, m := range regexp.MustCompile(`(\w+) @join__graph\(name: "`).FindAllStringSubmatch(join.Print(s), -1) {
			got = append(got, m[1])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q are %q, want %q", names, got, want)
		}
	}
}

func TestSizesAreBounded(t *testing.T) {
	t.Parallel()
	var graphs strings.Builder
	for i := range 6000 {
		fmt.Fprintf(&graphs, " G%d @join__graph(name: \"g%[1]d\", url: \"\")", i)
	}
	_, problems := read(t, "v0.3", "", "type Query @join__type(graph: A) { x: Int } extend enum join__Graph {"+graphs.String()+" }")
	if want := []string{"-2 INVALID_SUPERGRAPH "}; !cmp.Equal(want, problems) {
		t.Errorf("got %q, want one problem", problems)
	}
	for name, types := range map[string]string{
		"fields":    "type Query @join__type(graph: A) { " + repeat("f%d: Int ", 10_001) + "}",
		"values":    "type Query @join__type(graph: A) { x: E } enum E @join__type(graph: A) { " + repeat("V%d ", 10_001) + "}",
		"arguments": "type Query @join__type(graph: A) { x(" + repeat("a%d: Int ", 1001) + "): Int }",
	} {
		if _, problems := read(t, "v0.3", "", types); len(problems) != 1 || !strings.Contains(problems[0], "INVALID_SUPERGRAPH") {
			t.Errorf("%s: got %q, want one problem", name, problems)
		}
	}
	if _, problems := read(t, "v0.3", repeat(`@link(url: "https://x.example/a%d/v1.0") `, 501), "type Query @join__type(graph: A) { x: Int }"); len(problems) != 1 {
		t.Errorf("links: got %q, want one problem", problems)
	}
	_, problems = read(t, "v0.3", "", `type Query @join__type(graph: A) { x: Int @join__field(graph: A, type: "`+strings.Repeat("[", 1000)+`Int") }`)
	if len(problems) != 1 {
		t.Errorf("got %q, want one problem", problems)
	}
}

// repeat writes a format for each of n numbers.
func repeat(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}
