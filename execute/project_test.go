package execute_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/value"
)

func TestLeavesAreCoerced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
type Query { int: Int float: Float string: String boolean: Boolean id: ID role: Role any: Any list: [Int] }
enum Role { ADMIN GHOST @hidden }
scalar Any`)
	for _, c := range []struct{ field, in, want string }{ // want is "": not a value of the type
		{"int", `1`, `1`}, {"int", `-0`, `0`}, {"int", `2147483647`, `2147483647`}, {"int", `-2147483648`, `-2147483648`},
		{"int", `2147483648`, ``}, {"int", `-2147483649`, ``}, {"int", `99999999999999999999`, ``}, {"int", `3.0`, `3`},
		{"int", `1e3`, `1000`}, {"int", `-2e0`, `-2`}, {"int", `3.5`, ``}, {"int", `1e10`, ``}, {"int", `1e999`, ``}, {"int", `-0.0`, `0`},
		{"int", `"1"`, ``}, {"int", `true`, ``}, {"int", `[1]`, ``}, {"int", `{}`, ``},
		{"float", `1`, `1`}, {"float", `1.50`, `1.50`}, {"float", `-1e-7`, `-1e-7`}, {"float", `1e308`, `1e308`}, {"float", `1e309`, ``},
		{"float", `1` + strings.Repeat("0", 308), `1` + strings.Repeat("0", 308)}, {"float", `1` + strings.Repeat("0", 309), ``},
		{"float", `"1"`, ``}, {"float", `false`, ``},
		{"string", `"a\u00e9\"\\"`, `"a\u00e9\"\\"`}, {"string", `1`, ``}, {"string", `true`, ``}, {"string", `{}`, ``}, {"string", `[]`, ``},
		{"boolean", `true`, `true`}, {"boolean", `false`, `false`}, {"boolean", `1`, ``}, {"boolean", `"true"`, ``},
		{"id", `"x"`, `"x"`}, {"id", `12`, `"12"`}, {"id", `123456789012345678901234567890`, `"123456789012345678901234567890"`},
		{"id", `1.0`, ``}, {"id", `true`, ``}, {"id", `{}`, ``},
		{"role", `"ADMIN"`, `"ADMIN"`}, {"role", `"\u0041DMIN"`, `"\u0041DMIN"`}, {"role", `"GHOST"`, ``}, {"role", `"admin"`, ``}, {"role", `1`, ``},
		{"any", `{"b":[1.00,null,{"a":1e400}],"a":"x"}`, `{"b":[1.00,null,{"a":1e400}],"a":"x"}`}, {"any", `12345678901234567890`, `12345678901234567890`},
		{"list", `[1,null,2]`, `[1,null,2]`}, {"list", `[]`, `[]`}, {"list", `{}`, ``}, {"list", `"x"`, ``}, {"list", `1`, ``},
	} {
		t.Run(c.field+" "+c.in[:min(len(c.in), 30)], func(t *testing.T) {
			t.Parallel()
			prog := compile(t, w, w.plan(t, `{ x: `+c.field+` }`, step{source: "a", want: `{ ` + c.field + ` }`}), sources{"a": gives(t, `{"`+c.field+`":`+c.in+`}`)})
			resp := prog.Run(context.Background(), &execute.Request{})
			defer resp.Release()
			want, errs := c.want, []string(nil)
			if want == "" {
				want = "null"
				switch c.field {
				case "list":
					errs = []string{"x INVALID_RESULT The value of Query.list is not a list."}
				default:
					name := w.sg.Query.Fields[c.field].Named.Name
					errs = []string{"x INVALID_RESULT The value of Query." + c.field + " is not a valid " + name + "."}
				}
			}
			if got := string(resp.Data); got != `{"x":`+want+`}` {
				t.Errorf("data = %s, want the value %s", got, want)
			}
			if diff := cmp.Diff(errs, errorLines(resp)); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNullsPropagate(t *testing.T) {
	t.Parallel()
	const sdl = `
type Query { a: A an: A! list: [A] listOfNever: [A!] never: [A!]! deep: [[Int!]] deepNever: [[Int!]!]! after: Int }
type A { x: Int! b: B bn: B! y: Int }
type B { z: Int! }`
	row := func(name, query, want, text, data string, errs ...string) scenario {
		return scenario{
			name: name, query: query, steps: []step{{source: "s", want: want}},
			sources: func(tb testing.TB) sources { return sources{"s": gives(tb, text)} }, data: data, errors: errs,
		}
	}
	null := func(path, coordinate string) string {
		return path + " NULL_IN_NON_NULL Cannot return null for non-nullable field " + coordinate + "."
	}
	runAll(t, sdl, []scenario{
		row("null at a nullable field is null", `{ a { y } }`, `{ a { y } }`, `{"a":{"y":null}}`, `{"a":{"y":null}}`),
		row("missing is null", `{ a { y b { z } } }`, `{ a { y b { z } } }`, `{"a":{}}`, `{"a":{"y":null,"b":null}}`),
		row("the nearest nullable parent becomes null", `{ a { y x } after }`, `{ a { y x } after }`, `{"a":{"y":1},"after":2}`,
			`{"a":null,"after":2}`, null("a.x", "A.x")),
		row("through parents that are never null", `{ a { y bn { z } } }`, `{ a { y bn { z } } }`, `{"a":{"y":1,"bn":{"z":null}}}`,
			`{"a":null}`, null("a.bn.z", "B.z")),
		row("not further than needed", `{ a { b { z } y } }`, `{ a { b { z } y } }`, `{"a":{"b":{"z":null},"y":1}}`,
			`{"a":{"b":null,"y":1}}`, null("a.b.z", "B.z")),
		row("up to the data", `{ after an { x } }`, `{ after an { x } }`, `{"after":1,"an":{}}`, `null`, null("an.x", "A.x")),
		row("element by element", `{ list { x } }`, `{ list { x } }`, `{"list":[{"x":1},{},null,{"x":4}]}`,
			`{"list":[{"x":1},null,null,{"x":4}]}`, null("list[1].x", "A.x")),
		row("an item that is never null takes the list", `{ listOfNever { x } after }`, `{ listOfNever { x } after }`, `{"listOfNever":[{"x":1},null],"after":1}`,
			`{"listOfNever":null,"after":1}`, null("listOfNever[1]", "Query.listOfNever")),
		row("a list that is never null takes its parent", `{ never { x } }`, `{ never { x } }`, `{"never":[{"x":1},{"x":null}]}`, `null`, null("never[1].x", "A.x")),
		row("lists in lists", `{ deep }`, `{ deep }`, `{"deep":[[1,2],[3,null],null,[]]}`, `{"deep":[[1,2],null,null,[]]}`, null("deep[1][1]", "Query.deep")),
		row("lists in lists that are never null", `{ deepNever }`, `{ deepNever }`, `{"deepNever":[[1],null]}`, `null`, null("deepNever[1]", "Query.deepNever")),
		row("one error for each value, in the answer's order", `{ b: a { x } c: a { y b { z } } }`, `{ a { x y b { z } } }`, `{"a":{"y":"no","b":{"z":"no"}}}`,
			`{"b":null,"c":{"y":null,"b":null}}`, null("b.x", "A.x"),
			"c.y INVALID_RESULT The value of A.y is not a valid Int.", "c.b.z INVALID_RESULT The value of B.z is not a valid Int."),
		row("a wrong kind is an error and null", `{ a { y } list { y } }`, `{ a { y } list { y } }`, `{"a":[{"y":1}],"list":{"y":1}}`, `{"a":null,"list":null}`,
			"a INVALID_RESULT The value of Query.a is not an object.", "list INVALID_RESULT The value of Query.list is not a list."),
		row("a leaf where objects belong", `{ a { y } list { y } }`, `{ a { y } list { y } }`, `{"a":"x","list":[1,{"y":2}]}`, `{"a":null,"list":[null,{"y":2}]}`,
			"a INVALID_RESULT The value of Query.a is not an object.", "list[0] INVALID_RESULT The value of Query.list is not an object."),
	})
}

func TestAbstractTypes(t *testing.T) {
	t.Parallel()
	const sdl = `
type Query { any: [Any] node: Node }
union Any = Cat | Dog | Fish | Spy
interface Node { id: ID }
type Cat implements Node { id: ID name: String lives: Int }
type Dog implements Node { id: ID name: String }
type Fish { name: String }
type Spy @hidden { name: String }
type Stone { name: String }`
	q := `{ any { __typename ... on Cat { name lives } ...D } } fragment D on Dog { name t: __typename }`
	want := `{ any { ... on Cat { name lives } ... on Dog { name } } }`
	invalid := " INVALID_RESULT The value of Query.any is of no type that a Any can be."
	runAll(t, sdl, []scenario{{
		name: "fields are chosen by the runtime type", query: q, steps: []step{{source: "s", want: want}},
		sources: func(tb testing.TB) sources {
			return sources{"s": gives(tb, `{"any":[{"__typename":"Dog","name":"d","lives":1},{"name":"c","lives":9,"__typename":"Cat"},{"__typename":"Fish"},null]}`)}
		},
		data: `{"any":[{"__typename":"Dog","name":"d","t":"Dog"},{"__typename":"Cat","name":"c","lives":9},{"__typename":"Fish"},null]}`,
	}, {
		name: "a type that is hidden, foreign, unknown or not told is an error", query: q, steps: []step{{source: "s", want: want}},
		sources: func(tb testing.TB) sources {
			return sources{"s": gives(tb, `{"any":[{"__typename":"Spy","name":"s"},{"__typename":"Stone"},{"__typename":"No\"pe"},{"name":"x"},{"__typename":7}]}`)}
		},
		data:   `{"any":[null,null,null,null,null]}`,
		errors: []string{"any[0]" + invalid, "any[1]" + invalid, "any[2]" + invalid, "any[3]" + invalid, "any[4]" + invalid},
	}, {
		name: "objects of a type without selected fields are empty", query: `{ node { ... on Cat { id } } }`, steps: []step{{source: "s", want: `{ node { ... on Cat { id } } }`}},
		sources: func(tb testing.TB) sources { return sources{"s": gives(tb, `{"node":{"__typename":"Dog"}}`)} },
		data:    `{"node":{}}`,
	}, {
		name: "fields of a runtime type that another source told", query: `{ node { ... on Cat { lives name } } }`,
		steps: []step{
			{source: "s", want: `{ node { id } }`},
			{source: "r", path: "node", on: []string{"Cat", "Dog"}, needs: `{ id }`, want: `{ lives name }`, after: []int{0}},
		},
		sources: func(tb testing.TB) sources {
			return sources{
				"s": gives(tb, `{"node":{"__typename":"Cat","id":"1"}}`),
				"r": finds(tb, map[string]string{`{"id":"1"}`: `{"lives":9,"name":"c"}`}),
			}
		},
		data: `{"node":{"lives":9,"name":"c"}}`,
	}, {
		name: "a step goes on only from objects of its types", query: `{ any { ... on Cat { name } } }`,
		steps: []step{
			{source: "s", want: `{ any { ... on Cat { id } ... on Dog { id } } }`},
			{source: "r", path: "any", on: []string{"Cat"}, needs: `{ id }`, want: `{ name }`, after: []int{0}},
		},
		sources: func(tb testing.TB) sources {
			return sources{
				"s": gives(tb, `{"any":[{"__typename":"Dog","id":"1"},{"__typename":"Cat","id":"2"}]}`),
				"r": counted(tb, 1, finds(tb, map[string]string{`{"id":"2"}`: `{"name":"c"}`})),
			}
		},
		data: `{"any":[{},{"name":"c"}]}`,
	}})
}

func TestMerging(t *testing.T) {
	t.Parallel()
	two := func(name, a, b, data string) scenario {
		return scenario{
			name: name, query: `{ post { id title tags comments { text author { id email } } } }`,
			steps: []step{
				{source: "a", want: `{ post { id title tags comments { text author { id } } } }`},
				{source: "b", want: `{ post { title tags comments { author { email } } } }`},
			},
			sources: func(tb testing.TB) sources { return sources{"a": gives(tb, a), "b": gives(tb, b)} }, data: data,
		}
	}
	runAll(t, blog, []scenario{
		two("objects are merged by field and lists by index",
			`{"post":{"id":1,"title":"t","tags":["x"],"comments":[{"text":"c","author":{"id":2}},{"text":"d","author":{"id":3}}]}}`,
			`{"post":{"title":"t","comments":[{"author":{"email":"e"}},{"author":{"email":"f"}}]}}`,
			`{"post":{"id":"1","title":"t","tags":["x"],"comments":[{"text":"c","author":{"id":"2","email":"e"}},{"text":"d","author":{"id":"3","email":"f"}}]}}`),
		two("null erases nothing, and values take its place",
			`{"post":{"id":1,"title":null,"tags":["x"],"comments":[{"text":"c","author":{"id":2}}]}}`,
			`{"post":{"title":"t","tags":null,"comments":null}}`,
			`{"post":{"id":"1","title":"t","tags":["x"],"comments":[{"text":"c","author":{"id":"2","email":null}}]}}`),
		two("members in any order, unknown ones among them",
			`{"post":{"comments":[{"author":{"z":0,"id":2},"text":"c"}],"q":{},"tags":["x"],"title":"t","id":1}}`,
			`{"post":{"tags":["x"],"title":"t"}}`,
			`{"post":{"id":"1","title":"t","tags":["x"],"comments":[{"text":"c","author":{"id":"2","email":null}}]}}`),
	})
}

// Sources may lend one value to several fetches and operations: nothing may be written to it.
func TestAnswersAreNotChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, blog)
	p := w.plan(t, `{ a: user(id: "1") { name friends { email } } b: user(id: "2") { name friends { email } } }`,
		step{source: "a", want: `{ user(id: "1") { id friends { id } } }`},
		step{source: "b", want: `{ user(id: "2") { id friends { id } } }`})
	shared := scan(t, `{"user":{"id":"1","name":"n","friends":[{"id":"2"}]}}`)
	before := string(shared.AppendJSON(nil))
	give := func(_ context.Context, _ *execute.Inputs) *execute.Outcome {
		return &execute.Outcome{Values: []value.Value{shared}, Errors: []execute.SourceError{failure(-1)}}
	}
	prog := compile(t, w, p, sources{"a": give, "b": give})
	prog.Run(context.Background(), &execute.Request{}).Release()
	if after := string(shared.AppendJSON(nil)); after != before {
		t.Errorf("the answer became %s, was %s", after, before)
	}
}
