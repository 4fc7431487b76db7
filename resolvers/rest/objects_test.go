package rest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/resolvers/rest"
	"github.com/sluice-gateway/sluice/schema/connect"
)

const shop = `
	@source(name: "api", http: { baseURL: "BASE" })
	type Query {
		item(id: ID!): Item @connect(source: "api", http: { GET: "/items/{$args.id}" }, selection: "id name price shopId", entity: true)
	}
	type Item {
		id: ID!
		name: String
		price: Float
		shopId: ID
		orders(first: Int): [Order] @connect(source: "api", http: { GET: "/items/{$this.id}/orders", queryParams: "n: $args.first" }, selection: "id")
		shop: Shop @connect(source: "api", http: { GET: "/shops/{$this.shopId}" }, selection: "id label: name")
		tag: String @connect(source: "api", http: { GET: "/tags" }, selection: "$.all->get($this.name)")
	}
	type Order { id: ID! }
	type Shop { id: ID! label: String }
	type User @connect(source: "api", http: { GET: "/users/{$this.id}" }, selection: "id name email") { id: ID! name: String email: String }`

func TestEntities(t *testing.T) {
	t.Parallel()
	s := answers(t, map[string]string{
		"/items/1":            `{"id":1,"name":"a","price":1.50}`,
		"/items/2":            `{"id":2,"name":"b","price":2}`,
		"/items/3":            `null`,
		"/items/1/orders?n=2": `[{"id":11},{"id":12}]`,
		"/items/2/orders?n=2": `[]`,
		"/items/1/orders?n=1": `[{"id":11}]`,
		"/shops/9":            `{"id":9,"name":"nine"}`,
		"/users/7":            `{"id":"7","name":"Ada","email":"a@b"}`,
		"/tags":               `{"all":{"x":"X","y":"Y"}}`,
	})
	f := load(t, s, shop, rest.Options{})
	for _, tt := range []struct {
		name, coordinate, ask string
		reps                  []string
		want                  []string
		errs                  []string
		asked                 []string
	}{
		{
			name: "a root field as the way to an entity", coordinate: "Query.item[0]", ask: "name price",
			reps:  []string{`{"id":1}`, `{"id":"2"}`, `{"id":3}`},
			want:  []string{`{"name":"a","price":1.50}`, `{"name":"b","price":2}`, "null"},
			asked: []string{"GET /items/1", "GET /items/2", "GET /items/3"},
		},
		{
			name: "a connector on a type, one call an object", coordinate: "User[0]", ask: "email",
			reps: []string{`{"id":7}`}, want: []string{`{"email":"a@b"}`}, asked: []string{"GET /users/7"},
		},
		{
			name: "a field of objects, with arguments", coordinate: "Item.orders[0]", ask: "orders(first: 2) { id }",
			reps:  []string{`{"id":1}`, `{"id":2}`},
			want:  []string{`{"orders":[{"id":11},{"id":12}]}`, `{"orders":[]}`},
			asked: []string{"GET /items/1/orders?n=2", "GET /items/2/orders?n=2"},
		},
		{
			name: "objects that need the same request share it", coordinate: "Item.tag[0]", ask: "tag",
			reps: []string{`{"name":"x"}`, `{"name":"y"}`}, want: []string{`{"tag":"X"}`, `{"tag":"Y"}`}, asked: []string{"GET /tags"},
		},
		{
			name: "an object without the key that the path needs is not asked for", coordinate: "Item.shop[0]", ask: "shop { label }",
			reps: []string{`{"shopId":null}`, `{"shopId":9}`},
			want: []string{`{"shop":null}`, `{"shop":{"label":"nine"}}`}, asked: []string{"GET /shops/9"},
		},
		{
			name: "a failure concerns its own object", coordinate: "User[0]", ask: "name",
			reps: []string{`{"id":8}`, `{"id":7}`}, want: []string{"missing", `{"name":"Ada"}`},
			errs: []string{"0 [] CONNECTOR_FETCH Request failed"}, asked: []string{"GET /users/7", "GET /users/8"},
		},
		{
			name: "and its own field", coordinate: "Item.shop[0]", ask: "shop { label }",
			reps: []string{`{"shopId":1}`, `{"shopId":9}`}, want: []string{"missing", `{"shop":{"label":"nine"}}`},
			errs: []string{"0 [shop] CONNECTOR_FETCH Request failed"}, asked: []string{"GET /shops/1", "GET /shops/9"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			values, errs := f.query(f.fetch(tt.coordinate, tt.ask)).run(0, tt.reps...)
			want(t, "values", values, tt.want...)
			want(t, "errors", errs, tt.errs...)
			s.wantAsked(t, tt.asked...)
		})
	}
}

func TestFetchesOfOneOperationShareWhatTheyLoad(t *testing.T) {
	t.Parallel()
	s := answers(t, map[string]string{
		"/users/1": `{"id":1,"name":"a","email":"a@x"}`, "/users/2": `{"id":2,"name":"b","email":"b@x"}`,
		"/users/3":            `{"name":"c","email":"c@x"}`,
		"/items/1/orders?n=1": `[{"id":1}]`, "/items/1/orders?n=2": `[{"id":1},{"id":2}]`,
	})
	f := load(t, s, shop, rest.Options{})
	o := f.query(f.fetch("User[0]", "name"), f.fetch("User[0]", "email"))
	values, errs := o.run(0, `{"id":1}`, `{"id":2}`)
	want(t, "values of the first", values, `{"name":"a","email":"a@x"}`, `{"name":"b","email":"b@x"}`)
	want(t, "errors", errs)
	s.wantAsked(t, "GET /users/1", "GET /users/2")
	values, errs = o.run(1, `{"id":"2"}`, `{"id":3}`)
	want(t, "values of the second", values, `{"name":"b","email":"b@x"}`, `{"name":"c","email":"c@x"}`)
	want(t, "errors", errs)
	s.wantAsked(t, "GET /users/3")

	// Arguments are part of what is loaded.
	o = f.query(f.fetch("Item.orders[0]", "orders(first: 1) { id }"), f.fetch("Item.orders[0]", "orders(first: 2) { id }"))
	values, _ = o.run(0, `{"id":1}`)
	want(t, "values", values, `{"orders":[{"id":1}]}`)
	values, _ = o.run(1, `{"id":1}`)
	want(t, "values", values, `{"orders":[{"id":1},{"id":2}]}`)
}

func TestFetchesThatRunAtTheSameTimeShareWhatTheyLoad(t *testing.T) {
	t.Parallel()
	s := serve(t, batchOf("id", func(id string) string { return fmt.Sprintf(`{"id":%s,"name":"n%s"}`, id, id) }))
	f := load(t, s, batchShop(""), rest.Options{})
	o := f.query(f.fetch("User[0]", "name"), f.fetch("User[0]", "name"), f.fetch("User[0]", "id name"))
	reps := make([]string, 50)
	for i := range reps {
		reps[i] = fmt.Sprintf(`{"id":%d}`, i)
	}
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() {
			values, errs := o.run(i, reps...)
			if len(errs) > 0 || len(values) != 50 || values[49] != `{"id":49,"name":"n49"}` {
				t.Errorf("run %d: %v %v", i, values, errs)
			}
		})
	}
	wg.Wait()
	if got := len(s.asked()); got != 1 {
		t.Errorf("the service was asked %d times, want once", got)
	}
}

func TestPlacesShareBatchesInTheOrderOfThePlan(t *testing.T) {
	t.Parallel()
	s := serve(t, batchOf("id", func(id string) string {
		if id == "9" {
			return ""
		}
		return fmt.Sprintf(`{"id":%s,"name":"n%s"}`, id, id)
	}))
	f := load(t, s, batchShop("batch: {maxSize: 2}")+` type Other @connect(http: { GET: "BASE/others/{$this.id}" }, selection: "id name") { id: ID! name: String }`, rest.Options{})
	fetches := []*plan.Fetch{f.fetch("User[0]", "name"), f.fetch("Other[0]", "name"), f.fetch("User[0]", "id name"), f.fetch("Other[0]", "id")}
	o := f.query(fetches...)
	groups := o.driver.Group(&plan.Plan{Fetches: fetches}, fetches, o.runners)
	if len(groups) != 1 || !slices.Equal(groups[0].Members, []int{0, 2}) {
		t.Fatalf("Group() = %+v, want one of the fetches 0 and 2, which go in batches", groups)
	}
	out := groups[0].Runner.Run(t.Context(), []*execute.Inputs{o.inputs(`{"id":2}`, `{"id":1}`, `{"id":9}`), o.inputs(`{"id":1}`, `{"id":4}`, `{"id":5}`)})
	for i, values := range [][]string{
		{`{"id":2,"name":"n2"}`, `{"id":1,"name":"n1"}`, "missing"}, {`{"id":1,"name":"n1"}`, `{"id":4,"name":"n4"}`, `{"id":5,"name":"n5"}`},
	} {
		want(t, "values", texts(out[i].Values), values...)
		if len(out[i].Errors) > 0 {
			t.Errorf("errors: %v", out[i].Errors)
		}
	}
	s.wantAsked(t, `POST /users {"ids":[2,1]}`, `POST /users {"ids":[9,4]}`, `POST /users {"ids":[5]}`)
}

// batchShop is a connector that takes batches.
func batchShop(batch string) string {
	return `
	type Query { q: Int @connect(http: { GET: "BASE/" }, selection: "$") }
	type User @connect(` + batch + ` http: { POST: "BASE/users", body: "ids: $batch.id" }, selection: "$.items { id name }") { id: ID! name: String }`
}

// batchOf answers {"ids": […]} with {"items": […]}, one for each id that item has something for.
func batchOf(_ string, item func(id string) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in struct{ IDs []json.RawMessage }
		_ = json.NewDecoder(r.Body).Decode(&in)
		var items []string
		for _, id := range in.IDs {
			if text := item(strings.Trim(string(id), `"`)); text != "" {
				items = append(items, text)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"items":[`+strings.Join(items, ",")+`]}`)
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	named := func(id string) string { return fmt.Sprintf(`{"id":%s,"name":"n%s"}`, id, id) }
	for _, tt := range []struct {
		name  string
		batch string
		serve http.HandlerFunc
		reps  []string
		want  []string
		errs  []string
		asked []string
	}{
		{
			name: "all objects in one request", serve: batchOf("", named), reps: []string{`{"id":1}`, `{"id":2}`},
			want: []string{`{"id":1,"name":"n1"}`, `{"id":2,"name":"n2"}`}, asked: []string{`POST /users {"ids":[1,2]}`},
		},
		{
			name: "chunks of the largest size", batch: "batch: {maxSize: 2}", serve: batchOf("", named),
			reps:  []string{`{"id":1}`, `{"id":2}`, `{"id":3}`, `{"id":4}`, `{"id":5}`},
			want:  []string{`{"id":1,"name":"n1"}`, `{"id":2,"name":"n2"}`, `{"id":3,"name":"n3"}`, `{"id":4,"name":"n4"}`, `{"id":5,"name":"n5"}`},
			asked: []string{`POST /users {"ids":[1,2]}`, `POST /users {"ids":[3,4]}`, `POST /users {"ids":[5]}`},
		},
		{
			name:  "in any order, with gaps, strangers and repetitions",
			serve: batchBody(`{"items":[{"id":9,"name":"x"},{"id":2,"name":"old"},{"id":1,"name":"a"},{"id":2,"name":"new"},null,7]}`),
			reps:  []string{`{"id":1}`, `{"id":2}`, `{"id":3}`},
			want:  []string{`{"id":1,"name":"a"}`, `{"id":2,"name":"new"}`, "missing"},
			asked: []string{`POST /users {"ids":[1,2,3]}`},
		},
		{
			name: "an ID is the same as a number and as a string", serve: batchBody(`{"items":[{"id":"1","name":"a"},{"id":2,"name":"b"},{"id":"\u0033","name":"c"}]}`),
			reps: []string{`{"id":1}`, `{"id":"2"}`, `{"id":"3"}`}, want: []string{`{"id":"1","name":"a"}`, `{"id":2,"name":"b"}`, `{"id":"\u0033","name":"c"}`},
			asked: []string{`POST /users {"ids":[1,"2","3"]}`},
		},
		{
			name: "representations that are the same object are asked for once", serve: batchOf("", named),
			reps: []string{`{"id":1}`, `{"id":"1"}`}, want: []string{`{"id":1,"name":"n1"}`, `{"id":1,"name":"n1"}`},
			asked: []string{`POST /users {"ids":[1]}`},
		},
		{
			name: "one object instead of a list of one", serve: batchBody(`{"items":{"id":1,"name":"a"}}`),
			reps: []string{`{"id":1}`}, want: []string{`{"id":1,"name":"a"}`}, asked: []string{`POST /users {"ids":[1]}`},
		},
		{
			name: "one object instead of a list of several", serve: batchBody(`{"items":{"id":1,"name":"a"}}`),
			reps: []string{`{"id":1}`, `{"id":2}`}, want: []string{"missing", "missing"},
			errs:  []string{"-1 [] CONNECTOR_RESPONSE_INVALID The answer of the service is not a list."},
			asked: []string{`POST /users {"ids":[1,2]}`},
		},
		{
			name: "no list", serve: batchBody(`{"items":"none"}`),
			reps: []string{`{"id":1}`}, want: []string{"missing"},
			errs:  []string{"-1 [] CONNECTOR_RESPONSE_INVALID The answer of the service is not a list."},
			asked: []string{`POST /users {"ids":[1]}`},
		},
		{
			name: "a chunk that fails, fails its own", batch: "batch: {maxSize: 1}", serve: func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if string(body) == `{"ids":[2]}` {
					w.WriteHeader(http.StatusInternalServerError)
					return
				}
				r.Body = io.NopCloser(strings.NewReader(string(body)))
				batchOf("", named)(w, r)
			},
			reps:  []string{`{"id":1}`, `{"id":2}`, `{"id":3}`},
			want:  []string{`{"id":1,"name":"n1"}`, "missing", `{"id":3,"name":"n3"}`},
			errs:  []string{"1 [] CONNECTOR_FETCH Request failed"},
			asked: []string{`POST /users {"ids":[1]}`, `POST /users {"ids":[2]}`, `POST /users {"ids":[3]}`},
		},
		{
			name: "no keys, no request", serve: batchOf("", named), reps: []string{`{"id":null}`}, want: []string{"missing"},
		},
		{
			name: "an object without a key is not asked for", serve: batchOf("", named), reps: []string{`{"id":null}`, `{"id":1}`},
			want: []string{"missing", `{"id":1,"name":"n1"}`}, asked: []string{`POST /users {"ids":[1]}`},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, tt.serve)
			f := load(t, s, batchShop(tt.batch), rest.Options{})
			values, errs := f.query(f.fetch("User[0]", "name")).run(0, tt.reps...)
			want(t, "values", values, tt.want...)
			want(t, "errors", errs, tt.errs...)
			s.wantAsked(t, tt.asked...)
		})
	}
}

func batchBody(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, text)
	}
}

func TestBatchByACompositeKey(t *testing.T) {
	t.Parallel()
	s := serve(t, batchBody(`[{"country":"de","code":{"n":2.0,"s":"x"},"label":"second"},{"country":"de","code":{"n":1,"s":"x"},"label":"first"}]`))
	f := load(t, s, `
		type Query { q: Int @connect(http: { GET: "BASE/" }, selection: "$") }
		type Place @connect(http: { POST: "BASE/places", body: "keys: $batch { country code { n s } }" }, selection: "country code { n s } label") {
			country: String! code: Code! label: String
		}
		type Code { n: Int s: String }`, rest.Options{})
	values, errs := f.query(f.fetch("Place[0]", "label")).run(0,
		`{"country":"de","code":{"n":1,"s":"x"}}`, `{"country":"de","code":{"n":2,"s":"x"}}`, `{"country":"fr","code":{"n":1,"s":"x"}}`)
	want(t, "errors", errs)
	var labels []string
	for _, v := range values {
		var o struct{ Label string }
		_ = json.Unmarshal([]byte(v), &o)
		labels = append(labels, o.Label)
	}
	want(t, "labels", labels, "first", "second", "")
}

func TestCallsAreBounded(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int64
	gate := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		if n == 4 {
			close(gate) // all that may be on their way have arrived
		}
		<-gate
		now.Add(-1)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"name":%q}`, r.URL.Path)
	})
	f := load(t, s, shop, rest.Options{Bind: func(string, *connect.Source) rest.Binding { return rest.Binding{Concurrency: 4} }})
	reps := make([]string, 40)
	for i := range reps {
		reps[i] = fmt.Sprintf(`{"id":%d}`, i)
	}
	o := f.query(f.fetch("User[0]", "name"), f.fetch("Query.item[0]", "name"))
	var wg sync.WaitGroup
	for i, path := range []string{"/users/39", "/items/39"} {
		wg.Go(func() {
			values, errs := o.run(i, reps...)
			if len(errs) > 0 || len(values) != 40 || values[39] != `{"name":"`+path+`"}` {
				t.Errorf("values %v, errors %v", values, errs)
			}
		})
	}
	wg.Wait()
	if got := most.Load(); got != 4 {
		t.Errorf("%d requests were on their way at a time, want 4", got)
	}
	if got := len(s.asked()); got != 80 {
		t.Errorf("%d requests, want 80", got)
	}
}

func TestRequestLimit(t *testing.T) {
	t.Parallel()
	s := answers(t, map[string]string{"/users/1": `{"id":1,"name":"a"}`, "/users/2": `{"id":2,"name":"b"}`, "/users/3": `{"id":3,"name":"c"}`,
		"/items/1": `{"id":1,"name":"i"}`})
	f := load(t, s, shop, rest.Options{Bind: func(string, *connect.Source) rest.Binding {
		return rest.Binding{MaxRequests: 2, Concurrency: 1}
	}})
	o := f.query(f.fetch("User[0]", "name"), f.fetch("Query.item[0]", "item(id: 1) { name }"))
	values, errs := o.run(0, `{"id":1}`, `{"id":2}`, `{"id":3}`)
	want(t, "values", values, `{"name":"a"}`, `{"name":"b"}`, "missing")
	want(t, "errors", errs, "2 [] REQUEST_LIMIT_EXCEEDED Request limit exceeded")
	_, errs = o.run(1)
	want(t, "errors", errs, "-1 [item] REQUEST_LIMIT_EXCEEDED Request limit exceeded")
	s.wantAsked(t, "GET /users/1", "GET /users/2")
	_, errs = o.again().run(1)
	want(t, "errors of another operation", errs)
}
