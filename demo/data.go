package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// How much there is of each kind at the start.
const (
	userCount    = 240
	productCount = 1200
	orderCount   = 6000
	reviewCount  = 4000
)

// currency is the one the store sells in.
const currency = "EUR"

// data is everything the services know at the start: the same at every start. Ids are the positions from 1 on.
type data struct {
	users    []user
	products []product
	brands   []brand
	orders   []order
	reviews  []review
}

// The structs below are written as JSON in this form by the services.

type user struct {
	ID       int       `json:"id"`
	FullName string    `json:"full_name"`
	Email    string    `json:"email"`
	JoinedAt time.Time `json:"joined_at"`
	Address  address   `json:"address"`
}

type address struct {
	Street      string `json:"street"`
	PostalCode  string `json:"postal_code"`
	City        string `json:"city"`
	CountryCode string `json:"country_code"`
}

type product struct {
	ID          int      `json:"id"`
	SKU         string   `json:"sku"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Category    string   `json:"category"`
	Price       money    `json:"price"`
	Stock       int      `json:"stock"`
	Tags        []string `json:"tags"`
	BrandID     int      `json:"brand_id"`
}

type brand struct {
	ID          int    `json:"id"`
	Label       string `json:"label"`
	CountryCode string `json:"country_code"`
}

type money struct {
	Amount   cents  `json:"amount"`
	Currency string `json:"currency"`
}

// cents is an amount of money, written as a decimal in a string so that no reader makes a float of it.
type cents int

func (c cents) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%d.%02d", c/100, c%100), nil
}

type order struct {
	ID          int         `json:"id"`
	CustomerID  int         `json:"customer_id"`
	PlacedAt    time.Time   `json:"placed_at"`
	Status      string      `json:"status"`
	TotalAmount cents       `json:"total_amount"`
	Currency    string      `json:"currency"`
	Note        *string     `json:"note"`
	Lines       []orderLine `json:"lines"`
}

type orderLine struct {
	ProductID int   `json:"product_id"`
	Quantity  int   `json:"quantity"`
	UnitPrice money `json:"unit_price"`
}

type review struct {
	ID        int       `json:"id"`
	ProductID int       `json:"product_id"`
	AuthorID  int       `json:"author_id"`
	Rating    int       `json:"rating"`
	Body      string    `json:"body"`
	CreatedAt time.Time `json:"created_at"`
}

// newData makes the store up. Each part has a random source of its own, so that a change to one leaves the others as
// they are.
func newData() *data {
	d := &data{users: makeUsers(source(1)), brands: makeBrands()}
	d.products = makeProducts(source(2), len(d.brands))
	d.orders = makeOrders(source(3), d.products)
	d.reviews = makeReviews(source(4))
	return d
}

func source(part uint64) *rand.Rand { return rand.New(rand.NewPCG(2026, part)) }

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// opening is the day on which the store opened, closing the moment the data was taken.
func opening() time.Time { return time.Date(2024, 3, 1, 8, 0, 0, 0, time.UTC) }
func closing() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) }

func makeUsers(r *rand.Rand) []user {
	first, family, cities, roads := firstNames(), familyNames(), places(), streets()
	users := make([]user, userCount)
	at := opening()
	for i := range users {
		// Every 30 users the first names begin again with another family name, so that no full name repeats.
		f, l := first[i%len(first)], family[(i+i/len(first))%len(family)]
		at = at.Add(time.Duration(1+r.IntN(48*60)) * time.Minute)
		c := r.IntN(len(cities))
		users[i] = user{
			ID: i + 1, FullName: f.text + " " + l.text,
			Email:    fmt.Sprintf("%s.%s@example.com", f.ascii, l.ascii),
			JoinedAt: at,
			Address: address{
				Street: fmt.Sprintf("%s %d", roads[c], 1+r.IntN(120)), PostalCode: cities[c].postalCode,
				City: cities[c].city, CountryCode: cities[c].country,
			},
		}
	}
	return users
}

func makeBrands() []brand {
	var out []brand
	for i, m := range makers() {
		out = append(out, brand{ID: i + 1, Label: m.label, CountryCode: m.country})
	}
	return out
}

func makeProducts(r *rand.Rand, brands int) []product {
	all, texts, kinds := shelves(), pitches(), editions()
	products := make([]product, productCount)
	for i := range products {
		s := all[i%len(all)]
		n := i / len(all)
		thing := s.things[n%len(s.things)]
		n /= len(s.things)
		style := s.styles[n%len(s.styles)]
		n /= len(s.styles)
		title := style + " " + thing
		if kind := kinds[n%len(kinds)]; kind != "" {
			title += ", " + kind
		}
		price := cents(100*(s.from+r.IntN(s.to-s.from)) + pick(r, []int{0, 50, 90, 95}))
		products[i] = product{
			ID: i + 1, SKU: fmt.Sprintf("%s-%05d", s.category[:3], 10007+37*i), Title: title,
			Description: fmt.Sprintf("%s: %s %s", title, pick(r, texts), pick(r, texts)),
			Category:    s.category, Price: money{price, currency},
			Stock:   max(0, r.IntN(60)-4),
			Tags:    []string{tag(style), tag(thing)},
			BrandID: 1 + r.IntN(brands),
		}
	}
	return products
}

func tag(words string) string { return strings.ReplaceAll(strings.ToLower(words), " ", "-") }

func makeOrders(r *rand.Rand, products []product) []order {
	notes := wishes()
	orders := make([]order, orderCount)
	at := opening()
	step := closing().Sub(opening()) / orderCount
	for i := range orders {
		at = at.Add(step/2 + time.Duration(r.Int64N(int64(step)))).Truncate(time.Second)
		o := order{
			ID: i + 1, CustomerID: 1 + r.IntN(userCount), PlacedAt: at, Status: statusAt(r, i), Currency: currency,
		}
		// Ids up to the number of users order once in their turn before chance decides: every user has orders.
		if i < userCount {
			o.CustomerID = i + 1
		}
		if note := pick(r, notes); note != "" {
			o.Note = &note
		}
		for range 1 + r.IntN(4) {
			p := products[r.IntN(len(products))]
			line := orderLine{ProductID: p.ID, Quantity: 1 + r.IntN(3), UnitPrice: p.Price}
			o.Lines = append(o.Lines, line)
			o.TotalAmount += cents(line.Quantity) * p.Price.Amount
		}
		orders[i] = o
	}
	return orders
}

// statusAt makes old orders settled and the last ones busy.
func statusAt(r *rand.Rand, i int) string {
	switch {
	case i < orderCount*95/100:
		if r.IntN(25) == 0 {
			return "cancelled"
		}
		return "delivered"
	default:
		return pick(r, []string{"pending", "paid", "paid", "in_transit", "in_transit", "delivered"})
	}
}

func makeReviews(r *rand.Rand) []review {
	texts := verdicts()
	reviews := make([]review, reviewCount)
	at := opening().AddDate(0, 1, 0)
	step := closing().Sub(at) / reviewCount
	for i := range reviews {
		at = at.Add(step/2 + time.Duration(r.Int64N(int64(step)))).Truncate(time.Second)
		rating := pick(r, []int{1, 2, 3, 3, 4, 4, 4, 5, 5, 5, 5})
		reviews[i] = review{
			ID: i + 1, ProductID: 1 + r.IntN(productCount), AuthorID: 1 + r.IntN(userCount),
			Rating: rating, Body: pick(r, texts[rating]), CreatedAt: at,
		}
	}
	return reviews
}
