package demo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/demo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// store starts a storefront for one test, with a client of its own so that no connection outlives it.
type store struct {
	*demo.Storefront
	t      *testing.T
	client *http.Client
}

func start(t *testing.T) *store {
	t.Helper()
	s, err := demo.Start(t.Context(), demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		s.Close()
	})
	return &store{s, t, &http.Client{Transport: transport}}
}

// call sends a request to one instance of a service and returns the status and the JSON of the answer.
// It may be called from any goroutine.
func (s *store) call(service string, instance int, method, path, body string) (int, map[string]any) {
	s.t.Helper()
	url := s.Service(service).Instances[instance].URL + path
	req, err := http.NewRequestWithContext(s.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		s.t.Error(err)
		return 0, nil
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := s.client.Do(req)
	if err != nil {
		s.t.Error(err)
		return 0, nil
	}
	defer func() { _ = res.Body.Close() }()
	wantType := "application/json"
	if res.StatusCode >= 400 {
		wantType = "application/problem+json"
	}
	if got := res.Header.Get("Content-Type"); got != wantType {
		s.t.Errorf("%s %s: Content-Type = %q, want %q", method, path, got, wantType)
	}
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		s.t.Errorf("%s %s: %v", method, path, err)
	}
	return res.StatusCode, out
}

func (s *store) get(service, path string) (int, map[string]any) {
	s.t.Helper()
	return s.call(service, 0, http.MethodGet, path, "")
}

// ids returns the numbers that the objects of a list have under a name.
func ids(list any, name string) []int {
	out := []int{}
	items, _ := list.([]any)
	for _, v := range items {
		m, _ := v.(map[string]any)
		n, _ := m[name].(float64)
		out = append(out, int(n))
	}
	return out
}

func TestEveryServiceHasItsInstances(t *testing.T) {
	t.Parallel()
	s := start(t)
	got := map[string]int{}
	urls := map[string]bool{}
	for _, service := range s.Services {
		got[service.Name] = len(service.Instances)
		for _, u := range service.URLs() {
			urls[u] = true
			if !strings.HasPrefix(u, "http://127.0.0.1:") {
				t.Errorf("%s listens at %s, which is not the loopback interface", service.Name, u)
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"accounts": 2, "catalog": 3, "orders": 2, "reviews": 2}, got); diff != "" {
		t.Errorf("instances (-want +got):\n%s", diff)
	}
	if len(urls) != 9 {
		t.Errorf("there are %d different URLs, want 9", len(urls))
	}
}

func TestThereIsEnoughOfEverything(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, c := range []struct{ service, path string }{
		{"accounts", "/users/%d"}, {"catalog", "/products/%d"}, {"orders", "/orders/%d"}, {"reviews", "/reviews/%d"},
	} {
		last := map[string]int{"accounts": 200, "catalog": 1000, "orders": 5000, "reviews": 3000}[c.service]
		for _, id := range []int{1, last / 2, last} {
			status, body := s.get(c.service, fmt.Sprintf(c.path, id))
			if got := body["id"]; status != http.StatusOK || got != float64(id) {
				t.Errorf("%s "+c.path+": status %d, id %v", c.service, id, status, got)
			}
		}
	}
}

func TestTheDataIsTheSameAtEveryStart(t *testing.T) {
	t.Parallel()
	all := func() []byte {
		s := start(t)
		var out bytes.Buffer
		for _, c := range []struct{ service, path string }{
			{"accounts", "/users?ids=1,2,77,240"}, {"catalog", "/products?limit=100"}, {"catalog", "/brands?ids=1,2,3"},
			{"orders", "/orders?ids=1,500,5999"}, {"orders", "/customers/7/orders?limit=100"},
			{"reviews", "/reviews?ids=1,1000,4000"}, {"reviews", "/ratings?product_ids=1,2,3"},
		} {
			res, err := s.client.Get(s.Service(c.service).Instances[0].URL + c.path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(&out, res.Body); err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
		}
		return out.Bytes()
	}
	if a, b := all(), all(); !bytes.Equal(a, b) {
		t.Error("two starts give different data")
	}
}

func TestWhatRefersToSomethingFindsIt(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, body := s.get("orders", "/customers/1/orders?limit=3")
	orders, _ := body["orders"].([]any)
	if len(orders) != 3 {
		t.Fatalf("customer 1 has %d of 3 orders", len(orders))
	}
	got := ids(orders, "id")
	if got[0] < got[1] || got[1] < got[2] {
		t.Errorf("orders %v are not the newest first", got)
	}
	for _, o := range orders {
		m, _ := o.(map[string]any)
		if m["customer_id"] != float64(1) {
			t.Errorf("order %v belongs to customer %v, want 1", m["id"], m["customer_id"])
		}
		for _, id := range ids(m["lines"], "product_id") {
			if status, _ := s.get("catalog", fmt.Sprintf("/products/%d", id)); status != http.StatusOK {
				t.Errorf("product %d of order %v: status %d", id, m["id"], status)
			}
			if status, body := s.get("reviews", fmt.Sprintf("/products/%d/reviews?limit=2", id)); status != http.StatusOK {
				t.Errorf("reviews of product %d: status %d, %v", id, status, body)
			}
		}
	}
}

func TestBatchesKeepTheOrderAndLeaveOutWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, c := range []struct{ service, path, list, id string }{
		{"accounts", "/users?ids=5,3,99999,x,4", "users", "id"},
		{"catalog", "/products?ids=5&ids=3&ids=99999&ids=x&ids=4", "products", "id"},
		{"catalog", "/brands?ids=5,3&ids=99999,x,4", "brands", "id"},
		{"orders", "/orders?ids=5,3,99999,x,4", "orders", "id"},
		{"reviews", "/reviews?ids=5,3,99999,x,4", "reviews", "id"},
		{"reviews", "/ratings?product_ids=5,3,99999,x,4", "ratings", "product_id"},
	} {
		_, body := s.get(c.service, c.path)
		if diff := cmp.Diff([]int{5, 3, 4}, ids(body[c.list], c.id)); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", c.service, c.path, diff)
		}
	}
}

func TestPagesOfProductsLeadThroughTheWholeList(t *testing.T) {
	t.Parallel()
	s := start(t)
	seen, path, cursor := map[int]bool{}, "/products?category=BOOKS&limit=100", ""
	total := 0.0
	for range 20 {
		at := path
		if cursor != "" {
			at += "&cursor=" + cursor
		}
		_, body := s.get("catalog", at)
		for _, id := range ids(body["products"], "id") {
			if seen[id] {
				t.Fatalf("product %d is on two pages", id)
			}
			seen[id] = true
		}
		page, _ := body["page"].(map[string]any)
		total, _ = page["total"].(float64)
		if page["has_previous"] != (cursor != "") {
			t.Errorf("%s: has_previous = %v", at, page["has_previous"])
		}
		if page["has_next"] != true {
			break
		}
		cursor, _ = page["last_cursor"].(string)
	}
	if len(seen) != int(total) || total < 100 {
		t.Errorf("the pages have %d products, the total is %v", len(seen), total)
	}
}

func TestSearchFindsProductsAndBrands(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, body := s.get("catalog", "/search?q=LAMP&limit=10")
	kinds := map[any]int{}
	results, _ := body["results"].([]any)
	for _, v := range results {
		m, _ := v.(map[string]any)
		kinds[m["kind"]]++
		if label, _ := m["label"].(string); !strings.Contains(strings.ToLower(label), "lamp") {
			t.Errorf("%q was found", label)
		}
	}
	if len(results) != 10 || kinds["product"] == 0 || kinds["brand"] == 0 {
		t.Errorf("found %v in %d results, want 10 with products and brands", kinds, len(results))
	}
}

func TestReadsRefuseWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := start(t)
	many := strings.Repeat("1,", 100) + "1"
	for _, c := range []struct {
		service, method, path string
		status                int
		code, field           string
	}{
		{"accounts", "GET", "/users/99999", 404, "USER_NOT_FOUND", ""},
		{"accounts", "GET", "/users/abc", 404, "USER_NOT_FOUND", ""},
		{"accounts", "GET", "/users/01", 404, "USER_NOT_FOUND", ""},
		{"accounts", "GET", "/users", 400, "MISSING_PARAMETER", "ids"},
		{"accounts", "GET", "/users?ids=" + many, 400, "TOO_MANY_IDS", "ids"},
		{"accounts", "GET", "/nothing", 404, "NO_SUCH_RESOURCE", ""},
		{"accounts", "DELETE", "/users/1", 405, "METHOD_NOT_ALLOWED", ""},
		{"catalog", "GET", "/products/0", 404, "PRODUCT_NOT_FOUND", ""},
		{"catalog", "GET", "/brands/99999", 404, "BRAND_NOT_FOUND", ""},
		{"catalog", "GET", "/products?limit=0", 400, "INVALID_LIMIT", "limit"},
		{"catalog", "GET", "/products?limit=101", 400, "INVALID_LIMIT", "limit"},
		{"catalog", "GET", "/products?limit=x", 400, "INVALID_LIMIT", "limit"},
		{"catalog", "GET", "/products?cursor=7", 400, "INVALID_CURSOR", "cursor"},
		{"catalog", "GET", "/products?category=CARS", 400, "UNKNOWN_CATEGORY", "category"},
		{"catalog", "GET", "/search?q=%20", 400, "EMPTY_SEARCH", "q"},
		{"orders", "GET", "/orders/-1", 404, "ORDER_NOT_FOUND", ""},
		{"orders", "GET", "/customers/99999/orders", 404, "CUSTOMER_NOT_FOUND", ""},
		{"reviews", "GET", "/reviews/99999", 404, "REVIEW_NOT_FOUND", ""},
		{"reviews", "GET", "/products/99999/reviews", 404, "PRODUCT_NOT_FOUND", ""},
	} {
		status, body := s.call(c.service, 0, c.method, c.path, "")
		field, _ := body["field"].(string)
		if status != c.status || body["status"] != float64(c.status) || body["code"] != c.code || field != c.field {
			t.Errorf("%s %s: status %d, problem %v; want status %d, code %s, field %q",
				c.method, c.path, status, body, c.status, c.code, c.field)
		}
	}
}

func TestWritesRefuseWhatIsInvalidAndWriteNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	// The id of the next order or review tells whether anything was written.
	const order = `{"customer_id":1,"lines":[{"product_id":"7","quantity":2}]}`
	const review = `{"product_id":7,"author_id":"1","rating":5,"body":"Fine. 👍"}`
	next := func(service, path, body string) int {
		_, created := s.call(service, 0, http.MethodPost, path, body)
		id, _ := created["id"].(float64)
		return int(id)
	}
	firstOrder, firstReview := next("orders", "/orders", order), next("reviews", "/reviews", review)
	for _, c := range []struct {
		service, path, body string
		status              int
		code, field         string
	}{
		{"orders", "/orders", `{"lines":[{"product_id":1,"quantity":1}]}`, 422, "UNKNOWN_CUSTOMER", "customer_id"},
		{"orders", "/orders", `{"customer_id":1,"lines":[]}`, 422, "INVALID_LINES", "lines"},
		{"orders", "/orders", `{"customer_id":1,"lines":[{"product_id":1,"quantity":1},{"product_id":1,"quantity":0}]}`, 422,
			"INVALID_QUANTITY", "lines[1].quantity"},
		{"orders", "/orders", `{"customer_id":1,"lines":[{"product_id":99999,"quantity":1}]}`, 422, "UNKNOWN_PRODUCT", "lines[0].product_id"},
		{"orders", "/orders", `{"customer_id":1,"lines":[{"product_id":{},"quantity":1}]}`, 422, "UNKNOWN_PRODUCT", "lines[0].product_id"},
		{"orders", "/orders", `{"customer_id":1,"note":"` + strings.Repeat("é", 201) + `","lines":[{"product_id":1,"quantity":1}]}`, 422,
			"TOO_LONG", "note"},
		{"orders", "/orders", `{"customer_id":1,"lines":[{"product_id":1,"quantity":"2"}]}`, 422, "WRONG_TYPE", "lines.quantity"},
		{"orders", "/orders", `{"customer_id":`, 400, "INVALID_BODY", ""},
		{"orders", "/orders", `[]`, 400, "INVALID_BODY", ""},
		{"orders", "/orders", `{"note":"` + strings.Repeat("x", 70_000) + `"}`, 413, "BODY_TOO_LARGE", ""},
		{"orders", "/orders", "", 415, "UNSUPPORTED_MEDIA_TYPE", ""},
		{"reviews", "/reviews", `{"product_id":7,"author_id":1,"rating":6,"body":"x"}`, 422, "INVALID_RATING", "rating"},
		{"reviews", "/reviews", `{"product_id":7,"author_id":1,"rating":5,"body":""}`, 422, "INVALID_TEXT", "body"},
		{"reviews", "/reviews", `{"product_id":7,"author_id":null,"rating":5,"body":"x"}`, 422, "UNKNOWN_AUTHOR", "author_id"},
		{"reviews", "/reviews", `{"author_id":1,"rating":5,"body":"x"}`, 422, "UNKNOWN_PRODUCT", "product_id"},
	} {
		status, body := s.call(c.service, 0, http.MethodPost, c.path, c.body)
		field, _ := body["field"].(string)
		if status != c.status || body["code"] != c.code || field != c.field {
			t.Errorf("POST %s %.60s: status %d, problem %v; want status %d, code %s, field %q",
				c.path, c.body, status, body, c.status, c.code, c.field)
		}
	}
	if got := next("orders", "/orders", order); got != firstOrder+1 {
		t.Errorf("the order after the refused ones has id %d, want %d", got, firstOrder+1)
	}
	if got := next("reviews", "/reviews", review); got != firstReview+1 {
		t.Errorf("the review after the refused ones has id %d, want %d", got, firstReview+1)
	}
}

func TestEveryBadFieldIsNamed(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, body := s.call("reviews", 0, http.MethodPost, "/reviews", `{"product_id":7,"rating":0,"body":""}`)
	var got []string
	list, _ := body["errors"].([]any)
	for _, v := range list {
		m, _ := v.(map[string]any)
		field, _ := m["field"].(string)
		got = append(got, field)
	}
	if diff := cmp.Diff([]string{"author_id", "rating", "body"}, got); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestWhatOneInstanceWritesTheOthersHave(t *testing.T) {
	t.Parallel()
	s := start(t)
	status, created := s.call("orders", 0, http.MethodPost, "/orders", `{"customer_id":"9","note":"Merci ❤","lines":[{"product_id":7,"quantity":3}]}`)
	if status != http.StatusCreated || created["status"] != "pending" {
		t.Fatalf("POST /orders: status %d, %v", status, created)
	}
	_, list := s.call("orders", 1, http.MethodGet, "/customers/9/orders?limit=1", "")
	if diff := cmp.Diff([]any{created}, list["orders"]); diff != "" {
		t.Errorf("the newest order at the other instance (-want +got):\n%s", diff)
	}

	_, before := s.get("reviews", "/ratings?product_ids=7")
	_, review := s.call("reviews", 1, http.MethodPost, "/reviews", `{"product_id":7,"author_id":1,"rating":1,"body":"No."}`)
	_, newest := s.call("reviews", 0, http.MethodGet, "/products/7/reviews?limit=1", "")
	if diff := cmp.Diff([]any{review}, newest["reviews"]); diff != "" {
		t.Errorf("the newest review at the other instance (-want +got):\n%s", diff)
	}
	_, after := s.get("reviews", "/ratings?product_ids=7")
	if a, b := ids(before["ratings"], "count")[0], ids(after["ratings"], "count")[0]; b != a+1 {
		t.Errorf("product 7 had %d reviews and has %d, want one more", a, b)
	}
}

func TestConcurrentWritesGetIdsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := start(t)
	const n = 40
	got := make([]any, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			_, body := s.call("orders", i%2, http.MethodPost, "/orders", `{"customer_id":1,"lines":[{"product_id":1,"quantity":1}]}`)
			got[i] = body["id"]
		})
	}
	wg.Wait()
	seen := map[any]bool{}
	for _, id := range got {
		seen[id] = true
	}
	if len(seen) != n {
		t.Errorf("%d orders have %d different ids", n, len(seen))
	}
}

func TestRequestsAreCounted(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.call("catalog", 0, http.MethodGet, "/products/1", "")
	s.call("catalog", 2, http.MethodGet, "/products/1", "")
	s.call("catalog", 2, http.MethodGet, "/nothing", "")
	c := s.Service("catalog")
	got := []int64{c.Requests(), c.Instances[0].Requests(), c.Instances[1].Requests(), c.Instances[2].Requests()}
	if diff := cmp.Diff([]int64{3, 1, 0, 2}, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if got := s.Service("accounts").Requests(); got != 0 {
		t.Errorf("accounts had %d requests, want none", got)
	}
}

func TestAnAddressThatIsTakenIsAnError(t *testing.T) {
	t.Parallel()
	s := start(t)
	taken := strings.TrimPrefix(s.Service("orders").Instances[0].URL, "http://")
	other, err := demo.Start(t.Context(), demo.Options{Listen: map[string][]string{"reviews": {"127.0.0.1:0", taken}}})
	if err == nil {
		other.Close()
		t.Fatal("Start() gave no error")
	}
	if !strings.HasPrefix(err.Error(), "reviews: ") {
		t.Errorf("Start() = %q, want an error that names the service", err)
	}
}

func TestCloseStopsListeningAndMayBeCalledTwice(t *testing.T) {
	t.Parallel()
	s := start(t)
	url := s.Service("accounts").Instances[0].URL
	s.Close()
	s.Close()
	if res, err := s.client.Get(url + "/users/1"); err == nil {
		_ = res.Body.Close()
		t.Error("the service still answers")
	}
}
