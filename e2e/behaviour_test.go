package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/resolvers/rest"
)

// What a file cannot express: time, several clients, and the end of the program.

// world is a program between one service, which is a function, and the clients of a test.
type world struct {
	*program
	client *http.Client
}

const head = `extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "a", http: { baseURL: "https://a.example", headers: [{ name: "authorization", from: "authorization" }] })
`

func newWorld(t *testing.T, schema string, service http.HandlerFunc, config string) *world {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		service(w, r)
	}))
	t.Cleanup(srv.Close) // waits for what is in flight, which the end of the program cancels
	path := configure(t, map[string]string{"a.graphql": head + schema}, []string{"a.graphql"}, map[string]string{"a": srv.URL}, config)
	return &world{startProgram(t, path, nil), client(t)}
}

// ask posts a query and returns the answer.
func (w *world) ask(ctx context.Context, query string, headers ...string) (int, string, error) {
	text, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return 0, "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(text))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/graphql-response+json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	answer, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode, string(answer), err
}

// want asks and compares.
func (w *world) want(t *testing.T, query, want string) {
	t.Helper()
	status, answer, err := w.ask(t.Context(), query)
	if err != nil || status != http.StatusOK || answer != want {
		t.Errorf("%s: %d %s %v\nwant %s", query, status, answer, err, want)
	}
}

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

func await(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("%s did not happen", what)
	}
}

func TestAClientThatGoesAwayCancelsItsCalls(t *testing.T) {
	t.Parallel()
	asked, canceled := make(chan struct{}), make(chan struct{})
	w := newWorld(t, `type Query { a: Int @connect(source: "a", http: { GET: "/" }, selection: "$") }`,
		func(_ http.ResponseWriter, r *http.Request) {
			close(asked)
			<-r.Context().Done()
			close(canceled)
		}, "")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if _, _, err := w.ask(ctx, `{ a }`); !errors.Is(err, context.Canceled) {
			t.Errorf("the client got %v", err)
		}
	}()
	await(t, "the call", asked)
	cancel()
	await(t, "its end", canceled)
	await(t, "the end of the request", ended)
}

func TestTimeThatIsOverCancelsCalls(t *testing.T) {
	t.Parallel()
	canceled := make(chan struct{})
	w := newWorld(t, `type Query { a: Int @connect(source: "a", http: { GET: "/" }, selection: "$") }`,
		func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			close(canceled)
		}, "server: { timeouts: { operation: 50ms } }")
	w.want(t, `{ a }`, `{"data":{"a":null},"errors":[{"message":"The operation's time is over.","path":["a"],`+
		`"extensions":{"code":"GATEWAY_TIMEOUT","connector":{"coordinate":"a:Query.a[0]"},"service":"a"}}]}`)
	await(t, "the end of the call", canceled)
}

// meeting lets callers go on when a number of them is there.
type meeting struct {
	mu      sync.Mutex
	missing int
	all     chan struct{}
}

func newMeeting(n int) *meeting { return &meeting{missing: n, all: make(chan struct{})} }

// wait reports whether all came while this one waited.
func (m *meeting) wait(r *http.Request) bool {
	m.mu.Lock()
	if m.missing--; m.missing == 0 {
		close(m.all)
	}
	m.mu.Unlock()
	select {
	case <-m.all:
		return true
	case <-r.Context().Done():
	case <-time.After(patience):
	}
	return false
}

func TestIndependentFetchesRunAtTheSameTime(t *testing.T) {
	t.Parallel()
	roots, joins := newMeeting(3), newMeeting(8) // the calls of one kind are answered when all of them are there
	w := newWorld(t, `
type Query {
  a: Thing @connect(source: "a", http: { GET: "/root/a" }, selection: "id")
  b: Thing @connect(source: "a", http: { GET: "/root/b" }, selection: "id")
  list: [Thing] @connect(source: "a", http: { GET: "/root/list" }, selection: "id: $")
}
type Thing {
  id: ID!
  more: More @connect(source: "a", http: { GET: "/join/{$this.id}" }, selection: "id")
}
type More { id: ID! }`,
		func(w http.ResponseWriter, r *http.Request) {
			kind, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
			if !map[string]*meeting{"root": roots, "join": joins}[kind].wait(r) {
				t.Errorf("%s was called alone", r.URL.Path)
			}
			if id == "list" {
				_, _ = io.WriteString(w, `[1,2,3,4,5,6]`)
				return
			}
			_, _ = fmt.Fprintf(w, `{"id":%q}`, id)
		}, "")
	w.want(t, `{ a { more { id } } list { more { id } } b { more { id } } }`,
		`{"data":{"a":{"more":{"id":"a"}},"list":[{"more":{"id":"1"}},{"more":{"id":"2"}},{"more":{"id":"3"}},`+
			`{"more":{"id":"4"}},{"more":{"id":"5"}},{"more":{"id":"6"}}],"b":{"more":{"id":"b"}}}}`)
}

func TestTheCallsOfOneOperationAreBounded(t *testing.T) {
	t.Parallel()
	const things = 200
	var now, most, all atomic.Int64
	together := newMeeting(rest.DefaultConcurrency)
	w := newWorld(t, `
type Query { list: [Thing] @connect(source: "a", http: { GET: "/list" }, selection: "id: $") }
type Thing {
  id: ID!
  more: More @connect(source: "a", http: { GET: "/join/{$this.id}" }, selection: "id")
}
type More { id: ID! }`,
		func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/list" {
				_, _ = io.WriteString(w, "[0")
				for i := 1; i < things; i++ {
					_, _ = fmt.Fprintf(w, ",%d", i)
				}
				_, _ = io.WriteString(w, "]")
				return
			}
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			if all.Add(1) <= rest.DefaultConcurrency && !together.wait(r) {
				t.Error("there are fewer calls at the same time than allowed")
			}
			now.Add(-1)
			_, _ = io.WriteString(w, `{"id":1}`)
		}, "")
	if _, answer, err := w.ask(t.Context(), `{ list { more { id } } }`); err != nil || strings.Contains(answer, "errors") {
		t.Errorf("%s %v", answer, err)
	}
	if all.Load() != things || most.Load() != rest.DefaultConcurrency {
		t.Errorf("%d calls, %d at the same time; want %d and %d", all.Load(), most.Load(), things, rest.DefaultConcurrency)
	}
}

func TestEqualMutationsAreAllSent(t *testing.T) {
	t.Parallel()
	const clients = 5
	together := newMeeting(clients)
	var n atomic.Int64
	w := newWorld(t, `
type Query { ping: Int @connect(source: "a", http: { GET: "/" }, selection: "$") }
type Mutation { add: Int @connect(source: "a", http: { POST: "/" }, selection: "$") }`,
		func(w http.ResponseWriter, r *http.Request) {
			if !together.wait(r) {
				t.Error("a mutation was not sent")
			}
			_, _ = fmt.Fprint(w, n.Add(1))
		}, "")
	var wg sync.WaitGroup
	var answers sync.Map
	for range clients {
		wg.Go(func() {
			_, answer, err := w.ask(t.Context(), `mutation { add }`)
			if _, twice := answers.LoadOrStore(answer, true); err != nil || twice {
				t.Errorf("%s, for the second time: %v; %v", answer, twice, err)
			}
		})
	}
	wg.Wait()
	if n.Load() != clients {
		t.Errorf("%d calls, want %d", n.Load(), clients)
	}
}

func TestCallersGetTheirOwnAnswers(t *testing.T) {
	t.Parallel()
	const clients, rounds = 8, 20
	w := newWorld(t, `
type Query { me: User @connect(source: "a", http: { GET: "/me" }, selection: "id") }
type User {
  id: ID!
  name: Name @connect(source: "a", http: { GET: "/names/{$this.id}" }, selection: "text")
}
type Name { text: String }`,
		func(w http.ResponseWriter, r *http.Request) {
			who := r.Header.Get("Authorization")
			if r.URL.Path == "/me" {
				_, _ = io.WriteString(w, `{"id":1}`) // all of them: the next call is told apart by its header alone
				return
			}
			_, _ = fmt.Fprintf(w, `{"text":%q}`, who)
		}, "")
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			for range rounds {
				who := fmt.Sprint("client ", i)
				_, answer, err := w.ask(t.Context(), `{ me { name { text } } }`, "authorization", who)
				if want := fmt.Sprintf(`{"data":{"me":{"name":{"text":%q}}}}`, who); err != nil || answer != want {
					t.Errorf("%s %v, want %s", answer, err, want)
				}
			}
		})
	}
	wg.Wait()
}

func TestEndpointsAreCalledInTurn(t *testing.T) {
	t.Parallel()
	var hits [3]atomic.Int64
	var urls []string
	for i := range hits {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			hits[i].Add(1)
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `1`)
		}))
		t.Cleanup(srv.Close)
		urls = append(urls, srv.URL)
	}
	w := newWorld(t, `type Query { a: Int @connect(source: "a", http: { GET: "/" }, selection: "$") }`, nil,
		"services: { a: { endpoints: ['"+strings.Join(urls, "', '")+"'], balance: { policy: round_robin } } }")
	for range 30 {
		w.want(t, `{ a }`, `{"data":{"a":1}}`)
	}
	for i := range hits {
		if n := hits[i].Load(); n != 10 {
			t.Errorf("endpoint %d had %d calls of 30, want 10", i, n)
		}
	}
}

func TestARequestInFlightIsAnsweredWhenTheProgramStops(t *testing.T) {
	t.Parallel()
	asked, answer := make(chan struct{}), make(chan struct{})
	w := newWorld(t, `
type Query { a: Thing @connect(source: "a", http: { GET: "/first" }, selection: "id") }
type Thing {
  id: ID!
  more: More @connect(source: "a", http: { GET: "/second" , queryParams: "id: $this.id" }, selection: "text")
}
type More { text: String }`,
		func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/first" {
				close(asked)
				<-answer
			}
			_, _ = io.WriteString(w, `{"id":1,"text":"done"}`)
		}, "")
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.want(t, `{ a { more { text } } }`, `{"data":{"a":{"more":{"text":"done"}}}}`)
	}()
	await(t, "the call", asked)
	w.stop()
	refused := func() bool { // the listener is closed before the requests in flight have ended
		other := client(t)
		resp, err := other.Get(w.url + "?query={__typename}")
		if err == nil {
			_ = resp.Body.Close()
		}
		return err != nil
	}
	for deadline := time.Now().Add(patience); !refused(); {
		if time.Now().After(deadline) {
			t.Fatal("new clients are still served")
		}
	}
	select {
	case <-w.ended:
		t.Error("the program ended before its requests")
	default:
	}
	close(answer)
	await(t, "the answer", done)
	await(t, "the end of the program", w.ended)
}

// Which of two places is served first is not said: their calls share the keys in one way or the other.
func TestPlacesOfOneQueryShareTheirKeys(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	asked := map[string]int{}
	w := newWorld(t, `
type Query { posts: [Post] @connect(source: "a", http: { GET: "/posts" }, selection: "author: { id: author } editor: { id: editor }") }
type Post { author: User editor: User }
type User @connect(source: "a", http: { GET: "/users", queryParams: "id: $batch.id" }, selection: "id name") {
  id: ID!
  name: String
}`,
		func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/posts" {
				_, _ = io.WriteString(w, `[{"author":1,"editor":2},{"author":2,"editor":3}]`)
				return
			}
			ids := r.URL.Query()["id"]
			rows := make([]string, len(ids))
			mu.Lock()
			defer mu.Unlock()
			for i, id := range ids {
				asked[id]++
				rows[i] = fmt.Sprintf(`{"id":%s,"name":"user %[1]s"}`, id)
			}
			_, _ = io.WriteString(w, "["+strings.Join(rows, ",")+"]")
		}, "")
	w.want(t, `{ posts { author { name } editor { name } } }`,
		`{"data":{"posts":[{"author":{"name":"user 1"},"editor":{"name":"user 2"}},{"author":{"name":"user 2"},"editor":{"name":"user 3"}}]}}`)
	if diff := cmp.Diff(map[string]int{"1": 1, "2": 1, "3": 1}, asked); diff != "" {
		t.Errorf("how often each user was asked for (-want +got):\n%s", diff)
	}
}
