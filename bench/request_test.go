// Package bench holds the benchmarks of whole requests over loopback. Each is one of a pair in the same run: through the
// gateway, and the same upstream calls made by a bare Go server with the same client. What the gateway adds is their
// difference. Benchmarks of the parts are in their packages.
package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/server"
	"github.com/sluice-gateway/sluice/upstream"
)

// TestMain collects garbage as `sluice serve` does, for both sides of each pair: a gateway is not run with Go's default.
func TestMain(m *testing.M) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(300)
	}
	os.Exit(m.Run())
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

func startGateway(b *testing.B, sdl, api string) string {
	b.Helper()
	sub, problems := schema.LoadSources("posts", schema.Connector, &ast.Source{Name: "posts.graphql", Input: sdl})
	if err := problems.Err(); err != nil {
		b.Fatal(err)
	}
	cfg := upstream.DefaultConfig()
	cfg.Endpoints = []string{api}
	g, problems := gateway.New(gateway.Options{Subgraphs: []*schema.Subgraph{sub}, Services: map[string]upstream.Config{"api": cfg}})
	if err := problems.Err(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(g.Close)
	s, err := server.New(server.DefaultConfig(), g, server.Options{})
	if err != nil {
		b.Fatal(err)
	}
	srv := httptest.NewServer(s.Handler())
	b.Cleanup(srv.Close)
	return srv.URL + "/graphql"
}

// startBare serves a handler that makes the given calls, those of the second list at the same time and after the
// first, and answers with as many bytes as the gateway does.
func startBare(b *testing.B, api string, first string, then []string, answer []byte) string {
	b.Helper()
	cfg := upstream.DefaultConfig()
	cfg.Endpoints = []string{api}
	c, err := upstream.New("api", cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.Close)
	call := func(ctx context.Context, path string) {
		resp, err := c.Do(ctx, &upstream.Request{Method: http.MethodGet, Path: path})
		if err != nil {
			b.Error(err)
			return
		}
		resp.Release()
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if first != "" {
			call(r.Context(), first)
		}
		var wg sync.WaitGroup
		for i, path := range then {
			if i == len(then)-1 {
				call(r.Context(), path)
				break
			}
			wg.Go(func() { call(r.Context(), path) })
		}
		wg.Wait()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		_, _ = w.Write(answer)
	}))
	b.Cleanup(srv.Close)
	return srv.URL
}

// load sends the query from several connections and reports the processor time of the whole process for one request,
// which is that of the client, the gateway and the upstream together.
func load(b *testing.B, url, query string, want int) {
	b.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		b.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	defer client.CloseIdleConnections()
	b.SetParallelism(8)
	b.ReportAllocs()
	b.ResetTimer()
	before := processor(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			got, err := post(client, url, body)
			if err != nil || len(got) != want || bytes.Contains(got, []byte(`"errors"`)) {
				b.Errorf("%d bytes, want %d: %.300s %v", len(got), want, got, err)
				return
			}
		}
	})
	b.ReportMetric(float64((processor(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

func post(client *http.Client, url string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLinear shows that what a key costs does not depend on how many there are: objects that are all different, each
// joined with one that comes in batches of a hundred. Both sizes are in one run, so that they can be compared.
func BenchmarkLinear(b *testing.B) {
	sdl := strings.Replace(batchSDL, `queryParams: "id: $batch.id" },`, `queryParams: "id: $batch.id" }, batch: { maxSize: 100 },`, 1)
	for _, keys := range []int{100, 10_000} {
		gw := startGateway(b, sdl, distinct(b, keys))
		const query = `{posts{id title user{id name email}}}`
		body, err := json.Marshal(map[string]string{"query": query})
		if err != nil {
			b.Fatal(err)
		}
		answer, err := post(http.DefaultClient, gw, body)
		if err != nil || bytes.Count(answer, []byte("leanne")) != keys {
			b.Fatalf("%.300s %v", answer, err)
		}
		b.Run(strconv.Itoa(keys)+" keys", func(b *testing.B) {
			before := processor(b)
			load(b, gw, query, len(answer))
			b.ReportMetric(float64((processor(b)-before).Nanoseconds())/1000/float64(b.N)/float64(keys), "cpu-µs/key")
		})
	}
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
		upstream := api(b)
		gw := startGateway(b, c.sdl, upstream)
		body, err := json.Marshal(map[string]string{"query": c.query})
		if err != nil {
			b.Fatal(err)
		}
		answer, err := post(http.DefaultClient, gw, body)
		if err != nil || bytes.Contains(answer, []byte(`"errors"`)) {
			b.Fatalf("%s %v", answer, err)
		}
		bare := startBare(b, upstream, c.first, c.then, answer)
		b.Run(c.name+"/gateway", func(b *testing.B) { load(b, gw, c.query, len(answer)) })
		b.Run(c.name+"/bare", func(b *testing.B) { load(b, bare, c.query, len(answer)) })
	}
}
