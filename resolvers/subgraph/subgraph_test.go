package subgraph_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/resolvers/subgraph"
	"github.com/sluice-gateway/sluice/schema"
)

const (
	ordersSDL = `type Query { order: Order }
		type Order { product: Product buyer: User rivals: [Product!] }
		type Product @key(fields: "id") { id: ID! }
		type User @key(fields: "id") { id: ID! }`
	namesSDL = `type Product @key(fields: "id") { id: ID! name: String tags: [Tag!] }
		type User @key(fields: "id") { id: ID! name: String }
		type Tag { text: String! }`
	order = `{"data":{"order":{"product":{"id":"p1"},"buyer":{"id":"u1"},"rivals":[{"id":"p2"},{"id":"p3"}]}}}`
)

// Whatever a server answers, the gateway's answer is one: with JSON for data, and errors that have a message and a code.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"data":{"e0":[{"name":"a"}],"e1":[{"name":"b"}],"e2":[{"name":"c","tags":[{"text":"t"}]},null]}}`,
		`{"data":{"e0":[{}],"e1":[7],"e2":[]},"errors":[{"message":"x","path":["e2",1,"tags",0,"text"]}]}`,
		`{"data":null,"errors":[{"message":"x"},{"path":["e0",0]},{"message":5,"path":["e1",99999999999999999999]}]}`,
		`{"data":{"e0":null},"errors":[[],{"extensions":{"code":{},"a":[1e400]}},{"path":[null]}]}`,
		`{"errors":{"message":"x"}}`, `{"data":[]}`, `[]`, `"`, ``, `{"data":{},"data":{"e0":[{"name":"a","name":null}]}}`,
		strings.Repeat(`{"data":`, 600),
	} {
		f.Add(200, seed)
	}
	f.Add(500, `{"errors":[{"message":"x"}]}`)
	f.Add(302, `<html>`)
	var mu sync.Mutex
	status, body := 200, ""
	w := newWorld(f, remote{name: "orders", sdl: ordersSDL, handler: answers(200, order)},
		remote{name: "names", sdl: namesSDL, handler: func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			answers(status, body)(w, r)
		}})
	f.Fuzz(func(t *testing.T, code int, text string) {
		mu.Lock()
		status, body = 200+max(code, -code)%400, text
		if status == 204 || status == 304 {
			status = 200 // they have no body
		}
		mu.Unlock()
		w := &world{tb: t, supergraph: w.supergraph, driver: w.driver}
		data, errs := w.run(t.Context(), `{ order { product { name } buyer { name } rivals { n: name tags { text } } } }`, "")
		if !strings.HasPrefix(data, `{"order":{"product":{"name":`) {
			t.Errorf("data = %s", data)
		}
		for _, e := range errs {
			if strings.HasPrefix(e, "INTERNAL_SERVER_ERROR") {
				t.Errorf("errors: %q", errs)
			}
		}
	})
}

func TestCancellationEndsTheRequest(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	w := newWorld(t, remote{name: "orders", sdl: ordersSDL, handler: func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the server does not see that the caller went away
		close(arrived)
		<-r.Context().Done()
	}})
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-arrived
		cancel(errors.New("the client went away"))
	}()
	data, errs := w.run(ctx, `{ order { product { id } } }`, "")
	if diff := cmp.Diff([]string{"null", "REQUEST_CANCELED "}, append([]string{data}, errs...)); diff != "" {
		t.Errorf("the answer (-want +got):\n%s", diff)
	}
}

// A server that is asked for many objects in bounded requests gets them all, no more of them at a time than is allowed.
func TestManyRequestsAtATime(t *testing.T) {
	t.Parallel()
	const objects, batch = 1003, 10
	var rivals strings.Builder
	for i := range objects {
		fmt.Fprintf(&rivals, `,{"id":"%d"}`, i)
	}
	var mu sync.Mutex
	now, most, requests := 0, 0, 0
	full := make(chan struct{}) // closed when eight requests wait for each other
	w := newWorld(t,
		remote{name: "orders", sdl: ordersSDL, handler: answers(200, `{"data":{"order":{"rivals":[`+rivals.String()[1:]+`]}}}`)},
		remote{name: "names", sdl: namesSDL, config: subgraph.Config{MaxBatch: batch}, handler: func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			requests++
			if now++; now > most {
				if most = now; most == 8 {
					close(full)
				}
			}
			mu.Unlock()
			<-full
			var body struct {
				Variables struct {
					Representations []struct{ ID string }
				}
			}
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				t.Error(err)
			}
			if n := len(body.Variables.Representations); n == 0 || n > batch {
				t.Errorf("a request for %d objects", n)
			}
			var out strings.Builder
			for _, rep := range body.Variables.Representations {
				fmt.Fprintf(&out, `,{"name":"name %s"}`, rep.ID)
			}
			mu.Lock()
			now--
			mu.Unlock()
			_, _ = io.WriteString(w, `{"data":{"_entities":[`+out.String()[1:]+`]}}`)
		}})
	data, errs := w.run(t.Context(), `{ order { rivals { id name } } }`, "")
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var got struct {
		Order struct{ Rivals []struct{ ID, Name string } }
	}
	if err := json.Unmarshal([]byte(data), &got); err != nil {
		t.Fatal(err)
	}
	for i, r := range got.Order.Rivals {
		if want := fmt.Sprintf("name %d", i); r.Name != want {
			t.Errorf("rival %d is called %q", i, r.Name)
		}
	}
	if len(got.Order.Rivals) != objects || requests != (objects+batch-1)/batch || most > 8 {
		t.Errorf("%d objects, %d requests, %d at a time", len(got.Order.Rivals), requests, most)
	}
}

func TestErrorsOfOneAnswerAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remote{name: "orders", sdl: ordersSDL,
		handler: answers(200, `{"data":null,"errors":[`+strings.Repeat(`{"message":"x","path":["order"]},`, 5000)+`{"message":"y"}]}`)})
	data, errs := w.run(t.Context(), `{ order { product { id } } }`, "")
	if data != `{"order":null}` || len(errs) != 1001 || errs[1000] != "TOO_MANY_ERRORS " {
		t.Errorf("data %s, %d errors, the last %q", data, len(errs), errs[len(errs)-1])
	}
}

func TestVariablesAreSentAsTheyCame(t *testing.T) {
	t.Parallel()
	sdl := `type Query { find(filter: Filter, ids: [ID!], big: Big, on: Boolean = true): String other(a: Int): String }
		input Filter { text: String max: Int = 3 kind: Kind }
		enum Kind { A B }
		scalar Big`
	for _, tt := range []struct{ name, query, variables, want string }{
		{"only those that are used", `query($a: Int, $b: [ID!]) { find(ids: $b) o: other(a: 1) x: __typename y: other(a: $a) }`, `{"b": ["1", "ü\n\""], "a": 5}`,
			`{"b":["1","ü\n\""],"a":5}`},
		{"large numbers and objects keep their text", `query($x: Big) { find(big: $x) }`, `{"x": {"n": 12345678901234567890.10, "a": [null]}}`,
			`{"x":{"n":12345678901234567890.10,"a":[null]}}`},
		{"one that is absent stays absent, and null stays null", `query($f: Filter, $i: [ID!], $o: Boolean) { find(filter: $f, ids: $i, on: $o) }`, `{"i": null}`,
			`{"i":null}`},
		{"input objects have their defaults", `query($f: Filter) { find(filter: $f) }`, `{"f": {"text": "a", "kind": "B"}}`,
			`{"f":{"text":"a","max":3,"kind":"B"}}`},
		{"none", `{ find(filter: { kind: A }) }`, ``, ``},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var body struct {
				Query     string
				Variables json.RawMessage
			}
			w := newWorld(t, remote{name: "a", sdl: sdl, handler: func(w http.ResponseWriter, r *http.Request) {
				if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
					t.Error(err)
				}
				_, _ = io.WriteString(w, `{"data":null,"errors":[{"message":"x"}]}`)
			}})
			w.run(t.Context(), tt.query, tt.variables)
			var got, want any
			if err := json.Unmarshal(orNull(body.Variables), &got); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(orNull([]byte(tt.want)), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("variables of %s (-want +got):\n%s", body.Query, diff)
			}
			if strings.Contains(tt.variables, "12345678901234567890.10") && !strings.Contains(string(body.Variables), "12345678901234567890.10") {
				t.Errorf("the number has another text: %s", body.Variables)
			}
		})
	}
}

func orNull(text []byte) []byte {
	if len(text) == 0 {
		return []byte("null")
	}
	return text
}

// A client that sends its own name of the variable of representations must not meet it.
func TestRepresentationsAndVariablesDoNotMeet(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var bodies []string
	w := newWorld(t, remote{name: "orders", sdl: ordersSDL, handler: answers(200, order)},
		remote{name: "names", sdl: strings.ReplaceAll(namesSDL, "name: String", "name(max: Int): String"), handler: func(w http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			mu.Lock()
			defer mu.Unlock()
			bodies = append(bodies, string(text))
			answers(200, `{}`)(w, r)
		}})
	w.run(t.Context(), `query($representations: Int) { order { buyer { name(max: $representations) } } }`, `{"representations": 3}`)
	if len(bodies) != 1 || !strings.Contains(bodies[0], `"variables":{"representations_":[{"__typename":"User","id":"u1"}],"representations":3}`) {
		t.Errorf("bodies: %q", bodies)
	}
}

func TestConstructionFailsOfWhatCannotBeAsked(t *testing.T) {
	t.Parallel()
	if _, err := subgraph.New(map[string]subgraph.Binding{"a": {}}); err == nil || err.Error() != `subgraph "a": there is no client to call it with` {
		t.Errorf("New() without a client: %v", err)
	}
	if _, err := subgraph.New(map[string]subgraph.Binding{"a": {Config: subgraph.Config{Path: "x"}}}); err == nil || !strings.Contains(err.Error(), "must begin with a slash") {
		t.Errorf("New() with a wrong path: %v", err)
	}
	w := newWorld(t, remote{name: "orders", sdl: ordersSDL, handler: answers(200, order)})
	for name, f := range map[string]*plan.Fetch{
		`fetch 3: the subgraph "b" is none of this driver`: {ID: 3, Source: &schema.Source{Name: "b", Subgraph: "b"}},
		`fetch 4 of orders: it asks for nothing`:           {ID: 4, Source: &schema.Source{Name: "orders", Subgraph: "orders"}},
	} {
		if _, err := w.driver.Compile(&plan.Plan{}, []*plan.Fetch{f}); err == nil || err.Error() != name {
			t.Errorf("Compile() = %v, want %s", err, name)
		}
	}
}
