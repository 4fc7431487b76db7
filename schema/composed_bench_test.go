package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema"
)

// large is a supergraph of a large company: entities that several subgraphs extend, value types, enums and interfaces.
func large(graphs, types int) string {
	var b strings.Builder
	b.WriteString(`schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
{
  query: Query
}
enum join__Graph {
`)
	for g := range graphs {
		fmt.Fprintf(&b, "  G%d @join__graph(name: \"g%[1]d\", url: \"http://g%[1]d.example/graphql\")\n", g)
	}
	b.WriteString("}\nscalar join__FieldSet\n")
	b.WriteString("interface Node")
	for g := range graphs {
		fmt.Fprintf(&b, " @join__type(graph: G%d)", g)
	}
	b.WriteString(" { id: ID! }\ntype Query")
	for g := range graphs {
		fmt.Fprintf(&b, " @join__type(graph: G%d)", g)
	}
	b.WriteString(" {\n")
	for n := range types {
		fmt.Fprintf(&b, "  t%d(id: ID!): T%[1]d @join__field(graph: G%d)\n", n, n%graphs)
	}
	b.WriteString("}\n")
	for n := range types {
		home, guest := n%graphs, (n*7+1)%graphs
		if guest == home {
			guest = (guest + 1) % graphs
		}
		fmt.Fprintf(&b, `type T%d implements Node
  @join__implements(graph: G%[2]d, interface: "Node")
  @join__type(graph: G%[2]d, key: "id")
  @join__type(graph: G%[3]d, key: "id", extension: true)
{
  id: ID!
  name: String @join__field(graph: G%[2]d)
  size: Int @join__field(graph: G%[2]d) @join__field(graph: G%[3]d, external: true)
  next: T%[4]d @join__field(graph: G%[2]d)
  price(currency: String = "EUR"): Float @join__field(graph: G%[3]d, requires: "size")
  tags: [String!]! @join__field(graph: G%[3]d)
  related: [T%[5]d!]! @join__field(graph: G%[3]d)
}
`, n, home, guest, (n+graphs)%types, (n*7+1+graphs)%types)
	}
	return b.String()
}

// A supergraph of 200 subgraphs with 5 000 types is to load in less than a second.
func BenchmarkJoin(b *testing.B) {
	file := &ast.Source{Name: "supergraph.graphql", Input: large(200, 5000)}
	b.SetBytes(int64(len(file.Input)))
	b.ReportAllocs()
	for b.Loop() {
		c, problems := schema.ReadSupergraph(file)
		if problems == nil {
			_, problems = schema.Join(c)
		}
		if err := problems.Err(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJoinSDL(b *testing.B) {
	c, _ := schema.ReadSupergraph(&ast.Source{Name: "supergraph.graphql", Input: large(200, 5000)})
	sg, problems := schema.Join(c)
	if sg == nil {
		b.Fatal(problems.Err())
	}
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(sg.JoinSDL(nil))))
	}
}
