package connect

import (
	"fmt"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// White-box, because problems show only the offsets at which they stand: each byte of a value must lead back to the
// character it was written as.
func TestEachByteOfALiteralIsFoundInTheFile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about   string
		literal string // after "type T @d(a: ", which ends at column 13
		want    string // line:column of each byte, and of the end
	}{
		{"a plain string", `"ab"`, "1:15 1:16 1:17"},
		{"an empty string", `""`, "1:15"},
		{"characters of several bytes are one column", `"é€b"`, "1:15 1:15 1:16 1:16 1:16 1:17 1:18"},
		{"simple escapes", `"a\n\"b"`, "1:15 1:16 1:18 1:20 1:21"},
		{"an escaped character of two bytes", `"\u00e9b"`, "1:15 1:15 1:21 1:22"},
		{"a surrogate pair is one character", `"\ud83d\ude00b"`, "1:15 1:15 1:15 1:15 1:27 1:28"},
		{"half a pair is the replacement character", `"\ud83db"`, "1:15 1:15 1:15 1:21 1:22"},
		{"an escape in braces", `"\u{1F600}b"`, "1:15 1:15 1:15 1:15 1:24 1:25"},
		{"an empty block", `""""""`, "1:17"},
		{"a block on one line", `"""ab"""`, "1:17 1:18 1:19"},
		{"indentation and blank lines are not part of a block", "\"\"\"\n\n   a\n     b\n\n  \"\"\"", "3:4 3:5 4:4 4:5 4:6 6:3"},
		{"the first line of a block keeps its indentation", "\"\"\"  a\n   b\"\"\"", "1:17 1:18 1:19 1:20 2:3 2:4 2:5"},
		{"carriage returns end lines of a block", "\"\"\"\r\na\rb\"\"\"", "2:1 2:2 3:1 3:2"},
		{"an escaped delimiter", `"""a\"""b"""`, "1:17 1:19 1:20 1:21 1:22 1:23"},
		{"quotes before the end of a block are part of it", `"""a"""""`, "1:17 1:18 1:19 1:20"},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			input := "type T @d(a: " + c.literal + ")"
			doc, err := parser.ParseSchema(&ast.Source{Name: "f", Input: input})
			if err != nil {
				t.Fatal(err)
			}
			v := doc.Definitions[0].Directives[0].Arguments[0].Value
			var p places
			got := ""
			for i := range len(v.Raw) + 1 {
				at := p.in(v, i)
				if i > 0 {
					got += " "
				}
				got += fmt.Sprintf("%d:%d", at.line, at.column)
			}
			if got != c.want {
				t.Errorf("the bytes of %q are at %s, want %s", v.Raw, got, c.want)
			}
			if at := p.start(v); at != (place{"f", 1, 14}) {
				t.Errorf("the literal starts at %v, want 1:14", at)
			}
		})
	}
}

// A byte order mark, lines that end in three ways and characters of several bytes before a literal do not shift it.
func TestWhatStandsBeforeALiteralIsCounted(t *testing.T) {
	t.Parallel()
	input := "\ufeff# ünï\r\n\"\"\"\n é\n\"\"\"\rtype T @d(a: \"é\", b: \"ab\")"
	doc, err := parser.ParseSchema(&ast.Source{Name: "f", Input: input})
	if err != nil {
		t.Fatal(err)
	}
	var p places
	v := doc.Definitions[0].Directives[0].Arguments[1].Value
	if got, want := p.in(v, 1), (place{"f", 5, 24}); got != want {
		t.Errorf("the byte is at %v, want %v", got, want)
	}
}
