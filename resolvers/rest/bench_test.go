package rest_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/resolvers/rest"
	"github.com/sluice-gateway/sluice/value"
)

// posts is the body of the field's public benchmark: 100 posts, 27 KB.
func posts() []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i := range 100 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"userId":%d,"id":%d,"title":"sunt aut facere repellat provident %d","body":%q}`,
			i/10+1, i+1, i, strings.Repeat("quia et suscipit suscipit recusandae ", 5))
	}
	b.WriteByte(']')
	return b.Bytes()
}

func postsServer(b *testing.B) string {
	b.Helper()
	body := posts()
	length := strconv.Itoa(len(body))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", length)
		_, _ = w.Write(body)
	}))
	b.Cleanup(s.Close)
	return s.URL
}

// processor reports the processor time of an operation, the test's server included: on a machine with other work, it
// says more than the time on the clock.
func processor(b *testing.B) {
	b.Helper()
	used := func() int64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	before := used()
	b.Cleanup(func() { b.ReportMetric(float64(used()-before)/float64(b.N)/1000, "cpu-us/op") })
}

// The two benchmarks are a pair: the difference is what the driver and the client add to net/http. Three of the four
// fields are kept.
func BenchmarkRun(b *testing.B) {
	f := load(b, nil, `
		type Query { posts: [Post] @connect(http: { GET: "`+postsServer(b)+`/posts" }, selection: "id title userId body") }
		type Post { id: ID title: String userId: Int body: String }`, rest.Options{})
	o := f.query(f.fetch("Query.posts[0]", "posts { id title userId }"))
	caller := &operation.Caller{}
	b.ReportAllocs()
	processor(b)
	for b.Loop() {
		scope := &execute.Scope{}
		out := o.runners[0].Run(b.Context(), &execute.Inputs{Variables: value.OfMembers(nil), Caller: caller, Scope: scope})
		if len(out.Errors) > 0 || out.Values[0].Get("posts").Len() != 100 {
			b.Fatal(out)
		}
		rest.Release(f.driver, scope)
	}
}

func BenchmarkBareCall(b *testing.B) {
	address := postsServer(b) + "/posts"
	t := &http.Transport{MaxIdleConnsPerHost: 256, ReadBufferSize: 32 << 10, DisableCompression: true}
	b.Cleanup(t.CloseIdleConnections)
	var body bytes.Buffer
	b.ReportAllocs()
	processor(b)
	for b.Loop() {
		req, err := http.NewRequestWithContext(b.Context(), "GET", address, nil)
		if err != nil {
			b.Fatal(err)
		}
		resp, err := t.RoundTrip(req)
		if err != nil {
			b.Fatal(err)
		}
		body.Reset()
		if _, err := io.Copy(&body, resp.Body); err != nil {
			b.Fatal(err)
		}
		resp.Body.Close()
	}
}

// What the loader costs against the map that finds equal keys: the reason why a fetch that shares nothing goes without.
func BenchmarkLoads(b *testing.B) {
	loader, direct := rest.Loads()
	for _, n := range []int{1, 10, 100, 10_000} {
		keys := make([]string, n)
		for i := range keys {
			keys[i] = fmt.Sprintf(`{,"%d"}`, i)
		}
		for name, load := range map[string]rest.LoadFunc{"loader": loader, "direct": direct} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					load(b.Context(), keys)
				}
			})
		}
	}
}
