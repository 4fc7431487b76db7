package upstream_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
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

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// client returns a client over the given addresses that makes one attempt for each call, and is closed with the test.
// configure may be nil.
func client(tb testing.TB, configure func(*upstream.Config), addresses ...string) *upstream.Client {
	tb.Helper()
	cfg := upstream.DefaultConfig()
	cfg.Endpoints = endpoint.At(addresses...)
	cfg.Retry.Attempts = 1
	cfg.Breaker.Service.Enabled = false
	if configure != nil {
		configure(&cfg)
	}
	c, err := upstream.New("users", cfg, upstream.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

func serve(tb testing.TB, h http.HandlerFunc) string {
	tb.Helper()
	s := httptest.NewServer(h)
	tb.Cleanup(s.Close)
	return s.URL
}

// raw serves each connection with a fixed text after the head of a request was read, and closes it.
func raw(tb testing.TB, answer string) string {
	tb.Helper()
	return listen(tb, func(conn net.Conn) {
		for seen, buf := "", make([]byte, 4096); !strings.Contains(seen, "\r\n\r\n"); {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			seen += string(buf[:n])
		}
		_, _ = io.WriteString(conn, answer)
	})
}

// dead returns an address where nobody listens.
func dead(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// noLatency leaves out of statuses what differs from run to run.
var noLatency = cmpopts.IgnoreFields(endpoint.Status{}, "Latency")

func get(path string) *upstream.Request { return &upstream.Request{Method: "GET", Path: path} }

func TestDoSendsWhatIsAsked(t *testing.T) {
	t.Parallel()
	type seen struct {
		Line, Host, Body string
		Length           int64
		Header           http.Header
	}
	var got seen
	address := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = seen{r.Method + " " + r.RequestURI, r.Host, string(body), r.ContentLength, r.Header}
	})
	host := strings.TrimPrefix(address, "http://")
	agent := http.Header{"User-Agent": {"sluice"}}
	for _, tt := range []struct {
		name   string
		prefix string
		r      upstream.Request
		want   seen
	}{
		{"a plain GET", "", upstream.Request{Method: "GET", Path: "/a?b=c"},
			seen{Line: "GET /a?b=c", Host: host, Header: agent}},
		{"an encoded path stays as it is", "", upstream.Request{Method: "GET", Path: "/a%2Fb/%20/(x)'~;=?q=%26&&"},
			seen{Line: "GET /a%2Fb/%20/(x)'~;=?q=%26&&", Host: host, Header: agent}},
		{"the prefix of the endpoint comes first", "/v1/x%2F", upstream.Request{Method: "DELETE", Path: "/a?"},
			seen{Line: "DELETE /v1/x%2F/a?", Host: host, Header: agent}},
		{"no path is the path of the endpoint", "/v1/graphql/", upstream.Request{Method: "GET"},
			seen{Line: "GET /v1/graphql", Host: host, Header: agent}},
		{"no path and none of the endpoint either", "", upstream.Request{Method: "GET"},
			seen{Line: "GET /", Host: host, Header: agent}},
		{"a path with two slashes is no host", "", upstream.Request{Method: "GET", Path: "//evil.example/a"},
			seen{Line: "GET http://" + host + "//evil.example/a", Host: host, Header: agent}},
		{"a body with its length, and a host of its own", "",
			upstream.Request{Method: "POST", Path: "/", Host: "api.example", Body: []byte("{}")},
			seen{Line: "POST /", Host: "api.example", Body: "{}", Length: 2,
				Header: http.Header{"User-Agent": {"sluice"}, "Content-Length": {"2"}}}},
		{"a GET with a body", "", upstream.Request{Method: "GET", Path: "/", Body: []byte("x")},
			seen{Line: "GET /", Host: host, Body: "x", Length: 1,
				Header: http.Header{"User-Agent": {"sluice"}, "Content-Length": {"1"}}}},
		{"a PATCH without a body says so", "", upstream.Request{Method: "PATCH", Path: "/"},
			seen{Line: "PATCH /", Host: host, Header: http.Header{"User-Agent": {"sluice"}, "Content-Length": {"0"}}}},
		{"headers are sent but for those of one connection", "", upstream.Request{Method: "GET", Path: "/", Header: http.Header{
			"X-A": {"1", "2"}, "User-Agent": {"me"}, "Connection": {"x-b, close"}, "X-B": {"dropped"}, "Te": {"trailers"},
			"Upgrade": {"h2c"}, "Content-Length": {"7"}, "Transfer-Encoding": {"chunked"}, "Keep-Alive": {"1"},
			"Proxy-Authorization": {"secret"}, "Trailer": {"X"},
		}},
			seen{Line: "GET /", Host: host, Header: http.Header{"X-A": {"1", "2"}, "User-Agent": {"me"}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := client(t, nil, address+tt.prefix)
			resp, err := c.Do(t.Context(), &tt.r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Release()
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("request mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDoReturnsEveryStatus(t *testing.T) {
	t.Parallel()
	var hits atomic.Int64
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		var status int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &status)
		w.Header().Set("Location", "/200")
		w.Header().Set("X-Seen", "yes")
		w.WriteHeader(status)
		if status != 204 && status != 304 {
			_, _ = io.WriteString(w, "body of "+r.URL.Path)
		}
	})
	c := client(t, nil, address)
	for i, status := range []int{200, 201, 204, 301, 302, 304, 307, 404, 422, 500, 503} {
		resp, err := c.Do(t.Context(), get(fmt.Sprintf("/%d", status)))
		if err != nil {
			t.Fatalf("%d: %v", status, err)
		}
		want := fmt.Sprintf("body of /%d", status)
		if status == 204 || status == 304 {
			want = ""
		}
		if resp.Status != status || string(resp.Body) != want || resp.Header.Get("X-Seen") != "yes" {
			t.Errorf("%d: got %d %q %v", status, resp.Status, resp.Body, resp.Header)
		}
		resp.Release()
		resp.Release() // twice does no harm
		if got := hits.Load(); got != int64(i+1) {
			t.Errorf("%d: the service was asked %d times, want %d", status, got, i+1)
		}
	}
	want := endpoint.Status{Address: address, State: endpoint.Failing, Requests: 11, Failures: 2}
	if diff := cmp.Diff(want, c.Status().Endpoints[0].Status, noLatency); diff != "" {
		t.Errorf("Status() mismatch (-want +got):\n%s", diff)
	}
}

func TestBodiesOfAllSizes(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s chunked %v", protocol, chunked), func(t *testing.T) {
				t.Parallel()
				content := bytes.Repeat([]byte("0123456789"), 300_000)
				h := func(w http.ResponseWriter, r *http.Request) {
					if r.Proto != protocol {
						t.Errorf("protocol %s, want %s", r.Proto, protocol)
					}
					var n int
					_, _ = fmt.Sscanf(r.URL.Path, "/%d", &n)
					if !chunked {
						w.Header().Set("Content-Length", fmt.Sprint(n))
					}
					_, _ = w.Write(content[:n])
				}
				var c *upstream.Client
				if protocol == "HTTP/2.0" {
					c = secureClient(t, h)
				} else {
					c = client(t, nil, serve(t, h))
				}
				for _, n := range []int{0, 1, 4095, 4096, 27_000, 1 << 20, 1<<20 + 1, 3_000_000} {
					resp, err := c.Do(t.Context(), get(fmt.Sprintf("/%d", n)))
					if err != nil {
						t.Fatalf("%d bytes: %v", n, err)
					}
					if !bytes.Equal(resp.Body, content[:n]) {
						t.Errorf("%d bytes: got %d other bytes", n, len(resp.Body))
					}
					resp.Release()
				}
			})
		}
	}
}

func compressed(tb testing.TB, content []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(content); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestCompressedBodies(t *testing.T) {
	t.Parallel()
	small := func(cfg *upstream.Config) {
		cfg.Limits.BodyBytes = 1 << 20
		cfg.Decompression.Accept = []string{"gzip"}
	}
	for _, tt := range []struct {
		name     string
		encoding string
		body     []byte
		want     string
		code     upstream.Code
		cause    error
	}{
		{name: "gzip is decompressed", encoding: "gzip", body: compressed(t, []byte("hello")), want: "hello"},
		{name: "in any case of letters", encoding: "GZip", body: compressed(t, []byte("hello")), want: "hello"},
		{name: "identity is no encoding", encoding: "identity", body: []byte("hello"), want: "hello"},
		{name: "nothing is nothing in every encoding", encoding: "gzip"},
		{name: "a body that decompresses to more than the limit", encoding: "gzip", body: compressed(t, make([]byte, 1<<20+1)),
			code: upstream.CodeTooLarge, cause: upstream.ErrBodyTooLarge},
		{name: "a body that decompresses to the limit", encoding: "gzip", body: compressed(t, bytes.Repeat([]byte("a"), 1<<20)),
			want: strings.Repeat("a", 1<<20)},
		{name: "a large body that decompresses to nothing", encoding: "gzip", body: bytes.Repeat(compressed(t, nil), 50_000),
			code: upstream.CodeTooLarge, cause: upstream.ErrBodyTooLarge},
		{name: "a bomb within a bomb is decompressed once", encoding: "gzip", body: compressed(t, compressed(t, []byte("x"))),
			want: string(compressed(t, []byte("x")))},
		{name: "gzip that ends too early", encoding: "gzip", body: compressed(t, []byte("hello"))[:15],
			code: upstream.CodeBroken, cause: upstream.ErrTruncated},
		{name: "gzip that is none", encoding: "gzip", body: []byte("hello, I am not compressed"),
			code: upstream.CodeInvalid, cause: upstream.ErrEncoding},
		{name: "an encoding nobody knows", encoding: "lzw", body: []byte("x"),
			code: upstream.CodeInvalid, cause: upstream.ErrEncoding},
		{name: "two encodings", encoding: "gzip, gzip", body: []byte("x"), code: upstream.CodeInvalid, cause: upstream.ErrEncoding},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := client(t, small, serve(t, func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get("Accept-Encoding"); got != "gzip" {
					t.Errorf("Accept-Encoding: %q, want gzip", got)
				}
				w.Header().Set("Content-Encoding", tt.encoding)
				_, _ = w.Write(tt.body)
			}))
			resp, err := c.Do(t.Context(), get("/"))
			if tt.code != 0 {
				wantError(t, err, tt.code, tt.cause)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Release()
			if string(resp.Body) != tt.want {
				t.Errorf("got %d bytes, want %d", len(resp.Body), len(tt.want))
			}
		})
	}
}

func wantError(t *testing.T, err error, code upstream.Code, cause error) *upstream.Error {
	t.Helper()
	var e *upstream.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want an upstream.Error", err)
	}
	if e.Code != code || e.Service != "users" || cause != nil && !errors.Is(err, cause) {
		t.Errorf("error %v, want the code %q and the cause %v", err, code, cause)
	}
	return e
}

func TestBadAnswersAreTyped(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		answer  string
		code    upstream.Code
		cause   error
		status  int
		backend bool
	}{
		{"the connection closes before an answer", "", upstream.CodeBroken, io.EOF, 0, false},
		{"no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", upstream.CodeInvalid, nil, 0, true},
		{"half a head", "HTTP/1.1 200 OK\r\nA: b", upstream.CodeBroken, io.ErrUnexpectedEOF, 0, false},
		{"a bad header", "HTTP/1.1 200 OK\r\nA b c\r\n\r\n", upstream.CodeInvalid, nil, 0, true},
		{"a bad length", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", upstream.CodeInvalid, nil, 0, true},
		{"fewer bytes than announced", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
			upstream.CodeBroken, upstream.ErrTruncated, 200, true},
		{"chunks without an end", "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
			upstream.CodeBroken, upstream.ErrTruncated, 404, true},
		{"bad chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n", upstream.CodeInvalid, nil, 200, true},
		{"more bytes announced than the limit", "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
			upstream.CodeTooLarge, upstream.ErrBodyTooLarge, 200, true},
		{"an absurd length", "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n",
			upstream.CodeTooLarge, upstream.ErrBodyTooLarge, 200, true},
		{"more bytes than the limit", "HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 1001),
			upstream.CodeTooLarge, upstream.ErrBodyTooLarge, 200, true},
		{"a head over the limit", "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", 2000) + "\r\n\r\n",
			upstream.CodeTooLarge, upstream.ErrHeaderTooLarge, 0, true},
		{"a head far over the limit", "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", 2_000_000) + "\r\n\r\n",
			upstream.CodeTooLarge, upstream.ErrHeaderTooLarge, 0, true},
		{"another protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
			upstream.CodeInvalid, nil, 101, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := client(t, func(cfg *upstream.Config) {
				cfg.Limits = upstream.Limits{BodyBytes: 1000, HeaderBytes: 1024}
			}, raw(t, tt.answer))
			_, err := c.Do(t.Context(), get("/"))
			e := wantError(t, err, tt.code, tt.cause)
			if e.Status != tt.status || e.FromBackend != tt.backend {
				t.Errorf("status %d, from the backend %v; want %d, %v (%v)", e.Status, e.FromBackend, tt.status, tt.backend, err)
			}
		})
	}
}

// What net/http says of an endpoint that takes connections and closes them depends on when it notices: that of a connection
// which was closed before the request was written used to be taken for an answer that is not HTTP.
func TestAnEndpointThatOnlyTakesConnectionsIsBroken(t *testing.T) {
	t.Parallel()
	c := client(t, nil, listen(t, func(net.Conn) {}))
	for range 300 {
		_, err := c.Do(context.Background(), get("/"))
		if code := upstream.CodeOf(err); code != upstream.CodeBroken && code != upstream.CodeUnavailable {
			t.Fatalf("Do() = %v, want a broken connection", err)
		}
	}
}

func TestHeadOverTheLimitByHTTP2(t *testing.T) {
	t.Parallel()
	c := secureClient(t, func(w http.ResponseWriter, _ *http.Request) {
		for i := range 66 {
			w.Header().Set(fmt.Sprint("A", i), strings.Repeat("x", 1000))
		}
	})
	_, err := c.Do(t.Context(), get("/"))
	wantError(t, err, upstream.CodeTooLarge, upstream.ErrHeaderTooLarge)
}

func TestRequestsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	c := client(t, nil, serve(t, func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s reached the service", r.Method, r.RequestURI)
	}))
	for name, r := range map[string]*upstream.Request{
		"no method":             {Path: "/"},
		"a method of two words": {Method: "GET /x", Path: "/"},
		"a path without slash":  {Method: "GET", Path: "a"},
		"a space in the path":   {Method: "GET", Path: "/a HTTP/1.1"},
		"a line in the path":    {Method: "GET", Path: "/a\r\nX: y"},
		"a fragment":            {Method: "GET", Path: "/a#b"},
		"a high byte":           {Method: "GET", Path: "/ä"},
		"a line in a header":    {Method: "GET", Path: "/", Header: http.Header{"A": {"b\r\nC: d"}}},
		"a bad header name":     {Method: "GET", Path: "/", Header: http.Header{"A b": {"c"}}},
		"a line in the host":    {Method: "GET", Path: "/", Host: "a\r\nX: y"},
		"a path in the host":    {Method: "GET", Path: "/", Host: "a/b"},
	} {
		_, err := c.Do(t.Context(), r)
		if upstream.CodeOf(err) != upstream.CodeRequest {
			t.Errorf("%s: %v, want the code %q", name, err, upstream.CodeRequest)
		}
	}
	if s := c.Status().Endpoints[0]; s.Requests != 0 {
		t.Errorf("%d requests were counted against the endpoint", s.Requests)
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	address := dead(t)
	c := client(t, nil, address)
	_, err := c.Do(t.Context(), &upstream.Request{Method: "POST", Path: "/", Body: []byte("x")})
	if e := wantError(t, err, upstream.CodeUnavailable, nil); e.FromBackend {
		t.Error("FromBackend is set although nobody answered")
	}
	want := endpoint.Status{Address: address, State: endpoint.Failing, Requests: 1, Failures: 1}
	if diff := cmp.Diff(want, c.Status().Endpoints[0].Status, noLatency); diff != "" {
		t.Errorf("Status() mismatch (-want +got):\n%s", diff)
	}
}

func TestBadTLSIsNoConnection(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"plain HTTP": "HTTP/1.1 400 Bad Request\r\n\r\n",
		"nothing":    "",
	} {
		address := strings.Replace(tlsRaw(t, answer), "http://", "https://", 1)
		_, err := client(t, nil, address).Do(t.Context(), get("/"))
		if upstream.CodeOf(err) != upstream.CodeUnavailable {
			t.Errorf("%s: %v, want the code %q", name, err, upstream.CodeUnavailable)
		}
	}
	unknown := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(unknown.Close)
	unknown.Config.ErrorLog = quiet
	_, err := client(t, nil, unknown.URL).Do(t.Context(), get("/"))
	wantError(t, err, upstream.CodeUnavailable, nil)
}

// hang is a handler that answers nothing until the request ends.
func hang(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // before that is done, the server does not see that the client has gone
	if r.URL.Path == "/body" {
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, "begin")
		_ = http.NewResponseController(w).Flush()
	}
	<-r.Context().Done()
}

func TestTimeoutsSayWhichOne(t *testing.T) {
	t.Parallel()
	address := serve(t, hang)
	for _, tt := range []struct {
		name, path string
		timeouts   upstream.Timeouts
		cause      error
		status     int
	}{
		{"no head in time", "/", upstream.Timeouts{Connect: time.Second, TLS: time.Second, ResponseHeader: 30 * time.Millisecond, Attempt: 20 * time.Second, Total: 20 * time.Second},
			upstream.ErrHeaderTimeout, 0},
		{"no head in the total time", "/", upstream.Timeouts{Connect: 30 * time.Millisecond, TLS: time.Second, ResponseHeader: 30 * time.Millisecond, Attempt: time.Second, Total: 30 * time.Millisecond},
			nil, 0},
		{"a body without end", "/body", upstream.Timeouts{Connect: 50 * time.Millisecond, TLS: time.Second, ResponseHeader: 50 * time.Millisecond, Attempt: time.Second, Total: 50 * time.Millisecond},
			upstream.ErrTotalTimeout, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := client(t, func(cfg *upstream.Config) { cfg.Timeouts = tt.timeouts }, address)
			_, err := c.Do(t.Context(), get(tt.path))
			e := wantError(t, err, upstream.CodeTimeout, tt.cause)
			if e.Status != tt.status && tt.cause != nil {
				t.Errorf("status %d, want %d", e.Status, tt.status)
			}
			if s := c.Status().Endpoints[0]; s.Failures != 1 || s.InFlight != 0 {
				t.Errorf("status %+v, want one failure and nothing in flight", s)
			}
		})
	}
}

func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	// A listener that takes connections and never speaks TLS.
	c := client(t, func(cfg *upstream.Config) { cfg.Timeouts.TLS = 30 * time.Millisecond },
		strings.Replace(silent(t), "http://", "https://", 1))
	_, err := c.Do(t.Context(), get("/"))
	wantError(t, err, upstream.CodeUnavailable, upstream.ErrTLSTimeout)
}

func TestTheCallerGivesUp(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{}, 2)
	started := make(chan struct{}, 2)
	address := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		started <- struct{}{}
		<-r.Context().Done()
		gone <- struct{}{}
	})
	c := client(t, nil, address)

	why := errors.New("the client hung up")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-started; cancel(why) }()
	_, err := c.Do(ctx, get("/"))
	wantError(t, err, upstream.CodeCanceled, why)
	<-gone // the service saw it

	ctx, stop := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer stop()
	_, err = c.Do(ctx, get("/"))
	wantError(t, err, upstream.CodeCanceled, context.DeadlineExceeded)

	_, err = c.Do(ctx, get("/")) // not even begun
	wantError(t, err, upstream.CodeCanceled, context.DeadlineExceeded)

	want := endpoint.Status{Address: address, State: endpoint.Ready, Requests: 2}
	if diff := cmp.Diff(want, c.Status().Endpoints[0].Status, noLatency); diff != "" {
		t.Errorf("giving up counts against the endpoint (-want +got):\n%s", diff)
	}
}

func TestRequestsAreSpread(t *testing.T) {
	t.Parallel()
	var hits [3]atomic.Int64
	var addresses []string
	for i := range hits {
		addresses = append(addresses, serve(t, func(http.ResponseWriter, *http.Request) { hits[i].Add(1) }))
	}
	c := client(t, func(cfg *upstream.Config) { cfg.Balance.Policy = "round_robin" }, addresses...)
	for range 30 {
		resp, err := c.Do(t.Context(), get("/"))
		if err != nil {
			t.Fatal(err)
		}
		resp.Release()
	}
	for i := range hits {
		if got := hits[i].Load(); got != 10 {
			t.Errorf("endpoint %d was asked %d times, want 10", i, got)
		}
	}
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	var connections atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gzip" {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(compressed(t, []byte("x")))
			return
		}
		_, _ = io.WriteString(w, "x")
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := client(t, nil, s.URL)
	const parallel = 40
	for range 5 {
		var wg sync.WaitGroup
		for range parallel {
			wg.Go(func() {
				for _, path := range []string{"/", "/gzip"} {
					resp, err := c.Do(t.Context(), get(path))
					if err != nil {
						t.Error(err)
						return
					}
					resp.Release()
				}
			})
		}
		wg.Wait()
	}
	if got := connections.Load(); got > 2*parallel {
		t.Errorf("%d connections for %d requests at a time", got, parallel)
	}
}

func TestCloseWaitsForCalls(t *testing.T) {
	t.Parallel()
	started, finish := make(chan struct{}), make(chan struct{})
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/probe" {
			return
		}
		close(started)
		<-finish
		_, _ = io.WriteString(w, "done")
	})
	c := client(t, nil, address)
	answer := make(chan string, 1)
	go func() {
		resp, err := c.Do(context.Background(), get("/"))
		if err != nil {
			answer <- err.Error()
			return
		}
		answer <- string(resp.Body)
	}()
	<-started
	closed := make(chan struct{})
	go func() { c.Close(); close(closed) }()
	for {
		if _, err := c.Do(t.Context(), get("/probe")); errors.Is(err, upstream.ErrClosed) {
			break // Close has begun, and refuses
		} else if err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-closed:
		t.Fatal("Close returned with a call under way")
	default:
	}
	close(finish)
	<-closed
	if got := <-answer; got != "done" {
		t.Errorf("the call under way got %q, want its answer", got)
	}
	c.Close() // twice does no harm
	_, err := c.Do(t.Context(), get("/"))
	wantError(t, err, upstream.CodeUnavailable, upstream.ErrClosed)
}

func TestNewRefusesABadConfig(t *testing.T) {
	t.Parallel()
	_, err := upstream.New("users", upstream.Config{}, upstream.Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "users: endpoints: ") {
		t.Errorf("New() error = %v, want one that begins with the service and the field", err)
	}
}
