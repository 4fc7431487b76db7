package value_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/value"
)

// hostile documents of the kinds that the JSON test suites collect, each with what must come of it: the compact text
// of the value, or "" for a document that is refused.
var hostile = []struct {
	name, in, want string
}{
	{"nothing", ``, ``},
	{"only space", " \n\t", ``},
	{"a lone scalar", ` 42 `, `42`},
	{"null", `null`, `null`},
	{"a word cut short", `nul`, ``},
	{"a word in capitals", `True`, ``},
	{"a word with a tail", `nullx`, ``},
	{"an object cut after its brace", `{`, ``},
	{"an object cut after a key", `{"a"`, ``},
	{"an object cut after a colon", `{"a":`, ``},
	{"an object cut after a value", `{"a":1`, ``},
	{"an object cut after a comma", `{"a":1,`, ``},
	{"a comma before the brace", `{"a":1,}`, ``},
	{"a comma at the start of an object", `{,"a":1}`, ``},
	{"two commas in a list", `[1,,2]`, ``},
	{"a comma before the bracket", `[1,]`, ``},
	{"a list cut after a value", `[1`, ``},
	{"a list closed by a brace", `[1}`, ``},
	{"an object closed by a bracket", `{"a":1]`, ``},
	{"a key without quotes", `{a:1}`, ``},
	{"a key in single quotes", `{'a':1}`, ``},
	{"a number as key", `{1:1}`, ``},
	{"no colon", `{"a" 1}`, ``},
	{"two colons", `{"a"::1}`, ``},
	{"text after the end", `{}x`, ``},
	{"a second document", `{}{}`, ``},
	{"a comment", `{/* */}`, ``},
	{"a byte order mark", "\xef\xbb\xbf{}", ``},
	{"a leading zero", `01`, ``},
	{"a leading zero after minus", `-01`, ``},
	{"minus alone", `-`, ``},
	{"minus zero", `-0`, `-0`},
	{"a plus sign", `+1`, ``},
	{"a point without digits", `1.`, ``},
	{"a point without digits before", `.5`, ``},
	{"an exponent without digits", `1e`, ``},
	{"an exponent with a sign only", `1e+`, ``},
	{"exponents", `[1e5,1E+5,1.5e-3]`, `[1e5,1E+5,1.5e-3]`},
	{"hexadecimal", `0x1F`, ``},
	{"not a number", `NaN`, ``},
	{"infinity", `-Infinity`, ``},
	{"a number beyond float64", `1e400`, `1e400`},
	{"an integer of 40 digits", `1234567890123456789012345678901234567890`, `1234567890123456789012345678901234567890`},
	{"a fraction of 30 digits", `0.123456789012345678901234567890`, `0.123456789012345678901234567890`},
	{"two points", `1.2.3`, ``},
	{"a string without end", `"abc`, ``},
	{"a string that ends in a backslash", `"abc\`, ``},
	{"a string that ends in an escaped quote", `"abc\"`, ``},
	{"all escapes", `"\"\\\/\b\f\n\r\t\u00e9"`, `"\"\\\/\b\f\n\r\t\u00e9"`},
	{"an unknown escape", `"\x41"`, ``},
	{"an escape of a line break", "\"\\\n\"", ``},
	{"a short unicode escape", `"\u12"`, ``},
	{"a unicode escape with a bad digit", `"\u12G4"`, ``},
	{"a raw line break in a string", "\"a\nb\"", ``},
	{"a raw NUL in a string", "\"a\x00b\"", ``},
	{"a raw tab in a string", "\"a\tb\"", ``},
	{"a raw DEL in a string", "\"a\x7fb\"", "\"a\x7fb\""},
	{"a lone high surrogate", `"\ud800"`, `"\ud800"`},
	{"a lone low surrogate", `"\udc00x"`, `"\udc00x"`},
	{"a surrogate pair", `"\ud83d\ude00"`, `"\ud83d\ude00"`},
	{"an overlong sequence", "\"\xc0\xaf\"", ``},
	{"a lone continuation byte", "\"\x80\"", ``},
	{"a truncated sequence", "\"\xe2\x82\"", ``},
	{"a surrogate in UTF-8", "\"\xed\xa0\x80\"", ``},
	{"beyond the last code point", "\"\xf4\x90\x80\x80\"", ``},
	{"latin-1", "\"caf\xe9\"", ``},
	{"UTF-16", "\xff\xfe[\x00]\x00", ``},
	{"invalid UTF-8 outside a string", "[\xff]", ``},
	{"an invalid key", "{\"\xff\":1}", ``},
	{"a NUL between tokens", "[1,\x002]", ``},
	{"a form feed between tokens", "[1,\f2]", ``},
	{"a non-breaking space between tokens", "[1,\u00a02]", ``},
	{"an empty key", `{"":1}`, `{"":1}`},
	{"a repeated key", `{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
	{"a key repeated through an escape", `{"a":1,"\u0061":2}`, `{"a":2}`},
	{"an escaped key", `{"\u00e9\n":1}`, `{"é\n":1}`},
	{"nested to the limit", strings.Repeat("[", value.MaxDepth) + strings.Repeat("]", value.MaxDepth), strings.Repeat("[", value.MaxDepth) + strings.Repeat("]", value.MaxDepth)},
	{"nested beyond the limit", strings.Repeat("[", value.MaxDepth+1) + strings.Repeat("]", value.MaxDepth+1), ``},
	{"a hundred thousand brackets", strings.Repeat("[", 100_000), ``},
	{"objects nested beyond the limit", strings.Repeat(`{"a":`, value.MaxDepth+1) + "1" + strings.Repeat("}", value.MaxDepth+1), ``},
	{"an HTML page", `<html><body>502 Bad Gateway</body></html>`, ``},
	{"two lines of JSON", "{\"a\":1}\n{\"a\":2}", ``},
}

func TestHostileDocuments(t *testing.T) {
	t.Parallel()
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, skip := range []bool{false, true} { // skipped parts are checked as kept ones are
				a := value.NewArena()
				defer a.Release()
				body := []byte(tt.in)
				var want *value.Filter
				if skip {
					body = []byte(`{"skipped":` + tt.in + `}`)
					want = &value.Filter{}
					if tt.want == "" && !strings.Contains(tt.in, `"`) && strings.ContainsAny(tt.in, "{}") || strings.Count(tt.in, "[") >= value.MaxDepth {
						continue // what the brackets around it make valid, or too deep
					}
				}
				v, err := value.Scan(body, want, a)
				if tt.want == "" {
					var syntax *value.SyntaxError
					if !errors.As(err, &syntax) {
						t.Fatalf("Scan(%q) = %s, %v, want a *SyntaxError", body, v.AppendJSON(nil), err)
					}
					if syntax.Offset < 0 || syntax.Offset > len(body) {
						t.Errorf("Offset = %d of %d", syntax.Offset, len(body))
					}
					continue
				}
				if err != nil {
					t.Fatalf("Scan(%q): %v", body, err)
				}
				wantText := tt.want
				if skip {
					wantText = `{}`
				}
				if got := string(v.AppendJSON(nil)); got != wantText {
					t.Errorf("Scan(%q) = %s, want %s", body, got, wantText)
				}
			}
		})
	}
}

func TestManyRepeatedKeysTakeLinearWork(t *testing.T) {
	t.Parallel()
	a := value.NewArena()
	defer a.Release()
	body := []byte("{" + strings.TrimSuffix(strings.Repeat(`"k":1,`, 200_000), ",") + "}")
	v, err := value.Scan(body, nil, a)
	if err != nil || v.Len() != 1 {
		t.Errorf("Scan() = %d members, %v, want 1", v.Len(), err)
	}
}

func TestTextDecodesEscapes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`"a\u0041\n"`:        "aA\n",
		`"\ud83d\ude00"`:     "😀",
		`"\ud800"`:           "\uFFFD",
		`"\ud800\u0041"`:     "\uFFFDA",
		`"\udc00\ud83d"`:     "\uFFFD\uFFFD",
		`"\/\b\f\r\t\"\\é"`:  "/\b\f\r\t\"\\é",
		`"\ud83dx\ude00end"`: "\uFFFDx\uFFFDend",
	} {
		a := value.NewArena()
		v, err := value.Scan([]byte(in), nil, a)
		if err != nil || v.Text() != want {
			t.Errorf("Text of %s = %q, %v, want %q", in, v.Text(), err, want)
		}
		a.Release()
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{`1`, `1`, true}, {`1`, `1.0`, false}, {`1.0`, `1.00`, true}, {`-0`, `0`, true}, {`"a"`, `"\u0061"`, true},
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`, true}, {`{"a":1}`, `{"a":1,"b":2}`, false}, {`[1,2]`, `[2,1]`, false},
		{`null`, `false`, false}, {`{"a":null}`, `{"b":null}`, false}, {`[]`, `{}`, false}, {`true`, `true`, true},
	} {
		a := value.NewArena()
		x, _ := value.Scan([]byte(tt.a), nil, a)
		y, _ := value.Scan([]byte(tt.b), nil, a)
		if got := value.Equal(x, y); got != tt.want {
			t.Errorf("Equal(%s, %s) = %v, want %v", tt.a, tt.b, got, tt.want)
		}
		if got := value.Equal(y, x); got != tt.want {
			t.Errorf("Equal(%s, %s) = %v, want %v", tt.b, tt.a, got, tt.want)
		}
		a.Release()
	}
}

func TestLargeObjectsAreEqualInAnyOrder(t *testing.T) {
	t.Parallel()
	var x, y []value.Member
	for i := range 2000 {
		x = append(x, value.Member{Key: strconv.Itoa(i), Value: value.OfInt(int64(i))})
		y = append(y, value.Member{Key: strconv.Itoa(1999 - i), Value: value.OfInt(int64(1999 - i))})
	}
	if !value.Equal(value.OfMembers(x), value.OfMembers(y)) {
		t.Error("not equal")
	}
	y[7].Value = value.NullValue
	if value.Equal(value.OfMembers(x), value.OfMembers(y)) {
		t.Error("equal although one member differs")
	}
}

func TestNumbersStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]value.Value{
		"1.5e-10": value.OfFloat(1.5e-10),
		"4.0":     value.OfFloat(4), "0.1": value.OfFloat(0.1), "1e+16": value.OfFloat(1e16), "9999999999999998.0": value.OfFloat(9999999999999998),
		"-7": value.OfInt(-7), "1e-7": value.OfFloat(1e-7), "0.0": value.OfFloat(0),
	} {
		if got := string(v.AppendJSON(nil)); got != want {
			t.Errorf("AppendJSON() = %s, want %s", got, want)
		}
	}
}

func TestStringsAreWrittenAsValidJSON(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "plain", "é", "a\"b\\c\n\r\t\x00\x1f", "\xff", "a\xc3", "\u2028", "😀"} {
		got := value.OfString(s).AppendJSON(nil)
		var back string
		if err := json.Unmarshal(got, &back); err != nil || !utf8.Valid(got) {
			t.Errorf("AppendJSON of %q = %s: %v", s, got, err)
		} else if back != strings.ToValidUTF8(s, "\uFFFD") {
			t.Errorf("%q came back as %q", s, back)
		}
	}
}

// FuzzScan compares with the standard library: both accept the same documents, and read the same from them.
func FuzzScan(f *testing.F) {
	for _, tt := range hostile {
		f.Add([]byte(tt.in))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a := value.NewArena()
		defer a.Release()
		v, err := value.Scan(body, nil, a)
		if (err == nil) != (json.Valid(body) && utf8.Valid(body)) && !deep(body) {
			t.Fatalf("Scan() says %v, the standard library %v", err, json.Valid(body))
		}
		if err != nil {
			return
		}
		out := v.AppendJSON(nil)
		if !json.Valid(out) || !utf8.Valid(out) {
			t.Fatalf("AppendJSON() = %q", out)
		}
		b := value.NewArena()
		defer b.Release()
		again, err := value.Scan(out, nil, b)
		if err != nil || !value.Equal(v, again) {
			t.Fatalf("read back from %s: %v", out, err)
		}
	})
}

// deep reports whether a document could nest more deeply than Scan allows.
func deep(body []byte) bool {
	n := 0
	for _, c := range body {
		if c == '[' || c == '{' {
			n++
		}
	}
	return n > value.MaxDepth
}

func TestAnySharesNothing(t *testing.T) {
	t.Parallel()
	body := []byte(`{"a":[1,2.50,"\u00e9",null,true],"b":{}}`)
	arena := value.NewArena()
	v, err := value.Scan(body, nil, arena)
	if err != nil {
		t.Fatal(err)
	}
	got := v.Any()
	clear(body)
	arena.Release()
	want := map[string]any{"a": []any{json.Number("1"), json.Number("2.50"), "é", nil, true}, "b": map[string]any{}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Any() = %v, want %v", got, want)
	}
}
