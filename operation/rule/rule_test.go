package rule_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/operation/rule"
)

var schema = gqlparser.MustLoadSchema(&ast.Source{Input: `
	interface Named { name(upper: Boolean): String, friend: Named }
	type User implements Named { id: ID!, name(upper: Boolean): String, friend: Named, age: Int!, best: User, tags: [String] }
	type Bot implements Named { id: ID!, name(upper: Boolean): String, friend: Named, age: Int, best: Bot, tags: [String!] }
	union Actor = User | Bot
	enum Color { RED GREEN }
	input Point { x: Int!, y: Float }
	input Pick @oneOf { id: ID, name: String }
	type Query {
		user(id: ID): User
		named: Named
		actor: Actor
		f(i: Int, fl: Float, s: String, ids: [ID!], color: Color, point: Point, pick: Pick): Int
	}
	type Subscription { ticks: Int, tocks: Int }
`})

func validate(t *testing.T, query string, steps int) (gqlerror.List, bool) {
	t.Helper()
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil {
		t.Fatal(err)
	}
	return rule.Validate(schema, doc, steps)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	const merge = " Use different aliases on the fields to fetch both if this was intentional."
	for _, c := range []struct {
		about, query string
		want         []string
	}{
		{"a valid document has no errors", `{ user(id: 1) { id name } __typename }`, nil},
		{"an integer literal has 32 bits", `{ f(i: 2147483648) }`,
			[]string{`1:8 Int cannot represent non 32-bit signed integer value: 2147483648`}},
		{"the least integer is one", `{ f(i: -2147483648) }`, nil},
		{"an integer literal has a range however long it is", `{ f(i: 99999999999999999999) }`,
			[]string{`1:8 Int cannot represent non 32-bit signed integer value: 99999999999999999999`}},
		{"an empty object is no integer", `{ f(i: {}) }`, []string{`1:8 Int cannot represent non-integer value: {}`}},
		{"a float literal is finite", `{ f(fl: 1e999) }`, []string{`1:9 Float cannot represent non numeric value: 1e999`}},
		{"an enum literal is exact", `{ f(color: red) }`,
			[]string{`1:12 Value "red" does not exist in "Color" enum. Did you mean the enum value "RED"?`}},
		{"an enum literal is no string", `{ f(color: "RED") }`,
			[]string{`1:13 Enum "Color" cannot represent non-enum value: "RED". Did you mean the enum value "RED"?`}},
		{"the literals in a list are checked", `{ f(ids: [1, null, 1.5]) }`, []string{
			`1:14 Expected value of type "ID!", found null.`,
			`1:20 ID cannot represent a non-string and non-integer value: 1.5`}},
		{"the fields of an input object are checked", `{ f(point: {y: "1", z: 2}) }`, []string{
			`1:12 Field "Point.x" of required type "Int!" was not provided.`,
			`1:17 Float cannot represent non numeric value: "1"`,
			`1:21 Field "z" is not defined by type "Point". Did you mean "x" or "y"?`}},
		{"one of a oneOf object is given", `{ f(pick: {id: 1, name: "a"}) }`,
			[]string{`1:11 OneOf Input Object "Pick" must specify exactly one key.`}},
		{"the one of a oneOf object is not null", `{ f(pick: {name: null}) }`, []string{`1:18 Field "Pick.name" must be non-null.`}},
		{"the variable in a oneOf object is not null", `query($id: ID) { f(pick: {id: $id}) }`,
			[]string{`1:7 Variable "$id" is of type "ID" but must be non-nullable to be used for OneOf Input Object "Pick".`}},
		{"a default of a variable is a literal", `query($i: Int = "1") { f(i: $i) }`,
			[]string{`1:18 Int cannot represent non-integer value: "1"`}},
		{"two aliases of one field are two root fields", `subscription { a: ticks b: ticks }`,
			[]string{`1:25 Anonymous Subscription must select only one top level field.`}},
		{"a subscription has no condition at its root", `subscription S($c: Boolean!) { ticks @skip(if: $c) }`,
			[]string{"1:39 Subscription \"S\" must not use `@skip` or `@include` directives in the top level selection."}},
		{"two anonymous operations have no name in common", `{ named { name } } { actor { __typename } }`, []string{
			`1:1 This anonymous operation must be the only defined operation.`,
			`1:20 This anonymous operation must be the only defined operation.`}},
		{"an error in a fragment is reported once for all who use it", `query A { ...F } query B { ...F } fragment F on Query { nope }`,
			[]string{`1:57 Cannot query field "nope" on type "Query".`}},
		{"an argument that is not there is reported where it stands", `{ user(ids: 1) { id } }`,
			[]string{`1:8 Unknown argument "ids" on field "Query.user". Did you mean "id"?`}},
		{"object types exclude each other", `{ actor { ... on User { x: age } ... on Bot { x: best { id } } } }`, []string{
			`1:25 Fields "x" conflict because they return conflicting types "Int!" and "Bot".` + merge}},
		{"object types that exclude each other may differ in names and arguments",
			`{ actor { ... on User { x: name } ... on Bot { x: name(upper: true) } } }`, nil},
		{"what is below exclusive fields may differ as well",
			`{ actor { ... on User { x: best { y: name } } ... on Bot { x: best { y: name(upper: true) } } } }`, nil},
		{"what is below exclusive fields has one shape",
			`{ actor { ... on User { x: best { y: age } } ... on Bot { x: best { y: age } } } }`, []string{
				`1:25 Fields "x" conflict because subfields "y" conflict because they return conflicting types "Int!" and "Int".` + merge}},
		{"list items have one shape", `{ actor { ... on User { tags } ... on Bot { tags } } }`, []string{
			`1:25 Fields "tags" conflict because they return conflicting types "[String]" and "[String!]".` + merge}},
		{"an interface excludes no object type", `{ named { x: name ... on User { x: name(upper: true) } } }`, []string{
			`1:11 Fields "x" conflict because they have differing arguments.` + merge}},
		{"the order of an object's fields means nothing", `{ f(point: {x: 1, y: 2}) f(point: {y: 2, x: 1}) }`, nil},
		{"the order of arguments means nothing", `{ f(i: 1, s: "a") f(s: "a", i: 1) }`, nil},
		{"a number is not the string of it", `{ f(ids: [1]) f(ids: ["1"]) }`, []string{
			`1:3 Fields "f" conflict because they have differing arguments.` + merge}},
		{"names are quoted in part if they are long", `{ ` + strings.Repeat("x", 1000) + ` }`, []string{
			`1:3 Cannot query field "` + strings.Repeat("x", 100) + `…" on type "Query".`}},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			errs, ok := validate(t, c.query, 1000)
			if !ok {
				t.Fatal("the steps did not suffice")
			}
			if diff := cmp.Diff(c.want, lines(errs)); diff != "" {
				t.Errorf("Validate(): (-want +got)\n%s", diff)
			}
		})
	}
}

func lines(errs gqlerror.List) (out []string) {
	for _, e := range errs {
		line := e.Message
		if len(e.Locations) > 0 {
			line = e.Locations[0].String() + " " + line
		}
		out = append(out, line)
	}
	return out
}

func TestValidateStopsToReport(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, " nam%d", i)
	}
	errs, _ := validate(t, "{"+b.String()+"}", 1000)
	if got := len(errs); got != 101 {
		t.Fatalf("%d errors, want 101", got)
	}
	if got, want := errs[100].Message, "Too many validation errors, error limit reached. Validation aborted."; got != want {
		t.Errorf("the last is %q, want %q", got, want)
	}
	hints := 0
	for _, e := range errs {
		if strings.Contains(e.Message, "Did you mean") {
			hints++
		}
	}
	if hints == 0 || hints > 10 {
		t.Errorf("%d errors offer names", hints)
	}
}

// The number of steps that merging needs is the measure of its time.
func TestMergingIsLinear(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about string
		query func(n int) string
		steps func(n int) int
	}{
		{"one field, many times", func(n int) string {
			return `{ ` + strings.Repeat("user(id: 1) { name } ", n) + ` }`
		}, func(n int) int { return 2 * n }},
		{"many aliases", func(n int) string {
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, "a%d: user(id: %d) { name } ", i, i)
			}
			return `{ ` + b.String() + ` }`
		}, func(n int) int { return 2 * n }},
		{"one fragment, many times", func(n int) string {
			return `{ ` + strings.Repeat("...F ", n) + ` } fragment F on Query { user { name } }`
		}, func(n int) int { return n + 2 }},
		{"one field below one field, many times over", func(n int) string {
			return `{ ` + strings.Repeat("user { best { best { name } } } ", n) + ` }`
		}, func(n int) int { return 4 * n }},
		{"two types that differ, many times", func(n int) string {
			return `{ actor { ` + strings.Repeat("... on User { x: name } ... on Bot { x: name(upper: true) } ", n) + ` } }`
		}, func(n int) int { return 4*n + 3 }},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			for _, n := range []int{10, 100, 1000} {
				steps := c.steps(n)
				if errs, ok := validate(t, c.query(n), steps); !ok || len(errs) > 0 {
					t.Errorf("n = %d: %d steps do not suffice, or %v", n, steps, errs)
				}
				if _, ok := validate(t, c.query(n), steps-1); ok {
					t.Errorf("n = %d: %d steps suffice", n, steps-1)
				}
			}
		})
	}
}
