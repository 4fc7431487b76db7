package demo

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
)

// catalog answers for products and brands. Nothing in it changes.
type catalog struct {
	products   [][]byte
	listed     [][]byte // the products as pages list them: with their cursors
	brands     [][]byte
	categories map[string][]int // the ids of the products of each category, in rising order; "": of all
	names      []found          // what can be found, in the order of results
}

// found is one thing that a search can find.
type found struct {
	words []string // of its name, in small letters
	row   []byte
}

// newCatalog returns the routes of the catalog service:
//
//	GET /products/{id}
//	GET /products?ids=1&ids=2
//	GET /products?category=HOME&limit=20&cursor=…
//	GET /brands/{id}
//	GET /brands?ids=1&ids=2
//	GET /search?q=lamp&limit=10
func newCatalog(products []product, brands []brand) *http.ServeMux {
	c := &catalog{
		products: encodeAll(products), brands: encodeAll(brands), categories: map[string][]int{},
	}
	for i, p := range products {
		c.listed = append(c.listed, encode(struct {
			Cursor string `json:"cursor"`
			product
		}{cursorOf(p.ID), p}))
		c.categories[p.Category] = append(c.categories[p.Category], i+1)
		c.categories[""] = append(c.categories[""], i+1)
		c.names = append(c.names, newFound("product", p.ID, p.Title))
	}
	for _, b := range brands {
		c.names = append(c.names, newFound("brand", b.ID, b.Label))
	}
	mux := http.NewServeMux()
	mux.Handle("GET /products/{id}", endpoint(func(r *http.Request) (int, []byte, *problem) {
		p, ok := row(c.products, r.PathValue("id"))
		if !ok {
			return 0, nil, notFound("PRODUCT_NOT_FOUND", "There is no such product.")
		}
		return http.StatusOK, p, nil
	}))
	mux.Handle("GET /products", endpoint(func(r *http.Request) (int, []byte, *problem) {
		q := r.URL.Query()
		if !q.Has("ids") {
			return c.page(q)
		}
		ids, p := idsParameter(q, "ids")
		if p != nil {
			return 0, nil, p
		}
		return http.StatusOK, envelope("products", rowsOf(c.products, ids)), nil
	}))
	mux.Handle("GET /brands/{id}", endpoint(func(r *http.Request) (int, []byte, *problem) {
		b, ok := row(c.brands, r.PathValue("id"))
		if !ok {
			return 0, nil, notFound("BRAND_NOT_FOUND", "There is no such brand.")
		}
		return http.StatusOK, b, nil
	}))
	mux.Handle("GET /brands", endpoint(func(r *http.Request) (int, []byte, *problem) {
		ids, p := idsParameter(r.URL.Query(), "ids")
		if p != nil {
			return 0, nil, p
		}
		return http.StatusOK, envelope("brands", rowsOf(c.brands, ids)), nil
	}))
	mux.Handle("GET /search", endpoint(c.search))
	return mux
}

// page answers with one page of a list:
//
//	{"products": […], "page": {"total": 1200, "has_next": true, "has_previous": false, "first_cursor": …, "last_cursor": …}}
func (c *catalog) page(q url.Values) (int, []byte, *problem) {
	limit, p := limitParameter(q, 20)
	if p != nil {
		return 0, nil, p
	}
	ids, ok := c.categories[q.Get("category")]
	if !ok {
		return 0, nil, badParameter("category", "UNKNOWN_CATEGORY", "There is no such category.")
	}
	from := 0
	if q.Has("cursor") {
		after, ok := parseCursor(q.Get("cursor"))
		if !ok {
			return 0, nil, badParameter("cursor", "INVALID_CURSOR", "This is no cursor of this list.")
		}
		from = sort.SearchInts(ids, after+1)
	}
	to := min(from+limit, len(ids))
	page := struct {
		Total       int     `json:"total"`
		HasNext     bool    `json:"has_next"`
		HasPrevious bool    `json:"has_previous"`
		FirstCursor *string `json:"first_cursor"`
		LastCursor  *string `json:"last_cursor"`
	}{Total: len(ids), HasNext: to < len(ids), HasPrevious: from > 0}
	if from < to {
		first, last := cursorOf(ids[from]), cursorOf(ids[to-1])
		page.FirstCursor, page.LastCursor = &first, &last
	}
	body := envelope("products", rowsOf(c.listed, ids[from:to]))
	return http.StatusOK, fmt.Appendf(body[:len(body)-1], `,"page":%s}`, encode(page)), nil
}

// cursorOf names a place in a list so that nobody takes it for an id.
func cursorOf(id int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "after:%d", id))
}

func parseCursor(s string) (after int, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	id, found := strings.CutPrefix(string(b), "after:")
	if err != nil || !found {
		return 0, false
	}
	return parseID(id)
}

func newFound(kind string, id int, label string) found {
	return found{
		words: strings.Fields(strings.ToLower(label)),
		row: encode(struct {
			Kind  string `json:"kind"`
			ID    int    `json:"id"`
			Label string `json:"label"`
		}{kind, id, label}),
	}
}

// search answers with {"results": [{"kind": "product", "id": 1, "label": …}]}: the products first, then the brands, of
// which every word of the text begins a word of the name. Products leave a little room for brands.
func (c *catalog) search(r *http.Request) (int, []byte, *problem) {
	q := r.URL.Query()
	limit, p := limitParameter(q, 10)
	if p != nil {
		return 0, nil, p
	}
	words := strings.Fields(strings.ToLower(q.Get("q")))
	if len(words) == 0 {
		return 0, nil, badParameter("q", "EMPTY_SEARCH", "There is nothing to search for.")
	}
	var products, brands [][]byte
	for i, n := range c.names {
		if !n.matches(words) {
			continue
		}
		if i < len(c.products) {
			products = append(products, n.row)
		} else {
			brands = append(brands, n.row)
		}
	}
	if room := limit - min(len(brands), limit/2); len(products) > room {
		products = products[:room]
	}
	rows := slices.Concat(products, brands)
	return http.StatusOK, envelope("results", rows[:min(limit, len(rows))]), nil
}

func (f found) matches(words []string) bool {
	for _, w := range words {
		if !slices.ContainsFunc(f.words, func(s string) bool { return strings.HasPrefix(s, w) }) {
			return false
		}
	}
	return true
}
