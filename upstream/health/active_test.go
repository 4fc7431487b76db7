package health_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/upstream/health"
)

// instance stands for the way to an endpoint whose checks a test answers.
type instance struct {
	ok     atomic.Bool
	takes  atomic.Int64 // nanoseconds
	asked  atomic.Int32
	now    atomic.Int32 // checks under way
	most   atomic.Int32
	closed atomic.Bool
}

func (i *instance) RoundTrip(r *http.Request) (*http.Response, error) {
	i.asked.Add(1)
	defer i.now.Add(-1)
	i.most.Store(max(i.most.Load(), i.now.Add(1)))
	timer := time.NewTimer(time.Duration(i.takes.Load()))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	resp := &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("fine"))}
	if !i.ok.Load() {
		resp.StatusCode = http.StatusServiceUnavailable
	}
	return resp, nil
}

func (*instance) Dial(context.Context) (net.Conn, error) { return nil, errors.New("not here") }
func (i *instance) Close()                               { i.closed.Store(true) }

// checked makes a service with active checks. Without a change they come every five seconds, every second while an
// endpoint is not healthy, and without jitter.
func checked(t *testing.T, n int, change func(*health.Config)) (*service, []*instance) {
	t.Helper()
	cfg := health.DefaultConfig()
	cfg.Active.Check, cfg.Active.Jitter = health.CheckHTTP, 0
	if change != nil {
		change(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	s := &service{all: endpoints(t, n)}
	ways, all := map[*endpoint.Endpoint]*instance{}, []*instance{}
	for _, e := range s.all {
		i := &instance{}
		i.ok.Store(true)
		ways[e], all = i, append(all, i)
	}
	m, err := health.New(cfg, health.Options{
		Open:    func(e *endpoint.Endpoint) (health.Target, error) { return ways[e], nil },
		Changed: func() { s.changes.Add(1) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	s.Monitor = m
	m.Set(s.all)
	return s, all
}

func TestTheFirstCheckDecidesAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := health.DefaultConfig()
		cfg.Active.Check, cfg.Active.Jitter = health.CheckHTTP, 0
		s := &service{all: endpoints(t, 2)}
		bad, good := &instance{}, &instance{}
		bad.takes.Store(int64(100 * time.Millisecond))
		good.ok.Store(true)
		m, err := health.New(cfg, health.Options{Open: func(e *endpoint.Endpoint) (health.Target, error) {
			if e == s.all[0] {
				return bad, nil
			}
			return good, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Close)
		s.Monitor = m
		m.Set(s.all)
		s.want(t, "before a check has ended", 0, 1)
		pass(100 * time.Millisecond)
		s.want(t, "after the first check", 1)
		if got := m.State(s.all[0]); !got.Unhealthy || got.Check == nil || got.CheckedAt.IsZero() {
			t.Errorf("state %+v", got)
		}
		if got := m.State(s.all[1]); got.Unhealthy || got.Check != nil || got.CheckedAt.IsZero() {
			t.Errorf("state of the good one %+v", got)
		}
	})
}

func TestChecksInARowDecide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := checked(t, 2, nil)
		synctest.Wait()
		all[0].ok.Store(false)
		pass(5 * time.Second)
		s.want(t, "after one bad check", 0, 1)
		all[0].ok.Store(true)
		pass(time.Second) // it is asked more often until it is clear
		all[0].ok.Store(false)
		pass(5 * time.Second)
		s.want(t, "after a bad one, a good one and a bad one", 0, 1)
		pass(time.Second)
		s.want(t, "after two bad ones", 1)
		all[0].ok.Store(true)
		pass(time.Second)
		s.want(t, "after one good check", 1)
		if got := s.changes.Load(); got != 1 {
			t.Errorf("the client was told %d times, want once", got)
		}
		pass(time.Second)
		s.want(t, "after two good ones", 0, 1)
		if got := s.all[0].UsedFor(time.Now()); got != 0 {
			t.Errorf("the slow start began %v ago, want now", got)
		}
		if got := s.changes.Load(); got != 2 {
			t.Errorf("the client was told %d times, want twice", got)
		}
	})
}

func TestChecksComeAtTheirIntervals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, all := checked(t, 2, nil)
		all[1].ok.Store(false)
		pass(20 * time.Second)
		if got := all[0].asked.Load(); got != 5 {
			t.Errorf("a healthy endpoint was asked %d times in 20 seconds, want 5", got)
		}
		if got := all[1].asked.Load(); got != 21 {
			t.Errorf("an unhealthy endpoint was asked %d times in 20 seconds, want 21", got)
		}
	})
}

func TestJitterSpreadsChecks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, all := checked(t, 50, func(c *health.Config) { c.Active.Jitter = 0.2 })
		pass(200 * time.Millisecond)
		count := func() (n int) {
			for _, i := range all {
				n += int(i.asked.Load())
			}
			return n
		}
		if got := count(); got != 50 {
			t.Fatalf("%d first checks within a fifth of a second, want 50", got)
		}
		pass(3800 * time.Millisecond)
		if got := count(); got != 50 {
			t.Errorf("%d checks before four fifths of the interval, want 50", got)
		}
		pass(time.Second)
		if got := count(); got < 55 || got > 95 {
			t.Errorf("%d checks after the interval, want about half of the second ones", got)
		}
		pass(1200 * time.Millisecond)
		if got := count(); got < 100 {
			t.Errorf("%d checks after six fifths of the interval, want 100", got)
		}
	})
}

func TestACheckThatHangsFailsAndNoOtherBeginsMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := checked(t, 2, func(c *health.Config) { c.Active.Interval = 100 * time.Millisecond })
		synctest.Wait()
		all[0].takes.Store(int64(time.Hour))
		pass(2100*time.Millisecond - 1)
		s.want(t, "before the timeout", 0, 1)
		pass(10 * time.Second)
		s.want(t, "after two timeouts", 1)
		if got := all[0].most.Load(); got != 1 {
			t.Errorf("%d checks of one endpoint at the same time", got)
		}
		if err := s.State(s.all[0]).Check; err == nil || err.Error() != "no answer in time" {
			t.Errorf("the check says %v", err)
		}
	})
}

func TestChecksEndWithTheirEndpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := checked(t, 3, nil)
		all[2].takes.Store(int64(time.Minute))
		synctest.Wait()
		s.Set(s.all[:1])
		synctest.Wait()
		pass(time.Minute)
		for i, want := range []bool{false, true, true} {
			if got := all[i].closed.Load(); got != want {
				t.Errorf("the way to endpoint %d is closed: %v, want %v", i, got, want)
			}
		}
		if got := all[1].asked.Load(); got != 1 {
			t.Errorf("one that is gone was asked %d times", got)
		}
		s.Close()
		if !all[0].closed.Load() {
			t.Error("the way to endpoint 0 is open after the end")
		}
	})
}

func TestAGoodCheckDoesNotEndAnEjection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := checked(t, 2, nil)
		s.succeeds(1, 1)
		s.fails(0, 5)
		pass(1900 * time.Millisecond)
		s.want(t, "with good checks", 1)
		pass(100 * time.Millisecond)
		s.want(t, "after its time", 0, 1)
		s.fails(0, 1)
		s.succeeds(1, 1)
		all[0].ok.Store(false)
		pass(10 * time.Second)
		s.want(t, "with bad checks", 1)
		all[0].ok.Store(true)
		pass(2 * time.Second)
		s.want(t, "with good checks again", 0, 1)
		if !s.State(s.all[0]).Returning {
			t.Error("it gets all its requests at once")
		}
	})
}

func TestTheOnlyEndpointIsUsedThoughItIsNotHealthy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, all := checked(t, 1, nil)
		all[0].ok.Store(false)
		pass(time.Minute)
		s.want(t, "with bad checks", 0)
		if !s.Panic() {
			t.Error("no panic")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s, all := checked(t, 1, func(c *health.Config) { c.PanicBelow = 0 })
		all[0].ok.Store(false)
		pass(time.Minute)
		if got := s.usable(); len(got) != 0 {
			t.Errorf("in use without panic: %v", got)
		}
	})
}

func TestAnEndpointThatCannotBeCheckedIsNotUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := health.DefaultConfig()
		cfg.Active.Check = health.CheckHTTP
		broken := errors.New("broken")
		m, err := health.New(cfg, health.Options{Open: func(*endpoint.Endpoint) (health.Target, error) { return nil, broken }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Close)
		all := endpoints(t, 1)
		m.Set(all)
		synctest.Wait()
		if got := m.State(all[0]); !got.Unhealthy || !errors.Is(got.Check, broken) {
			t.Errorf("state %+v", got)
		}
	})
}

// transport reaches a real server.
type transport struct {
	http.Transport
	endpoint *endpoint.Endpoint
}

func (t *transport) Dial(ctx context.Context) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "tcp", t.endpoint.Host())
}
func (t *transport) Close() { t.CloseIdleConnections() }

// result makes a first check of a real server, and returns what was wrong.
func result(t *testing.T, address string, change func(*health.Active)) error {
	t.Helper()
	cfg := health.DefaultConfig()
	cfg.Active.Check, cfg.Active.Jitter, cfg.Active.Unhealthy = health.CheckHTTP, 0, 1
	change(&cfg.Active)
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	e, err := endpoint.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	changed := make(chan struct{}, 1)
	m, err := health.New(cfg, health.Options{
		Open: func(e *endpoint.Endpoint) (health.Target, error) { return &transport{endpoint: e}, nil },
		Changed: func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	m.Set([]*endpoint.Endpoint{e})
	for m.State(e).CheckedAt.IsZero() {
		select {
		case <-changed:
		case <-time.After(time.Millisecond): // a first check that is good changes nothing
		}
	}
	return m.State(e).Check
}

func TestAnswersOfRealServersAreJudged(t *testing.T) {
	t.Parallel()
	var seen atomic.Pointer[http.Request]
	mux := http.NewServeMux()
	mux.HandleFunc("/api/healthz", func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r)
		_, _ = io.WriteString(w, `{"status":"up","version":"1.23"}`)
	})
	mux.HandleFunc("/api/long", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 100)+"up"+strings.Repeat("x", 1<<20))
	})
	mux.HandleFunc("/api/found", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/api/healthz")
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/api/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "up")
	})
	mux.HandleFunc("/api/hangs", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "up")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	closed := httptest.NewServer(nil)
	closed.Close()
	tests := []struct {
		name    string
		address string // default: the server
		change  func(*health.Active)
		want    string // part of the error; empty: none
	}{
		{"a good status", "", func(*health.Active) {}, ""},
		{"a bad status", "", func(a *health.Active) { a.Path = "/nothing" }, "status 404"},
		{"a status that is said to be good", "", func(a *health.Active) { a.Path, a.Status = "/nothing", []string{"200", "400-404"} }, ""},
		{"a redirect is not followed", "", func(a *health.Active) { a.Path = "/found" }, "status 302"},
		{"text in the body", "", func(a *health.Active) { a.Body.Contains = `"up"` }, ""},
		{"no such text in the body", "", func(a *health.Active) { a.Body.Contains = "down" }, "does not contain"},
		{"an expression that matches", "", func(a *health.Active) { a.Body.Matches = `"version":"1\.\d+"` }, ""},
		{"an expression that does not match", "", func(a *health.Active) { a.Body.Matches = "^up" }, "does not match"},
		{"text at the beginning of a long body", "", func(a *health.Active) {
			a.Path, a.Body.Contains, a.Body.MaxBytes = "/long", "up", 102
		}, ""},
		{"text after what is read of a long body", "", func(a *health.Active) {
			a.Path, a.Body.Contains, a.Body.MaxBytes = "/long", "up", 101
		}, "does not contain"},
		{"a body that is cut short", "", func(a *health.Active) { a.Path = "/cut" }, "body"},
		{"a body that does not end", "", func(a *health.Active) { a.Path, a.Timeout = "/hangs", 50*time.Millisecond }, "no answer in time"},
		{"nobody listens", closed.URL, func(*health.Active) {}, "refused"},
		{"another port", "http://127.0.0.1:1/api", func(a *health.Active) { a.Port = server.Listener.Addr().(*net.TCPAddr).Port }, ""},
		{"a connection", "", func(a *health.Active) { a.Check = health.CheckTCP }, ""},
		{"a connection to another port", "http://127.0.0.1:1", func(a *health.Active) {
			a.Check, a.Port = health.CheckTCP, server.Listener.Addr().(*net.TCPAddr).Port
		}, ""},
		{"no connection", closed.URL, func(a *health.Active) { a.Check = health.CheckTCP }, "refused"},
		{"what is asked", "", func(a *health.Active) {
			a.Method, a.Path, a.Host = "PUT", "/healthz?full=1", "users.example"
			a.Headers = map[string]string{"x-check": "yes"}
		}, ""},
	}
	for _, test := range tests {
		address := test.address
		if address == "" {
			address = "http://127.0.0.1:" + port + "/api"
		}
		err := result(t, address, func(a *health.Active) {
			a.Path = "/healthz"
			test.change(a)
		})
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: got %v, want an error with %q", test.name, err, test.want)
		}
	}
	r := seen.Load()
	got := []string{r.Method, r.URL.String(), r.Host, r.Header.Get("X-Check"), r.Header.Get("User-Agent")}
	if diff := cmp.Diff([]string{"PUT", "/api/healthz?full=1", "users.example", "yes", "Sluice health check"}, got); diff != "" {
		t.Errorf("what was asked (-want +got):\n%s", diff)
	}
}
