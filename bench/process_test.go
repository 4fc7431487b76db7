package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/server"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// role is what a process of the benchmarks serves: the gateway of a schema, or without one the bare server.
type role struct {
	SDL    string   // of the gateway
	API    string   // the upstream's URL
	First  string   // the path that a bare server asks for before the others; may be empty
	Then   []string // the paths that it asks for at the same time
	Answer int      // the bytes of its answer
}

const (
	roleVariable    = "SLUICE_BENCH_ROLE"    // the role of this process, as JSON
	profileVariable = "SLUICE_BENCH_PROFILE" // where processes write their profiles: the folder
)

// TestMain runs the benchmarks, or a process that they started.
func TestMain(m *testing.M) {
	text := os.Getenv(roleVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	var r role
	err := json.Unmarshal([]byte(text), &r)
	if err == nil {
		err = r.run(os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until in ends. It writes the URL, and for each line that it reads what the process has used.
func (r role) run(in io.Reader, out io.Writer) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(300) // as `sluice serve`: a gateway is not run with Go's default
	}
	kind, newHandler := "gateway", r.gateway
	if r.SDL == "" {
		kind, newHandler = "bare", r.bare
	}
	if folder := os.Getenv(profileVariable); folder != "" {
		f, err := os.Create(folder + "/" + kind + ".prof")
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	h, closer, err := newHandler()
	if err != nil {
		return err
	}
	defer closer()
	srv := httptest.NewServer(h)
	defer srv.Close()
	if _, err := fmt.Fprintln(out, srv.URL); err != nil {
		return err
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, u.Utime.Nano()+u.Stime.Nano(), memory.Mallocs); err != nil {
			return err
		}
	}
	return nil
}

func (r role) gateway() (http.Handler, func(), error) {
	sub, problems := schema.LoadSources("posts", schema.Connector, &ast.Source{Name: "posts.graphql", Input: r.SDL})
	if err := problems.Err(); err != nil {
		return nil, nil, err
	}
	g, problems := gateway.New(gateway.Options{Subgraphs: []*schema.Subgraph{sub}, Services: map[string]upstream.Config{"api": service(r.API)}})
	if err := problems.Err(); err != nil {
		return nil, nil, err
	}
	s, err := server.New(server.DefaultConfig(), g, server.Options{})
	if err != nil {
		return nil, nil, err
	}
	return s.Handler(), g.Close, nil
}

func service(address string) upstream.Config {
	c := upstream.DefaultConfig()
	c.Endpoints = endpoint.At(address)
	c.Sharing.Enabled = false // the requests are all the same, and every one is to make its calls
	return c
}

// bare is a handler that makes the calls, with the same client, and scans nothing.
func (r role) bare() (http.Handler, func(), error) {
	c, err := upstream.New("api", service(r.API), upstream.Options{})
	if err != nil {
		return nil, nil, err
	}
	call := func(ctx context.Context, path string) error {
		resp, err := c.Do(ctx, &upstream.Request{Method: http.MethodGet, Path: path})
		if err != nil {
			return err
		}
		resp.Release()
		return nil
	}
	answer := bytes.Repeat([]byte("x"), r.Answer)
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		_, err := io.Copy(io.Discard, q.Body)
		if r.First != "" {
			err = errors.Join(err, call(q.Context(), r.First))
		}
		var wg sync.WaitGroup
		errs := make([]error, len(r.Then))
		for i, path := range r.Then {
			if i == len(r.Then)-1 {
				errs[i] = call(q.Context(), path)
				break
			}
			wg.Go(func() { errs[i] = call(q.Context(), path) })
		}
		wg.Wait()
		if errors.Join(append(errs, err)...) != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		_, _ = w.Write(answer)
	}), c.Close, nil
}

// process is a server in a process of its own.
type process struct {
	url    string
	in     io.Writer
	out    *bufio.Scanner
	client *http.Client
}

// start starts a process, which ends with the benchmark.
func start(b *testing.B, r role) *process {
	b.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	p := &process{in: in, out: bufio.NewScanner(out), client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}}
	b.Cleanup(func() {
		p.client.CloseIdleConnections()
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	})
	if !p.out.Scan() {
		b.Fatal("the process did not start")
	}
	p.url = p.out.Text() + "/graphql"
	return p
}

// use is what a process has used.
type use struct {
	processor   float64 // µs
	allocations float64
}

func (p *process) used(b *testing.B) use {
	b.Helper()
	var u use
	if _, err := io.WriteString(p.in, "\n"); err != nil {
		b.Fatal(err)
	}
	if !p.out.Scan() {
		b.Fatal("the process ended")
	}
	if _, err := fmt.Sscan(p.out.Text(), &u.processor, &u.allocations); err != nil {
		b.Fatal(err)
	}
	u.processor /= 1000
	return u
}

// clients is how many requests are sent at a time.
const clients = 16

// load sends a query n times, and returns what the process used for that.
func (p *process) load(b *testing.B, query string, n, want int) use {
	b.Helper()
	body := encode(b, query)
	before := p.used(b)
	var sent atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for sent.Add(1) <= int64(n) {
				got, err := p.post(body)
				if err != nil || len(got) != want || bytes.Contains(got, []byte(`"errors"`)) {
					b.Errorf("%d bytes, want %d: %.300s %v", len(got), want, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
	after := p.used(b)
	return use{after.processor - before.processor, after.allocations - before.allocations}
}

// ask sends a query once, and returns the answer, which has no errors.
func (p *process) ask(b *testing.B, query string) []byte {
	b.Helper()
	answer, err := p.post(encode(b, query))
	if err != nil || bytes.Contains(answer, []byte(`"errors"`)) {
		b.Fatalf("%.300s %v", answer, err)
	}
	return answer
}

func encode(b *testing.B, query string) []byte {
	b.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		b.Fatal(err)
	}
	return body
}

func (p *process) post(body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	return io.ReadAll(resp.Body)
}

// turn is how many requests go to one side before the other has its turn: what else the machine does meets both alike.
const turn = 400

// compare sends b.N requests to each side in turns.
func compare(b *testing.B, gateway, bare *process, query string, want int) {
	b.Helper()
	for _, p := range []*process{gateway, bare} {
		p.load(b, query, turn, want) // warm
	}
	var g, r use
	b.ResetTimer()
	for left := b.N; left > 0; left -= turn {
		n := min(left, turn)
		u := gateway.load(b, query, n, want)
		g.processor, g.allocations = g.processor+u.processor, g.allocations+u.allocations
		u = bare.load(b, query, n, want)
		r.processor, r.allocations = r.processor+u.processor, r.allocations+u.allocations
	}
	each := float64(b.N)
	b.ReportMetric(g.processor/each, "gateway-µs/op")
	b.ReportMetric(r.processor/each, "bare-µs/op")
	b.ReportMetric((g.processor-r.processor)/each, "added-µs/op")
	b.ReportMetric(g.allocations/each, "gateway-allocs/op")
	b.ReportMetric(r.allocations/each, "bare-allocs/op")
	b.ReportMetric(0, "ns/op") // of client, upstream and both sides in turn, which says nothing
}
