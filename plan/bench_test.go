package plan_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/schema"
)

const federationHead = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])
`

// mesh has a type User that each of n subgraphs knows by one key. Friends and one more field are everywhere, others in one
// subgraph each: so there are many ways to everything.
func mesh(t testing.TB, n int) *schema.Supergraph {
	t.Helper()
	files := make([]txtar.File, n)
	for i := range n {
		sdl := federationHead
		if i == 0 {
			sdl += "type Query { users: [User] }\n"
		}
		sdl += fmt.Sprintf(`type User @key(fields: "id") { id: ID! shared: String @shareable friends: [User] @shareable f%d: String g%[1]d: String }`, i)
		files[i] = txtar.File{Name: fmt.Sprintf("s%03d.graphql", i), Data: []byte(sdl)}
	}
	return compose(t, files)
}

// friends asks for everything of friends of friends.
func friends(n, depth int) string {
	level := " { id shared" + each(n, func(i int) string { return fmt.Sprintf(" f%d", i) }) + " friends"
	return "{ users" + strings.Repeat(level, depth) + " { id }" + strings.Repeat(" }", depth) + " }"
}

// wideInterface has an interface with n types, each of which every one of m subgraphs knows in part.
func wideInterface(t testing.TB, n, m int) *schema.Supergraph {
	t.Helper()
	files := make([]txtar.File, m)
	for i := range m {
		sdl := federationHead
		if i == 0 {
			sdl += "type Query { nodes: [Node] }\n"
		}
		sdl += "interface Node { id: ID! }\n" + each(n, func(k int) string {
			return fmt.Sprintf(`type T%d implements Node @key(fields: "id") { id: ID! next: [Node] @shareable f%d: String }`+"\n", k, i)
		})
		files[i] = txtar.File{Name: fmt.Sprintf("s%02d.graphql", i), Data: []byte(sdl)}
	}
	return compose(t, files)
}

// fragments asks for all fields of all types.
func fragments(n, m, depth int) string {
	if depth == 0 {
		return "{ id }"
	}
	return "{" + each(n, func(k int) string {
		return fmt.Sprintf(" ... on T%d {", k) + each(m, func(i int) string { return fmt.Sprintf(" f%d", i) }) + " next " + fragments(n, m, depth-1) + " }"
	}) + " }"
}

// typical is a shop in five subgraphs, and an operation with thirty leaves.
func typical(t testing.TB) (sg *schema.Supergraph, query string) {
	t.Helper()
	sdl := map[string]string{
		"products": `type Query { product(id: ID!): Product products(first: Int): [Product] }
			type Product @key(fields: "id") { id: ID! name: String sku: String text: String images: [Image] brand: Brand }
			type Image { url: String width: Int height: Int } type Brand @key(fields: "id") { id: ID! title: String }`,
		"prices": `type Product @key(fields: "id") { id: ID! price: Price discount: Int } type Price { amount: Int currency: String tax: Int }`,
		"stock": `type Product @key(fields: "id") { id: ID! stock: [Stock] weight: Int available: Boolean }
			type Stock { count: Int warehouse: Warehouse } type Warehouse @key(fields: "code") { code: ID! city: String }`,
		"reviews": `type Product @key(fields: "id") { id: ID! reviews(first: Int): [Review] rating: Float }
			type Review @key(fields: "id") { id: ID! body: String stars: Int author: User } type User @key(fields: "id") { id: ID! }`,
		"users": `type Query { me: User } type User @key(fields: "id") { id: ID! name: String email: String avatar: String address: Address }
			type Address { city: String country: String }`,
	}
	var files []txtar.File
	for _, name := range []string{"products", "prices", "stock", "reviews", "users"} {
		files = append(files, txtar.File{Name: name + ".graphql", Data: []byte(federationHead + sdl[name])})
	}
	return compose(t, files), `query ($id: ID!) {
		me { name email address { city country } }
		product(id: $id) {
			id name sku text images { url width height } brand { id title } price { amount currency tax } discount
			stock { count warehouse { code city } } weight available rating
			reviews(first: 10) { id body stars author { name avatar } }
		}
		products(first: 3) { name price { amount } }
	}`
}

func BenchmarkPlan(b *testing.B) {
	run := func(name string, sg *schema.Supergraph, query string) {
		b.Run(name, func(b *testing.B) {
			op := prepare(b, sg, query, []byte(`{"id": 1}`))
			planner := plan.New(sg, 0)
			b.ReportAllocs()
			fetches := 0
			for b.Loop() {
				p, err := planner.Plan(op)
				if err != nil && !errors.Is(err, plan.ErrNoPlan) {
					b.Fatal(err)
				}
				if p != nil {
					fetches = len(p.Fetches)
				}
			}
			b.ReportMetric(float64(fetches), "fetches")
		})
	}
	sg, query := typical(b)
	run("typical", sg, query)
	for _, c := range []struct{ subgraphs, depth int }{{5, 4}, {5, 6}, {10, 4}, {20, 4}, {20, 8}, {40, 4}, {200, 1}} {
		run(fmt.Sprintf("mesh of %d by %d", c.subgraphs, c.depth), mesh(b, c.subgraphs), friends(c.subgraphs, c.depth))
	}
	run("one field of 200 subgraphs", mesh(b, 200), "{ users { f199 friends { f198 } } }")
	run("deep recursion", mesh(b, 5), "{ users"+strings.Repeat(" { friends", 48)+" { f4 }"+strings.Repeat(" }", 48)+" }")
	run("wide fragments", wideInterface(b, 20, 10), "{ nodes "+fragments(20, 10, 1)+" }")
	run("wide fragments by 2", wideInterface(b, 8, 5), "{ nodes "+fragments(8, 5, 2)+" }")
}
