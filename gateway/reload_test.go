package gateway_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/upstream"
)

// instance is one endpoint of a service that counts its connections.
type instance struct {
	*httptest.Server
	made atomic.Int64
	shut chan struct{} // gets a value when a connection is closed
}

func newInstance(t *testing.T, h http.HandlerFunc) *instance {
	t.Helper()
	i := &instance{shut: make(chan struct{}, 100)}
	i.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		h(w, r)
	}))
	i.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			i.made.Add(1)
		case http.StateClosed:
			i.shut <- struct{}{}
		}
	}
	i.Start()
	t.Cleanup(i.Close)
	return i
}

const reloadHead = `extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "api", http: { baseURL: "http://api.example" })
`

// things is a schema of one field that takes two calls.
const things = reloadHead + `type Query { a: Thing @connect(source: "api", http: { GET: "/first" }, selection: "id") }
type Thing {
  id: ID!
  more: More @connect(source: "api", http: { GET: "/second", queryParams: "id: $this.id" }, selection: "text")
}
type More { text: String }
`

const others = reloadHead + `type Query { b: Int @connect(source: "api", http: { GET: "/b" }, selection: "$") }
`

func optionsOf(t *testing.T, sdl, url string) gateway.Options {
	t.Helper()
	s, problems := schema.LoadSources("things", schema.Connector, &ast.Source{Name: "things.graphql", Input: sdl})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return gateway.Options{Subgraphs: []*schema.Subgraph{s}, Services: map[string]upstream.Config{"api": service(url)}, Status: true}
}

func reload(t *testing.T, g *gateway.Gateway, o gateway.Options) {
	t.Helper()
	if problems := g.Reload(o); problems.Err() != nil {
		t.Fatal(problems.Err())
	}
}

func wantData(t *testing.T, g *gateway.Gateway, query, want string) {
	t.Helper()
	if data, codes := ask(t, g, query); data != want || codes != nil {
		t.Errorf("%s: got %s %v, want %s", query, data, codes, want)
	}
}

func plain(t *testing.T) *instance {
	t.Helper()
	return newInstance(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/b" {
			_, _ = io.WriteString(w, "1")
			return
		}
		_, _ = io.WriteString(w, `{"id":1,"text":"done"}`)
	})
}

const patience = 30 * time.Second

func await(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("%s did not happen", what)
	}
}

func TestAnOperationEndsOnTheSnapshotItBeganWith(t *testing.T) {
	t.Parallel()
	asked, answer := make(chan struct{}), make(chan struct{})
	old := newInstance(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/first" {
			close(asked)
			<-answer
		}
		_, _ = io.WriteString(w, `{"id":1,"text":"old"}`)
	})
	next := newInstance(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "2") })
	before := optionsOf(t, things, old.URL)
	before.Services["api"] = service(old.URL)
	g, problems := gateway.New(before)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	done := make(chan struct{})
	go func() {
		defer close(done)
		wantData(t, g, `{ a { more { text } } }`, `{"a":{"more":{"text":"old"}}}`)
	}()
	await(t, "the first call", asked)
	after := optionsOf(t, others, next.URL)
	cfg := service(next.URL)
	cfg.Timeouts.Total = time.Minute // another client
	after.Services["api"] = cfg
	reload(t, g, after)
	wantData(t, g, `{ b sluice { snapshot { number } } }`, `{"b":2,"sluice":{"snapshot":{"number":2}}}`)
	close(answer)
	await(t, "the answer", done)
	await(t, "the end of the old connections", old.shut) // the last one out closes what only the old snapshot needed
}

func TestBadOptionsChangeNothing(t *testing.T) {
	t.Parallel()
	api := plain(t)
	o := optionsOf(t, things, api.URL)
	g, problems := gateway.New(o)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	bad := o
	bad.Subgraphs = append(bad.Subgraphs, optionsOf(t, strings.ReplaceAll(others, "Query { b: Int", "Query { b: Absent"), api.URL).Subgraphs...)
	if problems := g.Reload(bad); problems.Errors() == nil {
		t.Error("a schema that is wrong is taken")
	}
	worse := o
	broken := service(api.URL)
	broken.Timeouts.Total = -1
	worse.Services = map[string]upstream.Config{"api": broken}
	if problems := g.Reload(worse); problems.Errors() == nil {
		t.Error("a service that is wrong is taken")
	}
	wantData(t, g, `{ a { id } sluice { snapshot { number } reloads { succeeded refused refusal { problems } } } }`,
		`{"a":{"id":"1"},"sluice":{"snapshot":{"number":1},"reloads":{"succeeded":0,"refused":2,"refusal":{"problems":["error CONFIG: `+
			`services.api.timeouts.total: must be > 0 (got -1ns)"]}}}}`)
	reload(t, g, o)
	wantData(t, g, `{ sluice { reloads { succeeded refused refusal { at } } } }`, `{"sluice":{"reloads":{"succeeded":1,"refused":2,"refusal":null}}}`)
	if _, codes := ask(t, g, `{ unknown }`); len(codes) == 0 {
		t.Error("an unknown field is answered")
	}
	c := g.Counts()
	if want := (gateway.Operations{Complete: 2, Refused: 1}); c.Operations != want || c.Snapshot != 2 || len(c.Services) != 1 {
		t.Errorf("Counts() = %+v", c)
	}
}

func TestWhatStaysTheSameGoesOn(t *testing.T) {
	t.Parallel()
	api, other := plain(t), plain(t)
	o := optionsOf(t, things, api.URL)
	g, problems := gateway.New(o)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	const query, answer = `{ a { id } }`, `{"a":{"id":"1"}}`
	const status = `{ sluice { snapshot { number } planning { planned } services { name requests } } }`
	wantData(t, g, query, answer)
	wantData(t, g, status, `{"sluice":{"snapshot":{"number":1},"planning":{"planned":2},"services":[{"name":"api","requests":1}]}}`)

	// Nothing differs, but that the texts were read again.
	reload(t, g, optionsOf(t, things, api.URL))
	wantData(t, g, query, answer)
	wantData(t, g, status, `{"sluice":{"snapshot":{"number":2},"planning":{"planned":2},"services":[{"name":"api","requests":2}]}}`)

	// There is one more service.
	o = optionsOf(t, things, api.URL)
	o.Services["other"] = service(other.URL)
	reload(t, g, o)
	wantData(t, g, query, answer)
	wantData(t, g, status, `{"sluice":{"snapshot":{"number":3},"planning":{"planned":2},"services":[{"name":"api","requests":3},{"name":"other","requests":0}]}}`)
	if n := api.made.Load(); n != 1 {
		t.Errorf("%d connections were made, want the one of the beginning", n)
	}

	// The service has another timeout and so another client, but plans are found again.
	o = optionsOf(t, things, api.URL)
	cfg := service(api.URL)
	cfg.Timeouts.Total = time.Minute
	o.Services["api"] = cfg
	reload(t, g, o)
	wantData(t, g, query, answer)
	wantData(t, g, status, `{"sluice":{"snapshot":{"number":4},"planning":{"planned":2},"services":[{"name":"api","requests":1}]}}`)
	await(t, "the end of the first connection", api.shut)

	// Another schema: nothing is left of the plans.
	reload(t, g, optionsOf(t, others, api.URL))
	if _, codes := ask(t, g, query); len(codes) == 0 {
		t.Error("a query of the old schema is answered")
	}
	wantData(t, g, status, `{"sluice":{"snapshot":{"number":5},"planning":{"planned":1},"services":[{"name":"api","requests":0}]}}`)
}

func TestAnOperationThatWasPreparedBeforeManyReloadsIsAnswered(t *testing.T) {
	t.Parallel()
	api := plain(t)
	g, problems := gateway.New(optionsOf(t, things, api.URL))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	prepare := func() operation.Operation {
		op, errs := g.Prepare(t.Context(), &operation.Request{Query: `{ a { id } }`, Caller: &operation.Caller{}})
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		return op
	}
	good, late := prepare(), prepare()
	for i := range 3 {
		o := optionsOf(t, things, api.URL)
		cfg := service(api.URL)
		cfg.Timeouts.Total = time.Duration(i+1) * time.Minute
		o.Services["api"] = cfg
		reload(t, g, o)
	}
	resp := good.Execute(t.Context())
	if string(resp.Data) != `{"a":{"id":"1"}}` || len(resp.Errors) > 0 {
		t.Errorf("got %s %v", resp.Data, resp.Errors)
	}
	resp.Release()
	reload(t, g, optionsOf(t, others, api.URL))
	resp = late.Execute(t.Context())
	if resp.Data != nil || len(resp.Errors) != 1 { // as if it had come after the reload
		t.Errorf("got %s %v, want the error of a field that there is not", resp.Data, resp.Errors)
	}
	resp.Release()
}

func TestAHeldSnapshotIsNotClosed(t *testing.T) {
	t.Parallel()
	api := plain(t)
	g, problems := gateway.New(optionsOf(t, things, api.URL))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	held := g.Hold()
	next, list := g.Build(optionsOf(t, others, api.URL))
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	next.Attach("next")
	if _, errs := next.Definition(`{ b }`, ""); errs != nil {
		t.Error(errs)
	}
	g.Swap(next)
	if n := held.Number(); n != 1 {
		t.Errorf("the number of what is held is %d", n)
	}
	op, errs := held.Prepare(t.Context(), &operation.Request{Query: `{ a { id } }`, Caller: &operation.Caller{}})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	resp := op.Execute(t.Context())
	if string(resp.Data) != `{"a":{"id":"1"}}` {
		t.Errorf("got %s %v", resp.Data, resp.Errors)
	}
	resp.Release()
	held.Release()
	if now := g.Hold(); now.Attached() != "next" || now.Number() != 2 {
		t.Errorf("after the swap: %v, number %d", now.Attached(), now.Number())
	} else {
		now.Release()
	}
	other, list := g.Build(optionsOf(t, things, api.URL))
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	g.Discard(other)
	wantData(t, g, `{ b }`, `{"b":1}`)
}

// TestReloadsUnderLoad is for the race detector: every operation is answered by one of the two schemas.
func TestReloadsUnderLoad(t *testing.T) {
	t.Parallel()
	api := plain(t)
	g, problems := gateway.New(optionsOf(t, things, api.URL))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	const reloads = 50
	var stop atomic.Bool
	var answers [2]atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for !stop.Load() {
				data, codes := ask(t, g, `{ a { more { text } } }`)
				switch {
				case data == `{"a":{"more":{"text":"done"}}}` && codes == nil:
					answers[0].Add(1)
				case data == "" && fmt.Sprint(codes) == "[GRAPHQL_VALIDATION_FAILED]":
					answers[1].Add(1)
				default:
					t.Errorf("got %s %v", data, codes)
				}
			}
		})
	}
	for i := range reloads {
		o := optionsOf(t, []string{others, things}[i%2], api.URL)
		cfg := service(api.URL)
		cfg.Timeouts.Total = time.Duration(i/4+1) * time.Minute
		o.Services["api"] = cfg
		reload(t, g, o)
		for seen := answers[(i+1)%2].Load(); answers[(i+1)%2].Load() == seen && !t.Failed(); {
			ask(t, g, `{ __typename }`) // until somebody was answered by it
		}
	}
	stop.Store(true)
	wg.Wait()
}
