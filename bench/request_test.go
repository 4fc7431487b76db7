// Package bench holds the benchmarks of whole requests over loopback. Each is one of a pair in the same run: through the
// gateway, and the same upstream calls made by a bare Go server with the same client. What the gateway adds is their
// difference. Benchmarks of the parts are in their packages.
package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkRequest reports the processor time of the gateway's process for one request, that of a bare server's, and the
// difference, which is what the gateway adds. Client and upstream are in this process, and not counted.
func BenchmarkRequest(b *testing.B) {
	var each []string
	for i := range users {
		each = append(each, "/users/"+strconv.Itoa(i+1))
	}
	for _, c := range []struct {
		name, sdl, query, first string
		then                    []string
	}{
		{"posts and users, 1 + 10 calls", sdl, `{posts{id userId title user{id name email}}}`, "/posts", each},
		{"posts and users, 1 + 1 calls", batchSDL, `{posts{id userId title user{id name email}}}`, "/posts", []string{"/users?id=1&id=2&id=3&id=4&id=5&id=6&id=7&id=8&id=9&id=10"}},
		{"posts, 1 call", sdl, `{posts{title}}`, "/posts", nil},
		{"a post and its user, 2 calls", sdl, `{post(id:1){title user{name}}}`, "/posts/1", []string{"/users/1"}},
		{"no call", sdl, `{__typename}`, "", nil},
	} {
		b.Run(c.name, func(b *testing.B) {
			upstream := api(b)
			gateway := start(b, role{SDL: c.sdl, API: upstream})
			answer := gateway.ask(b, c.query)
			bare := start(b, role{API: upstream, First: c.first, Then: c.then, Answer: len(answer)})
			compare(b, gateway, bare, c.query, len(answer))
		})
	}
}

// BenchmarkLinear shows that what a key costs does not depend on how many there are: objects that are all different, each
// joined with one that comes in batches of a hundred. Both sizes are in one run, so that they can be compared.
func BenchmarkLinear(b *testing.B) {
	sdl := strings.Replace(batchSDL, `queryParams: "id: $batch.id" },`, `queryParams: "id: $batch.id" }, batch: { maxSize: 100 },`, 1)
	const query = `{posts{id title user{id name email}}}`
	for _, keys := range []int{100, 10_000} {
		b.Run(strconv.Itoa(keys)+" keys", func(b *testing.B) {
			gateway := start(b, role{SDL: sdl, API: distinct(b, keys)})
			answer := gateway.ask(b, query)
			if bytes.Count(answer, []byte("leanne")) != keys {
				b.Fatalf("%.300s", answer)
			}
			gateway.load(b, query, 1+2000/keys, len(answer)) // warm
			b.ResetTimer()
			used := gateway.load(b, query, b.N, len(answer))
			b.ReportMetric(used.processor/float64(b.N)/float64(keys), "gateway-µs/key")
		})
	}
}

// sdl is the field's public benchmark as connectors: posts, each with its user, who can also be had in batches where the
// field is called batchUser.
const sdl = `
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "api", http: { baseURL: "http://api.internal" })

type Query {
  posts: [Post] @connect(source: "api", http: { GET: "/posts" }, selection: "id userId title body user: { id: userId }")
  post(id: ID!): Post @connect(source: "api", http: { GET: "/posts/{$args.id}" }, selection: "id userId title body user: { id: userId }")
  user(id: ID!): User @connect(source: "api", http: { GET: "/users/{$args.id}" }, selection: "id name username email", entity: true)
}
type Post { id: ID! userId: Int! title: String body: String user: User }
type User @key(fields: "id") { id: ID! name: String username: String email: String }
`

// batchSDL is the same with a batch endpoint for users.
var batchSDL = strings.Replace(strings.Replace(sdl, `
  user(id: ID!): User @connect(source: "api", http: { GET: "/users/{$args.id}" }, selection: "id name username email", entity: true)`, "", 1),
	`type User @key(fields: "id") {`,
	`type User @key(fields: "id") @connect(source: "api", http: { GET: "/users", queryParams: "id: $batch.id" }, selection: "id name username email") {`, 1)

const users = 10

func posts() []byte {
	type post struct {
		UserID int    `json:"userId"`
		ID     int    `json:"id"`
		Title  string `json:"title"`
		Body   string `json:"body"`
	}
	var all []post
	for i := range 100 {
		all = append(all, post{i%users + 1, i + 1, fmt.Sprintf("sunt aut facere repellat provident %d", i), strings.Repeat("quia et suscipit\nsuscipit recusandae ", 5)})
	}
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		panic(err) // the input is above
	}
	return b
}

func user(id int) string {
	return fmt.Sprintf(`{"id": %d, "name": "Leanne Graham", "username": "Bret", "email": "leanne%d@example.com", "address": {"street": "Kulas Light", "city": "Gwenborough", "geo": {"lat": "-37.3159", "lng": "81.1496"}}, "phone": "1-770-736-8031", "company": {"name": "Romaguera-Crona"}}`, id, id)
}

// api is the upstream: everything it answers is made before.
func api(b *testing.B) string {
	b.Helper()
	all, one := posts(), map[string][]byte{}
	var list []string
	for i := range users {
		one[strconv.Itoa(i+1)] = []byte(user(i + 1))
		list = append(list, user(i+1))
	}
	batch := []byte("[" + strings.Join(list, ",") + "]")
	write := func(w http.ResponseWriter, body []byte) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /posts", func(w http.ResponseWriter, _ *http.Request) { write(w, all) })
	mux.HandleFunc("GET /users", func(w http.ResponseWriter, _ *http.Request) { write(w, batch) })
	mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, r *http.Request) { write(w, one[r.PathValue("id")]) })
	mux.HandleFunc("GET /posts/{id}", func(w http.ResponseWriter, _ *http.Request) {
		write(w, []byte(`{"userId": 1, "id": 1, "title": "sunt aut facere", "body": "quia et suscipit"}`))
	})
	srv := httptest.NewServer(mux)
	b.Cleanup(srv.Close)
	return srv.URL
}

// distinct is an upstream with as many posts, each of another user.
func distinct(b *testing.B, n int) string {
	b.Helper()
	var posts []string
	for i := range n {
		posts = append(posts, fmt.Sprintf(`{"userId": %d, "id": %d, "title": "sunt aut facere", "body": "quia"}`, i+1, i+1))
	}
	all := []byte("[" + strings.Join(posts, ",") + "]")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /posts", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(all)
	})
	mux.HandleFunc("GET /users", func(w http.ResponseWriter, r *http.Request) {
		var list []string
		for _, text := range r.URL.Query()["id"] {
			if id, err := strconv.Atoi(text); err == nil {
				list = append(list, user(id))
			}
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "["+strings.Join(list, ",")+"]")
	})
	srv := httptest.NewServer(mux)
	b.Cleanup(srv.Close)
	return srv.URL
}
