package schema_test

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/schema"
)

func TestKey(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100)
	key := func(field string) string {
		doc, err := parser.ParseQuery(&ast.Source{Input: "{" + field + "}"})
		if err != nil {
			t.Fatal(err)
		}
		f, ok := doc.Operations[0].SelectionSet[0].(*ast.Field)
		if !ok {
			t.Fatalf("%s is not a field", field)
		}
		return schema.Key(f.Name, f.Arguments)
	}
	for _, c := range []struct{ name, field, want string }{
		{"without arguments it is the name", "alias: a", "a"},
		{"arguments stand in it by their names", `a(y: 1, x: "s")`, `a(x: "s", y: 1)`},
		{"members of objects too", `a(x: {c: [1, 2], b: {d: null}})`, `a(x: {b: {d: null}, c: [1, 2]})`},
		{"variables by theirs", `a(x: $v)`, `a(x: $v)`},
		{"a block string is a string", `a(x: """s""")`, `a(x: "s")`},
		{"an enum value is none", `a(x: s)`, `a(x: s)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := key(c.field); got != c.want {
				t.Errorf("Key(%s) = %s, want %s", c.field, got, c.want)
			}
		})
	}
	one, other := key(`a(x: "`+long+`")`), key(`a(x: "`+long+`y")`)
	if one == other || len(one) > 50 || !strings.HasPrefix(one, "a(#") {
		t.Errorf("the keys of long arguments are %s and %s, want short ones that differ", one, other)
	}
}
