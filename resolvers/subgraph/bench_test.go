package subgraph_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/value"
)

// fixed answers with a body of a known length, which costs the server as little as can be.
func fixed(body string) http.HandlerFunc {
	length := []string{strconv.Itoa(len(body))}
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header()["Content-Type"], w.Header()["Content-Length"] = []string{"application/json"}, length
		_, _ = io.WriteString(w, body)
	}
}

// entities are a list of objects and the answer for their names.
func entities(n int) (objects, names string) {
	var o, a strings.Builder
	for i := range n {
		fmt.Fprintf(&o, `,{"id":"%d"}`, i)
		fmt.Fprintf(&a, `,{"name":"the name of number %d","tags":[{"text":"some"},{"text":"more"}]}`, i)
	}
	return `{"data":{"order":{"rivals":[` + o.String()[1:] + `]}}}`, `{"data":{"_entities":[` + a.String()[1:] + `]}}`
}

const benchQuery = `{ order { rivals { name tags { text } } } }`

// BenchmarkRun asks for the entities of a list, the call of a real server included.
func BenchmarkRun(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			objects, names := entities(n)
			w := newWorld(b, remote{name: "orders", sdl: ordersSDL, handler: fixed(objects)}, remote{name: "names", sdl: namesSDL, handler: fixed(names)})
			p, _ := w.plan(benchQuery, "")
			runners, err := w.driver.Compile(p, p.Fetches)
			if err != nil {
				b.Fatal(err)
			}
			in := &execute.Inputs{Variables: value.OfMembers(nil), Caller: &operation.Caller{}, Scope: &execute.Scope{}}
			for i := range n {
				in.Reps = append(in.Reps, execute.Rep{Object: value.OfMembers([]value.Member{{Key: "id", Value: value.OfString(strconv.Itoa(i))}})})
			}
			b.ReportAllocs()
			for b.Loop() {
				out := runners[1].Run(b.Context(), in)
				if len(out.Errors) > 0 || len(out.Values) != n {
					b.Fatal(out)
				}
				out.Release()
			}
		})
	}
}

// BenchmarkOperation runs an operation on two servers: a list, and what a second one knows of its objects.
func BenchmarkOperation(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			objects, names := entities(n)
			w := newWorld(b, remote{name: "orders", sdl: ordersSDL, handler: fixed(objects)}, remote{name: "names", sdl: namesSDL, handler: fixed(names)})
			program, prepared := w.program(benchQuery, "")
			in := &execute.Request{Variables: prepared.Variables, Caller: &operation.Caller{}}
			b.ReportAllocs()
			for b.Loop() {
				resp := program.Run(b.Context(), in)
				if len(resp.Errors) > 0 {
					b.Fatal(resp.Errors)
				}
				resp.Release()
			}
		})
	}
}

// BenchmarkBareCall is what the same call costs without the driver.
func BenchmarkBareCall(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			_, names := entities(n)
			w := newWorld(b, remote{name: "names", sdl: "type Query { a: Int } " + namesSDL, handler: fixed(names)})
			client := w.clients["names"]
			body := []byte(`{"query":"{a}","variables":{"representations":[` + strings.Repeat(`{"__typename":"Product","id":"100"},`, n-1) + `{"__typename":"Product","id":"100"}]}}`)
			b.ReportAllocs()
			for b.Loop() {
				resp, err := client.Do(b.Context(), &upstream.Request{Method: "POST", Body: body})
				if err != nil {
					b.Fatal(err)
				}
				resp.Release()
			}
		})
	}
}

// BenchmarkCompile prepares a plan of two fetches.
func BenchmarkCompile(b *testing.B) {
	w := newWorld(b, remote{name: "orders", sdl: ordersSDL, handler: fixed("")}, remote{name: "names", sdl: namesSDL, handler: fixed("")})
	p, _ := w.plan(benchQuery, "")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.driver.Compile(p, p.Fetches); err != nil {
			b.Fatal(err)
		}
	}
}
