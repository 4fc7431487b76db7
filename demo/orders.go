package demo

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	maxLines    = 50
	maxQuantity = 99
	maxNote     = 200 // characters
)

// orders answers for orders and takes new ones.
type orders struct {
	prices []cents // of the products, by id from 1 on
	users  int     // how many there are

	mu         sync.RWMutex // guards the fields below
	rows       [][]byte
	byCustomer map[int][]int // ids, in rising order
}

// orderInput is an order to place, as clients send it.
type orderInput struct {
	CustomerID idInput     `json:"customer_id"`
	Note       *string     `json:"note"`
	Lines      []lineInput `json:"lines"`
}

type lineInput struct {
	ProductID idInput `json:"product_id"`
	Quantity  int     `json:"quantity"`
}

// newOrders returns the routes of the orders service:
//
//	GET  /orders/{id}
//	GET  /orders?ids=1,2,3
//	GET  /customers/{id}/orders?limit=10
//	POST /orders
func newOrders(d *data) *http.ServeMux {
	o := &orders{users: len(d.users), rows: encodeAll(d.orders), byCustomer: map[int][]int{}}
	for _, p := range d.products {
		o.prices = append(o.prices, p.Price.Amount)
	}
	for _, v := range d.orders {
		o.byCustomer[v.CustomerID] = append(o.byCustomer[v.CustomerID], v.ID)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /orders/{id}", endpoint(func(r *http.Request) (int, []byte, *problem) {
		o.mu.RLock()
		defer o.mu.RUnlock()
		v, ok := row(o.rows, r.PathValue("id"))
		if !ok {
			return 0, nil, notFound("ORDER_NOT_FOUND", "There is no such order.")
		}
		return http.StatusOK, v, nil
	}))
	mux.Handle("GET /orders", endpoint(func(r *http.Request) (int, []byte, *problem) {
		ids, p := idsParameter(r.URL.Query(), "ids")
		if p != nil {
			return 0, nil, p
		}
		o.mu.RLock()
		defer o.mu.RUnlock()
		return http.StatusOK, envelope("orders", rowsOf(o.rows, ids)), nil
	}))
	mux.Handle("GET /customers/{id}/orders", endpoint(o.ofCustomer))
	mux.Handle("POST /orders", endpoint(o.place))
	return mux
}

// ofCustomer lists a customer's orders, the newest first.
func (o *orders) ofCustomer(r *http.Request) (int, []byte, *problem) {
	limit, p := limitParameter(r.URL.Query(), 10)
	if p != nil {
		return 0, nil, p
	}
	id, ok := parseID(r.PathValue("id"))
	if !ok || id > o.users {
		return 0, nil, notFound("CUSTOMER_NOT_FOUND", "There is no such customer.")
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	return http.StatusOK, envelope("orders", rowsOf(o.rows, newest(o.byCustomer[id], limit))), nil
}

// newest returns the last ids of a rising list, the last one first.
func newest(ids []int, limit int) []int {
	out := slices.Clone(ids[max(0, len(ids)-limit):])
	slices.Reverse(out)
	return out
}

// place writes a new order, if all of it is valid.
func (o *orders) place(r *http.Request) (int, []byte, *problem) {
	var in orderInput
	if p := decode(r, &in); p != nil {
		return 0, nil, p
	}
	if p := invalid(o.check(in)); p != nil {
		return 0, nil, p
	}
	v := order{
		CustomerID: int(in.CustomerID), PlacedAt: time.Now().UTC().Truncate(time.Second), Status: "pending",
		Currency: currency, Note: in.Note,
	}
	for _, l := range in.Lines {
		price := o.prices[l.ProductID-1]
		v.Lines = append(v.Lines, orderLine{int(l.ProductID), l.Quantity, money{price, currency}})
		v.TotalAmount += cents(l.Quantity) * price
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	v.ID = len(o.rows) + 1
	body := encode(v)
	o.rows = append(o.rows, body)
	o.byCustomer[v.CustomerID] = append(o.byCustomer[v.CustomerID], v.ID)
	return http.StatusCreated, body, nil
}

func (o *orders) check(in orderInput) []fieldError {
	var errs []fieldError
	bad := func(field, code, detail string) { errs = append(errs, fieldError{field, code, detail}) }
	if in.CustomerID < 1 || int(in.CustomerID) > o.users {
		bad("customer_id", "UNKNOWN_CUSTOMER", "There is no such customer.")
	}
	if in.Note != nil && utf8.RuneCountInString(*in.Note) > maxNote {
		bad("note", "TOO_LONG", fmt.Sprintf("A note may have %d characters.", maxNote))
	}
	if n := len(in.Lines); n < 1 || n > maxLines {
		bad("lines", "INVALID_LINES", fmt.Sprintf("An order must have 1 to %d lines.", maxLines))
	}
	for i, l := range in.Lines[:min(len(in.Lines), maxLines)] {
		if l.ProductID < 1 || int(l.ProductID) > len(o.prices) {
			bad(fmt.Sprintf("lines[%d].product_id", i), "UNKNOWN_PRODUCT", "There is no such product.")
		}
		if l.Quantity < 1 || l.Quantity > maxQuantity {
			bad(fmt.Sprintf("lines[%d].quantity", i), "INVALID_QUANTITY",
				fmt.Sprintf("The quantity must be from 1 to %d.", maxQuantity))
		}
	}
	return errs
}
