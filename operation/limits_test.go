package operation_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/operation"
)

func TestDefaultConfigIsValid(t *testing.T) {
	t.Parallel()
	c := operation.DefaultConfig()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	c.MaxDepth, c.MaxTokens = -1, 1<<31
	want := "max_tokens: must be from 1 to 1073741824 (got 2147483648)\nmax_depth: must be from 1 to 1073741824 (got -1)"
	if got := fmt.Sprint(c.Validate()); got != want {
		t.Errorf("Validate() = %s, want %s", got, want)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about  string
		config operation.Config
		fits   string
		over   string
		want   string
	}{
		{"bytes of the document", operation.Config{MaxDocumentBytes: 9}, `{ count }`, `{ count  }`,
			`OPERATION_LIMIT_EXCEEDED The document has 10 bytes; at most 9 are allowed.`},
		{"tokens", operation.Config{MaxTokens: 3}, `{ count }`, `{ count b: count }`,
			`OPERATION_LIMIT_EXCEEDED The document has more than 3 tokens.`},
		{"depth", operation.Config{MaxDepth: 2}, `{ user { id } }`, `{ user { best { id } } }`,
			`OPERATION_LIMIT_EXCEEDED 1:1 The fields of the operation nest more than 2 levels deep.`},
		{"depth in fragments", operation.Config{MaxDepth: 2}, `{ ...F } fragment F on Query { user { id } }`,
			`{ user { ...F } } fragment F on User { best { id } }`,
			`OPERATION_LIMIT_EXCEEDED 1:1 The fields of the operation nest more than 2 levels deep.`},
		{"root fields", operation.Config{MaxRootFields: 2}, `{ count user { id name } }`, `{ count user { id } ... { c: count } }`,
			`OPERATION_LIMIT_EXCEEDED 1:1 The operation has more than 2 root fields.`},
		{"root fields of a fragment", operation.Config{MaxRootFields: 2}, `{ ...F } fragment F on Query { count user { id } }`,
			`{ ...F ...F } fragment F on Query { count user { id } }`,
			`OPERATION_LIMIT_EXCEEDED 1:1 The operation has more than 2 root fields.`},
		{"aliases", operation.Config{MaxAliases: 1}, `{ a: count count: count }`, `{ user { a: id b: id } }`,
			`OPERATION_LIMIT_EXCEEDED 1:1 The operation has more than 1 aliases.`},
		{"fields", operation.Config{MaxFields: 3}, `{ user { id name } }`, `{ user { id name ... { best: best } } }`,
			`OPERATION_LIMIT_EXCEEDED 1:1 The operation has more than 3 fields.`},
		{"directives at one place", operation.Config{MaxDirectives: 1}, `{ count @skip(if: false) user @skip(if: false) { id } }`,
			`{ count @skip(if: false) @include(if: true) }`,
			`OPERATION_LIMIT_EXCEEDED 1:3 There are more than 1 directives at one place.`},
		{"definitions", operation.Config{MaxDefinitions: 2}, `{ ...F } fragment F on Query { count }`,
			`query A { ...F } query B { ...F } fragment F on Query { count }`,
			`OPERATION_LIMIT_EXCEEDED The document has 3 operations and fragments; at most 2 are allowed.`},
		{"steps of validation", operation.Config{MaxValidationSteps: 5}, `{ count } `, `query { ...F ...F ...F } fragment F on Query { count }`,
			`OPERATION_LIMIT_EXCEEDED The document takes more than 5 steps to validate.`},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			p := operation.New(shop, c.config)
			if _, errs := p.Prepare(&operation.Request{Query: c.fits}); errs != nil {
				t.Errorf("%s is refused: %v", c.fits, report(errs))
			}
			_, errs := p.Prepare(&operation.Request{Query: c.over})
			if diff := cmp.Diff([]string{c.want}, report(errs)); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", c.over, diff)
			}
		})
	}
	t.Run("bytes of the variables", func(t *testing.T) {
		t.Parallel()
		p := operation.New(shop, operation.Config{MaxVariablesBytes: 7})
		if _, errs := p.Prepare(&operation.Request{Query: `{ count }`, Variables: []byte(`{"a":1}`)}); errs != nil {
			t.Error(errs)
		}
		_, errs := p.Prepare(&operation.Request{Query: `{ count }`, Variables: []byte(`{"a": 1}`)})
		want := []string{`OPERATION_LIMIT_EXCEEDED The variables have 8 bytes; at most 7 are allowed.`}
		if diff := cmp.Diff(want, report(errs)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// hostile are documents that take a naive implementation seconds or more. Each is refused, or prepared, by a number of
// steps that the limits bound; none is timed here, but see BenchmarkHostile.
var hostile = map[string]struct{ document, variables, want string }{
	"one megabyte":     {document: "{ " + strings.Repeat("count ", 1<<18) + "}", want: "bytes"},
	"10 000 aliases":   {document: "{ " + aliases(10_000) + "}", want: "tokens"},
	"1 000 aliases":    {document: "{ user {" + strings.ReplaceAll(aliases(1_000), "count", "id") + "} }", want: "aliases"},
	"one field, often": {document: "{ " + strings.Repeat("user{id} ", 3_000) + "}", want: "root fields"},
	"one field, often, below another": {
		document: "{ user { " + strings.Repeat("best{id} ", 3_000) + "} }", want: ""},
	"deep selections":  {document: strings.Repeat("{best", 900) + strings.Repeat("}", 900), want: "levels deep"},
	"deep fields":      {document: "{user" + strings.Repeat("{best", 900) + "{id}" + strings.Repeat("}", 901), want: "levels deep"},
	"too deep to read": {document: strings.Repeat("{a", 5_000), want: "Syntax Error"},
	"deep lists":       {document: "{ count(n: " + strings.Repeat("[", 999) + strings.Repeat("]", 999) + ") }", want: "Int cannot represent"},
	"deep objects":     {document: "mutation { place(input: " + strings.Repeat("{parent: ", 900) + "1" + strings.Repeat("}", 900) + ") }", want: "was not provided"},
	"fragments that double": {document: "{ user { ...F0 } }" + doubling(60, func(i int) string {
		return fmt.Sprintf(" fragment F%d on User { best { ...F%d } b: best { ...F%d } }", i, i+1, i+1)
	}) + " fragment F60 on User { id }", want: "levels deep"},
	"fragments that double without depth": {document: "{ user { ...F0 } }" + doubling(60, func(i int) string {
		return fmt.Sprintf(" fragment F%d on User { ...F%d ... { ...F%d } }", i, i+1, i+1)
	}) + " fragment F60 on User { id }", want: "fields"},
	"a ring of fragments": {document: "{ user { ...F0 } }" + doubling(400, func(i int) string {
		return fmt.Sprintf(" fragment F%d on User { best { ...F%d } }", i, (i+1)%400)
	}), want: "levels deep"},
	"a ring of fragments without depth": {document: "{ user { ...F0 } }" + doubling(400, func(i int) string {
		return fmt.Sprintf(" fragment F%d on User { ...F%d }", i, (i+1)%400)
	}), want: "steps to validate"},
	"fragments that all use each other": {document: "{ user { ...F0 } }" + doubling(50, func(i int) string {
		return fmt.Sprintf(" fragment F%d on User { id %s }", i, doubling(50, func(j int) string { return fmt.Sprintf("...F%d ", j) }))
	}), want: "fields"},
	"many operations on one large fragment": {document: doubling(400, func(i int) string {
		return fmt.Sprintf("query Q%d { ...F } ", i)
	}) + "fragment F on Query { " + strings.Repeat("user { id } ", 150) + "}", want: "steps to validate"},
	"many variables": {document: "query(" + doubling(2_000, func(i int) string { return fmt.Sprintf("$v%d: Int ", i) }) + ") { user { " +
		doubling(500, func(i int) string { return fmt.Sprintf("friends(first: $v%d) { id } ", i) }) + "} }", want: "is never used"},
	"many unknown names": {document: "{ " + doubling(4_000, func(i int) string { return fmt.Sprintf("cont%d ", i) }) + "}", want: "root fields"},
	"a long name":        {document: "{ " + strings.Repeat("count", 20_000) + "}", want: "Cannot query field"},
	"many comments":      {document: "{ count }" + strings.Repeat("#\n", 20_000), want: "tokens"},
	"many directives":    {document: "{ count " + strings.Repeat("@skip(if: false) ", 1_000) + "}", want: "directives at one place"},
	"many small objects": {document: `mutation($l: [Line!]!) { place(input: {lines: $l}) }`,
		variables: `{"l":[` + strings.TrimSuffix(strings.Repeat(`{"product":1},`, 70_000), ",") + `]}`, want: ""},
	"many wrong objects": {document: `mutation($l: [Line!]!) { place(input: {lines: $l}) }`,
		variables: `{"l":[` + strings.TrimSuffix(strings.Repeat(`{"a":1},`, 100_000), ",") + `]}`, want: "got invalid value"},
	"an object of many keys": {document: `mutation($l: [Line!]!) { place(input: {lines: $l}) }`,
		variables: `{"l":{"product":1` + doubling(50_000, func(i int) string { return fmt.Sprintf(`,"k%d":1`, i) }) + `}}`, want: "got invalid value"},
	"deep variables": {document: `mutation($o: Order!) { place(input: $o) }`,
		variables: `{"o":` + strings.Repeat(`{"parent":`, 400) + `1` + strings.Repeat(`}`, 400) + `}`, want: "got invalid value"},
}

func aliases(n int) string {
	return doubling(n, func(i int) string { return fmt.Sprintf("a%d: count ", i) })
}

func doubling(n int, part func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(part(i))
	}
	return b.String()
}

func TestHostileDocuments(t *testing.T) {
	t.Parallel()
	for about, c := range hostile {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			_, errs := operation.New(shop, operation.Config{}).Prepare(&operation.Request{Query: c.document, Variables: []byte(c.variables)})
			switch {
			case c.want == "" && errs != nil:
				t.Errorf("refused: %v", report(errs[:1]))
			case c.want != "" && errs == nil:
				t.Error("accepted")
			case c.want != "" && !strings.Contains(errs[0].Message, c.want):
				t.Errorf("%v, want %q", report(errs[:1]), c.want)
			}
			size := 0
			for _, e := range errs {
				size += len(e.Message)
			}
			if size > 100_000 {
				t.Errorf("errors of %d bytes", size)
			}
		})
	}
}

// The cache of documents is bounded in bytes, whatever is sent.
func TestDocumentCacheStaysWithinItsBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("parses 100 000 documents")
	}
	const limit = 4 << 20
	p := operation.New(shop, operation.Config{DocumentCacheBytes: limit})
	before := heap()
	for i := range 100_000 {
		query := fmt.Sprintf("{ user(id: %d) { id } }", i)
		if i%3 == 0 {
			query = fmt.Sprintf("{ user(id: %d) { nope } }", i)
		}
		p.Prepare(&operation.Request{Query: query})
	}
	// What is allowed beyond the limit is the second cache, of what was refused, and the tables of both.
	if grown := heap() - before; grown > limit+4<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	runtime.KeepAlive(p)
}

func TestWeightOfDocumentsIsHonest(t *testing.T) {
	for _, query := range []string{
		`{ user(id: %d) { id name best { id } } }`,
		`{ a%d: count(n: 1, f: 2.5, s: "abc") }`,
		`query Q%d($a: ID, $b: Int) { user(id: $a) { friends(first: $b) { id } } }`,
		`mutation M%d { place(input: {lines: [{product: 1}, {product: 2, quantity: 3}], status: OPEN, price: 1.5}) }`,
		`query Q%d { user { ...F } } fragment F on User { id name best { ...G } } fragment G on User { id name }`,
		"{" + strings.Repeat("\n# why", 300) + "\nuser(id: %d) { id } }",
	} {
		const n = 1000
		p := operation.New(shop, operation.Config{DocumentCacheBytes: 1 << 29})
		before := heap()
		for i := range n {
			if _, errs := p.Prepare(&operation.Request{Query: fmt.Sprintf(query, i)}); errs != nil {
				t.Fatal(errs)
			}
		}
		grown, weighed := heap()-before, operation.CachedBytes(p)
		if weighed < grown*8/10 || weighed > grown*3 {
			t.Errorf("%s: weighed as %d bytes each, takes %d", query, weighed/n, grown/n)
		}
		runtime.KeepAlive(p)
	}
}

func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
