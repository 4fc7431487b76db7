package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sluice-gateway/sluice/app"
)

// instance is one endpoint of a service, whose faults a test decides on.
type instance struct {
	*httptest.Server
	mode    atomic.Value  // "": well
	release chan struct{} // closed at the end, for those that hang
	arrived chan struct{} // told of each request that hangs
	reads   atomic.Int64
	writes  atomic.Int64

	mu   sync.Mutex
	keys []string // the idempotency keys that came
}

func startInstance(t *testing.T) *instance {
	t.Helper()
	i := &instance{release: make(chan struct{}), arrived: make(chan struct{}, 1000)}
	i.mode.Store("")
	i.Server = httptest.NewServer(i)
	t.Cleanup(func() {
		close(i.release)
		i.CloseClientConnections()
		i.Close()
	})
	return i
}

func startInstances(t *testing.T, n int) (list []*instance, urls string) {
	t.Helper()
	for range n {
		i := startInstance(t)
		list = append(list, i)
		urls += strconv.Quote(i.URL) + ", "
	}
	return list, urls
}

// ServeHTTP answers a thing, or what the mode says.
func (i *instance) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return
	}
	if r.Method == http.MethodGet {
		i.reads.Add(1)
	} else {
		i.writes.Add(1)
		i.mu.Lock()
		i.keys = append(i.keys, r.Header.Get("Idempotency-Key"))
		i.mu.Unlock()
	}
	body := fmt.Sprintf(`{"text": %q}`, "thing "+r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
	w.Header().Set("Content-Type", "application/json")
	switch i.mode.Load() {
	case "frozen":
		i.arrived <- struct{}{}
		select {
		case <-i.release:
		case <-r.Context().Done():
		}
	case "500":
		w.WriteHeader(http.StatusInternalServerError)
	case "503":
		w.WriteHeader(http.StatusServiceUnavailable)
	case "cut":
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = io.WriteString(w, body[:len(body)/2])
		i.hangUp(w)
	case "drop":
		i.hangUp(w)
	default:
		_, _ = io.WriteString(w, body)
	}
}

func (i *instance) hangUp(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	_ = c.Flush()
	var conn net.Conn
	var err error
	if conn, _, err = c.Hijack(); err == nil {
		_ = conn.Close()
	}
}

// kill ends an instance with all its connections.
func (i *instance) kill() {
	_ = i.Listener.Close()
	i.CloseClientConnections()
}

const trafficSchema = head + `@source(name: "b", http: { baseURL: "http://b.example" })
type Query {
  thing(id: ID!): Thing @connect(source: "a", http: { GET: "/things/{$args.id}" }, selection: "text")
  other(id: ID!): Thing @connect(source: "b", http: { GET: "/others/{$args.id}" }, selection: "text")
}
type Mutation { make(id: ID!): Thing @connect(source: "a", http: { POST: "/things/{$args.id}" }, selection: "text") }
type Thing { text: String }`

// traffic is a program in front of the services a and b.
type traffic struct {
	*program
	client *http.Client
}

// startTraffic serves things of service a, whose settings are given, and others of service b, which is well.
func startTraffic(t *testing.T, a string) *traffic {
	t.Helper()
	b := startInstance(t)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "a.graphql"), []byte(trafficSchema))
	path := filepath.Join(dir, "sluice.yaml")
	writeFile(t, path, []byte(fmt.Sprintf(`
listen: 127.0.0.1:0
schema: [a.graphql]
services:
  a: %s
  b: { endpoints: [%q] }
routes: [{ path: "/raw/{path...}", service: a, rewrite: { strip_prefix: /raw } }]
log: { level: error }
`, a, b.URL)))
	p := launch(t, app.IO{Environ: lookup(nil)}, "GraphQL at ", "serve", "-c", path, "--admin", "")
	return &traffic{p, client(t)}
}

// ask sends a query, and returns the data as text and the codes of the errors.
func (p *traffic) ask(ctx context.Context, query string) (data string, codes []string, err error) {
	text, err := post(ctx, p.client, p.url, query, "application/json")
	if err != nil {
		return "", nil, err
	}
	var answer struct {
		Data   json.RawMessage
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return "", nil, fmt.Errorf("%s: %w", text, err)
	}
	for _, e := range answer.Errors {
		codes = append(codes, e.Extensions.Code)
	}
	return string(answer.Data), codes, nil
}

// raw sends a request of the plain route, and returns the status.
func (p *traffic) raw(t *testing.T, path string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(p.url, "/graphql")+"/raw"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// readAll has clients send reads, and returns how many had errors. midway is called once a quarter of them was answered. What
// is neither right nor an error fails the test.
func (p *traffic) readAll(t *testing.T, reads int, midway func()) (failed int64) {
	t.Helper()
	var next, bad atomic.Int64
	var once sync.Once
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for n := next.Add(1); n <= int64(reads); n = next.Add(1) {
				if n > int64(reads/4) {
					once.Do(midway)
				}
				data, codes, err := p.ask(t.Context(), fmt.Sprintf("{ thing(id: %d) { text } }", n))
				want := fmt.Sprintf(`{"thing":{"text":"thing %d"}}`, n)
				switch {
				case err != nil:
					t.Error(err)
				case len(codes) > 0:
					bad.Add(1)
				case data != want:
					t.Errorf("got %s, want %s", data, want)
				}
			}
		})
	}
	clients.Wait()
	return bad.Load()
}

func TestReadsDoNotSeeOneEndpointsFaults(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*instance){
		"it is killed":              (*instance).kill,
		"it freezes":                func(i *instance) { i.mode.Store("frozen") },
		"it cuts its answers short": func(i *instance) { i.mode.Store("cut") },
		"it closes connections":     func(i *instance) { i.mode.Store("drop") },
		"it has no time":            func(i *instance) { i.mode.Store("503") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list, urls := startInstances(t, 3)
			// The limit of an attempt alone differs from the default: the test need not wait for ten seconds.
			p := startTraffic(t, fmt.Sprintf("{ endpoints: [%s], timeouts: { attempt: 300ms } }", urls))
			if failed := p.readAll(t, 300, func() { begin(list[0]) }); failed > 0 {
				t.Errorf("%d of 300 reads failed", failed)
			}
		})
	}
}

func TestAnEndpointThatAnswersErrorsIsLeftOut(t *testing.T) {
	t.Parallel()
	list, urls := startInstances(t, 3)
	// It stays out for as long as the test may take.
	p := startTraffic(t, fmt.Sprintf("{ endpoints: [%s], health: { passive: { ejection: 10m, max_ejection: 10m } } }", urls))
	failed := p.readAll(t, 400, func() { list[0].mode.Store("500") })
	// Five failures in a row eject it, and those that were under way with the fifth fail too.
	if failed < 5 || failed > 8 {
		t.Errorf("%d of 400 reads failed", failed)
	}
}

func TestMutationsAreNotSentTwice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings string
		repeated bool
	}{
		"without a key":             {"", false},
		"the service knows the key": {", retry: { idempotency_header: idempotency-key }", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list, urls := startInstances(t, 2)
			for _, i := range list {
				i.mode.Store("drop")
			}
			p := startTraffic(t, fmt.Sprintf("{ endpoints: [%s]%s }", urls, c.settings))
			const all = 5
			for n := range all {
				_, codes, err := p.ask(t.Context(), fmt.Sprintf("mutation { make(id: %d) { text } }", n))
				if err != nil || !slices.Equal(codes, []string{"HTTP_CLIENT_ERROR"}) {
					t.Errorf("got %v %v", codes, err)
				}
			}
			times := map[string]int{}
			for _, i := range list {
				for _, k := range i.keys {
					times[k]++
				}
			}
			sent := list[0].writes.Load() + list[1].writes.Load()
			switch {
			case !c.repeated && (sent != all || times[""] != all):
				t.Errorf("%d mutations were sent %d times, with the keys %v", all, sent, times)
			case c.repeated && (sent != 3*all || len(times) != all || times[""] != 0):
				t.Errorf("%d mutations were sent %d times, with the keys %v", all, sent, times)
			}
		})
	}
}

func TestOtherServicesAnswerWhileOneIsGone(t *testing.T) {
	t.Parallel()
	list, urls := startInstances(t, 2)
	p := startTraffic(t, fmt.Sprintf("{ endpoints: [%s], breaker: { service: { enabled: false } } }", urls))
	for _, i := range list {
		i.kill()
	}
	for range 10 {
		data, codes, err := p.ask(t.Context(), "{ thing(id: 1) { text } other(id: 2) { text } }")
		if err != nil || data != `{"thing":null,"other":{"text":"thing 2"}}` || !slices.Equal(codes, []string{"HTTP_CLIENT_ERROR"}) {
			t.Fatalf("got %s %v %v", data, codes, err)
		}
	}
}

func TestAnOpenBreakerAnswersAtOnce(t *testing.T) {
	t.Parallel()
	list, urls := startInstances(t, 2)
	for _, i := range list {
		i.mode.Store("500")
	}
	p := startTraffic(t, fmt.Sprintf("{ endpoints: [%s], breaker: { service: { min_requests: 20, open_for: 10m, max_open_for: 10m } } }", urls))
	seen := map[string]int{}
	for range 30 {
		data, codes, err := p.ask(t.Context(), "{ thing(id: 1) { text } other(id: 2) { text } }")
		if err != nil || data != `{"thing":null,"other":{"text":"thing 2"}}` || len(codes) != 1 {
			t.Fatalf("got %s %v %v", data, codes, err)
		}
		seen[codes[0]]++
	}
	if got := list[0].reads.Load() + list[1].reads.Load(); got != 20 || seen["CIRCUIT_OPEN"] != 10 || seen["CONNECTOR_FETCH"] != 20 {
		t.Errorf("the service was called %d times, and the codes are %v", got, seen)
	}
	if status := p.raw(t, "/things/1"); status != http.StatusServiceUnavailable {
		t.Errorf("the plain route answers %d", status)
	}
}

func TestAFullQueueRefusesAtOnce(t *testing.T) {
	t.Parallel()
	a := startInstance(t)
	a.mode.Store("frozen")
	p := startTraffic(t, fmt.Sprintf("{ endpoints: [%q], sharing: { enabled: false }, concurrency: { service: { limit: 1 } } }", a.URL))
	ctx, cancel := context.WithCancel(t.Context())
	var first sync.WaitGroup
	first.Go(func() { _, _, _ = p.ask(ctx, "{ thing(id: 1) { text } }") })
	<-a.arrived
	data, codes, err := p.ask(t.Context(), "{ thing(id: 2) { text } other(id: 3) { text } }")
	if err != nil || data != `{"thing":null,"other":{"text":"thing 3"}}` || !slices.Equal(codes, []string{"SERVICE_OVERLOADED"}) {
		t.Errorf("got %s %v %v", data, codes, err)
	}
	if status := p.raw(t, "/things/1"); status != http.StatusServiceUnavailable {
		t.Errorf("the plain route answers %d", status)
	}
	cancel()
	first.Wait()
	a.mode.Store("")
	until(t, "an answer once there is room", func() bool {
		data, _, err := p.ask(t.Context(), "{ thing(id: 4) { text } }")
		return err == nil && data == `{"thing":{"text":"thing 4"}}`
	})
}

func TestRetriesKeepTheirBudget(t *testing.T) {
	t.Parallel()
	list, urls := startInstances(t, 3)
	for _, i := range list {
		i.mode.Store("503")
	}
	p := startTraffic(t, fmt.Sprintf(`{ endpoints: [%s], breaker: { service: { enabled: false } },
    retry: { attempts: 3, backoff: { base: 0s }, budget: { ratio: 0.2, min_per_second: 1 } } }`, urls))
	const all = 400
	if failed := p.readAll(t, all, func() {}); failed != all {
		t.Errorf("%d of %d reads failed", failed, all)
	}
	calls := int64(0)
	for _, i := range list {
		calls += i.reads.Load()
	}
	// A fifth, and one for each of the ten seconds that a budget looks back, as long as the test takes less.
	if most := int64(all + all/5 + 10); calls <= all || calls > most {
		t.Errorf("%d reads were %d calls, want more and no more than %d", all, calls, most)
	}
}

func TestEndpointsOfAFileComeAndGoWithoutALoss(t *testing.T) {
	t.Parallel()
	first, second := startInstance(t), startInstance(t)
	file := filepath.Join(t.TempDir(), "list.json")
	writeFile(t, file, []byte(fmt.Sprintf("[%q]", first.URL)))
	p := startTraffic(t, fmt.Sprintf("{ discovery: { file: { path: %q, interval: 100ms } } }", file))
	stop := make(chan struct{})
	var reads sync.WaitGroup
	for i := range 3 {
		reads.Go(func() {
			for n := i; ; n += 3 {
				select {
				case <-stop:
					return
				default:
				}
				data, codes, err := p.ask(t.Context(), fmt.Sprintf("{ thing(id: %d) { text } }", n))
				if want := fmt.Sprintf(`{"thing":{"text":"thing %d"}}`, n); err != nil || len(codes) > 0 || data != want {
					t.Errorf("got %s %v %v", data, codes, err)
					return
				}
			}
		})
	}
	until(t, "calls of the first", func() bool { return first.reads.Load() > 10 })
	writeFile(t, file, []byte(fmt.Sprintf("[%q, %q]", first.URL, second.URL)))
	until(t, "calls of the second", func() bool { return second.reads.Load() > 10 })
	writeFile(t, file, []byte(fmt.Sprintf("[%q]", second.URL)))
	// The first has been left alone when many calls went to the second and none to it.
	until(t, "the end of calls of the first", func() bool {
		before, others := first.reads.Load(), second.reads.Load()
		until(t, "more calls of the second", func() bool { return second.reads.Load() > others+100 })
		return first.reads.Load() == before
	})
	first.kill()
	others := second.reads.Load()
	until(t, "calls without the first", func() bool { return second.reads.Load() > others+100 })
	close(stop)
	reads.Wait()
}
