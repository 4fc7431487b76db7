package rule

// This test is inside the package as it compares the rule, which is not exported, with the specification's own wording.

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// The specification's algorithm compares every two fields. It is as slow as it is clear, and says what the rule must say.
func TestOverlappingFieldsFollowsTheSpecification(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `
		interface I { i: I, s(a: Int): String, n(a: Int): Int, l: [Int] }
		type A implements I { i: I, s(a: Int): String, n(a: Int): Int, l: [Int], a: A, b: B, x: Int! }
		type B implements I { i: I, s(a: Int): String, n(a: Int): Int, l: [Int], a: A, b: B, x: Int }
		union U = A | B
		type Query { i: I, u: U, a: A, b: B }`})
	merge, conflict := 0, 0
	for seed := range uint64(6000) {
		g := &generator{rand: rand.New(rand.NewPCG(seed, 1))}
		query := g.document()
		doc, err := parser.ParseQuery(&ast.Source{Input: query})
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		core.Walk(schema, doc, &core.Events{})
		r := &report{schema: schema, seen: map[string]bool{}}
		if !overlappingFields(r, doc, 1<<30) {
			t.Fatalf("%s: the steps did not suffice", query)
		}
		s := specification{schema: schema}
		want := s.canMerge(s.fields(doc.Operations[0].SelectionSet, nil))
		if got := len(r.errs) == 0; got != want {
			t.Fatalf("%s\ncan be merged: %v, want %v: %v", query, got, want, r.errs)
		}
		if want {
			merge++
		} else {
			conflict++
		}
	}
	if merge < 500 || conflict < 500 {
		t.Errorf("the documents show too little: %d can be merged, %d cannot", merge, conflict)
	}
}

// generator makes documents that are valid but for merging, of few names so that many meet.
type generator struct{ rand *rand.Rand }

func (g *generator) document() string {
	var b strings.Builder
	if g.rand.IntN(2) == 0 {
		b.WriteString("{" + g.selection("Query", 3, 0) + "}")
	} else { // what exclusive objects have below them is rare to meet by chance
		b.WriteString("{ u { ... on A { p: a {" + g.selection("A", 1, 1) + "} } ... on B { p: a {" + g.selection("A", 1, 1) + "} } } }")
	}
	for _, on := range []string{"A", "B", "I"} {
		for i := range 2 {
			// A fragment uses those of the next kind, so that none contains itself.
			fmt.Fprintf(&b, " fragment %s%d on %s {%s}", on, i, on, g.selection(on, 2, i+1))
		}
	}
	return b.String()
}

func (g *generator) selection(on string, depth, fragments int) string {
	var b strings.Builder
	for range 1 + g.rand.IntN(3) {
		b.WriteString(" " + g.one(on, depth, fragments))
	}
	return b.String()
}

func (g *generator) one(on string, depth, fragments int) string {
	if on != "Query" && g.rand.IntN(3) == 0 {
		to := []string{"A", "B", "I"}[g.rand.IntN(3)]
		if on == "A" || on == "B" {
			to = []string{on, "I"}[g.rand.IntN(2)]
		}
		if fragments < 2 && g.rand.IntN(2) == 0 {
			return fmt.Sprintf("...%s%d", to, fragments)
		}
		if depth == 0 {
			return "__typename"
		}
		return "... on " + to + " {" + g.selection(to, depth-1, fragments) + "}"
	}
	composite := map[string][]string{"Query": {"i", "u", "a", "b"}, "I": {"i"}, "A": {"i", "a", "b"}, "B": {"i", "a", "b"}}[on]
	leaf := map[string][]string{"I": {"s", "n", "l"}, "A": {"s", "n", "l", "x"}, "B": {"s", "n", "l", "x"}, "U": {"__typename"}}[on]
	alias := []string{"p: ", "q: ", "", ""}[g.rand.IntN(4)]
	if len(composite) > 0 && (len(leaf) == 0 || depth > 0 && g.rand.IntN(2) == 0) {
		name := composite[g.rand.IntN(len(composite))]
		below := map[string]string{"i": "I", "u": "U", "a": "A", "b": "B"}[name]
		return alias + name + " {" + g.selection(below, max(depth-1, 0), fragments) + "}"
	}
	name := leaf[g.rand.IntN(len(leaf))]
	if (name == "s" || name == "n") && g.rand.IntN(4) == 0 {
		name += fmt.Sprintf("(a: %d)", g.rand.IntN(2))
	}
	return alias + name
}

// specification is section 5.3.2, "Field Selection Merging".
type specification struct{ schema *ast.Schema }

func (s specification) fields(set ast.SelectionSet, out []*ast.Field) []*ast.Field {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			out = append(out, sel)
		case *ast.InlineFragment:
			out = s.fields(sel.SelectionSet, out)
		case *ast.FragmentSpread:
			out = s.fields(sel.Definition.SelectionSet, out)
		}
	}
	return out
}

func (s specification) canMerge(fields []*ast.Field) bool {
	for i, a := range fields {
		for _, b := range fields[i:] {
			if a.Alias != b.Alias {
				continue
			}
			if !s.sameShape(a, b) {
				return false
			}
			x, y := a.ObjectDefinition, b.ObjectDefinition
			if x != y && x.Kind == ast.Object && y.Kind == ast.Object {
				continue
			}
			if a.Name != b.Name || fmt.Sprint(arguments(a)) != fmt.Sprint(arguments(b)) {
				return false
			}
			if !s.canMerge(s.fields(b.SelectionSet, s.fields(a.SelectionSet, nil))) {
				return false
			}
		}
	}
	return true
}

func arguments(f *ast.Field) (out []string) {
	for _, a := range f.Arguments {
		out = append(out, a.Name+":"+a.Value.String())
	}
	return out
}

func (s specification) sameShape(a, b *ast.Field) bool {
	x, y := a.Definition.Type, b.Definition.Type
	for {
		if x.NonNull != y.NonNull || (x.Elem == nil) != (y.Elem == nil) {
			return false
		}
		if x.Elem == nil {
			break
		}
		x, y = x.Elem, y.Elem
	}
	t, u := s.schema.Types[x.NamedType], s.schema.Types[y.NamedType]
	if t.IsLeafType() || u.IsLeafType() {
		return t == u
	}
	merged := s.fields(b.SelectionSet, s.fields(a.SelectionSet, nil))
	for i, a := range merged {
		for _, b := range merged[i:] {
			if a.Alias == b.Alias && a != b && !s.sameShape(a, b) {
				return false
			}
		}
	}
	return true
}
