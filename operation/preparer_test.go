package operation_test

import (
	"fmt"
	"sync"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/value"
)

var shop = gqlparser.MustLoadSchema(&ast.Source{Input: `
	scalar DateTime
	enum Status { OPEN PAID SENT }
	input Line { product: ID!, quantity: Int! = 1, note: String }
	input Order { lines: [Line!]!, status: Status = OPEN, at: DateTime, price: Float, gift: Boolean, parent: Order }
	input By @oneOf { id: ID, email: String }
	type User { id: ID!, name: String, friends(first: Int! = 10): [User!]!, best: User }
	type Query { user(id: ID): User, users(ids: [ID!]): [User], by(by: By): User, count(n: Int, f: Float, b: Boolean, s: String): Int }
	type Mutation { place(input: Order!): ID }
	type Subscription { tick: Int }
`})

func prepare(query string, change func(*operation.Request)) (*operation.Prepared, gqlerror.List) {
	r := &operation.Request{Query: query}
	if change != nil {
		change(r)
	}
	return operation.New(shop, operation.Config{}).Prepare(r)
}

// report is what a client sees of errors: code, place, message.
func report(errs gqlerror.List) (out []string) {
	for _, e := range errs {
		line := fmt.Sprint(e.Extensions["code"], " ")
		for _, l := range e.Locations {
			line += l.String() + " "
		}
		out = append(out, line+e.Message)
	}
	return out
}

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	named := func(name string) func(*operation.Request) {
		return func(r *operation.Request) { r.OperationName = name }
	}
	for _, c := range []struct {
		about, query string
		change       func(*operation.Request)
		want         []string
	}{
		{"an empty document", ``, nil, []string{`GRAPHQL_PARSE_FAILED Syntax Error: Unexpected <EOF>.`}},
		{"a document of comments", "# nothing\n", nil, []string{`GRAPHQL_PARSE_FAILED Syntax Error: Unexpected <EOF>.`}},
		{"text that is no document", `{ user(`, nil, []string{`GRAPHQL_PARSE_FAILED 1:8 Syntax Error: Expected Name, found <EOF>.`}},
		{"a definition of a type", `type A { b: Int }`, nil, []string{`GRAPHQL_PARSE_FAILED 1:1 Syntax Error: Unexpected Name "type".`}},
		{"variables of a fragment", `{ ...F } fragment F($a: Int) on Query { count(n: $a) }`, nil,
			[]string{`GRAPHQL_PARSE_FAILED 1:21 Syntax Error: Expected "on", found "(".`}},
		{"what does not fit the schema", `{ usr { id } count(n: "1") }`, nil, []string{
			`GRAPHQL_VALIDATION_FAILED 1:3 Cannot query field "usr" on type "Query". Did you mean "user" or "users"?`,
			`GRAPHQL_VALIDATION_FAILED 1:24 Int cannot represent non-integer value: "1"`}},
		{"a document without operation", `fragment F on Query { count }`, nil,
			[]string{`GRAPHQL_VALIDATION_FAILED 1:1 Fragment "F" is never used.`}},
		{"several operations and no name", `query A { count } query B { count }`, nil,
			[]string{`OPERATION_RESOLUTION_FAILURE Must provide operation name if query contains multiple operations.`}},
		{"a name that no operation has", `query A { count }`, named("B"),
			[]string{`OPERATION_RESOLUTION_FAILURE Unknown operation named "B".`}},
		{"a mutation where only queries may run", `mutation { place(input: {lines: []}) }`,
			func(r *operation.Request) { r.QueryOnly = true },
			[]string{`METHOD_NOT_ALLOWED 1:1 Can only perform a mutation operation from a POST request.`}},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			p, errs := prepare(c.query, c.change)
			if diff := cmp.Diff(c.want, report(errs)); diff != "" {
				t.Errorf("Prepare(): (-want +got)\n%s", diff)
			}
			if p != nil {
				t.Error("Prepare() returned an operation too")
			}
		})
	}
}

func TestPrepareChooses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ about, query, name, want string }{
		{"the only operation", `query A { count }`, "", "A"},
		{"the operation of that name", `query A { count } mutation B { place(input: {lines: []}) }`, "B", "B"},
		{"the anonymous operation", `{ count }`, "", ""},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			p, errs := prepare(c.query, func(r *operation.Request) { r.OperationName = c.name })
			if errs != nil {
				t.Fatal(errs)
			}
			if p.Definition.Name != c.want {
				t.Errorf("operation %q, want %q", p.Definition.Name, c.want)
			}
			if len(p.Document.Hash) != 64 {
				t.Errorf("Hash = %q", p.Document.Hash)
			}
		})
	}
}

func TestPrepareConditions(t *testing.T) {
	t.Parallel()
	const query = `query($b: Boolean!, $a: Boolean = true, $i: ID) {
		user(id: $i) @skip(if: $b) { ...F }
	} fragment F on User { id @include(if: $a) name @skip(if: true) }`
	for _, c := range []struct{ variables, want string }{
		{`{"b": false}`, "10"},
		{`{"b": true, "a": false, "i": 1}`, "01"},
		{`{"b": true}`, "11"},
	} {
		p, errs := prepare(query, func(r *operation.Request) { r.Variables = []byte(c.variables) })
		if errs != nil {
			t.Fatal(errs)
		}
		if p.Conditions != c.want {
			t.Errorf("%s: Conditions = %q, want %q", c.variables, p.Conditions, c.want)
		}
		user, ok := p.Definition.SelectionSet[0].(*ast.Field)
		if !ok {
			t.Fatal("no field")
		}
		if got, want := operation.Included(user.Directives, p.Variables), c.want[1] == '0'; got != want {
			t.Errorf("%s: Included() = %v, want %v", c.variables, got, want)
		}
	}
}

// A fragment that two operations share holds pointers to the variables of only one of them. Nothing may depend on these.
func TestPrepareKeepsOperationsOfADocumentApart(t *testing.T) {
	t.Parallel()
	const query = `query A($n: Int = 1) { ...F } query B($n: Int = 2) { ...F } fragment F on Query { count(n: $n) }`
	for name, want := range map[string]string{"A": `{"n":1}`, "B": `{"n":2}`} {
		p, errs := prepare(query, func(r *operation.Request) { r.OperationName = name })
		if errs != nil {
			t.Fatal(errs)
		}
		field, ok := p.Document.AST.Fragments[0].SelectionSet[0].(*ast.Field)
		if !ok {
			t.Fatal("no field")
		}
		args := operation.CompileArguments(field.Definition.Arguments, field.Arguments, nil)
		arena := value.NewArena()
		if got := string(args.Apply(p.Variables, arena).AppendJSON(nil)); got != want {
			t.Errorf("%s: arguments %s, want %s", name, got, want)
		}
		arena.Release()
	}
}

func TestPrepareSharesDocuments(t *testing.T) {
	t.Parallel()
	p := operation.New(shop, operation.Config{})
	request := func() *operation.Request {
		return &operation.Request{Query: string([]byte(`query($id: ID) { user(id: $id) { id } }`)), Variables: []byte(`{"id":1}`)}
	}
	first, errs := p.Prepare(request())
	if errs != nil {
		t.Fatal(errs)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				again, errs := p.Prepare(request())
				if errs != nil {
					t.Error(errs)
					return
				}
				if again.Document != first.Document {
					t.Error("another document for the same text")
				}
				if got := string(again.Variables.AppendJSON(nil)); got != `{"id":"1"}` {
					t.Errorf("Variables = %s", got)
				}
				again.Release()
				again.Release()
			}
		})
	}
	wg.Wait()
	first.Release()
}

// Requests that send a new document at the same time have it parsed once: they get the same one.
func TestPrepareParsesATextOnce(t *testing.T) {
	t.Parallel()
	for range 50 {
		p := operation.New(shop, operation.Config{})
		var documents [8]*operation.Document
		var wg sync.WaitGroup
		for i := range documents {
			wg.Go(func() {
				prepared, errs := p.Prepare(&operation.Request{Query: `{ user { id name best { id name } } }`})
				if errs != nil {
					t.Error(errs)
					return
				}
				documents[i] = prepared.Document
			})
		}
		wg.Wait()
		for _, d := range documents {
			if d != documents[0] {
				t.Fatal("one text became several documents")
			}
		}
	}
}

func TestPrepareDoesNotKeepDocumentsThatAreTooLarge(t *testing.T) {
	t.Parallel()
	p := operation.New(shop, operation.Config{DocumentCacheBytes: 20_000})
	for _, c := range []struct {
		query string
		kept  bool
	}{{`{ count }`, true}, {`{ user { id name best { id name best { id name } } } }`, false}} {
		first, _ := p.Prepare(&operation.Request{Query: c.query})
		second, errs := p.Prepare(&operation.Request{Query: c.query})
		if errs != nil {
			t.Fatal(errs)
		}
		if kept := first.Document == second.Document; kept != c.kept {
			t.Errorf("%s: kept: %v, want %v", c.query, kept, c.kept)
		}
	}
}

func TestPrepareGivesEveryCallerErrorsOfItsOwn(t *testing.T) {
	t.Parallel()
	p := operation.New(shop, operation.Config{})
	_, a := p.Prepare(&operation.Request{Query: `{ nope }`})
	a[0].Extensions["mine"] = true
	a[0].Message = "changed"
	_, b := p.Prepare(&operation.Request{Query: `{ nope }`})
	if diff := cmp.Diff([]string{`GRAPHQL_VALIDATION_FAILED 1:3 Cannot query field "nope" on type "Query".`}, report(b)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if b[0].Extensions["mine"] != nil {
		t.Error("the extensions are shared")
	}
}

// A transport may hand over text in a buffer that it uses again for the next request.
func TestPrepareDoesNotKeepTheCallersText(t *testing.T) {
	t.Parallel()
	p := operation.New(shop, operation.Config{})
	for _, text := range []string{`{ count }`, `{ wrong }`} {
		buffer := []byte(text)
		before, _ := p.Prepare(&operation.Request{Query: unsafe.String(&buffer[0], len(buffer))})
		clear(buffer)
		after, errs := p.Prepare(&operation.Request{Query: text})
		switch {
		case before != nil && before.Document.AST.Operations[0].Position.Src.Input != text:
			t.Errorf("%s: the document reads %q", text, before.Document.AST.Operations[0].Position.Src.Input)
		case before != nil && before.Document != after.Document:
			t.Errorf("%s: not found again", text)
		case before == nil && len(errs) != 1:
			t.Errorf("%s: then %v", text, errs)
		}
	}
}
