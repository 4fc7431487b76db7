package introspect_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql/introspection"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/sluice-gateway/sluice/execute/introspect"
	"github.com/sluice-gateway/sluice/value"
)

const sdl = `
"What can be asked."
schema { query: Root mutation: Change }
"The root."
type Root implements Named & Thing {
	name: String!
	"Finds."
	find(by: Filter = {text: "a\"b", tags: [RED, BLUE]}, old: Int = 1 @deprecated(reason: "unused"), first: Int! = 10): [Result!]!
	gone: Int @deprecated
	goneToo: Int @deprecated(reason: "because \"so\"")
}
type Change { set(by: Only): Date }
interface Thing implements Named { name: String! }
interface Named { name: String! }
type Other implements Named { name: String! }
union Result = Root | Other
enum Color { RED "The sky." BLUE PINK @deprecated(reason: "faded") }
input Filter { text: String tags: [Color!] old: Boolean @deprecated }
input Only @oneOf { id: ID name: String }
"A day."
scalar Date @specifiedBy(url: "https://example.com/date")
"Marks."
directive @mark(label: String = "x", old: Int @deprecated) repeatable on FIELD | OBJECT
`

// ask answers one introspection query as JSON of its fields by their response names.
func ask(tb testing.TB, schema *ast.Schema, query, variables string) string {
	tb.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(schema, query, rules.NewDefaultRules())
	if errs != nil {
		tb.Fatal(errs)
	}
	vars := value.Value{}
	if variables != "" {
		v, err := value.Scan([]byte(variables), nil, value.NewArena())
		if err != nil {
			tb.Fatal(err)
		}
		vars = v
	}
	var out []string
	for _, s := range doc.Operations[0].SelectionSet {
		f, _ := s.(*ast.Field)
		out = append(out, string(introspect.Append(nil, schema, f, vars, 1<<20)))
	}
	return strings.Join(out, "\n")
}

func load(tb testing.TB, sdl string) *ast.Schema {
	tb.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "test.graphql", Input: sdl})
	if err != nil {
		tb.Fatal(err)
	}
	return schema
}

func TestAppend(t *testing.T) {
	t.Parallel()
	schema := load(t, sdl)
	for _, c := range []struct{ name, query, variables, want string }{{
		"the roots and the description",
		`{ __schema { description queryType { name } mutationType { n: name } subscriptionType { name } __typename } }`, "",
		`{"description":"What can be asked.","queryType":{"name":"Root"},"mutationType":{"n":"Change"},"subscriptionType":null,"__typename":"__Schema"}`,
	}, {
		"fields without those of introspection and without what is deprecated",
		`{ __type(name: "Root") { kind name description fields { name } } }`, "",
		`{"kind":"OBJECT","name":"Root","description":"The root.","fields":[{"name":"name"},{"name":"find"}]}`,
	}, {
		"reasons of deprecation, the default one among them",
		`{ __type(name: "Root") { fields(includeDeprecated: true) { name isDeprecated deprecationReason } } }`, "",
		`{"fields":[{"name":"name","isDeprecated":false,"deprecationReason":null},{"name":"find","isDeprecated":false,"deprecationReason":null},` +
			`{"name":"gone","isDeprecated":true,"deprecationReason":"No longer supported"},{"name":"goneToo","isDeprecated":true,"deprecationReason":"because \"so\""}]}`,
	}, {
		"arguments with defaults and types",
		`{ __type(name: "Root") { fields { args { name defaultValue type { kind name ofType { kind name } } } } } }`, "",
		`{"fields":[{"args":[]},{"args":[{"name":"by","defaultValue":"{text:\"a\\\"b\",tags:[RED,BLUE]}","type":{"kind":"INPUT_OBJECT","name":"Filter","ofType":null}},` +
			`{"name":"first","defaultValue":"10","type":{"kind":"NON_NULL","name":null,"ofType":{"kind":"SCALAR","name":"Int"}}}]}]}`,
	}, {
		"wrapped types",
		`{ __type(name: "Root") { fields { type { ...T ofType { ...T ofType { ...T ofType { ...T ofType { name } } } } } } } } fragment T on __Type { kind name fields { name } }`, "",
		`{"fields":[{"type":{"kind":"NON_NULL","name":null,"fields":null,"ofType":{"kind":"SCALAR","name":"String","fields":null,"ofType":null}}},` +
			`{"type":{"kind":"NON_NULL","name":null,"fields":null,"ofType":{"kind":"LIST","name":null,"fields":null,"ofType":{"kind":"NON_NULL","name":null,"fields":null,` +
			`"ofType":{"kind":"UNION","name":"Result","fields":null,"ofType":null}}}}}]}`,
	}, {
		"interfaces and possible types, which are object types only",
		`{ a: __type(name: "Root") { ...L } b: __type(name: "Named") { ...L } c: __type(name: "Result") { ...L } d: __type(name: "Date") { ...L } } fragment L on __Type { interfaces { name } possibleTypes { name } }`, "",
		`{"interfaces":[{"name":"Named"},{"name":"Thing"}],"possibleTypes":null}` + "\n" +
			`{"interfaces":[],"possibleTypes":[{"name":"Root"},{"name":"Other"}]}` + "\n" +
			`{"interfaces":null,"possibleTypes":[{"name":"Root"},{"name":"Other"}]}` + "\n" +
			`{"interfaces":null,"possibleTypes":null}`,
	}, {
		"enum values",
		`{ __type(name: "Color") { a: enumValues { name description } b: enumValues(includeDeprecated: true) { name deprecationReason } inputFields { name } } }`, "",
		`{"a":[{"name":"RED","description":null},{"name":"BLUE","description":"The sky."}],` +
			`"b":[{"name":"RED","deprecationReason":null},{"name":"BLUE","deprecationReason":null},{"name":"PINK","deprecationReason":"faded"}],"inputFields":null}`,
	}, {
		"input fields and oneOf",
		`{ a: __type(name: "Filter") { isOneOf inputFields { name } all: inputFields(includeDeprecated: true) { name isDeprecated } enumValues { name } } b: __type(name: "Only") { isOneOf } c: __type(name: "Root") { isOneOf } }`, "",
		`{"isOneOf":false,"inputFields":[{"name":"text"},{"name":"tags"}],"all":[{"name":"text","isDeprecated":false},{"name":"tags","isDeprecated":false},{"name":"old","isDeprecated":true}],"enumValues":null}` +
			"\n" + `{"isOneOf":true}` + "\n" + `{"isOneOf":null}`,
	}, {
		"scalars that are specified elsewhere",
		`{ a: __type(name: "Date") { description specifiedByURL } b: __type(name: "Int") { specifiedByURL } }`, "",
		`{"description":"A day.","specifiedByURL":"https://example.com/date"}` + "\n" + `{"specifiedByURL":null}`,
	}, {
		"a type that is not there", `{ __type(name: "Nobody") { name } }`, "", `null`,
	}, {
		"built-in scalars are there if something is of their type", // as includeDeprecated: Boolean, and name: String, always are
		`{ a: __type(name: "Float") { name } b: __type(name: "Int") { name } c: __type(name: "ID") { name } d: __type(name: "Boolean") { name } }`, "",
		"null\n" + `{"name":"Int"}` + "\n" + `{"name":"ID"}` + "\n" + `{"name":"Boolean"}`,
	}, {
		"variables, for names, flags and conditions",
		`query($n: String!, $d: Boolean, $s: Boolean!, $i: Boolean!) { __type(name: $n) { name @skip(if: $s) kind @include(if: $i) enumValues(includeDeprecated: $d) { name } ... @skip(if: $i) { description } ...F @include(if: $s) } } fragment F on __Type { isOneOf }`,
		`{"n":"Color","d":true,"s":true,"i":false}`,
		`{"enumValues":[{"name":"RED"},{"name":"BLUE"},{"name":"PINK"}],"description":null,"isOneOf":null}`,
	}, {
		"a variable that was not given is the default",
		`query($d: Boolean) { __type(name: "Color") { enumValues(includeDeprecated: $d) { name } } }`, `{}`,
		`{"enumValues":[{"name":"RED"},{"name":"BLUE"}]}`,
	}, {
		"selections of one response name are merged",
		`{ __type(name: "Root") { fields { name } ...F ... on __Type { fields { type { kind } } } } } fragment F on __Type { fields { type { name } name } kind }`, "",
		`{"fields":[{"name":"name","type":{"name":null,"kind":"NON_NULL"}},{"name":"find","type":{"name":null,"kind":"NON_NULL"}}],"kind":"OBJECT"}`,
	}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, ask(t, schema, c.query, c.variables)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDirectives(t *testing.T) {
	t.Parallel()
	type directive struct {
		Name, Description string
		IsRepeatable      bool
		Locations         []string
		Args              []struct{ Name, DefaultValue string }
	}
	var got struct{ Directives []directive }
	text := ask(t, load(t, sdl), `{ __schema { directives { name description isRepeatable locations args { name defaultValue } } } }`, "")
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	names := map[string]directive{}
	for i, d := range got.Directives {
		if i > 0 && d.Name <= got.Directives[i-1].Name {
			t.Errorf("%s comes after %s", d.Name, got.Directives[i-1].Name)
		}
		names[d.Name] = d
	}
	want := directive{"mark", "Marks.", true, []string{"FIELD", "OBJECT"}, []struct{ Name, DefaultValue string }{{"label", `"x"`}}}
	if diff := cmp.Diff(want, names["mark"]); diff != "" {
		t.Errorf("@mark (-want +got):\n%s", diff)
	}
	for _, name := range []string{"skip", "include", "deprecated", "specifiedBy", "oneOf"} {
		if names[name].Name == "" {
			t.Errorf("@%s is not listed", name)
		}
	}
}

// The query that clients and tools send: everything in it must be there, and every type it mentions must be listed.
func TestTheStandardQueryIsAnsweredInFull(t *testing.T) {
	t.Parallel()
	schema := load(t, sdl)
	text := ask(t, schema, introspection.NewQuery(introspection.QueryOptions{OneOf: true}), "")
	var got struct {
		Types []struct{ Name, Kind string }
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	listed := map[string]string{}
	for _, typ := range got.Types {
		listed[typ.Name] = typ.Kind
	}
	want := map[string]string{}
	for name, d := range schema.Types {
		want[name] = string(d.Kind)
	}
	delete(want, "Float") // nothing has this type
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
	if again := ask(t, schema, introspection.NewQuery(introspection.QueryOptions{OneOf: true}), ""); again != text {
		t.Error("the second answer differs from the first")
	}
}

func BenchmarkStandardQuery(b *testing.B) {
	var types strings.Builder
	types.WriteString("type Query { f: T0 }\n")
	for i := range 200 {
		fmt.Fprintf(&types, "type T%d { a(x: Int = 1, y: [String!]): Int b: [T%d!]! c: String @deprecated }\n", i, (i+1)%200)
	}
	schema := load(b, types.String())
	doc := gqlparser.MustLoadQueryWithRules(schema, introspection.Query, rules.NewDefaultRules())
	f, _ := doc.Operations[0].SelectionSet[0].(*ast.Field)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = introspect.Append(buf[:0], schema, f, value.Value{}, 1<<20)
	}
	b.SetBytes(int64(len(buf)))
}

// Two hundred types of one interface and a query of a few kilobytes would make eighty megabytes.
func TestAnAnswerEndsSoonAfterItsLimit(t *testing.T) {
	t.Parallel()
	var sdl, query strings.Builder
	sdl.WriteString("type Query { thing: Thing } interface Thing { id: ID }")
	for i := range 200 {
		fmt.Fprintf(&sdl, " type T%d implements Thing { id: ID }", i)
	}
	query.WriteString("{ __schema { types {")
	for i := range 100 {
		fmt.Fprintf(&query, " a%d: interfaces { possibleTypes { name } }", i)
	}
	query.WriteString(" } } }")
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: sdl.String()})
	doc, errs := gqlparser.LoadQueryWithRules(schema, query.String(), rules.NewDefaultRules())
	if errs != nil {
		t.Fatal(errs)
	}
	field, ok := doc.Operations[0].SelectionSet[0].(*ast.Field)
	if !ok {
		t.Fatal("no field")
	}
	const limit = 100_000
	if got := len(introspect.Append(nil, schema, field, value.Value{}, limit)); got <= limit || got > limit+1000 {
		t.Errorf("%d bytes were written, want a little more than %d", got, limit)
	}
}
