package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema"
)

// company makes the subgraphs of a large company: each has 25 types with connectors, and fields that lead to types of
// other subgraphs.
func company(subgraphs int) []*ast.Source {
	const types = 25
	var files []*ast.Source
	for s := range subgraphs {
		var b strings.Builder
		b.WriteString(`extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "api", http: { baseURL: "https://api.example" })
`)
		for t := range types {
			name := fmt.Sprintf("T%d_%d", s, t)
			other := fmt.Sprintf("T%d_%d", (s+t%7+1)%subgraphs, (t+1)%types)
			fmt.Fprintf(&b, `type Query { %[1]s_all(first: Int = 10): [%[1]s!] @connect(source: "api", http: { GET: "/%[1]s", queryParams: "first: $args.first" }, selection: "$.items { id name size other { id } }") }
type %[1]s @key(fields: "id") @connect(source: "api", http: { GET: "/%[1]s", queryParams: "ids: $batch.id" }, batch: { maxSize: 50 }, selection: "id name size note other { id }") {
  "Which one."
  id: ID!
  name: String! size: Int note: String
  other: %[2]s
  count(of: Int): Int @connect(source: "api", http: { GET: "/%[1]s/{$this.id}/count" }, selection: "$.count")
}
`, name, other)
			fmt.Fprintf(&b, "type %s @key(fields: \"id\", resolvable: false) { id: ID! }\n", other)
		}
		text := strings.ReplaceAll(b.String(), "type Query", "extend type Query")
		files = append(files, &ast.Source{Name: fmt.Sprintf("s%d.graphql", s), Input: text})
	}
	return files
}

// servers makes the subgraphs of a company with GraphQL servers: each has 25 types of its own, extends entities that all of
// them share, and leads to types of others.
func servers(subgraphs int) []*ast.Source {
	const types, shared = 25, 10
	var files []*ast.Source
	for s := range subgraphs {
		var b strings.Builder
		b.WriteString(`extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable", "@external", "@requires"])
interface Node { id: ID! }
type Money @shareable { amount: Float! currency: Currency! }
enum Currency { EUR USD CHF }
input Page { first: Int = 10 after: String }
`)
		for t := range types {
			name := fmt.Sprintf("T%d_%d", s, t)
			other := fmt.Sprintf("T%d_%d", (s+t%7+1)%subgraphs, (t+1)%types)
			fmt.Fprintf(&b, `extend type Query { %[1]s_all(page: Page): [%[1]s!] %[1]s_one(id: ID!): %[1]s }
type %[1]s implements Node @key(fields: "id") { id: ID! name: String! price: Money other: %[2]s owner: Shared%[3]d }
type %[2]s @key(fields: "id", resolvable: false) { id: ID! }
`, name, other, t%shared)
		}
		for e := range shared {
			fmt.Fprintf(&b, "type Shared%d implements Node @key(fields: \"id\") @key(fields: \"code\") { id: ID! code: String! f%d_%d: Int home%[2]d: T%[2]d_%[3]d", e, s, e)
			if s > 0 {
				fmt.Fprintf(&b, " f0_%d: Int @external r%d: Int @requires(fields: \"f0_%[1]d\")", e, s)
			}
			b.WriteString(" }\n")
		}
		files = append(files, &ast.Source{Name: fmt.Sprintf("s%d.graphql", s), Input: b.String()})
	}
	return files
}

func BenchmarkCompose(b *testing.B) {
	for _, c := range []struct {
		kind  string
		files []*ast.Source
	}{
		{"connectors", company(10)},
		{"connectors", company(200)},
		{"servers", servers(10)},
		{"servers", servers(200)},
	} {
		b.Run(fmt.Sprintf("%s/subgraphs=%d", c.kind, len(c.files)), func(b *testing.B) {
			files := c.files
			b.ReportAllocs()
			for b.Loop() {
				var subgraphs []*schema.Subgraph
				for i, f := range files {
					s, problems := schema.LoadSources(fmt.Sprint("s", i), schema.Remote, f)
					if problems != nil {
						b.Fatal(problems)
					}
					subgraphs = append(subgraphs, s)
				}
				sg, problems := schema.Compose(subgraphs)
				if sg == nil {
					b.Fatal("\n" + lines(problems[:min(5, len(problems))]))
				}
				b.ReportMetric(float64(len(sg.Types)), "types")
				b.ReportMetric(float64(len(sg.Entrances)), "entrances")
			}
		})
	}
}
