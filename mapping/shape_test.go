package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/value"
)

// shapeText writes a shape: "{a: int, b: [string|null]}"; a "$" with a root is unknown.
func shapeText(s mapping.Shape) string {
	if !s.Literal.IsMissing() {
		return string(s.Literal.AppendJSON(nil))
	}
	switch s.Kind {
	case mapping.ShapeUnknown:
		return "?" + s.Root
	case mapping.ShapeNothing:
		return "nothing"
	case mapping.ShapeNull:
		return "null"
	case mapping.ShapeBool:
		return "bool"
	case mapping.ShapeInt:
		return "int"
	case mapping.ShapeFloat:
		return "float"
	case mapping.ShapeString:
		return "string"
	case mapping.ShapeList:
		return "[" + shapeText(*s.Elem) + "]"
	case mapping.ShapeObject:
		var fields []string
		for _, f := range s.Fields {
			fields = append(fields, f.Key+": "+shapeText(f.Shape))
		}
		if s.Open {
			fields = append(fields, "…")
		}
		return "{" + strings.Join(fields, ", ") + "}"
	}
	var members []string
	for _, a := range s.Members {
		members = append(members, shapeText(a))
	}
	return strings.Join(members, "|")
}

// schemaShapes are the types of an imaginary schema.
func schemaShapes() *mapping.ShapeEnv {
	str := mapping.Shape{Kind: mapping.ShapeString}
	null := mapping.Shape{Kind: mapping.ShapeNull}
	filter := mapping.Shape{Kind: mapping.ShapeObject, Fields: []mapping.ShapeField{
		{Key: "text", Shape: mapping.ShapeOf(str, null)},
		{Key: "tags", Shape: mapping.ShapeOf(mapping.ListShape(str), null)},
	}}
	return &mapping.ShapeEnv{
		Input: mapping.Shape{Root: "$"},
		Vars: map[string]mapping.Shape{
			"$args": {Kind: mapping.ShapeObject, Fields: []mapping.ShapeField{
				{Key: "id", Shape: str},
				{Key: "first", Shape: mapping.ShapeOf(mapping.Shape{Kind: mapping.ShapeInt}, null)},
				{Key: "filter", Shape: mapping.ShapeOf(filter, null)},
				{Key: "ref", Shape: mapping.Shape{Kind: mapping.ShapeUnion, Members: []mapping.Shape{mapping.ShapeOf(str, mapping.Shape{Kind: mapping.ShapeInt}), null}}},
				{Key: "ids", Shape: mapping.ListShape(str)},
			}},
		},
	}
}

func TestShape(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		versions []mapping.Version
		src      string
		want     string
	}{
		{all, "$", "?$"},
		{all, "a b: c.d", "{a: ?$, b: ?$}"},
		{all, "$.a { b }", "{b: ?$}"},
		{all, "$args.id", "string"},
		{all, "$args.gone", "nothing"},
		{all[2:], "$args.ref?.x", "nothing"},
		{all[2:], "$($args.ref ?? true)", "string|int|true"},
		{all, "$args.filter.tags", "[string]|null|nothing"},
		{all, "$args.filter { text }", "{text: string|null}|null"},
		{all, "$args.ids { id: $ }", "[{id: string}]"},
		{all, "$config.x", "?$config"},
		{all, "v: $([1, 'a', null]) w: $({ x: 1.5, y: $args.gone })", `{v: [1|"a"|null], w: {x: 1.5}}`},
		{all[:2], "$args.ids->first", "?$args"},
		{all[2:], "$args.ids->first", "string"},
		{all[2:], "$args.ids->joinNotNull(',')", "string"},
		{all[2:], "$args.ids->size->eq(0)", "bool"},
		{all[2:], "$args.ids->map({ id: @ })", "[{id: string}]"},
		{all[2:], "$args.filter?.text", "string|null|nothing"},
		{all[2:], "$($args.first ?? 10)", "int|10"},
		{all[2:], "$($args.first ?! 10)", "int|null|10"},
		{all[2:], "$args.id->match(['a', 1], [@, null])", "1|null"},
		{all[2:], "$args.id->as($x)->echo([$x])", "[string]"},
		{all[2:], "$args.filter->as($f) { t: $f.text }", "{t: string|null|nothing}|{t: string|null|nothing}"},
		{all[2:], "$args->get('id')", "string"},
		{all[2:], "$args.filter->entries", "[{key: string, value: string|null|[string]}]|nothing"},
		{all[2:], "$args.first->add(1)", "int|float"},
		{all[2:], "$args.ids->filter(@->eq('x'))", "[string]"},
		{all[2:], "$args.ids->nope", "nothing"},
		{all[2:], "x->split(',')", "[string]"},
		{all[3:], "id ...k->match(['b', { __typename: 'B', d: 1 }], [@, { __typename: 'M' }])", `{id: ?$, __typename: "B", d: 1}|{id: ?$, __typename: "M"}`},
		{all[3:], "id ...k->match(['b', null], [@, { a: 1 }])", "null|{id: ?$, a: 1}"},
		{all[3:], "id ...meta", "{id: ?$, …}"},
		{all[3:], "o: { a, n: 1 } ...{ o: { b: 2 } }", "{o: {a: ?$, n: 1, b: 2}}"},
	} {
		for _, v := range c.versions {
			t.Run(fmt.Sprintf("%s %s", v, c.src), func(t *testing.T) {
				t.Parallel()
				if got := shapeText(mustParse(t, c.src, v).Shape(schemaShapes())); got != c.want {
					t.Errorf("Shape() = %s, want %s", got, c.want)
				}
			})
		}
	}
}

func TestShapeChecks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want     mapping.Want
		src      string
		complain string
	}{
		{mapping.WantText, "$args.id", ""},
		{mapping.WantText, "$args.first", ""},
		{mapping.WantText, "$config.x", ""},
		{mapping.WantText, "$args.gone", ""},
		{mapping.WantText, "$args.ids->joinNotNull(',')", ""},
		{mapping.WantText, "$args.id->match(['a', 'b'], [@, 1])", ""},
		{mapping.WantText, "$args.filter", "It must be a string, a number, a boolean or null, but it can be an object."},
		{mapping.WantText, "$args.ids", "It must be a string, a number, a boolean or null, but it can be a list."},
		{mapping.WantText, "$args.id->match(['a', 'b'], [@, []])", "It must be a string, a number, a boolean or null, but it can be a list."},
		{mapping.WantScalars, "$(['a', $args.id, null])", ""},
		{mapping.WantScalars, "$args.ids", ""},
		{mapping.WantScalars, "$args.id", "It must be a list of strings, numbers and booleans, but it can be a string."},
		{mapping.WantScalars, "$([$args.filter])", "It must be a list of strings, numbers and booleans, but it can be a list of objects."},
		{mapping.WantScalars, "$([[1]])", "It must be a list of strings, numbers and booleans, but it can be a list of lists."},
		{mapping.WantObject, "a: $args.id", ""},
		{mapping.WantObject, "$args.filter", ""},
		{mapping.WantObject, "$args.ids", "It must be an object, but it can be a list."},
		{mapping.WantString, "error.message", ""},
		{mapping.WantString, "$(error.message ?? 'no')", ""},
		{mapping.WantString, "$(42)", "It must be a string, but it can be an integer."},
		{mapping.WantString, "$(error.message ?? 1.0)", "It must be a string, but it can be a float."},
		{mapping.WantBool, "$status->eq(200)", ""},
		{mapping.WantBool, "$('true')", "It must be a boolean, but it can be a string."},
	} {
		t.Run(c.src, func(t *testing.T) {
			t.Parallel()
			if got := mustParse(t, c.src, mapping.V03).Shape(schemaShapes()).Check(c.want); got != c.complain {
				t.Errorf("Check() = %q, want %q", got, c.complain)
			}
		})
	}
}

func TestShapeIsBounded(t *testing.T) {
	t.Parallel()
	arms := "->match([1, { a: 1 }], [2, { b: 2 }], [3, { c: 3 }], [4, { d: 4 }])"
	src := "x: $"
	for range 12 {
		src = "...k" + arms + " " + src
	}
	nested := "{ z }"
	for range 12 {
		nested = "{ ...k" + arms + ", n: k" + arms + " " + nested + " }"
	}
	for _, s := range []string{src, "r: k" + arms + " " + nested} {
		m := mustParse(t, s, mapping.V04)
		if got := len(m.Shape(&mapping.ShapeEnv{}).Members); got > 64 {
			t.Errorf("%d alternatives", got)
		}
		m.Output()
	}
}

// outputText writes an output: "{a@0: $, b: {c: scalar}}"; alternatives are joined by "|".
func outputText(o *mapping.Output) string {
	switch o.Kind {
	case mapping.OutputScalar:
		return "scalar" + o.Root
	case mapping.OutputObject:
		var fields []string
		for _, f := range o.Fields {
			fields = append(fields, fmt.Sprintf("%s@%d: %s", f.Key, f.Offset, outputText(f.Value)))
		}
		if o.Open {
			fields = append(fields, "…")
		}
		return o.Typename + "{" + strings.Join(fields, ", ") + "}"
	case mapping.OutputAlternatives:
		var all []string
		for _, a := range o.Alternatives {
			all = append(all, outputText(a))
		}
		return strings.Join(all, "|")
	}
	return "any" + o.Root
}

func TestOutput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		versions []mapping.Version
		src      string
		want     string
	}{
		{"fields", all, "id name: n", "{id@0: any$, name@3: any$}"},
		{"braces", all, "id owner { name }", "{id@0: any$, owner@3: {name@11: any$}}"},
		{"a spread of braces", all, "id $.geo { lat }", "{id@0: any$, lat@11: any$}"},
		{"a leaf", all, "$.x", "any$"},
		{"a constant", all, "ok: $(true) none: $(null)", "{ok@0: scalar, none@12: scalar}"},
		{"where a value comes from", all, "id: $this.id tenant: $context.t at: $.x", "{id@0: any$this, tenant@13: any$context, at@32: any$}"},
		{"methods keep the root", all, "id: id->toString n: rows->first.n", "{id@0: scalar$, n@17: any$}"},
		{"a list of stubs, in every version", all, "tags: ids->map({ id: @ })", "{tags@0: {id@17: any$}}"},
		{"an element with braces", all, "top: rows->first { id }", "{top@0: {id@19: any$}}"},
		{"entries", all, "labels: o->entries { k: key v: value }", "{labels@0: {k@21: scalar$, v@28: any$}}"},
		{"an enum by ->match", all, "state: s->match(['a', 'A'], [@, null])", "{state@0: scalar$}"},
		{"alternatives", all[3:], "id ...k->match(['b', { __typename: 'Buoy', depth }], [@, { __typename: 'Mark' }])", "Buoy{id@0: any$, depth@43: any$}|Mark{id@0: any$}"},
		{"alternatives with null", all[3:], "...k->match(['b', { __typename: 'B' }], [@, null])", "B{}"},
		{"alternatives in a list", all[3:], "$.rows { id ...k->match(['b', { __typename: 'B' }], [@, { __typename: 'C', c }]) }", "B{id@9: any$}|C{id@9: any$, c@75: any$}"},
		{"a type name that is not constant", all, "__typename: kind", "{__typename@0: any$}"},
		{"an unknown spread", all[3:], "id ...meta", "{id@0: any$, …}"},
		{"a default", all[3:], "n: count ?? 0 o: a ?? { b: 1 }", "{n@0: any$, o@14: any$|{b@24: scalar}}"},
	} {
		for _, v := range c.versions {
			t.Run(fmt.Sprintf("%s %s", v, c.name), func(t *testing.T) {
				t.Parallel()
				if got := outputText(mustParse(t, c.src, v).Output()); got != c.want {
					t.Errorf("Output() = %s, want %s", got, c.want)
				}
			})
		}
	}
}

func TestProblemsAreGroupedByPath(t *testing.T) {
	t.Parallel()
	env := envOf(t, nil)
	env.Args = scan(t, `{"o":{}}`)
	mustParse(t, "rows { id owner { name } x: $args.o.gone y: tags->map(@.z->add('a')) }", mapping.V03).Apply(
		scan(t, `{"rows":[{"id":1,"owner":null,"tags":[{"z":1},{"z":2}]},{"owner":{}},{"id":3,"tags":[]}]}`), env)
	var got []string
	for _, p := range env.Problems.List() {
		got = append(got, p.String())
	}
	want := []string{
		"rows.@.owner.name: Property .name not found in null",
		"$args.o.gone: Property .gone not found in object",
		"rows.@.tags.->map.@.z.->add: Method ->add requires numeric arguments (2 times)",
		"rows.@.id: Property .id not found in object",
		"rows.@.owner.name: Property .name not found in object",
		"rows.@.tags: Property .tags not found in object",
		"rows.@.owner: Property .owner not found in object",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("problems:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	env.Problems.Reset()
	if n := env.Problems.Len(); n != 0 {
		t.Errorf("%d problems after Reset", n)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	t.Parallel()
	list := make([]value.Value, 10_000)
	for i := range list {
		list[i] = value.OfString(fmt.Sprint("x", i))
	}
	env := envOf(t, nil)
	mustParse(t, "$->map(@->parseInt) ->map($(@.a ?? @.b))", mapping.V03).Apply(value.OfItems(list), env)
	if n := env.Problems.Len(); n != 100 {
		t.Errorf("%d groups of problems, want 100", n)
	}
	env = envOf(t, nil)
	mustParse(t, "$->map(@.a)", mapping.V03).Apply(value.OfItems(list), env)
	if l := env.Problems.List(); len(l) != 1 || l[0].Count != 10_000 {
		t.Errorf("problems = %v", l)
	}
}
