package upstream_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// balanced returns a client with the defaults over the given addresses, which are asked in turn.
func balanced(tb testing.TB, configure func(*upstream.Config), addresses ...string) *upstream.Client {
	tb.Helper()
	return client(tb, func(cfg *upstream.Config) {
		attempts, connect := upstream.DefaultConfig().Retry.Attempts, 5*time.Second
		cfg.Retry.Attempts = attempts
		cfg.Retry.Backoff.Base, cfg.Retry.Backoff.Max = 0, 0
		cfg.Balance.Policy, cfg.Balance.SlowStart = "round_robin", 0
		cfg.Timeouts.Connect = connect
		if configure != nil {
			configure(cfg)
		}
	}, addresses...)
}

// counted is a service that counts what it is asked.
type counted struct {
	url  string
	hits atomic.Int64
}

func count(tb testing.TB, h http.HandlerFunc) *counted {
	tb.Helper()
	c := &counted{}
	c.url = serve(tb, func(w http.ResponseWriter, r *http.Request) {
		c.hits.Add(1)
		h(w, r)
	})
	return c
}

// nobody is where nobody listens: the lowest ports are never given to a server of another test.
const nobody = "http://127.0.0.1:1"

func fine(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "fine") }

func answer(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

// cut is an answer that ends before its announced end.
func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, "begin")
	panic(http.ErrAbortHandler)
}

// want makes a call that must bring an answer with that status.
func want(t *testing.T, c *upstream.Client, r *upstream.Request, status int) {
	t.Helper()
	resp, err := c.Do(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Release()
	if resp.Status != status {
		t.Fatalf("status %d, want %d", resp.Status, status)
	}
}

func TestWhatIsSentAgain(t *testing.T) {
	t.Parallel()
	read := func() *upstream.Request { return get("/") }
	write := func() *upstream.Request {
		return &upstream.Request{Method: "POST", Path: "/", Header: http.Header{}, Body: []byte("x")}
	}
	query := func() *upstream.Request { r := write(); r.Idempotent = true; return r }
	keyed := func(cfg *upstream.Config) { cfg.Retry.IdempotencyHeader = "idempotency-key" }
	for _, tt := range []struct {
		name      string
		bad       http.HandlerFunc // nil: nobody listens
		request   func() *upstream.Request
		configure func(*upstream.Config)
		ok        bool  // the call succeeds wherever it goes first
		tries     int64 // how often the bad endpoint is asked by two calls
	}{
		{"a read that nobody took", nil, read, nil, true, 0},
		{"a write that nobody took", nil, write, nil, true, 0},
		{"a read that was refused with 503", answer(503), read, nil, true, 1},
		{"a write that was refused with 503", answer(503), write, nil, false, 1},
		{"a query by POST that was refused with 503", answer(503), query, nil, true, 1},
		{"a write with a key", answer(503), write, keyed, true, 1},
		{"a read whose answer was cut", cut, read, nil, true, 1},
		{"a write whose answer was cut", cut, write, nil, false, 1},
		{"a read that failed", answer(500), read, nil, false, 1},
		{"a read that was asked too often, without a time", answer(429), read, nil, false, 1},
		{"a read when repeating is off", answer(503), read, func(cfg *upstream.Config) { cfg.Retry.Attempts = 1 }, false, 1},
		{"a read when there is no budget", answer(503), read, func(cfg *upstream.Config) {
			cfg.Retry.Budget.Ratio, cfg.Retry.Budget.MinPerSecond = 0, 0
		}, false, 1},
		{"a read that takes too long", hang, read, func(cfg *upstream.Config) { cfg.Timeouts.Attempt = 30 * time.Millisecond }, true, 1},
		{"a write that takes too long", hang, write, func(cfg *upstream.Config) { cfg.Timeouts.Attempt = 30 * time.Millisecond }, false, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			good := count(t, fine)
			bad := &counted{url: ""}
			if tt.bad != nil {
				bad = count(t, tt.bad)
			} else {
				bad.url = nobody
			}
			c := balanced(t, tt.configure, bad.url, good.url)
			succeeded := 0
			for range 2 {
				if resp, err := c.Do(t.Context(), tt.request()); err == nil {
					if resp.Status == 200 {
						succeeded++
					}
					resp.Release()
				}
			}
			if all := succeeded == 2; all != tt.ok || succeeded == 0 {
				t.Errorf("%d of 2 calls succeeded", succeeded)
			}
			// A second attempt takes a turn too, so that both calls may begin with the bad endpoint.
			if n := bad.hits.Load(); min(n, tt.tries) != tt.tries || n > 2*tt.tries || !tt.ok && n != tt.tries || good.hits.Load() != int64(succeeded) {
				t.Errorf("the endpoints were asked %d and %d times", bad.hits.Load(), good.hits.Load())
			}
		})
	}
}

func TestAWriteIsSentWithOneKey(t *testing.T) {
	t.Parallel()
	var keys sync.Map
	h := func(w http.ResponseWriter, r *http.Request) {
		keys.Store(r.Header.Get("Idempotency-Key"), true)
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	one := count(t, h)
	c := balanced(t, func(cfg *upstream.Config) { cfg.Retry.IdempotencyHeader = "Idempotency-Key" }, one.url)
	want(t, c, &upstream.Request{Method: "POST", Path: "/", Header: http.Header{}}, 503)
	own := &upstream.Request{Method: "POST", Path: "/", Header: http.Header{"Idempotency-Key": {"mine"}}}
	want(t, c, own, 503)
	if one.hits.Load() != 6 {
		t.Errorf("%d requests, want three for each call", one.hits.Load())
	}
	var got []string
	keys.Range(func(k, _ any) bool { got = append(got, k.(string)); return true })
	if _, ok := keys.Load("mine"); !ok || len(got) != 2 || len(got[0])*len(got[1]) < 4*20 {
		t.Errorf("the keys were %q, want that of the request and one that was made", got)
	}
}

// Whatever an endpoint does, no read fails while another one works.
func TestReadsSurviveABadEndpoint(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]http.HandlerFunc{"cut": cut, "503": answer(503), "hangs": hang, "dead": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := nobody
			if bad != nil {
				address = serve(t, bad)
			}
			c := balanced(t, func(cfg *upstream.Config) {
				cfg.Timeouts.Attempt = 100 * time.Millisecond
				cfg.Balance.Policy = "least_in_flight"
			}, address, serve(t, fine), serve(t, fine))
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					for range 50 {
						resp, err := c.Do(t.Context(), get("/"))
						if err != nil {
							t.Error(err)
							return
						}
						if resp.Status != 200 {
							t.Errorf("status %d", resp.Status)
						}
						resp.Release()
					}
				})
			}
			wg.Wait()
			if s := c.Status(); s.Budget.Repetitions > uint64(float64(s.Budget.Requests)*0.2)+100 {
				t.Errorf("%d repetitions for %d requests are over the budget", s.Budget.Repetitions, s.Budget.Requests)
			}
		})
	}
}

func TestABadEndpointIsLeftOut(t *testing.T) {
	t.Parallel()
	bad := count(t, answer(500))
	c := balanced(t, nil, bad.url, serve(t, fine), serve(t, fine))
	for range 300 {
		resp, err := c.Do(t.Context(), get("/"))
		if err != nil {
			t.Fatal(err)
		}
		resp.Release()
	}
	if n := bad.hits.Load(); n < 5 || n > 50 {
		t.Errorf("the bad endpoint was asked %d times of 300, want a few", n)
	}
	s := c.Status().Endpoints[0]
	if s.Health.Usable || s.Health.Ejections != 1 || s.Health.EjectedUntil.IsZero() {
		t.Errorf("health %+v, want an ejection", s.Health)
	}
}

func TestABrokenServiceIsNotAskedAnyMore(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	broken.Store(true)
	one := count(t, func(w http.ResponseWriter, r *http.Request) {
		if broken.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	c := balanced(t, func(cfg *upstream.Config) {
		cfg.Breaker.Service.Enabled = true
		cfg.Breaker.Service.OpenFor = time.Hour
		cfg.Breaker.Service.MaxOpenFor = time.Hour
	}, one.url)
	for range 20 {
		want(t, c, get("/"), 500)
	}
	_, err := c.Do(t.Context(), get("/"))
	wantError(t, err, upstream.CodeCircuitOpen, upstream.ErrCircuitOpen)
	if one.hits.Load() != 20 {
		t.Errorf("the service was asked %d times, want 20", one.hits.Load())
	}
	if s := c.Status(); s.Breaker.State != "open" || s.Breaker.Refused != 1 {
		t.Errorf("breaker %+v", s.Breaker)
	}
}

func TestAnEndpointWithAnOpenBreakerIsPassedOver(t *testing.T) {
	t.Parallel()
	bad, good := count(t, answer(500)), count(t, fine)
	c := balanced(t, func(cfg *upstream.Config) {
		cfg.Health.Passive.Enabled = false
		cfg.Breaker.Endpoint.Enabled = true
		cfg.Breaker.Endpoint.MinRequests = 5
		cfg.Breaker.Endpoint.OpenFor, cfg.Breaker.Endpoint.MaxOpenFor = time.Hour, time.Hour
	}, bad.url, good.url)
	for range 100 {
		resp, err := c.Do(t.Context(), get("/"))
		if err != nil {
			t.Fatal(err)
		}
		resp.Release()
	}
	if bad.hits.Load() != 5 || good.hits.Load() != 95 {
		t.Errorf("the endpoints were asked %d and %d times, want 5 and 95", bad.hits.Load(), good.hits.Load())
	}
}

// gated is a service that answers when it is told to.
func gated(tb testing.TB) (address string, started chan struct{}, release func()) {
	tb.Helper()
	started = make(chan struct{}, 100)
	gate := make(chan struct{})
	release = sync.OnceFunc(func() { close(gate) })
	address = serve(tb, func(http.ResponseWriter, *http.Request) {
		started <- struct{}{}
		<-gate
	})
	tb.Cleanup(release)
	return address, started, release
}

func TestAFullServiceRefusesAtOnce(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]func(*upstream.Config){
		"service":  func(cfg *upstream.Config) { cfg.Concurrency.Service.Limit = 2 },
		"endpoint": func(cfg *upstream.Config) { cfg.Concurrency.Endpoint.Limit = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, started, release := gated(t)
			c := balanced(t, limit, address)
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() { want(t, c, get("/"), 200) })
				<-started
			}
			_, err := c.Do(t.Context(), get("/"))
			wantError(t, err, upstream.CodeOverloaded, nil)
			release()
			wg.Wait()
			want(t, c, get("/"), 200)
		})
	}
}

func TestCallsWaitInTheQueueOfAnEndpoint(t *testing.T) {
	t.Parallel()
	address, started, release := gated(t)
	c := balanced(t, func(cfg *upstream.Config) {
		cfg.Concurrency.Endpoint.Limit, cfg.Concurrency.Endpoint.Queue, cfg.Concurrency.Endpoint.QueueTimeout = 1, 1, time.Minute
	}, address)
	var wg sync.WaitGroup
	wg.Go(func() { want(t, c, get("/"), 200) })
	<-started
	wg.Go(func() { want(t, c, get("/"), 200) })
	for c.Status().Endpoints[0].Concurrency.Waiting == 0 {
		wait(t)
	}
	_, err := c.Do(t.Context(), get("/"))
	wantError(t, err, upstream.CodeOverloaded, nil)
	release()
	wg.Wait()
}

// wait lets others run.
func wait(t *testing.T) {
	t.Helper()
	select {
	case <-t.Context().Done():
	case <-time.After(time.Millisecond):
	}
}

func TestASlowReadIsSentToASecondEndpoint(t *testing.T) {
	t.Parallel()
	canceled := make(chan struct{})
	slow := count(t, func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		close(canceled)
	})
	quick := count(t, fine)
	c := balanced(t, func(cfg *upstream.Config) {
		cfg.Hedge.Enabled, cfg.Hedge.Delay = true, 5*time.Millisecond
		cfg.Endpoints[1].Priority = 1
	}, slow.url, quick.url)
	want(t, c, get("/"), 200)
	<-canceled // the loser is told
	if s := c.Status(); s.Hedges != 1 || s.Endpoints[0].Failures != 0 {
		t.Errorf("%d hedges, %d failures of the slow one; want 1 and 0", s.Hedges, s.Endpoints[0].Failures)
	}
}

func TestWritesAreNotHedged(t *testing.T) {
	t.Parallel()
	gate := make(chan struct{})
	slow := count(t, func(http.ResponseWriter, *http.Request) { <-gate })
	quick := count(t, func(http.ResponseWriter, *http.Request) { close(gate) })
	c := balanced(t, func(cfg *upstream.Config) {
		cfg.Hedge.Enabled, cfg.Hedge.Delay = true, time.Nanosecond
		cfg.Endpoints[1].Priority = 1
	}, slow.url, quick.url)
	var wg sync.WaitGroup
	wg.Go(func() { want(t, c, &upstream.Request{Method: "POST", Path: "/"}, 200) })
	for slow.hits.Load() == 0 {
		wait(t)
	}
	want(t, c, get("/"), 200) // the second endpoint answers, and opens the gate
	wg.Wait()
	if s := c.Status(); s.Hedges != 1 || quick.hits.Load() != 1 {
		t.Errorf("%d hedges, %d requests at the other endpoint; want those of the read", s.Hedges, quick.hits.Load())
	}
}

// Requests that wait for a frozen endpoint do not wait until their timeout: when it is found out, they go to another one.
func TestNobodyWaitsForAFrozenEndpoint(t *testing.T) {
	t.Parallel()
	frozen := count(t, hang)
	address, other := serve(t, fine), serve(t, fine)
	c := balanced(t, func(cfg *upstream.Config) {
		cfg.Timeouts.Attempt, cfg.Timeouts.ResponseHeader, cfg.Timeouts.Total = time.Hour, time.Hour, 2*time.Hour
		cfg.Health.Passive.Stall = 100 * time.Millisecond
	}, frozen.url, address, other)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 12 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					want(t, c, get("/"), 200)
				}
			}
		})
	}
	for c.Status().Endpoints[0].Health.Ejections == 0 {
		wait(t)
	}
	close(stop)
	readers.Wait() // without an end of those that wait, that would take an hour
	if frozen.hits.Load() == 0 || c.Status().Retries == 0 {
		t.Errorf("%d requests at the frozen endpoint, %d retries", frozen.hits.Load(), c.Status().Retries)
	}
}

func TestTheServiceIsToldHowMuchTimeIsLeft(t *testing.T) {
	t.Parallel()
	left := make(chan string, 1)
	address := serve(t, func(_ http.ResponseWriter, r *http.Request) { left <- r.Header.Get("X-Timeout-Ms") })
	c := balanced(t, func(cfg *upstream.Config) { cfg.Timeouts.DeadlineHeader = "x-timeout-ms" }, address)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	resp, err := c.Do(ctx, get("/"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Release()
	text := <-left
	if ms, err := strconv.Atoi(text); err != nil || ms > 5000 || ms < 1 {
		t.Errorf("the service was told %q, want at most 5000 ms", text)
	}
}

// hurried makes a call that has little time, and returns its error.
func hurried(t *testing.T, c *upstream.Client, left time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), left)
	defer cancel()
	resp, err := c.Do(ctx, get("/"))
	if err == nil {
		resp.Release()
	}
	return err
}

func TestACallThatCannotEndIsNotBegun(t *testing.T) {
	t.Parallel()
	const slowness = 30 * time.Millisecond
	one := count(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(slowness):
		case <-r.Context().Done():
		}
	})
	c := balanced(t, nil, one.url)
	for c.Status().Latency.Count < 20 { // of what is counted at the same time, some may be lost
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { want(t, c, get("/"), 200) })
		}
		wg.Wait()
	}
	before := one.hits.Load()
	// On a slow machine the time may be over before the call begins.
	err := hurried(t, c, slowness/2)
	for upstream.CodeOf(err) == upstream.CodeCanceled {
		err = hurried(t, c, slowness/2)
	}
	wantError(t, err, upstream.CodeTimeout, upstream.ErrNoTime)
	if n := one.hits.Load() - before; n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestEndpointsOfAFileComeAndGoWithoutLoss(t *testing.T) {
	t.Parallel()
	a, b := count(t, fine), count(t, fine)
	file := filepath.Join(t.TempDir(), "endpoints.yaml")
	list := func(urls ...string) {
		text := "endpoints:\n"
		for _, u := range urls {
			text += "  - " + u + "\n"
		}
		if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	list(a.url)
	c := balanced(t, func(cfg *upstream.Config) {
		cfg.Discovery.File.Path, cfg.Discovery.File.Interval = file, 100*time.Millisecond
	})
	want(t, c, get("/"), 200) // the first waits until there is one
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				resp, err := c.Do(context.Background(), get("/"))
				if err != nil {
					t.Error(err)
					return
				}
				resp.Release()
			}
		})
	}
	var bs int64
	for i := range 6 {
		urls, endpoints := []string{a.url}, 1
		if i%2 == 0 {
			urls, endpoints = []string{a.url, b.url}, 2
		}
		list(urls...)
		for len(c.Status().Endpoints) != endpoints {
			wait(t)
		}
		for i%2 == 0 && b.hits.Load() == bs {
			wait(t)
		}
		bs = b.hits.Load()
	}
	close(stop)
	wg.Wait()
	if s := c.Status().Endpoints[0]; s.Address != a.url || s.Requests != uint64(a.hits.Load()) {
		t.Errorf("the endpoint that stayed has %d requests, want all %d", s.Requests, a.hits.Load())
	}
}

func TestActiveChecksFindWhatWorks(t *testing.T) {
	t.Parallel()
	var ill atomic.Bool
	ill.Store(true)
	checked := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" {
			if ill.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return
		}
		fine(w, r)
	}
	address, other := serve(t, checked), serve(t, fine)
	c := balanced(t, func(cfg *upstream.Config) {
		cfg.Health.Active.Check, cfg.Health.Active.Path = "http", "/health"
		cfg.Health.Active.Interval, cfg.Health.Active.UnhealthyInterval = 10*time.Millisecond, 10*time.Millisecond
	}, address, other)
	usable := func() bool { return c.Status().Endpoints[0].Health.Usable }
	for usable() {
		wait(t)
	}
	before := c.Status().Endpoints[0].Requests
	for range 10 {
		want(t, c, get("/"), 200)
	}
	if got := c.Status().Endpoints[0].Requests; got != before {
		t.Errorf("an endpoint that is not healthy got %d requests", got-before)
	}
	ill.Store(false)
	for !usable() {
		wait(t)
	}
}

func TestAUnixSocketIsAnEndpoint(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "s") // the path of a socket may not be long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "a.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Host+" "+r.RequestURI)
	})}}
	s.Start()
	t.Cleanup(s.Close)
	for address, want := range map[string]string{
		"unix://" + path:          "localhost /users?x=1",
		"unix://" + path + ":/v1": "localhost /v1/users?x=1",
	} {
		for _, speaker := range []string{"native", "net/http"} {
			c := balanced(t, func(cfg *upstream.Config) {
				cfg.Connections.Client = speaker
				cfg.Health.Active.Check = "tcp"
			}, address)
			for range 2 {
				resp, err := c.Do(t.Context(), get("/users?x=1"))
				if err != nil {
					t.Fatal(err)
				}
				if string(resp.Body) != want {
					t.Errorf("%s got %q, want %q", address, resp.Body, want)
				}
				resp.Release()
			}
		}
	}
}

func TestABackupStandsInForAllThatFail(t *testing.T) {
	t.Parallel()
	backup := count(t, fine)
	var list []endpoint.Address
	for i := range 3 {
		list = append(list, endpoint.At(nobody+strconv.Itoa(i))...)
	}
	list = append(list, endpoint.Address{URL: backup.url, Weight: 1, Priority: 1})
	c := balanced(t, func(cfg *upstream.Config) { cfg.Endpoints = list })
	for range 200 {
		want(t, c, &upstream.Request{Method: "POST", Path: "/"}, 200)
	}
	if backup.hits.Load() != 200 {
		t.Errorf("the backup was asked %d times, want 200", backup.hits.Load())
	}
}

func TestAStreamWithoutABodyIsSentAgain(t *testing.T) {
	t.Parallel()
	bad, good := count(t, answer(503)), count(t, fine)
	c := balanced(t, nil, bad.url, good.url)
	for range 2 {
		resp, err := c.Stream(t.Context(), &upstream.StreamRequest{Request: upstream.Request{Method: "GET", Path: "/"}})
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 || string(text) != "fine" || err != nil {
			t.Errorf("got %d %q %v", resp.StatusCode, text, err)
		}
	}
	body := io.NopCloser(strings.NewReader("x"))
	statuses := map[int]int{}
	for range 2 {
		resp, err := c.Stream(t.Context(), &upstream.StreamRequest{Request: upstream.Request{Method: "PUT", Path: "/"}, Stream: body, Length: -1})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		statuses[resp.StatusCode]++
	}
	if statuses[200] != 1 || statuses[503] != 1 {
		t.Errorf("requests with bodies were answered with %v, want each endpoint's answer once", statuses)
	}
}

func TestLimitsCountStreamsUntilTheyEnd(t *testing.T) {
	t.Parallel()
	c := balanced(t, func(cfg *upstream.Config) { cfg.Concurrency.Service.Limit = 1 }, serve(t, fine))
	open := func() (*http.Response, error) {
		return c.Stream(t.Context(), &upstream.StreamRequest{Request: upstream.Request{Method: "GET", Path: "/"}})
	}
	resp, err := open()
	if err != nil {
		t.Fatal(err)
	}
	_, err = open()
	wantError(t, err, upstream.CodeOverloaded, nil)
	resp.Body.Close()
	resp.Body.Close()
	if resp, err = open(); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

func TestCloseWaitsForTheLoserOfAHedge(t *testing.T) {
	t.Parallel()
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer slow.Close()
	cfg := upstream.DefaultConfig()
	cfg.Endpoints = endpoint.At(slow.URL, serve(t, fine))
	cfg.Balance.Policy, cfg.Hedge.Enabled, cfg.Hedge.Delay = "round_robin", true, time.Millisecond
	c, err := upstream.New("users", cfg, upstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		want(t, c, get("/"), 200)
	}
	c.Close()
	for _, e := range c.Status().Endpoints {
		if e.InFlight != 0 {
			t.Errorf("%d requests are in flight after Close", e.InFlight)
		}
	}
	_, err = c.Do(t.Context(), get("/"))
	wantError(t, err, upstream.CodeUnavailable, upstream.ErrClosed)
}

func TestTheCallerGivesUpBetweenAttempts(t *testing.T) {
	t.Parallel()
	one := count(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	c := balanced(t, func(cfg *upstream.Config) { cfg.Timeouts.Total = 2 * time.Hour }, one.url)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for one.hits.Load() == 0 {
			wait(t)
		}
		cancel()
	})
	resp, err := c.Do(ctx, get("/"))
	wg.Wait()
	if err == nil {
		resp.Release()
	} else if !errors.Is(err, context.Canceled) {
		t.Errorf("Do() = %v", err)
	}
	if one.hits.Load() != 1 {
		t.Errorf("%d requests, want 1", one.hits.Load())
	}
}

// A wait that does not fit into the time of the call is not begun: the answer is what there is.
func TestAWaitThatIsTooLongIsNotBegun(t *testing.T) {
	t.Parallel()
	one := count(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	want(t, balanced(t, nil, one.url), get("/"), 503)
	if one.hits.Load() != 1 {
		t.Errorf("%d requests, want 1", one.hits.Load())
	}
}
