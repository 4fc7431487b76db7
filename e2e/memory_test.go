package e2e_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"sync"
	"testing"
)

// The caches of documents and plans are bounded in bytes: however many different queries clients send, memory stays
// flat. This test runs alone, as it measures the heap of the process.
func TestDistinctQueriesLeaveMemoryFlat(t *testing.T) { //nolint:paralleltest // see above
	warm, all := 20_000, 100_000
	if testing.Short() || raceDetector {
		warm, all = 4_000, 8_000
	}
	const (
		clients = 4
		cache   = 1 << 20 // of documents, and of plans
	)
	w := newWorld(t, `type Query { a: Thing @connect(selection: "{ id: 1 }") } type Thing { id: ID }`,
		func(http.ResponseWriter, *http.Request) {}, fmt.Sprintf("operation: { document_cache_bytes: %d }\nplan: { cache_bytes: %d }\nlog: { level: error }", cache, cache))
	// heap sends the queries up to a number, and returns what is in use when they were answered.
	next := 0
	heap := func(until int) int64 {
		share := (until - next) / clients
		var wg sync.WaitGroup
		for range clients {
			from := next
			next += share
			wg.Go(func() {
				if err := pipeline(w.url, from, from+share); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for range 3 { // pools are empty after the second collection
			runtime.GC()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap(warm)
	after := heap(all)
	t.Logf("heap after %d queries: %d KiB, after %d: %d KiB", warm, before>>10, all, after>>10)
	if grown := after - before; grown > cache {
		t.Errorf("the heap grew by %d bytes between the queries %d and %d", grown, warm, all)
	}
}

// pipeline sends a query of its own for each number over one connection, many at a time, and checks the answers. An
// http.Client costs more than the program does for such queries.
func pipeline(address string, from, to int) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		return err
	}
	defer conn.Close()
	answers, b := bufio.NewReader(conn), bytes.Buffer{}
	const atATime = 50
	for n := from; n < to; {
		first := n
		for ; n < min(first+atATime, to); n++ {
			query := fmt.Sprintf(`{"query":"{ x%d: a { id } }"}`, n)
			fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", u.Path, u.Host, len(query), query)
		}
		if _, err := b.WriteTo(conn); err != nil {
			return err
		}
		for i := first; i < n; i++ {
			resp, err := http.ReadResponse(answers, nil)
			if err != nil {
				return err
			}
			text, err := io.ReadAll(resp.Body)
			if want := fmt.Sprintf(`{"data":{"x%d":{"id":"1"}}}`, i); err != nil || string(text) != want {
				return fmt.Errorf("got %s %w, want %s", text, err, want)
			}
		}
	}
	return nil
}
