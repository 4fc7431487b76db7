package operation_test

import (
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/value"
)

const argumentsSchema = `
	enum Color { RED GREEN }
	scalar Any
	input Point { x: Int! = 1, y: Int, id: ID, color: Color = GREEN, next: Point }
	input Line { from: Point! = {y: 2}, to: Point }
	type Query {
		f(i: Int, d: Int = 5, nn: Int! = 7, id: ID, ids: [ID!], grid: [[Float]], color: Color, s: String,
			any: Any, point: Point, line: Line = {}, points: [Point!]): Int
	}`

func TestArgumentsApply(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: argumentsSchema})
	const defaults = `"d":5,"nn":7`
	const line = `"line":{"from":{"x":1,"y":2,"color":"GREEN"}}`
	for _, c := range []struct {
		about, query, variables, want string
	}{
		{"defaults stand where nothing was given", `{ f }`, `{}`, `{` + defaults + `,` + line + `}`},
		{"a given null is null", `{ f(d: null, line: null) }`, `{}`, `{"d":null,"nn":7,"line":null}`},
		{"an enum value is a string", `{ f(color: RED, line: null) }`, `{}`, `{` + defaults + `,"color":"RED","line":null}`},
		{"an integer is a string where an ID belongs", `{ f(id: 7, ids: [1, "b"], line: null) }`, `{}`,
			`{` + defaults + `,"id":"7","ids":["1","b"],"line":null}`},
		{"a single value is a list of one, at every level", `{ f(ids: 1, grid: 1.5, line: null) }`, `{}`,
			`{` + defaults + `,"ids":["1"],"grid":[[1.5]],"line":null}`},
		{"null is not wrapped in a list", `{ f(ids: null, line: null) }`, `{}`, `{` + defaults + `,"ids":null,"line":null}`},
		{"input objects get their defaults, in the order of the schema", `{ f(point: {y: 3, id: 4}, line: null) }`, `{}`,
			`{` + defaults + `,"point":{"x":1,"y":3,"id":"4","color":"GREEN"},"line":null}`},
		{"defaults reach nested objects", `{ f(points: {next: {x: 9}}, line: null) }`, `{}`,
			`{` + defaults + `,"line":null,"points":[{"x":1,"color":"GREEN","next":{"x":9,"color":"GREEN"}}]}`},
		{"a custom scalar keeps its form", `{ f(any: {a: [1, B, "c\n", 1.0, true, null]}, line: null) }`, `{}`,
			`{` + defaults + `,"any":{"a":[1,"B","c\n",1.0,true,null]},"line":null}`},
		{"a block string is a string", `{ f(s: """
			a
			b""", line: null) }`, `{}`, `{` + defaults + `,"s":"a\nb","line":null}`},
		{"variables are inserted", `query($i: Int, $x: Int!, $l: [ID!], $p: Point) { f(i: $i, ids: $l, point: {x: $x, next: $p}, line: null) }`,
			`{"i":3,"x":4,"l":["a"],"p":{"x":5}}`,
			`{"i":3,` + defaults + `,"ids":["a"],"point":{"x":4,"color":"GREEN","next":{"x":5}},"line":null}`},
		{"a variable without value takes the default of the argument", `query($d: Int, $n: Int = 8) { f(d: $d, nn: $n, line: null) }`, `{}`,
			`{` + defaults + `,"line":null}`},
		{"a variable without value and default is null as an argument", `query($i: Int) { f(i: $i, line: null) }`, `{}`,
			`{"i":null,` + defaults + `,"line":null}`},
		{"a variable without value is absent in an object, or the default", `query($y: Int, $x: Int = 3, $c: Color) { f(point: {x: $x, y: $y, color: $c}, line: null) }`, `{}`,
			`{` + defaults + `,"point":{"x":1,"color":"GREEN"},"line":null}`},
		{"a variable without value is null in a list", `query($i: Float) { f(grid: [[$i, 1]], line: null) }`, `{}`,
			`{` + defaults + `,"grid":[[null,1]],"line":null}`},
		{"a null in a variable stays null", `query($d: Int) { f(d: $d, line: null) }`, `{"d":null}`, `{"d":null,"nn":7,"line":null}`},
		{"variables reach into custom scalars", `query($i: Int, $j: Int) { f(any: {a: $i, b: [$j], c: $j}, line: null) }`, `{"i":1}`,
			`{` + defaults + `,"any":{"a":1,"b":[null]},"line":null}`},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			doc := gqlparser.MustLoadQueryWithRules(schema, c.query, nil)
			field, ok := doc.Operations[0].SelectionSet[0].(*ast.Field)
			if !ok {
				t.Fatal("no field")
			}
			arena := value.NewArena()
			defer arena.Release()
			variables, err := value.Scan([]byte(c.variables), nil, arena)
			if err != nil {
				t.Fatal(err)
			}
			lookup := func(name string) *ast.Definition { return schema.Types[name] }
			got := operation.CompileArguments(field.Definition.Arguments, field.Arguments, lookup).Apply(variables, arena)
			if string(got.AppendJSON(nil)) != c.want {
				t.Errorf("with the schema: got  %s\nwant %s", got.AppendJSON(nil), c.want)
			}
		})
	}
}

// A schema may be loaded although a default contains itself; compiling one must end.
func TestArgumentsOfADefaultThatContainsItself(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `input A { a: A = {}, b: Int = 1 } type Query { f(a: A = {}): Int }`})
	lookup := func(name string) *ast.Definition { return schema.Types[name] }
	args := operation.CompileArguments(schema.Query.Fields.ForName("f").Arguments, nil, lookup)
	got := args.Apply(value.OfMembers(nil), nil).AppendJSON(nil)
	if want := `{"a":{"a":{"a":null,"b":1},"b":1}}`; string(got) != want {
		t.Errorf("Apply() = %s, want %s", got, want)
	}
}

func TestArgumentsWithoutLookupUseWhatValidationFound(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: argumentsSchema})
	doc := gqlparser.MustLoadQueryWithRules(schema, `{ f(point: {next: {id: 3}}) }`, nil)
	field, ok := doc.Operations[0].SelectionSet[0].(*ast.Field)
	if !ok {
		t.Fatal("no field")
	}
	got := operation.CompileArguments(field.Definition.Arguments, field.Arguments, nil).Apply(value.OfMembers(nil), nil)
	if got, want := string(got.Get("point").AppendJSON(nil)), `{"x":1,"color":"GREEN","next":{"x":1,"id":"3","color":"GREEN"}}`; got != want {
		t.Errorf("point = %s, want %s", got, want)
	}
}
