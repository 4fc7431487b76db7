package storefront_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/config"
	"github.com/sluice-gateway/sluice/demo"
	"github.com/sluice-gateway/sluice/examples/storefront"
	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// store is the example over running services, for one test.
type store struct {
	t *testing.T
	*demo.Storefront
	gateway *gateway.Gateway
}

func start(t *testing.T) *store {
	t.Helper()
	services, err := demo.Start(t.Context(), demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(services.Close)
	var locations []schema.Location
	upstreams := map[string]upstream.Config{}
	for _, s := range services.Services {
		locations = append(locations, schema.Location{Path: s.Name + ".graphql"})
		c := upstream.DefaultConfig()
		c.Endpoints = endpoint.At(s.URLs()...)
		upstreams[s.Name] = c
	}
	subgraphs, problems := schema.LoadFS(storefront.Files(), locations...)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	g, problems := gateway.New(gateway.Options{Subgraphs: subgraphs, Services: upstreams})
	if g == nil {
		t.Fatal(problems.Err())
	}
	t.Cleanup(g.Close)
	return &store{t, services, g}
}

// answer is what a client gets.
type answer struct {
	data   object
	errors []clientError
}

type clientError struct {
	Message    string
	Path       []any
	Extensions map[string]any
}

// object is a JSON object with a way to its parts.
type object map[string]any

// at follows names and indexes into the object.
func (o object) at(path ...any) any {
	var v any = map[string]any(o)
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

// size returns how long the list at a path is.
func (o object) size(path ...any) int {
	l, _ := o.at(path...).([]any)
	return len(l)
}

func (s *store) ask(query, variables string) answer {
	s.t.Helper()
	op, errs := s.gateway.Prepare(s.t.Context(), &operation.Request{Query: query, Variables: []byte(variables)})
	if len(errs) > 0 {
		s.t.Fatalf("%s: %v", query, errs)
	}
	res := op.Execute(s.t.Context())
	defer res.Release()
	var a answer
	if err := json.Unmarshal(res.Data, &a.data); err != nil {
		s.t.Fatalf("%s: %v", res.Data, err)
	}
	text, err := json.Marshal(res.Errors)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := json.Unmarshal(text, &a.errors); err != nil {
		s.t.Fatal(err)
	}
	return a
}

// data asks a query that must not fail.
func (s *store) data(query, variables string) object {
	s.t.Helper()
	a := s.ask(query, variables)
	for _, e := range a.errors {
		s.t.Errorf("%s at %v (%v)", e.Message, e.Path, e.Extensions)
	}
	return a.data
}

// calls returns how many requests each service has had.
func (s *store) calls() map[string]int64 {
	n := map[string]int64{}
	for _, service := range s.Services {
		n[service.Name] = service.Requests()
	}
	return n
}

func TestTheConfigurationNamesTheServicesThatTheDemoRuns(t *testing.T) {
	t.Parallel()
	text, err := fs.ReadFile(storefront.Files(), "sluice.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, problems := config.Parse("sluice.yaml", text, nil)
	if c == nil {
		t.Fatal(problems.Err())
	}
	want, got := map[string]int{}, map[string]int{}
	for _, s := range start(t).Services {
		want[s.Name] = len(s.Instances)
	}
	for name, s := range c.Services {
		got[name] = len(s.Endpoints)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("endpoints (-want +got):\n%s", diff)
	}
}

func TestEveryExampleQueryIsAnswered(t *testing.T) {
	t.Parallel()
	queries, err := storefront.Queries()
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queries {
		t.Run(q.Name, func(t *testing.T) {
			t.Parallel()
			if got := start(t).data(q.Text, q.Variables); len(got) == 0 {
				t.Error("there is no answer")
			}
		})
	}
}

func TestTheStorefrontQueryAsksEachServiceOnceForEachThing(t *testing.T) {
	t.Parallel()
	s := start(t)
	queries, err := storefront.Queries()
	if err != nil {
		t.Fatal(err)
	}
	data := s.data(queries[0].Text, queries[0].Variables)
	if got := data.at("user", "name"); got != "Zoë Lindqvist" {
		t.Errorf("user.name = %v", got)
	}
	if n := data.size("user", "orders"); n != 3 {
		t.Fatalf("there are %d orders, want 3", n)
	}
	products, authors := map[any]bool{}, map[any]bool{}
	for i := range 3 {
		for j := range data.size("user", "orders", i, "lines") {
			line := []any{"user", "orders", i, "lines", j}
			product := func(path ...any) any { return data.at(append(append(line, "product"), path...)...) }
			if product("name") == nil || product("price", "amount") == nil {
				t.Errorf("line %d of order %d has no product: %v", j, i, data.at(line...))
			}
			products[product("id")] = true
			reviews, _ := product("reviews").([]any)
			for k := range reviews {
				if author := product("reviews", k, "author"); author != nil {
					authors[product("reviews", k, "author", "id")] = true
				}
			}
		}
	}
	want := map[string]int64{"accounts": 1, "orders": 1, "catalog": 1, "reviews": int64(len(products))}
	if len(authors) > 0 {
		want["accounts"]++
	}
	if diff := cmp.Diff(want, s.calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestPagesOfProductsFollowOneAnother(t *testing.T) {
	t.Parallel()
	s := start(t)
	const query = `query($after: String) { products(first: 5, after: $after, category: TOYS) {
		totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
		edges { cursor node { id category } } nodes { id averageRating reviewCount } } }`
	first := s.data(query, `{}`)
	end := first.at("products", "pageInfo", "endCursor")
	if first.size("products", "edges") != 5 || end == nil || end != first.at("products", "edges", 4, "cursor") {
		t.Fatalf("first page: %v", first)
	}
	second := s.data(query, fmt.Sprintf(`{"after":%q}`, end))
	for i := range 5 {
		edge, node := second.at("products", "edges", i, "node", "id"), second.at("products", "nodes", i, "id")
		if edge == nil || edge != node {
			t.Errorf("edge %d has product %v, node %d has %v", i, edge, i, node)
		}
		if got := second.at("products", "edges", i, "node", "category"); got != "TOYS" {
			t.Errorf("product %v is of category %v", edge, got)
		}
		if second.at("products", "nodes", i, "reviewCount") == nil {
			t.Errorf("product %v has no number of reviews", edge)
		}
		for j := range 5 {
			if edge == first.at("products", "edges", j, "node", "id") {
				t.Errorf("product %v is on both pages", edge)
			}
		}
	}
	if second.at("products", "pageInfo", "hasPreviousPage") != true {
		t.Error("the second page has no previous page")
	}
	if diff := cmp.Diff(map[string]int64{"accounts": 0, "orders": 0, "catalog": 2, "reviews": 2}, s.calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestSearchGivesProductsAndBrands(t *testing.T) {
	t.Parallel()
	s := start(t)
	data := s.data(`{ search(text: "lamp") { __typename id name
		... on Product { price { amount currency } brand { id name country } } ... on Brand { country } } }`, "")
	kinds := map[any]int{}
	for i := range data.size("search") {
		kind := data.at("search", i, "__typename")
		kinds[kind]++
		switch kind {
		case "Product":
			if data.at("search", i, "price", "currency") != "EUR" || data.at("search", i, "brand", "name") == nil {
				t.Errorf("incomplete: %v", data.at("search", i))
			}
		case "Brand":
			if data.at("search", i, "country") == nil {
				t.Errorf("incomplete: %v", data.at("search", i))
			}
		}
	}
	if kinds["Product"] == 0 || kinds["Brand"] == 0 || len(kinds) != 2 {
		t.Errorf("found %v, want products and brands", kinds)
	}
}

func TestWhatIsNotThereIsNullWithTheServicesWords(t *testing.T) {
	t.Parallel()
	a := start(t).ask(`{ product(id: 99999) { name } user(id: "x") { name } }`, "")
	if diff := cmp.Diff(object{"product": nil, "user": nil}, a.data); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	got := map[any]any{}
	for _, e := range a.errors {
		got[e.Message] = e.Extensions["code"]
	}
	want := map[any]any{"There is no such product.": "PRODUCT_NOT_FOUND", "There is no such user.": "USER_NOT_FOUND"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

func TestAnOrderThatWasPlacedIsThere(t *testing.T) {
	t.Parallel()
	s := start(t)
	data := s.data(`mutation($in: PlaceOrderInput!) { placeOrder(input: $in) {
		id status note total { amount currency } customer { name } lines { quantity unitPrice { amount } product { name } } } }`,
		`{"in":{"customerId":"2","note":"Danke","lines":[{"productId":"7","quantity":2},{"productId":"8"}]}}`)
	if data.at("placeOrder", "status") != "PENDING" || data.at("placeOrder", "customer", "name") != "José Núñez" ||
		data.at("placeOrder", "note") != "Danke" || data.at("placeOrder", "lines", 1, "quantity") != 1.0 ||
		data.at("placeOrder", "lines", 0, "product", "name") == nil {
		t.Errorf("placeOrder = %v", data.at("placeOrder"))
	}
	list := s.data(`{ user(id: 2) { orders(first: 1) { id customer { id } } } }`, "")
	if got, want := list.at("user", "orders", 0, "id"), data.at("placeOrder", "id"); got != want || got == nil {
		t.Errorf("the newest order is %v, want %v", got, want)
	}
	if got := list.at("user", "orders", 0, "customer", "id"); got != "2" {
		t.Errorf("its customer is %v, want 2", got)
	}
}

func TestInvalidInputNamesTheBadFieldAndWritesNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	before := s.data(`{ user(id: 3) { orders(first: 1) { id } } }`, "").at("user", "orders", 0, "id")
	for _, c := range []struct{ name, mutation, field, code, bad string }{
		{
			"a quantity of zero",
			`mutation { placeOrder(input: {customerId: 3, lines: [{productId: 7, quantity: 1}, {productId: 7, quantity: 0}]}) { id } }`,
			"placeOrder", "INVALID_QUANTITY", "lines[1].quantity",
		},
		{
			"a product that is not there",
			`mutation { placeOrder(input: {customerId: 3, lines: [{productId: "x"}]}) { id } }`,
			"placeOrder", "UNKNOWN_PRODUCT", "lines[0].product_id",
		},
		{
			"a text that is empty",
			`mutation { addReview(input: {productId: 7, authorId: 3, rating: 5, text: ""}) { id } }`,
			"addReview", "INVALID_TEXT", "text",
		},
		{
			"an author who is not there",
			`mutation { addReview(input: {productId: 7, authorId: 99999, rating: 5, text: "x"}) { id } }`,
			"addReview", "UNKNOWN_AUTHOR", "authorId",
		},
	} {
		a := s.ask(c.mutation, "")
		if diff := cmp.Diff(object{c.field: nil}, a.data); diff != "" {
			t.Errorf("%s: data (-want +got):\n%s", c.name, diff)
		}
		if len(a.errors) != 1 {
			t.Errorf("%s: %d errors, want 1", c.name, len(a.errors))
			continue
		}
		e := a.errors[0]
		if e.Extensions["code"] != c.code || e.Extensions["field"] != c.bad || !cmp.Equal(e.Path, []any{c.field}) {
			t.Errorf("%s: error %+v, want code %s and field %s at %s", c.name, e, c.code, c.bad, c.field)
		}
	}
	after := s.data(`{ user(id: 3) { orders(first: 1) { id } } }`, "").at("user", "orders", 0, "id")
	if before == nil || before != after {
		t.Errorf("the newest order was %v and is %v", before, after)
	}
}

func TestAReviewThatWasAddedIsThere(t *testing.T) {
	t.Parallel()
	s := start(t)
	const count = `{ product(id: 7) { reviewCount reviews(first: 1) { id author { name } product { id } } } }`
	before := s.data(count, "").at("product", "reviewCount")
	data := s.data(`mutation { addReview(input: {productId: 7, authorId: 1, rating: 5, text: "Très bien ✓"}) {
		id text rating createdAt product { reviewCount } } }`, "")
	if data.at("addReview", "text") != "Très bien ✓" {
		t.Errorf("addReview = %v", data.at("addReview"))
	}
	after := s.data(count, "")
	n, _ := before.(float64)
	if after.at("product", "reviewCount") != n+1 || data.at("addReview", "product", "reviewCount") != n+1 {
		t.Errorf("there were %v reviews and are %v", before, after.at("product", "reviewCount"))
	}
	newest := []any{"product", "reviews", 0}
	if got, want := after.at(append(newest, "id")...), data.at("addReview", "id"); got != want || got == nil {
		t.Errorf("the newest review is %v, want %v", got, want)
	}
	if after.at(append(newest, "author", "name")...) != "Zoë Lindqvist" || after.at(append(newest, "product", "id")...) != "7" {
		t.Errorf("the newest review is %v", after.at(newest...))
	}
}
