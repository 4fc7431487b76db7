package operation_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/operation"
)

func TestPrepareCoercesVariables(t *testing.T) {
	t.Parallel()
	const order = `mutation($input: Order!) { place(input: $input) }`
	for _, c := range []struct{ about, query, variables, want string }{
		{"no variables", `{ count }`, ``, `{}`},
		{"null is no variables", `{ count }`, `null`, `{}`},
		{"variables that the operation does not have are ignored", `{ count }`, `{"a":{"b":[1]}}`, `{}`},
		{"a variable without value and default is absent", `query($n: Int) { count(n: $n) }`, `{}`, `{}`},
		{"null is not absent", `query($n: Int = 3) { count(n: $n) }`, `{"n":null}`, `{"n":null}`},
		{"a default stands for an absent value", `query($n: Int = 3, $ids: [ID!] = 4) { count(n: $n) users(ids: $ids) { id } }`, `{}`,
			`{"n":3,"ids":["4"]}`},
		{"the order is that of the definitions", `query($n: Int, $f: Float) { count(n: $n, f: $f) }`, `{"f":1,"n":2}`, `{"n":2,"f":1}`},
		{"the last of a repeated key counts", `query($n: Int) { count(n: $n) }`, `{"n":"x","n":2}`, `{"n":2}`},
		{"an integer may be written with a fraction of zero", `query($n: Int) { count(n: $n) }`, `{"n":2.0}`, `{"n":2}`},
		{"an integer may be written with an exponent", `query($n: Int) { count(n: $n) }`, `{"n":-2e3}`, `{"n":-2000}`},
		{"the largest integers", `query($n: Int, $m: Int) { count(n: $n) c: count(n: $m) }`, `{"n":2147483647,"m":-2147483648}`,
			`{"n":2147483647,"m":-2147483648}`},
		{"a float may be an integer", `query($f: Float) { count(f: $f) }`, `{"f":12345678901234567890}`, `{"f":12345678901234567890}`},
		{"an ID may be an integer of any length", `query($id: ID) { user(id: $id) { id } }`, `{"id":12345678901234567890}`,
			`{"id":"12345678901234567890"}`},
		{"a single value is a list of one", `query($ids: [ID!]) { users(ids: $ids) { id } }`, `{"ids":7}`, `{"ids":["7"]}`},
		{"a list stays one", `query($ids: [ID!]) { users(ids: $ids) { id } }`, `{"ids":["a",7]}`, `{"ids":["a","7"]}`},
		{"an empty list stays empty", `query($ids: [ID!]) { users(ids: $ids) { id } }`, `{"ids":[]}`, `{"ids":[]}`},
		{"an object gets its defaults and the order of the schema", order,
			`{"input":{"price":1,"lines":{"quantity":2,"product":3}}}`,
			`{"input":{"lines":[{"product":"3","quantity":2}],"status":"OPEN","price":1}}`},
		{"a null in an object takes no default", order, `{"input":{"lines":[],"status":null}}`, `{"input":{"lines":[],"status":null}}`},
		{"objects nest", order, `{"input":{"lines":[],"parent":{"lines":[],"gift":true}}}`,
			`{"input":{"lines":[],"status":"OPEN","parent":{"lines":[],"status":"OPEN","gift":true}}}`},
		{"a custom scalar takes any value", order, `{"input":{"lines":[],"at":{"year":[2024,null]}}}`,
			`{"input":{"lines":[],"status":"OPEN","at":{"year":[2024,null]}}}`},
		{"escapes are kept", `query($s: String) { count(s: $s) }`, `{"s":"a\u00e9\n"}`, `{"s":"a\u00e9\n"}`},
		{"an enum value may be written with escapes", order, `{"input":{"lines":[],"status":"\u0050AID"}}`,
			`{"input":{"lines":[],"status":"\u0050AID"}}`},
		{"one of a oneOf object", `query($by: By) { by(by: $by) { id } }`, `{"by":{"id":1}}`, `{"by":{"id":"1"}}`},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			p, errs := prepare(c.query, func(r *operation.Request) { r.Variables = []byte(c.variables) })
			if errs != nil {
				t.Fatal(errs)
			}
			if got := string(p.Variables.AppendJSON(nil)); got != c.want {
				t.Errorf("Variables = %s, want %s", got, c.want)
			}
		})
	}
}

func TestPrepareRefusesVariables(t *testing.T) {
	t.Parallel()
	const order = `mutation($input: Order!) { place(input: $input) }`
	const count = `query($n: Int, $f: Float, $b: Boolean, $s: String) { count(n: $n, f: $f, b: $b, s: $s) }`
	const input = `BAD_USER_INPUT 1:10 Variable "$input" got invalid value `
	for _, c := range []struct {
		about, query, variables string
		want                    []string
	}{
		{"what is no JSON", `{ count }`, `{"a":`, []string{`BAD_REQUEST Variables are invalid JSON at byte 5: unexpected end.`}},
		{"what is no object", `{ count }`, `[1]`, []string{`BAD_REQUEST Variables must be a JSON object.`}},
		{"what nests too deeply", `{ count }`, `{"a":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}`,
			[]string{`BAD_REQUEST Variables are invalid JSON at byte 516: nested too deeply.`}},
		{"a missing value", `query($id: ID!) { user(id: $id) { id } }`, ``,
			[]string{`BAD_USER_INPUT 1:7 Variable "$id" of required type "ID!" was not provided.`}},
		{"null for what is not null", `query($id: ID!) { user(id: $id) { id } }`, `{"id":null}`,
			[]string{`BAD_USER_INPUT 1:7 Variable "$id" of non-null type "ID!" must not be null.`}},
		{"null where a default stands for nothing only", `query($n: Int = 1, $m: Int) { user { friends(first: $n) { id } best { friends(first: $m) { id } } } }`,
			`{"n":null}`, []string{`BAD_USER_INPUT 1:7 1:53 Variable "$n" must not be null where a value of type "Int!" is expected.`}},
		{"every wrong value", count, `{"n":"1","f":"1.5","b":1,"s":2}`, []string{
			`BAD_USER_INPUT 1:7 Variable "$n" got invalid value "1"; Int cannot represent non-integer value: "1"`,
			`BAD_USER_INPUT 1:16 Variable "$f" got invalid value "1.5"; Float cannot represent non numeric value: "1.5"`,
			`BAD_USER_INPUT 1:27 Variable "$b" got invalid value 1; Boolean cannot represent a non boolean value: 1`,
			`BAD_USER_INPUT 1:40 Variable "$s" got invalid value 2; String cannot represent a non string value: 2`}},
		{"an integer with a fraction", count, `{"n":1.5}`,
			[]string{`BAD_USER_INPUT 1:7 Variable "$n" got invalid value 1.5; Int cannot represent non-integer value: 1.5`}},
		{"an integer of more than 32 bits", count, `{"n":3000000000}`,
			[]string{`BAD_USER_INPUT 1:7 Variable "$n" got invalid value 3000000000; Int cannot represent non 32-bit signed integer value: 3000000000`}},
		{"an integer with a large exponent", count, `{"n":1e400}`,
			[]string{`BAD_USER_INPUT 1:7 Variable "$n" got invalid value 1e400; Int cannot represent non 32-bit signed integer value: 1e400`}},
		{"an infinite float", count, `{"f":-1e400}`,
			[]string{`BAD_USER_INPUT 1:16 Variable "$f" got invalid value -1e400; Float cannot represent non numeric value: -1e400`}},
		{"a list where a single value belongs", count, `{"n":[1]}`,
			[]string{`BAD_USER_INPUT 1:7 Variable "$n" got invalid value [1]; Int cannot represent non-integer value: [1]`}},
		{"an ID that is neither string nor integer", `query($id: ID!) { user(id: $id) { id } }`, `{"id":1.5}`,
			[]string{`BAD_USER_INPUT 1:7 Variable "$id" got invalid value 1.5; ID cannot represent value: 1.5`}},
		{"a null in a list", `query($ids: [ID!]) { users(ids: $ids) { id } }`, `{"ids":["a",null]}`,
			[]string{`BAD_USER_INPUT 1:7 Variable "$ids" got invalid value null at "ids[1]"; Expected non-nullable type "ID!" not to be null.`}},
		{"a wrong value, with its path", order, `{"input":{"lines":[{"product":1},{"product":1,"quantity":"two"}]}}`,
			[]string{input + `"two" at "input.lines[1].quantity"; Int cannot represent non-integer value: "two"`}},
		{"a field that is missing", order, `{"input":{"lines":[{"quantity":1}]}}`,
			[]string{input + `{quantity: 1} at "input.lines[0]"; Field "product" of required type "ID!" was not provided.`}},
		{"a field that is not there", order, `{"input":{"lines":[],"prise":1}}`,
			[]string{input + `{lines: [], prise: 1}; Field "prise" is not defined by type "Order". Did you mean "price"?`}},
		{"no object", order, `{"input":7}`, []string{input + `7; Expected type "Order" to be an object.`}},
		{"an enum value in another case", order, `{"input":{"lines":[],"status":"paid"}}`,
			[]string{input + `"paid" at "input.status"; Value "paid" does not exist in "Status" enum. Did you mean the enum value "PAID"?`}},
		{"an enum value that is no string", order, `{"input":{"lines":[],"status":1}}`,
			[]string{input + `1 at "input.status"; Enum "Status" cannot represent non-string value: 1.`}},
		{"two of a oneOf object", `query($by: By) { by(by: $by) { id } }`, `{"by":{"id":1,"email":null}}`,
			[]string{`BAD_USER_INPUT 1:7 Variable "$by" got invalid value {id: 1, email: null}; Exactly one key must be specified for OneOf type "By".`}},
		{"none of a oneOf object", `query($by: By) { by(by: $by) { id } }`, `{"by":{}}`,
			[]string{`BAD_USER_INPUT 1:7 Variable "$by" got invalid value {}; Exactly one key must be specified for OneOf type "By".`}},
		{"a null in a oneOf object", `query($by: By) { by(by: $by) { id } }`, `{"by":{"id":null}}`,
			[]string{`BAD_USER_INPUT 1:7 Variable "$by" got invalid value null at "by.id"; Field "id" must be non-null.`}},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			p, errs := prepare(c.query, func(r *operation.Request) { r.Variables = []byte(c.variables) })
			if diff := cmp.Diff(c.want, report(errs)); diff != "" {
				t.Errorf("Prepare(): (-want +got)\n%s", diff)
			}
			if p != nil {
				t.Error("Prepare() returned an operation too")
			}
		})
	}
}

func TestPrepareReportsLargeValuesInFew(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 10_000)
	var many strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&many, `,{"%s%d":[%d]}`, long[:100], i, i)
	}
	for _, c := range []struct {
		about, variables string
		errors           int
	}{
		{"a long string", `{"input":"` + long + `"}`, 1},
		{"a long key", `{"input":{"lines":[],"` + long + `":1}}`, 1},
		{"a long list", `{"input":{"lines":[],"price":[1` + strings.Repeat(",1", 10_000) + `]}}`, 1},
		{"many errors", `{"input":{"lines":[1` + many.String() + `]}}`, 51},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			_, errs := prepare(`mutation($input: Order!) { place(input: $input) }`,
				func(r *operation.Request) { r.Variables = []byte(c.variables) })
			if len(errs) != c.errors {
				t.Fatalf("%d errors, want %d", len(errs), c.errors)
			}
			for _, e := range errs {
				if len(e.Message) > 600 {
					t.Errorf("a message of %d bytes", len(e.Message))
				}
			}
			if want := "Too many errors processing variables, error limit reached. Execution aborted."; c.errors > 50 && errs[50].Message != want {
				t.Errorf("the last is %q", errs[50].Message)
			}
		})
	}
}
