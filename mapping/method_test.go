package mapping_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/value"
)

// call is one method call on one receiver. An empty want means no value.
type call struct {
	receiver, call, want string
	problem              string
}

func TestMethods(t *testing.T) {
	t.Parallel()
	const (
		noArguments = " does not take any arguments"
		one         = " requires one argument"
		exactly     = " requires exactly one argument"
	)
	for method, calls := range map[string][]call{
		"echo": {
			{`1`, `->echo('x')`, `"x"`, ""},
			{`1`, `->echo([@, @])`, `[1,1]`, ""},
			{`null`, `->echo(@)`, `null`, ""},
			{`1`, `->echo($.gone)`, ``, "Property .gone not found in object"},
			{`1`, `->echo`, ``, "Method ->echo" + one},
			{`1`, `->echo()`, ``, "Method ->echo" + one},
		},
		"as": {
			{`3`, `->as($n)->add($n)`, `6`, ""},
			{`3`, `->as($n, 'x')->echo($n)`, `"x"`, ""},
			{`3`, `->as($n)->as($n, 4)->echo($n)`, `4`, ""},
			{`3`, `->as($n, $.gone)->echo(1)`, `1`, "Property .gone not found in object"},
			{`[1,2]`, `->as($all)->map(@->add($all->size))`, `[3,4]`, ""},
			{`{"a":1}`, `->as($o) { b: $o.a }`, `{"b":1}`, ""},
			{`3`, `->as($args)->echo($args)`, `3`, ""},
			{`3`, `->as`, ``, "Method ->as requires a variable like $name as its first argument, and at most one more"},
			{`3`, `->as($)`, ``, "Method ->as requires a variable like $name as its first argument, and at most one more"},
			{`3`, `->as($n, 1, 2)`, ``, "Method ->as requires a variable like $name as its first argument, and at most one more"},
		},
		"map": {
			{`[1,2]`, `->map(@->add(1))`, `[2,3]`, ""},
			{`[{"a":1},{}]`, `->map(@.a)`, `[1,null]`, "Property .a not found in object"},
			{`[]`, `->map(1)`, `[]`, ""},
			{`7`, `->map(@)`, `[7]`, ""},
			{`null`, `->map(@)`, `[null]`, ""},
			{`{"a":1}`, `->map(@.b)`, ``, "Property .b not found in object"},
			{`[1]`, `->map`, ``, "Method ->map" + one},
		},
		"match": {
			{`"a"`, `->match(['a', 1], ['b', 2])`, `1`, ""},
			{`{"k":[1]}`, `->match([{ k: [1] }, 'deep'])`, `"deep"`, ""},
			{`1`, `->match([1.0, 'float'], [@, 'rest'])`, `"rest"`, ""},
			{`null`, `->match([null, 'none'])`, `"none"`, ""},
			{`1`, `->match('no pair', [1, 2, 3], [1, 'ok'])`, `"ok"`, ""},
			{`1`, `->match([$.gone, 'x'], [1, null])`, `null`, "Property .gone not found in object"},
			{`1`, `->match`, ``, "Method ->match did not match any [candidate, value] pair"},
		},
		"jsonStringify": {
			{`{"a": [1, 2.50, "é\n"]}`, `->jsonStringify`, `"{\"a\":[1,2.50,\"é\\n\"]}"`, ""},
			{`null`, `->jsonStringify`, `"null"`, ""},
			{`1`, `->jsonStringify()`, ``, "Method ->jsonStringify" + noArguments},
		},
		"jsonParse": {
			{`"[1, {\"a\": null}]"`, `->jsonParse`, `[1,{"a":null}]`, ""},
			{`"{"`, `->jsonParse`, ``, "Method ->jsonParse failed to parse JSON string: …"},
			{`5`, `->jsonParse`, ``, "Method ->jsonParse requires a string input, got number"},
			{`"1"`, `->jsonParse(1)`, ``, "Method ->jsonParse" + noArguments},
		},
		"toString": {
			{`1.50`, `->toString`, `"1.5"`, ""},
			{`2e3`, `->toString`, `"2000.0"`, ""},
			{`12345678901234567890`, `->toString`, `"12345678901234567890"`, ""},
			{`false`, `->toString()`, `"false"`, ""},
			{`null`, `->toString`, `""`, ""},
			{`"x"`, `->toString`, `"x"`, ""},
			{`1`, `->toString(1)`, ``, "Method ->toString does not accept any arguments, but 1 were provided"},
			{`[]`, `->toString`, ``, "Method ->toString cannot convert arrays or objects to strings. Use ->jsonStringify or ->joinNotNull instead"},
		},
		"parseInt": {
			{`"-12"`, `->parseInt`, `-12`, ""},
			{`"+7"`, `->parseInt`, `7`, ""},
			{`"zz"`, `->parseInt(36)`, `1295`, ""},
			{`-9.99`, `->parseInt`, `-9`, ""},
			{`"9223372036854775807"`, `->parseInt`, `9223372036854775807`, ""},
			{`"9223372036854775808"`, `->parseInt`, ``, "Method ->parseInt failed to parse '9223372036854775808' as integer with base 10"},
			{`" 1"`, `->parseInt`, ``, "Method ->parseInt failed to parse ' 1' as integer with base 10"},
			{`"1_0"`, `->parseInt`, ``, "Method ->parseInt failed to parse '1_0' as integer with base 10"},
			{`""`, `->parseInt`, ``, "Method ->parseInt failed to parse '' as integer with base 10"},
			{`"0x1f"`, `->parseInt(16)`, ``, "Method ->parseInt failed to parse '0x1f' as integer with base 16"},
			{`1e300`, `->parseInt`, ``, "Method ->parseInt failed to parse '1…"},
			{`"1"`, `->parseInt(1)`, ``, "Method ->parseInt requires a base between 2 and 36. Found: 1"},
			{`"1"`, `->parseInt('x')`, ``, "Method ->parseInt requires a base between 2 and 36. Found: \"x\""},
			{`true`, `->parseInt`, ``, "Method ->parseInt can only parse strings and numbers. Found: true"},
		},
		"first": {
			{`[1,2]`, `->first`, `1`, ""},
			{`"žluť"`, `->first`, `"ž"`, ""},
			{`"\u00e9x"`, `->first`, `"é"`, ""},
			{`""`, `->first`, ``, ""},
			{`[]`, `->first`, ``, ""},
			{`5`, `->first`, `5`, "Method ->first requires an array or string input"},
			{`[1]`, `->first()`, ``, "Method ->first" + noArguments},
		},
		"last": {
			{`[1,2]`, `->last`, `2`, ""},
			{`"až"`, `->last`, `"ž"`, ""},
			{`[]`, `->last`, ``, ""},
			{`null`, `->last`, `null`, "Method ->last requires an array or string input"},
			{`[1]`, `->last(1)`, ``, "Method ->last" + noArguments},
		},
		"slice": {
			{`[1,2,3]`, `->slice(1)`, `[2,3]`, ""},
			{`[1,2,3]`, `->slice(-5, 2)`, `[1,2]`, ""},
			{`[1,2,3]`, `->slice(1, 99)`, `[2,3]`, ""},
			{`[1,2,3]`, `->slice(2, 1)`, `[]`, ""},
			{`[1,2,3]`, `->slice`, `[1,2,3]`, ""},
			{`[1,2,3]`, `->slice('x', 1.0)`, `[1,2,3]`, ""},
			{`"příliš"`, `->slice(1, 3)`, `"ří"`, ""},
			{`"abc"`, `->slice(9)`, `""`, ""},
			{`{}`, `->slice(1)`, ``, "Method ->slice requires an array or string input"},
		},
		"size": {
			{`[1,null]`, `->size`, `2`, ""},
			{`"žž"`, `->size`, `2`, ""},
			{`{"a":1,"b":2}`, `->size`, `2`, ""},
			{`null`, `->size`, ``, "Method ->size requires an array, string, or object input, not null"},
			{`[]`, `->size()`, ``, "Method ->size" + noArguments},
		},
		"entries": {
			{`{"a":1,"b c":null}`, `->entries`, `[{"key":"a","value":1},{"key":"b c","value":null}]`, ""},
			{`{}`, `->entries`, `[]`, ""},
			{`[]`, `->entries`, ``, "Method ->entries requires an object input, not array"},
			{`{}`, `->entries(1)`, ``, "Method ->entries" + noArguments},
		},
		"get": {
			{`[1,2,3]`, `->get(0)`, `1`, ""},
			{`[1,2,3]`, `->get(-3)`, `1`, ""},
			{`[1,2,3]`, `->get(-4)`, ``, "Method ->get index -4 out of bounds in array of length 3"},
			{`"až"`, `->get(1)`, `"ž"`, ""},
			{`"až"`, `->get(2)`, ``, "Method ->get index 2 out of bounds in string of length 2"},
			{`[1]`, `->get(99999999999999999999)`, ``, "Method ->get index 99999999999999999999 out of bounds in array of length 1"},
			{`{"a":null}`, `->get('a')`, `null`, ""},
			{`{"a":1}`, `->get('b')`, ``, "Method ->get property b not found in object"},
			{`{"a":1}`, `->get(0)`, ``, "Method ->get requires a string to get a property of an object. Found: 0"},
			{`[1]`, `->get('0')`, ``, "Method ->get requires an integer index for array. Found: \"0\""},
			{`[1]`, `->get(0.0)`, ``, "Method ->get requires an integer index for array. Found: 0.0"},
			{`5`, `->get(0)`, ``, "Method ->get requires an array, string, or object input, not number"},
			{`[1]`, `->get`, ``, "Method ->get" + one},
		},
		"filter": {
			{`[1,2,3]`, `->filter(@->gt(1))`, `[2,3]`, ""},
			{`4`, `->filter(@->gt(9))`, `[]`, ""},
			{`4`, `->filter(@->gt(1))`, `[4]`, ""},
			{`[1]`, `->filter(@)`, ``, "->filter condition must return a boolean value"},
			{`4`, `->filter(@)`, ``, "->filter condition must return a boolean value"},
			{`[]`, `->filter(1)`, `[]`, ""},
			{`[1]`, `->filter`, ``, "Method ->filter" + one},
		},
		"find": {
			{`[1,2,3]`, `->find(@->gt(1))`, `2`, ""},
			{`[1]`, `->find(@->gt(1))`, ``, ""},
			{`[true,5]`, `->find(@)`, `true`, ""},
			{`[5,true]`, `->find(@)`, ``, "->find condition must return a boolean value"},
			{`4`, `->find(@->eq(4))`, `4`, ""},
			{`4`, `->find(@->eq(5))`, ``, ""},
			{`[1]`, `->find`, ``, "Method ->find" + one},
		},
		"joinNotNull": {
			{`["a",null,1,2.0,true]`, `->joinNotNull('-')`, `"a-1-2.0-true"`, ""},
			{`[]`, `->joinNotNull('-')`, `""`, ""},
			{`null`, `->joinNotNull('-')`, `""`, ""},
			{`["",""]`, `->joinNotNull('-')`, `"-"`, ""},
			{`[[1]]`, `->joinNotNull('-')`, ``, "Method ->joinNotNull requires an array of scalar values as input"},
			{`{}`, `->joinNotNull('-')`, ``, "Method ->joinNotNull requires an array of scalar values as input"},
			{`[1]`, `->joinNotNull(1)`, ``, "Method ->joinNotNull requires a string argument, not number"},
			{`[1]`, `->joinNotNull`, ``, "Method ->joinNotNull" + one},
		},
		"keysToCamelCase": {
			{`{"first_name":1,"LastName":2,"HTTP-server id":3,"plain":{"in_side":4}}`, `->keysToCamelCase`,
				`{"firstName":1,"lastName":2,"httpServerId":3,"plain":{"in_side":4}}`, ""},
			{`{"_":1,"__typename":2,"été_é":3}`, `->keysToCamelCase`, `{"_":1,"typename":2,"étéÉ":3}`, ""},
			{`{"a_b":1,"aB":2}`, `->keysToCamelCase`, `{"aB":2}`, "Method ->keysToCamelCase gives more than one property the name aB"},
			{`[]`, `->keysToCamelCase`, ``, "Method ->keysToCamelCase requires an object input, not array"},
			{`{}`, `->keysToCamelCase(1)`, ``, "Method ->keysToCamelCase" + noArguments},
		},
		"keysToCamelCaseDeep": {
			{`{"a_b":[{"c_d":{"e_f":1}},null]}`, `->keysToCamelCaseDeep`, `{"aB":[{"cD":{"eF":1}},null]}`, ""},
			{`1`, `->keysToCamelCaseDeep`, ``, "Method ->keysToCamelCaseDeep requires an object input, not number"},
		},
		"split": {
			{`"a,b,"`, `->split(',')`, `["a","b",""]`, ""},
			{`"až"`, `->split('')`, `["a","ž"]`, ""},
			{`""`, `->split(',')`, `[""]`, ""},
			{`""`, `->split('')`, `[]`, ""},
			{`"a,b,c"`, `->split(',', 0)`, `[]`, ""},
			{`"a,b,c"`, `->split(',', 9)`, `["a","b","c"]`, ""},
			{`"a"`, `->split(',', -1)`, ``, "Method ->split requires a limit that is an integer and not negative. Found: -1"},
			{`"a"`, `->split(1)`, ``, "Method ->split requires a string separator, not number"},
			{`1`, `->split(',')`, ``, "Method ->split requires a string input, not number"},
			{`"a"`, `->split`, ``, "Method ->split" + one},
		},
		"trim": {
			{`"\u00a0 a b\t\n"`, `->trim`, `"a b"`, ""},
			{`1`, `->trim`, ``, "Method ->trim requires a string input, not number"},
			{`"a"`, `->trim()`, ``, "Method ->trim" + noArguments},
		},
		"trimStart": {{`" a "`, `->trimStart`, `"a "`, ""}},
		"trimEnd":   {{`" a "`, `->trimEnd`, `" a"`, ""}},
		"eq": {
			{`1`, `->eq(1.0)`, `true`, ""},
			{`[1]`, `->eq([1.0])`, `false`, ""},
			{`{"a":1,"b":[null]}`, `->eq({ b: [null], a: 1 })`, `true`, ""},
			{`"a"`, `->eq('b')`, `false`, ""},
			{`9007199254740993`, `->eq(9007199254740992)`, `false`, ""},
			{`1`, `->eq($.gone)`, ``, "Property .gone not found in object"},
			{`1`, `->eq`, ``, "Method ->eq" + exactly},
			{`1`, `->eq(1, 1)`, ``, "Method ->eq" + exactly},
		},
		"ne": {
			{`1`, `->ne(2)`, `true`, ""},
			{`null`, `->ne(null)`, `false`, ""},
			{`1`, `->ne()`, ``, "Method ->ne" + exactly},
		},
		"gt":  {{`2`, `->gt(1)`, `true`, ""}, {`"b"`, `->gt('a')`, `true`, ""}, {`2`, `->gt(2)`, `false`, ""}},
		"gte": {{`2`, `->gte(2.0)`, `true`, ""}, {`null`, `->gte(1)`, ``, "Method ->gte can only compare numbers and strings. Found: null >= 1"}},
		"lt":  {{`9007199254740992`, `->lt(9007199254740993)`, `true`, ""}, {`"a"`, `->lt('a')`, `false`, ""}},
		"lte": {
			{`"a"`, `->lte('a')`, `true`, ""},
			{`1`, `->lte('a')`, ``, "Method ->lte can only compare numbers and strings. Found: 1 <= \"a\""},
			{`1`, `->lte`, ``, "Method ->lte" + exactly},
		},
		"in": {
			{`1`, `->in([2, 1.0])`, `true`, ""},
			{`[1]`, `->in([[1.0]])`, `false`, ""},
			{`1`, `->in([])`, `false`, ""},
			{`1`, `->in(1)`, ``, "Method ->in requires an array argument, not number"},
			{`1`, `->in`, ``, "Method ->in" + exactly},
		},
		"contains": {
			{`[1,2]`, `->contains(2)`, `true`, ""},
			{`[{"a":1}]`, `->contains({ a: 1 })`, `true`, ""},
			{`"abc"`, `->contains('b')`, ``, "Method ->contains requires an array input, not string"},
			{`[1]`, `->contains`, ``, "Method ->contains" + exactly},
		},
		"and": {
			{`true`, `->and(true, false)`, `false`, ""},
			{`true`, `->and()`, `true`, ""},
			{`true`, `->and($.gone)`, ``, "Property .gone not found in object"},
			{`true`, `->and(1, false)`, `false`, "Method ->and can only accept boolean arguments."},
			{`1`, `->and(true)`, ``, "Method ->and can only be applied to boolean values."},
			{`true`, `->and`, ``, "Method ->and requires arguments"},
		},
		"or": {
			{`false`, `->or(false, true)`, `true`, ""},
			{`true`, `->or($.gone)`, `true`, ""},
			{`null`, `->or(true)`, ``, "Method ->or can only be applied to boolean values."},
			{`false`, `->or`, ``, "Method ->or requires arguments"},
		},
		"not": {
			{`true`, `->not`, `false`, ""},
			{`0`, `->not`, ``, "Method ->not can only be applied to boolean values."},
			{`true`, `->not()`, ``, "Method ->not" + noArguments},
		},
		"add": {
			{`1`, `->add(2, 3)`, `6`, ""},
			{`1`, `->add(0.5)`, `1.5`, ""},
			{`1`, `->add(@, @)`, `3`, ""},
			{`1`, `->add()`, `1`, ""},
			{`9223372036854775807`, `->add(1)`, ``, "Method ->add failed on argument 1"},
			{`-9223372036854775808`, `->add(-1)`, ``, "Method ->add failed on argument -1"},
			{`-9223372036854775808`, `->add(0)`, `-9223372036854775808`, ""},
			{`18446744073709551616`, `->add(0)`, `1.8446744073709552e+19`, ""},
			{`1`, `->add`, ``, "Method ->add requires at least one argument"},
			{`1`, `->add(null)`, ``, "Method ->add requires numeric arguments"},
		},
		"sub": {
			{`1`, `->sub(2)`, `-1`, ""},
			{`-9223372036854775808`, `->sub(1)`, ``, "Method ->sub failed on argument 1"},
			{`0`, `->sub(-9223372036854775808)`, ``, "Method ->sub failed on argument -9223372036854775808"},
			{`5`, `->sub(0)`, `5`, ""},
			{`true`, `->sub(1)`, ``, "Method ->sub requires numeric arguments"},
		},
		"mul": {
			{`-3`, `->mul(4)`, `-12`, ""},
			{`4611686018427387904`, `->mul(2)`, ``, "Method ->mul failed on argument 2"},
			{`4611686018427387904`, `->mul(-2)`, `-9223372036854775808`, ""},
			{`-9223372036854775808`, `->mul(-1)`, ``, "Method ->mul failed on argument -1"},
			{`0`, `->mul(-1)`, `0`, ""},
			{`1e308`, `->mul(10)`, ``, "Method ->mul failed on argument 10"},
		},
		"div": {
			{`8`, `->div(2)`, `4.0`, ""},
			{`1`, `->div(0.0)`, ``, "Method ->div failed on argument 0.0"},
			{`0`, `->div(0)`, ``, "Method ->div failed on argument 0"},
		},
		"mod": {
			{`-7`, `->mod(3)`, `-1`, ""},
			{`7.5`, `->mod(2)`, `1.5`, ""},
			{`7`, `->mod(0)`, ``, "Method ->mod failed on argument 0"},
			{`7.0`, `->mod(0)`, ``, "Method ->mod failed on argument 0"},
			{`-9223372036854775808`, `->mod(-1)`, `0`, ""},
		},
	} {
		for _, c := range calls {
			t.Run(method+" "+c.receiver+c.call, func(t *testing.T) {
				t.Parallel()
				m := mustParse(t, "$.x"+c.call, mapping.V03)
				env := envOf(t, nil)
				got := m.Apply(scan(t, `{"x":`+c.receiver+`}`), env)
				switch {
				case c.want == "":
					if !got.IsMissing() {
						t.Errorf("Apply() = %s, want no value", got.AppendJSON(nil))
					}
				case !value.Equal(got, scan(t, c.want)):
					t.Errorf("Apply() = %s, want %s", got.AppendJSON(nil), c.want)
				}
				want := []string{}
				if c.problem != "" {
					want = append(want, c.problem)
				}
				if got := messages(env.Problems); !sameMessages(got, want) {
					t.Errorf("problems (-want +got):\n%s", cmp.Diff(want, got))
				}
				if got := m.Remarks(); len(got) > 0 && got[0].Kind == mapping.UnknownMethod {
					t.Errorf("Remarks() = %v", got)
				}
			})
		}
	}
}

func TestMethodsKeepTextWhole(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"->first", "->last", "->get(0)", "->get(-1)", "->slice(1, 2)", "->split('')->first", "->trim"} {
		got := mustParse(t, "$"+call, mapping.V03).Apply(value.OfString("🚢é🚢"), envOf(t, nil)).Text()
		if got == "" || strings.ContainsRune(got, '\uFFFD') {
			t.Errorf("$%s = %q", call, got)
		}
	}
}

// The subtests run one after the other: each uses up what memory an application may.
func TestWorkIsBounded(t *testing.T) {
	list := make([]value.Value, 3000)
	for i := range list {
		list[i] = value.OfInt(int64(i))
	}
	for name, selection := range map[string]string{
		"values": "$->map($->map($->map(1)))",
		"search": "$->map($->map($->contains('x')))",
		"text":   "$->map($->map($->joinNotNull('a long separator, for it is repeated')))",
		"growth": "$" + strings.Repeat("->jsonStringify", 60),
		"braces": "$->map($ { a: $ })->map($->map($ { a: $ }))",
	} {
		t.Run(name, func(t *testing.T) {
			env := envOf(t, nil)
			if got := mustParse(t, selection, mapping.V03).Apply(value.OfItems(list), env); !got.IsMissing() {
				t.Errorf("Apply() = a value of %d items", got.Len())
			}
			if diff := cmp.Diff([]string{"The mapping was stopped: it asks for too much work"}, messages(env.Problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if got := mustParse(t, "$->size", mapping.V03).Apply(value.OfItems(list), env); !value.Equal(got, value.OfInt(3000)) {
				t.Errorf("the next application gives %s", got.AppendJSON(nil))
			}
		})
	}
}
