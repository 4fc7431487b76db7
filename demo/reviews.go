package demo

import (
	"fmt"
	"net/http"
	"sync"
	"time"
	"unicode/utf8"
)

const maxReview = 2000 // characters

// reviews answers for reviews and takes new ones.
type reviews struct {
	users, products int // how many there are

	mu        sync.RWMutex // guards the fields below
	rows      [][]byte
	byProduct map[int]*reviewed
}

// reviewed is what is known of one product that has reviews.
type reviewed struct {
	ids []int // in rising order
	sum int   // of the ratings
}

// reviewInput is a review to add, as clients send it.
type reviewInput struct {
	ProductID idInput `json:"product_id"`
	AuthorID  idInput `json:"author_id"`
	Rating    int     `json:"rating"`
	Body      string  `json:"body"`
}

// newReviews returns the routes of the reviews service:
//
//	GET  /reviews/{id}
//	GET  /reviews?ids=1,2,3
//	GET  /products/{id}/reviews?limit=10
//	GET  /ratings?product_ids=1,2,3
//	POST /reviews
func newReviews(d *data) *http.ServeMux {
	v := &reviews{
		users: len(d.users), products: len(d.products), rows: encodeAll(d.reviews), byProduct: map[int]*reviewed{},
	}
	for _, r := range d.reviews {
		v.countLocked(r)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /reviews/{id}", endpoint(func(r *http.Request) (int, []byte, *problem) {
		v.mu.RLock()
		defer v.mu.RUnlock()
		body, ok := row(v.rows, r.PathValue("id"))
		if !ok {
			return 0, nil, notFound("REVIEW_NOT_FOUND", "There is no such review.")
		}
		return http.StatusOK, body, nil
	}))
	mux.Handle("GET /reviews", endpoint(func(r *http.Request) (int, []byte, *problem) {
		ids, p := idsParameter(r.URL.Query(), "ids")
		if p != nil {
			return 0, nil, p
		}
		v.mu.RLock()
		defer v.mu.RUnlock()
		return http.StatusOK, envelope("reviews", rowsOf(v.rows, ids)), nil
	}))
	mux.Handle("GET /products/{id}/reviews", endpoint(v.ofProduct))
	mux.Handle("GET /ratings", endpoint(v.ratings))
	mux.Handle("POST /reviews", endpoint(v.add))
	return mux
}

// ofProduct lists a product's reviews, the newest first.
func (v *reviews) ofProduct(r *http.Request) (int, []byte, *problem) {
	limit, p := limitParameter(r.URL.Query(), 10)
	if p != nil {
		return 0, nil, p
	}
	id, ok := parseID(r.PathValue("id"))
	if !ok || id > v.products {
		return 0, nil, notFound("PRODUCT_NOT_FOUND", "There is no such product.")
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	var rows [][]byte
	if of := v.byProduct[id]; of != nil {
		rows = rowsOf(v.rows, newest(of.ids, limit))
	}
	return http.StatusOK, envelope("reviews", rows), nil
}

// ratings answers with {"ratings": [{"product_id": 1, "average": 4.25, "count": 4}]}; average is null without reviews.
func (v *reviews) ratings(r *http.Request) (int, []byte, *problem) {
	ids, p := idsParameter(r.URL.Query(), "product_ids")
	if p != nil {
		return 0, nil, p
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	var rows [][]byte
	for _, id := range ids {
		if id > v.products {
			continue
		}
		average, count := "null", 0
		if of := v.byProduct[id]; of != nil {
			count = len(of.ids)
			average = fmt.Sprintf("%.2f", float64(of.sum)/float64(count))
		}
		rows = append(rows, fmt.Appendf(nil, `{"product_id":%d,"average":%s,"count":%d}`, id, average, count))
	}
	return http.StatusOK, envelope("ratings", rows), nil
}

// add writes a new review, if all of it is valid.
func (v *reviews) add(r *http.Request) (int, []byte, *problem) {
	var in reviewInput
	if p := decode(r, &in); p != nil {
		return 0, nil, p
	}
	if p := invalid(v.check(in)); p != nil {
		return 0, nil, p
	}
	n := review{
		ProductID: int(in.ProductID), AuthorID: int(in.AuthorID), Rating: in.Rating, Body: in.Body,
		CreatedAt: time.Now().UTC().Truncate(time.Second),
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	n.ID = len(v.rows) + 1
	body := encode(n)
	v.rows = append(v.rows, body)
	v.countLocked(n)
	return http.StatusCreated, body, nil
}

func (v *reviews) countLocked(r review) {
	of := v.byProduct[r.ProductID]
	if of == nil {
		of = &reviewed{}
		v.byProduct[r.ProductID] = of
	}
	of.ids = append(of.ids, r.ID)
	of.sum += r.Rating
}

func (v *reviews) check(in reviewInput) []fieldError {
	var errs []fieldError
	bad := func(field, code, detail string) { errs = append(errs, fieldError{field, code, detail}) }
	if in.ProductID < 1 || int(in.ProductID) > v.products {
		bad("product_id", "UNKNOWN_PRODUCT", "There is no such product.")
	}
	if in.AuthorID < 1 || int(in.AuthorID) > v.users {
		bad("author_id", "UNKNOWN_AUTHOR", "There is no such user.")
	}
	if in.Rating < 1 || in.Rating > 5 {
		bad("rating", "INVALID_RATING", "The rating must be from 1 to 5.")
	}
	if n := utf8.RuneCountInString(in.Body); n < 1 || n > maxReview {
		bad("body", "INVALID_TEXT", fmt.Sprintf("A review must have 1 to %d characters.", maxReview))
	}
	return errs
}
