package mapping_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/value"
)

var all = []mapping.Version{mapping.V01, mapping.V02, mapping.V03, mapping.V04}

func TestParseSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	const (
		old    = "v0.1 v0.2"
		third  = "v0.3"
		before = "v0.1 v0.2 v0.3"
		since3 = "v0.3 v0.4"
		fourth = "v0.4"
		every  = "v0.1 v0.2 v0.3 v0.4"
	)
	for _, c := range []struct{ versions, src, at, message string }{
		// What beginners write.
		{before, "count: 42", "42", `a constant needs $(…) before connect v0.4: write count: $(42)`},
		{before, "'a b': -1.5", "-1.5", `a constant needs $(…) before connect v0.4: write "a b": $(-1.5)`},
		{before, "ids: [1, 2]", "[", `a constant needs $(…) before connect v0.4: write ids: $([…])`},
		{before, "{ a: $args.a }", "{", "an object needs $({…}) before connect v0.4; or leave the braces off"},
		{every, "ok: $(a == b)", "==", "there is no == operator: write a->eq(b)"},
		{every, "ok: a.b == c.d", "==", "there is no == operator: write a->eq(b)"},
		{every, "ok: $($.a != 1)", "!=", "there is no != operator: write a->ne(b)"},
		{every, "ok: a.b && c.d", "&&", "there is no && operator: write a->and(b)"},
		{every, "n: x.y + z.y", "+", "there is no + operator: write a->add(b) for numbers, and $([a, b])->joinNotNull('') for text"},
		{every, "n: x.y - z.y", "- z", `there is no - operator: write a->sub(b) for numbers; a key with a dash is quoted, as in $."x-ray"`},
		{every, "x-ray", "-", `there is no - operator: write a->sub(b) for numbers; a key with a dash is quoted, as in $."x-ray"`},
		{every, "n: x.y * 2", "*", "there is no * operator: write a->mul(b)"},
		{every, "n: $($.x >= 2)", ">=", "there is no >= operator: write a->gte(b)"},
		{every, "n: items[0]", "[", "an element of a list is taken with ->get(0)"},
		{every, "n: items[0].name", "[", "an element of a list is taken with ->get(0)"},
		{old, "n: $.cond ? $.a : $.b", "?", "there is no ? : operator: write a->match([true, b], [false, c])"},
		{since3, "n: $(cond ? a : b)", "a :", "there is no ? : operator: write a->match([true, b], [false, c])"},
		{since3, "n: cond ? 1 : 2", "1", "there is no ? : operator: write a->match([true, b], [false, c])"},
		{since3, "xs: items->map(x => x.id)", "=>", "there are no functions: an argument like that of ->map runs once per element, which it sees as @"},
		{every, "n: toString(a)", "(", "methods are called with an arrow: value->method(…)"},
		{every, "a; b", ";", "there are no semicolons: put white space between selections"},
		{every, ".id", ".", "a key cannot begin with a dot: write $.id"},
		// What a version does not have.
		{before, "id, name", ",", "commas between selections need connect v0.4: put white space between them"},
		{before, "id ...meta", "...", "spreading with ... needs connect v0.4"},
		{old, "x: a?.b", "?", "? needs connect v0.3"},
		{old, "x: $(a.b ?? c.d)", "??", "?? needs connect v0.3"},
		{third, "x: a ?? b", "??", "?? needs $(…) around it before connect v0.4: write $(a ?? b)"},
		{old, "xs: rows->map(id)", "id", "before connect v0.3 a single key is written $.id here"},
		{old, "xs: rows->map('a b')->map($)->map(x { y })", "x {", "before connect v0.3 a single key is written $.x here"},
		{before, "o: $({ a })", "a", `a key of an object needs a value before connect v0.4: write "key: …"`},
		// What no version has.
		{every, "id rows->first", "rows", `a path…`},
		{since3, "rows->first id", "rows", `a path without a name and without braces can only stand alone: put a name before it, as in "name: …"`},
		{since3, "v: $(a ?? b ?! c)", "?!", "?? and ?! cannot be mixed: put one of them into $(…)"},
		{since3, "v: a? ?.b", "?.b", "? cannot follow ?"},
		{fourth, "{ a, b c }", "c", "commas stand between all selections of a block or between none"},
		{fourth, "a b, c", ", c", "commas stand between all selections of a block or between none"},
		{fourth, "a,, b", ", b", "a comma can only stand between selections"},
		{every, "a { b", "{", "the brace that opens here is not closed"},
		{every, "a: $({ b: 1", "{", "the brace that opens…"},
		{every, "a: $(1", "(", "the parenthesis that opens here is not closed"},
		{every, "a: b->echo([1", "[", "what opens here is not closed"},
		{every, "a: b->echo(1", "(1", "what opens here is not closed"},
		{every, "a: b->echo(1 'x')", "'x'", `a comma or ")" is missing before "'"`},
		{every, "a } b", "}", `"}" closes nothing that is open`},
		{every, "a: 'b", "'", "the string that begins here has no end"},
		{every, "a: b->", "", "the name of a method is missing behind ->"},
		{every, "a: b.", "", "unexpected end: something is missing here"},
		{every, "a:", "", "unexpected end: something is missing here"},
		{every, "a: é", "é", `unexpected 'é'`},
		{every, "a: $(trueish", "", ""},
	} {
		for _, v := range all {
			if !strings.Contains(c.versions, v.String()) {
				continue
			}
			t.Run(fmt.Sprintf("%s %s", v, c.src), func(t *testing.T) {
				t.Parallel()
				_, err := mapping.Parse(c.src, v)
				var e *mapping.SyntaxError
				if !errors.As(err, &e) {
					t.Fatalf("Parse(%q) = %v", c.src, err)
				}
				if c.message == "" {
					return
				}
				at := len(c.src)
				if c.at != "" {
					at = strings.Index(c.src, c.at)
				}
				if e.Offset != at {
					t.Errorf("Parse(%q) fails at %d, want %d (%s)", c.src, e.Offset, at, e.Message)
				}
				if want, ok := strings.CutSuffix(c.message, "…"); e.Message != c.message && !(ok && strings.HasPrefix(e.Message, want)) {
					t.Errorf("Parse(%q): %s, want %s", c.src, e.Message, c.message)
				}
			})
		}
	}
}

func TestGrammarOfEachVersion(t *testing.T) {
	t.Parallel()
	const in = `{"a":{"b":1,"k":null},"s":"x","n":null,"true":"t","xs":[{"i":1},{"i":2}],"odd key":7}`
	for _, c := range []struct {
		name, versions, src, want string
	}{
		{"a whole key is a field", "v0.1 v0.2 v0.3 v0.4", "s", `{"s":"x"}`},
		{"a whole path is a value", "v0.1 v0.2 v0.3 v0.4", "a.b", `1`},
		{"a whole path with braces is a value", "v0.1 v0.2 v0.3 v0.4", "$.xs { i }", `[{"i":1},{"i":2}]`},
		{"a key with braces is a field", "v0.1 v0.2 v0.3 v0.4", "a { b }", `{"a":{"b":1}}`},
		{"an optional key is a field", "v0.3 v0.4", "n? s", `{"s":"x"}`},
		{"a group", "v0.1 v0.2 v0.3 v0.4", "g: { s t: a.b }", `{"g":{"s":"x","t":1}}`},
		{"true is a key where no literal can stand", "v0.1 v0.2 v0.3", "v: true", `{"v":"t"}`},
		{"true is a literal where one can stand", "v0.4", "v: true", `{"v":true}`},
		{"words are read whole", "v0.3 v0.4", "v: $(nullable ?? 1)", `{"v":1}`},
		{"a string is a property where no literal can stand", "v0.1 v0.2 v0.3", `v: "odd key"`, `{"v":7}`},
		{"a string is a literal where one can stand", "v0.4", `v: "odd key"`, `{"v":"odd key"}`},
		{"a quoted property in every version", "v0.1 v0.2 v0.3 v0.4", `v: $."odd key"`, `{"v":7}`},
		{"a string with braces is a property", "v0.4", `v: "a" { b }`, `{"v":{"b":1}}`},
		{"a quoted field", "v0.1 v0.2 v0.3 v0.4", `"odd key" s`, `{"odd key":7,"s":"x"}`},
		{"a literal with steps", "v0.1 v0.2 v0.3 v0.4", "v: $([1, 2]->last)", `{"v":2}`},
		{"an object literal is a value", "v0.4", `{ x: s }->get("x")`, `"x"`},
		{"braces around everything are cosmetic", "v0.4", `{ s, v: a.b, }`, `{"s":"x","v":1}`},
		{"commas", "v0.4", "s, v: [1, 2,], ...a,", `{"s":"x","v":[1,2],"b":1,"k":null}`},
		{"white space instead of commas", "v0.4", "s v: [1, 2] ...a", `{"s":"x","v":[1,2],"b":1,"k":null}`},
		{"shorthand", "v0.4", "o: { s, a { b }, ...a }", `{"o":{"s":"x","a":{"b":1},"b":1,"k":null}}`},
		{"an expression is the whole text", "v0.4", "n ?? s", `"x"`},
		{"expressions after names", "v0.4", "v: n ?? s w: gone ?! 1", `{"v":"x","w":1}`},
		{"a literal is the whole text", "v0.4", `"x"`, `"x"`},
		{"a list is the whole text", "v0.4", "[s, a.b]", `["x",1]`},
		{"a spread of an expression", "v0.4", "...(n) s", ``},
		{"a spread of a conditional", "v0.4", "s ...s->match(['x', { y: 1 }])", `{"s":"x","y":1}`},
		{"single keys in arguments", "v0.3 v0.4", "v: xs->map(s)", `{"v":["x","x"]}`},
		{"object keys in quotes", "v0.1 v0.2 v0.3 v0.4", "v: $({ 'a b': 1, c: $.s, })", `{"v":{"a b":1,"c":"x"}}`},
		{"minus zero is zero", "v0.1 v0.2 v0.3 v0.4", "v: $(-0)", `{"v":0}`},
		{"a big integer is kept", "v0.1 v0.2 v0.3 v0.4", "v: $(123456789012345678901234567890)", `{"v":123456789012345678901234567890}`},
		{"numbers with white space inside", "v0.1 v0.2 v0.3 v0.4", "v: $([- 3, 1 . 50])", `{"v":[-3,1.5]}`},
		{"escapes", "v0.1 v0.2 v0.3 v0.4", `v: $('\t\u\é\n')`, `{"v":"tué\n"}`},
		{"raw line feeds in strings", "v0.1 v0.2 v0.3 v0.4", "v: $('a\nb')", `{"v":"a\nb"}`},
		{"comments between any tokens", "v0.1 v0.2 v0.3 v0.4", "v # a }\n: # b\n $ # c\n . # d\n a # e\n -> # f\n entries # g\n -> # h\n size", `{"v":2}`},
		{"a value alone in braces", "v0.3 v0.4", "a { $.b }", `{"a":1}`},
		{"braces with nothing in them", "v0.1 v0.2 v0.3 v0.4", "a {} s", `{"a":{},"s":"x"}`},
	} {
		for _, v := range all {
			if !strings.Contains(c.versions, v.String()) {
				continue
			}
			t.Run(fmt.Sprintf("%s %s", v, c.name), func(t *testing.T) {
				t.Parallel()
				m, err := mapping.Parse(c.src, v)
				if c.want == "" {
					if err == nil {
						t.Errorf("Parse(%q) succeeded", c.src)
					}
					return
				}
				if err != nil {
					t.Fatalf("Parse(%q): %v", c.src, err)
				}
				if got := m.Apply(scan(t, in), envOf(t, nil)); !value.Equal(got, scan(t, c.want)) {
					t.Errorf("%q gives %s, want %s", c.src, got.AppendJSON(nil), c.want)
				}
				if m.String() != c.src || m.Version() != v {
					t.Errorf("String() = %q, Version() = %s", m, m.Version())
				}
			})
		}
	}
}

func TestParseBoundsNesting(t *testing.T) {
	t.Parallel()
	for _, open := range []string{"a { ", "a: $(", "a: { ", "a: b->echo(", "$([", "{", "a: 'x' { ", "$($({a: "} {
		for _, v := range all {
			_, err := mapping.Parse(strings.Repeat(open, 100_000), v)
			if err == nil {
				t.Errorf("%s: Parse(%q…) succeeded", v, open)
			}
		}
	}
}

func TestParseTellsEmptyTexts(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{"": true, " \n# nothing\n": true, "a": false, "$": false, "@": false, "a {}": false} {
		for _, v := range all {
			if got := mustParse(t, src, v).Empty(); got != want {
				t.Errorf("%s: Parse(%q).Empty() = %v", v, src, got)
			}
		}
	}
}

func TestAnEmptyObjectIsNotEmpty(t *testing.T) {
	t.Parallel()
	m := mustParse(t, "{}", mapping.V04)
	if got := string(m.Apply(scan(t, "{}"), envOf(t, nil)).AppendJSON(nil)); got != "{}" || m.Empty() {
		t.Errorf("Apply() = %s, Empty() = %v", got, m.Empty())
	}
}

func TestVersionsAreKnownByName(t *testing.T) {
	t.Parallel()
	for _, v := range all {
		if got, ok := mapping.ParseVersion(v.String()); !ok || got != v {
			t.Errorf("ParseVersion(%s) = %v, %v", v, got, ok)
		}
	}
	for _, s := range []string{"", "v0.0", "v0.5", "0.1", "v1.0"} {
		if v, ok := mapping.ParseVersion(s); ok {
			t.Errorf("ParseVersion(%q) = %v", s, v)
		}
	}
}
