package operation_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/value"
)

// FuzzPrepare: whatever a client sends, the answer is an operation or errors, never both and never neither. What is
// prepared is valid JSON of the promised kind, and the same the second time, from the cache.
func FuzzPrepare(f *testing.F) {
	f.Add(`query A($id: ID!, $n: Int = 3) { user(id: $id) { ...F friends(first: 2) { id } } } fragment F on User { name @skip(if: true) }`, `{"id":1,"n":null}`)
	f.Add(`mutation($input: Order!) { place(input: $input) }`, `{"input":{"lines":[{"product":1,"quantity":2.0}],"status":"PAID"}}`)
	f.Add(`subscription { tick }`, ``)
	f.Add(`{ __schema { types { name fields { name } } } }`, `null`)
	f.Add(`query($by: By = {id: 1}) { by(by: $by) { id } }`, `{"by":{"email":"a\u0000"}}`)
	for _, c := range hostile {
		if len(c.document)+len(c.variables) < 2_000 {
			f.Add(c.document, c.variables)
		}
	}
	p := operation.New(shop, operation.Config{MaxValidationSteps: 5_000, MaxFields: 1_000, DocumentCacheBytes: 1 << 20})
	f.Fuzz(func(t *testing.T, query, variables string) {
		first, errs := p.Prepare(&operation.Request{Query: query, Variables: []byte(variables)})
		if (first == nil) == (len(errs) == 0) {
			t.Fatalf("an operation: %v; errors: %v", first != nil, errs)
		}
		for _, e := range errs {
			if code := e.Extensions["code"]; code == nil || code == "INTERNAL_SERVER_ERROR" {
				t.Errorf("code %v: %s: %v", code, e.Message, e.Err)
			}
			if e.Message == "" || len(e.Message) > 5_000 {
				t.Errorf("a message of %d bytes", len(e.Message))
			}
		}
		if first == nil {
			return
		}
		text := first.Variables.AppendJSON(nil)
		arena := value.NewArena()
		defer arena.Release()
		if v, err := value.Scan(text, nil, arena); err != nil || v.Kind() != value.Object {
			t.Errorf("variables %s: %v", text, err)
		}
		if strings.Trim(first.Conditions, "01") != "" {
			t.Errorf("conditions %q", first.Conditions)
		}
		again, errs := p.Prepare(&operation.Request{Query: query, Variables: []byte(variables)})
		if len(errs) > 0 || string(again.Variables.AppendJSON(nil)) != string(text) || again.Conditions != first.Conditions {
			t.Errorf("another outcome the second time: %v", errs)
		}
		first.Release()
	})
}
