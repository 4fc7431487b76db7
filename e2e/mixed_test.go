package e2e_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/examples/go-subgraph/delivery"
	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/internal/subgraphtest"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// The orders of TestOneEntityOfEveryKindOfSource: what a REST service, a GraphQL server and Go code each know of them.
const (
	ordersREST = `extend schema
		@link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
		@link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect", "@source"])
		@source(name: "orders", http: { baseURL: "http://orders.example" })
	type Query { orders: [Order!]! @connect(source: "orders", http: { GET: "/orders" }, selection: "id placedAt: placed total customer: { id: buyer }") }
	type Order
		@key(fields: "id")
		@connect(source: "orders", http: { GET: "/orders?ids={$batch.id->joinNotNull(',')}" }, selection: "id placedAt: placed total customer: { id: buyer }") {
		id: ID! placedAt: DateTime! total: Int customer: User
	}
	type User @key(fields: "id", resolvable: false) { id: ID! }
	scalar DateTime @specifiedBy(url: "https://scalars.graphql.org/andimarek/date-time.html")`
	ordersService = `
> GET /orders
< 200
[{"id": "1", "placed": "2026-05-01T10:00:00Z", "total": 10, "buyer": "u1"}, {"id": "2", "placed": "2026-06-01T10:00:00Z", "total": 20, "buyer": "u2"}]

> GET /orders?ids=1%2C2
< 200
[{"id": "1", "placed": "2026-05-01T10:00:00Z"}, {"id": "2", "placed": "2026-06-01T10:00:00Z"}]
`
	accountsSDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
	type User @key(fields: "id") { id: ID! name: String address: Address! orders: [Order] }
	type Address { country: String! }
	type Order @key(fields: "id") { id: ID! total: Int @external points: Int @requires(fields: "total") }`
	accountsData = `{
		"User": [
			{"id": "u1", "name": "Ida", "address": {"country": "SE"}, "orders": ["$Order:1"]},
			{"id": "u2", "name": "Bo", "address": {"country": "XX"}, "orders": ["$Order:2"]}],
		"Order": [{"id": "1", "points": "$= {{mul .rep.total 3}}"}, {"id": "2", "points": "$= {{mul .rep.total 3}}"}]}`
	carrierService = `
> GET /transit?to=SE%2CXX
< 200
{"transit": [{"country": "SE", "carrier": "Parcel", "from": 2, "to": 4}]}
`
)

// TestOneEntityOfEveryKindOfSource asks for orders of which a REST service, a GraphQL server and Go code each know a
// part; and the last two of them need what another knows.
func TestOneEntityOfEveryKindOfSource(t *testing.T) {
	t.Parallel()
	log := &calls{}
	serve := func(name, text string) upstream.Config {
		s, err := parseService(name, text)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			for _, line := range s.unexpected() {
				t.Error(line)
			}
		})
		return endpointOf(s.start(t, log))
	}
	accounts, url := subgraphtest.Start(t, accountsSDL, accountsData)
	accounts.Observe = func(r subgraphtest.Request) { log.add("accounts " + r.Query + " " + r.Variables) }
	carrier, err := upstream.New("carrier", serve("carrier", carrierService), upstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(carrier.Close)
	var declared []*schema.Subgraph
	for name, text := range map[string]string{"orders": ordersREST, "accounts": accountsSDL} {
		s, problems := schema.LoadSources(name, schema.Remote, &ast.Source{Name: name + ".graphql", Input: text})
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		declared = append(declared, s)
	}
	g, problems := gateway.New(gateway.Options{
		Subgraphs: declared,
		Locals:    []gateway.Local{{Name: "delivery", Schema: delivery.NewExecutableSchema(delivery.Config{Resolvers: &delivery.Resolver{Carrier: carrier}})}},
		Services:  map[string]upstream.Config{"accounts": endpointOf(url), "orders": serve("orders", ordersService)},
	})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)

	op, errs := g.Prepare(t.Context(), &operation.Request{
		Query:  "{ orders { deliveryEstimate { earliest carrier } points total customer { name orders { id placedAt } } } }",
		Caller: &operation.Caller{Header: http.Header{}},
	})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	res := op.Execute(t.Context())
	defer res.Release()
	const want = `{
  "orders": [
    {
      "deliveryEstimate": {"earliest": "2026-05-04T10:00:00Z", "carrier": "Parcel"},
      "points": 30,
      "total": 10,
      "customer": {"name": "Ida", "orders": [{"id": "1", "placedAt": "2026-05-01T10:00:00Z"}]}
    },
    {
      "deliveryEstimate": null,
      "points": 60,
      "total": 20,
      "customer": {"name": "Bo", "orders": [{"id": "2", "placedAt": "2026-06-01T10:00:00Z"}]}
    }
  ]
}`
	if diff := cmp.Diff(want, pretty(res.Data)); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	if len(res.Errors) > 0 {
		t.Errorf("errors: %v", res.Errors)
	}
	const wantCalls = `accounts query($e0:[_Any!]!,$e1:[_Any!]!){e0:_entities(representations:$e0){...on User{address{country }name orders{id }}}e1:_entities(representations:$e1){...on Order{points }}} {"e0":[{"__typename":"User","id":"u1"},{"__typename":"User","id":"u2"}],"e1":[{"__typename":"Order","id":"1","total":10},{"__typename":"Order","id":"2","total":20}]}
carrier GET /transit?to=SE%2CXX
orders GET /orders
orders GET /orders?ids=1%2C2
`
	sorted, _ := log.take()
	if diff := cmp.Diff(wantCalls, sorted); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// endpointOf is the configuration of a service at one address.
func endpointOf(url string) upstream.Config {
	c := upstream.DefaultConfig()
	c.Endpoints = endpoint.At(url)
	return c
}
