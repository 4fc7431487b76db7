package operation_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/operation"
)

func BenchmarkPrepareCached(b *testing.B) {
	const plain = `{ user(id: 1) { id name best { id name } friends(first: 3) { id name } } }`
	const withID = `query($id: ID!, $more: Boolean = false) { user(id: $id) { id name best @include(if: $more) { id } } }`
	const order = `mutation($input: Order!) { place(input: $input) }`
	for _, c := range []struct{ name, query, variables string }{
		{"no variables", plain, ``},
		{"one variable", withID, `{"id":"7"}`},
		{"input object", order, `{"input":{"lines":[{"product":"1","quantity":2},{"product":"2"}],"price":9.5}}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := operation.New(shop, operation.Config{})
			r := &operation.Request{Query: c.query, Variables: []byte(c.variables)}
			b.ReportAllocs()
			for b.Loop() {
				prepared, errs := p.Prepare(r)
				if errs != nil {
					b.Fatal(errs)
				}
				prepared.Release()
			}
		})
	}
}

func BenchmarkPrepareNew(b *testing.B) {
	p := operation.New(shop, operation.Config{})
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		if _, errs := p.Prepare(&operation.Request{Query: fmt.Sprintf(`{ user(id: %d) { id name best { id name } friends(first: 3) { id name } } }`, i)}); errs != nil {
			b.Fatal(errs)
		}
	}
}

// BenchmarkHostile is the cost of refusing what is out to be expensive.
func BenchmarkHostile(b *testing.B) {
	for about, c := range hostile {
		b.Run(strings.ReplaceAll(about, " ", "_"), func(b *testing.B) {
			for b.Loop() {
				operation.New(shop, operation.Config{}).Prepare(&operation.Request{Query: c.document, Variables: []byte(c.variables)})
			}
		})
	}
}
