package plan_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/schema"
)

func TestCallsThatAskForSeveralFetchesAreCountedOnce(t *testing.T) {
	t.Parallel()
	var subgraphs []*schema.Subgraph
	for name, sdl := range map[string]string{
		"orders": `type Query { order: Order } type Order { product: Product buyer: User rivals: [Product!] }
			type Product @key(fields: "id") { id: ID! } type User @key(fields: "id") { id: ID! }`,
		"names": `type Product @key(fields: "id") { id: ID! name: String } type User @key(fields: "id") { id: ID! name: String place: Place }
			type Place @key(fields: "zip") { zip: ID! }`,
		"places": `type Place @key(fields: "zip") { zip: ID! town: String }`,
	} {
		s, problems := schema.LoadSources(name, schema.Remote, &ast.Source{Name: name, Input: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"]) ` + sdl})
		if problems.Errors() != nil {
			t.Fatal(problems)
		}
		subgraphs = append(subgraphs, s)
	}
	slices.SortFunc(subgraphs, func(a, b *schema.Subgraph) int { return strings.Compare(a.Name, b.Name) })
	sg, problems := schema.Compose(subgraphs)
	if problems.Errors() != nil {
		t.Fatal(problems)
	}
	p, err := plan.New(sg, 0).Plan(prepare(t, sg, `{ order { product { name } buyer { name place { town } } rivals { name } } }`, nil))
	if err != nil {
		t.Fatal(err)
	}
	for batch, want := range map[int]string{0: "names: 1, orders: 1, places: 1", 2: "names: ⌈(n₁+n₂+n₄)/2⌉, orders: 1, places: 1"} {
		var got []string
		d := p.Describe(func(src *schema.Source) plan.Label {
			return plan.Label{Service: src.Subgraph, Request: src.Name, Joined: true, Batch: batch}
		})
		for _, c := range d.Calls {
			got = append(got, c.Service+": "+c.Calls)
		}
		if got := strings.Join(got, ", "); got != want {
			t.Errorf("calls with batches of %d: %s, want %s", batch, got, want)
		}
	}
}

func TestADescriptionHoldsTheOperationsOfSourcesWithAQueryLanguage(t *testing.T) {
	t.Parallel()
	names, problems := schema.LoadSources("names", schema.Remote, &ast.Source{Name: "names", Input: `
		extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
		type Query { user(id: ID!): User } type User @key(fields: "id") { id: ID! name: String }`})
	if problems.Errors() != nil {
		t.Fatal(problems)
	}
	orders, problems := schema.LoadSources("orders", schema.Connector, &ast.Source{Name: "orders", Input: `
		extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect"])
			@link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
		type Query { buyer: User @connect(http: { GET: "http://orders.example/buyer" }, selection: "id") }
		type User @key(fields: "id", resolvable: false) { id: ID! }`})
	if problems.Errors() != nil {
		t.Fatal(problems)
	}
	sg, problems := schema.Compose([]*schema.Subgraph{names, orders})
	if problems.Errors() != nil {
		t.Fatal(problems)
	}
	p, err := plan.New(sg, 0).Plan(prepare(t, sg, `query Q($id: ID!) { user(id: $id) { id } buyer { name } }`, []byte(`{"id": "1"}`)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(p.Describe(label))
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Fetches []struct {
			Source string
			Query  *string
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range d.Fetches {
		query := "no query"
		if f.Query != nil {
			query = *f.Query
		}
		got = append(got, f.Source+": "+query)
	}
	slices.Sort(got)
	want := []string{
		"names: query($id:ID!){user_e1e84b51:user(id:$id){id }}",
		"names: query($representations:[_Any!]!){_entities(representations:$representations){...on User{name }}}",
		"orders:Query.buyer[0]: no query",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the operations (-want +got):\n%s", diff)
	}
}
