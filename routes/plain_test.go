package routes_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/routes"
	"github.com/sluice-gateway/sluice/upstream/header"
)

// pass serves routes in front of a handler.
func pass(t *testing.T, h http.HandlerFunc, change func(*routes.Options), list ...routes.Route) *httptest.Server {
	t.Helper()
	api := httptest.NewServer(h)
	t.Cleanup(api.Close)
	return serve(t, list, func(o *routes.Options) {
		o.Services = forward(t, api.URL)
		if change != nil {
			change(o)
		}
	})
}

func TestAPlainRoutePassesRequestsAndAnswersOnUnchanged(t *testing.T) {
	t.Parallel()
	s := pass(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/x-odd")
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=2")
		w.Header().Set("X-Secret", "s3cret")
		w.WriteHeader(418)
		_, _ = fmt.Fprintf(w, "%s %s %q %s", r.Method, r.RequestURI, body, r.Header.Get("Authorization"))
	}, nil, routes.Route{Path: "/api/{path...}", Service: "api", Headers: routes.Headers{Response: []header.Rule{{Remove: "X-Secret"}}}})
	for _, method := range []string{"GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
		body := "Grüße"
		if method == "GET" || method == "OPTIONS" {
			body = ""
		}
		got := ask(t, s, method, "/api/a%2Fb/c?x=%20&y", body, "Authorization", "Bearer 1")
		if want := fmt.Sprintf("%s /api/a%%2Fb/c?x=%%20&y %q Bearer 1", method, body); got.status != 418 || got.body != want {
			t.Errorf("got %d %s, want %s", got.status, got.body, want)
		}
		if h := got.header; h.Get("Content-Type") != "text/x-odd" || len(h["Set-Cookie"]) != 2 || h.Get("X-Secret") != "" {
			t.Errorf("got %v", h)
		}
	}
}

func TestWhatAServiceIsToldOfAClient(t *testing.T) {
	t.Parallel()
	var got http.Header
	echo := func(_ http.ResponseWriter, r *http.Request) { got = r.Header }
	for _, tt := range []struct {
		name      string
		forwarded routes.Forwarded
		want      map[string]string
	}{
		{"what strangers say is dropped", routes.Forwarded{}, map[string]string{"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "shop.example", "Forwarded": ""}},
		{"what proxies say is kept", routes.Forwarded{Trusted: []string{"127.0.0.0/8"}}, map[string]string{"X-Forwarded-For": "10.1.1.1, 127.0.0.1", "X-Forwarded-Proto": "https"}},
		{"by RFC 7239", routes.Forwarded{Headers: "forwarded"}, map[string]string{"X-Forwarded-For": "", "Forwarded": `for=127.0.0.1;host="shop.example";proto=http`}},
		{"nothing", routes.Forwarded{Headers: "none"}, map[string]string{"X-Forwarded-For": "", "Forwarded": ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := pass(t, echo, func(o *routes.Options) { o.Forwarded = tt.forwarded }, routes.Route{Path: "/a", Service: "api"})
			r, _ := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/a", nil)
			r.Host = "shop.example"
			for k, v := range map[string]string{"X-Forwarded-For": "10.1.1.1", "X-Forwarded-Proto": "https", "Connection": "x-hop", "X-Hop": "1", "Proxy-Authorization": "x"} {
				r.Header.Set(k, v)
			}
			resp, err := s.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			tt.want["Via"], tt.want["X-Hop"], tt.want["Proxy-Authorization"] = "1.1 sluice", "", ""
			for name, want := range tt.want {
				if v := got.Get(name); v != want {
					t.Errorf("%s: %q, want %q", name, v, want)
				}
			}
		})
	}
}

func TestPathsAreRewrittenAndNeverDecoded(t *testing.T) {
	t.Parallel()
	echo := func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RequestURI) }
	s := pass(t, echo, nil,
		routes.Route{Path: "/api/", Service: "api", Rewrite: routes.Rewrite{StripPrefix: "/api"}},
		routes.Route{Path: "/users/{id}/files/{path...}", Service: "api", Rewrite: routes.Rewrite{Path: "/v2/{id}/f/{path}"}},
		routes.Route{Path: "/exact", Service: "api", Rewrite: routes.Rewrite{Path: "/message"}},
	)
	for _, tt := range []struct {
		path   string
		status int
		want   string
	}{
		{"/api/x%2Fy/z", 200, "/x%2Fy/z"},
		{"/api/?a=1", 200, "/?a=1"},
		{"/users/a%2Fb/files/c/d%20e", 200, "/v2/a%2Fb/f/c/d%20e"},
		{"/exact?q", 200, "/message?q"},
		{"/api/%2e%2e/admin", 400, "leads out of its folder"},
		{"/api/x/..%2fadmin", 400, "leads out of its folder"},
		{"/api/..%5cadmin", 400, "leads out of its folder"},
		{"/api/..;a/admin", 400, "leads out of its folder"},
		{"/api/a%00b", 400, "control character"},
		{"/api/%0d%0aa:%20b", 400, "control character"},
		{"/api/a..b/.c", 200, "/a..b/.c"},
	} {
		got := ask(t, s, "GET", tt.path, "")
		if got.status != tt.status || !strings.Contains(got.body, tt.want) {
			t.Errorf("%s: got %d %s, want %d %s", tt.path, got.status, got.body, tt.status, tt.want)
		}
	}
	if got := ask(t, s, "GET", "/api//x/../y", ""); got.status/100 != 3 || got.header.Get("Location") != "/api/y" {
		t.Errorf("a path that is not clean: %d %v", got.status, got.header)
	}
}

func TestAnswersAreStreamedAsTheyCome(t *testing.T) {
	t.Parallel()
	next := make(chan struct{})
	s := pass(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			_, _ = fmt.Fprintf(w, "data: %d\n", i)
			_ = http.NewResponseController(w).Flush()
			select {
			case <-next:
			case <-r.Context().Done():
				return
			}
		}
	}, nil, routes.Route{Path: "/events", Service: "api"})
	resp, err := s.Client().Get(s.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for i := range 3 { // each is read before the service may go on
		if !lines.Scan() || lines.Text() != fmt.Sprintf("data: %d", i) {
			t.Fatalf("line %d: %q %v", i, lines.Text(), lines.Err())
		}
		next <- struct{}{}
	}
	if lines.Scan() {
		t.Errorf("there is more: %q", lines.Text())
	}
}

func TestRequestBodiesAreStreamedAsTheyCome(t *testing.T) {
	t.Parallel()
	s := pass(t, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex()
		_ = http.NewResponseController(w).Flush()
		_, _ = io.Copy(flusher{w}, r.Body)
	}, nil, routes.Route{Path: "/echo", Service: "api"})
	in, out := io.Pipe()
	r, _ := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/echo", in)
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for _, want := range []string{"one", "two"} {
		_, _ = io.WriteString(out, want)
		got := make([]byte, 3)
		if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != want {
			t.Fatalf("got %q, %v; want %q", got, err, want)
		}
	}
	_ = out.Close()
	if rest, err := io.ReadAll(resp.Body); len(rest) > 0 || err != nil {
		t.Errorf("the end: %q, %v", rest, err)
	}
}

type flusher struct{ w http.ResponseWriter }

func (f flusher) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	return n, errors.Join(err, http.NewResponseController(f.w).Flush())
}

func TestAClientThatLeavesEndsTheRequestToTheService(t *testing.T) {
	t.Parallel()
	begun, ended := make(chan struct{}), make(chan struct{})
	s := pass(t, func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
		close(ended)
	}, nil, routes.Route{Path: "/slow", Service: "api"})
	ctx, cancel := context.WithCancel(t.Context())
	r, _ := http.NewRequestWithContext(ctx, "GET", s.URL+"/slow", nil)
	go func() {
		<-begun
		cancel()
	}()
	if resp, err := s.Client().Do(r); err == nil {
		_ = resp.Body.Close()
		t.Fatal("there is an answer")
	}
	<-ended
}

func TestAnAnswerThatBreaksOffIsNotTakenForAWholeOne(t *testing.T) {
	t.Parallel()
	s := pass(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		conn, _, _ := http.NewResponseController(w).Hijack()
		_ = conn.Close()
	}, nil, routes.Route{Path: "/cut", Service: "api"})
	resp, err := s.Client().Get(s.URL + "/cut")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("got %q as if it were all", text)
	}
}

func TestFailuresOfAServiceAreProblemsWithoutItsAddress(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	s := serve(t, []routes.Route{{Path: "/down", Service: "api", MaxBodyBytes: 10}}, func(o *routes.Options) { o.Services = forward(t, "http://"+address) })
	got := ask(t, s, "GET", "/down", "")
	if got.status != 502 || got.header.Get("Content-Type") != "application/problem+json" || strings.Contains(got.body, "127.0.0.1") {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := ask(t, s, "POST", "/down", "more than ten bytes"); got.status != 413 {
		t.Errorf("a large body: %d %s", got.status, got.body)
	}
}

func TestABodyWithoutALengthIsLimitedToo(t *testing.T) {
	t.Parallel()
	s := pass(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }, nil,
		routes.Route{Path: "/a", Service: "api", MaxBodyBytes: 10})
	r, _ := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/a", io.MultiReader(strings.NewReader("more than "), strings.NewReader("ten bytes")))
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 413 {
		t.Errorf("got %d", resp.StatusCode)
	}
}

// dial opens a raw connection and asks for another protocol.
func dial(t *testing.T, s *httptest.Server, protocol string) (net.Conn, *http.Response, *bufio.Reader) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = fmt.Fprintf(conn, "GET /up HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n", protocol)
	br := bufio.NewReader(conn)
	resp, err := http.ReadResponse(br, nil)
	if err != nil {
		t.Fatal(err)
	}
	return conn, resp, br
}

func upgrading(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "echo" {
		http.Error(w, "no", http.StatusUpgradeRequired)
		return
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello")
	_ = rw.Flush()
	_, _ = io.Copy(conn, rw)
}

func TestAnotherProtocolIsPassedThrough(t *testing.T) {
	t.Parallel()
	s := pass(t, upgrading, nil, routes.Route{Path: "/up", Service: "api"})
	conn, resp, br := dial(t, s, "echo")
	if resp.StatusCode != 101 || resp.Header.Get("Upgrade") != "echo" {
		t.Fatalf("got %d %v", resp.StatusCode, resp.Header)
	}
	_, _ = io.WriteString(conn, " world")
	got := make([]byte, 11)
	if _, err := io.ReadFull(br, got); err != nil || string(got) != "hello world" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAnUpgradeThatAServiceRefusesIsRefused(t *testing.T) {
	t.Parallel()
	s := pass(t, upgrading, nil, routes.Route{Path: "/up", Service: "api"})
	_, resp, _ := dial(t, s, "other")
	if resp.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("got %d", resp.StatusCode)
	}
}

func TestTheEndOfTheProgramEndsWhatIsPassedOn(t *testing.T) {
	t.Parallel()
	stop, cancel := context.WithCancel(t.Context())
	s := pass(t, upgrading, func(o *routes.Options) { o.Stop = stop }, routes.Route{Path: "/up", Service: "api"})
	_, _, br := dial(t, s, "echo")
	if text, err := io.ReadAll(io.LimitReader(br, 5)); string(text) != "hello" {
		t.Fatalf("got %q, %v", text, err)
	}
	cancel()
	if text, err := io.ReadAll(br); len(text) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %q, %v after the end", text, err)
	}
}

func TestRewritesAreChecked(t *testing.T) {
	t.Parallel()
	_, problems := table(t, []routes.Route{
		{Path: "/a/{id}", Service: "api", Rewrite: routes.Rewrite{Path: "/b/{ident}"}},
		{Path: "/b/{rest...}", Service: "api", Rewrite: routes.Rewrite{Path: "/{rest}/c"}},
		{Path: "/c", Service: "api", Rewrite: routes.Rewrite{StripPrefix: "/d"}},
		{Path: "/d", Service: "api", Rewrite: routes.Rewrite{Path: "/a?b"}},
	}, nil)
	var got []string
	for _, p := range problems {
		got = append(got, p.Message)
	}
	want := []string{
		`routes[0].rewrite: path names {ident}, which is no wildcard of /a/{id}; did you mean "id"?`,
		`routes[1].rewrite: path has something after {rest}, which is the rest of the path (got "/{rest}/c").`,
		`routes[2].rewrite: strip_prefix must be the beginning of the path (got "/d").`,
		`routes[3].rewrite: path must be encoded, and have no query (got "/a?b").`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}
