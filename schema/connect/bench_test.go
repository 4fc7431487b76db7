package connect_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/schema/link"
)

// A thousand types with two connectors each; what it costs must grow no faster than the schema does.
func BenchmarkRead(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var s strings.Builder
			s.WriteString(`extend schema @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
				@source(name: "api", http: { baseURL: "http://api.example" }) type Query {`)
			for i := range n {
				fmt.Fprintf(&s, "\n f%d: [T%d] @connect(source: \"api\", http: { GET: \"/t%d\" })", i, i, i)
			}
			s.WriteString(" }")
			for i := range n {
				fmt.Fprintf(&s, `
					type T%d @connect(source: "api", http: { GET: "/t%d", queryParams: "id: $batch.id" }, selection: "$.rows { id name next: { id: nextId } }") {
						id: ID! name: String next: T%d
					}`, i, i, (i+1)%n)
			}
			doc, err := parser.ParseSchema(&ast.Source{Name: "f", Input: s.String()})
			if err != nil {
				b.Fatal(err)
			}
			links, _ := link.Of(doc)
			b.ReportAllocs()
			for b.Loop() {
				if _, problems := connect.Read("bench", doc, links); len(problems) > 0 {
					b.Fatal(problems[0])
				}
			}
		})
	}
}
