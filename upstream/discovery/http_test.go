package discovery_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/upstream/discovery"
)

// registry is a server whose answer can be exchanged.
func registry(t *testing.T, h http.HandlerFunc) (discovery.Config, func(http.HandlerFunc)) {
	t.Helper()
	var now atomic.Pointer[http.HandlerFunc]
	now.Store(&h)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*now.Load())(w, r) }))
	t.Cleanup(server.Close)
	cfg := discovery.DefaultConfig()
	cfg.HTTP.URL = server.URL + "/list?token=secret"
	cfg.HTTP.Interval = 100 * time.Millisecond
	return cfg, func(h http.HandlerFunc) { now.Store(&h) }
}

func say(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, text)
	}
}

func TestAListIsHadFromAURL(t *testing.T) {
	t.Parallel()
	cfg, change := registry(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RequestURI() != "/list?token=secret" || r.Header.Get("X-Key") != "k" {
			t.Errorf("%s with %v", r.URL, r.Header)
		}
		io.WriteString(w, `["http://a:1", {"url": "http://b:2", "weight": 3, "zone": "z", "priority": 1, "since": "2026"}]`)
	})
	cfg.HTTP.Headers = map[string]string{"x-key": "k"}
	r := start(t, cfg, discovery.Options{})
	want := []discovery.Address{{URL: "http://a:1", Weight: 1}, {URL: "http://b:2", Weight: 3, Zone: "z", Priority: 1}}
	if diff := cmp.Diff(want, <-r.updates); diff != "" {
		t.Errorf("addresses mismatch (-want +got):\n%s", diff)
	}
	change(say(200, `{"endpoints": ["http://c:3"]}`))
	r.want(t, "http://c:3")
}

func TestAListThatHasNotChangedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	var same atomic.Int32
	third := make(chan struct{})
	serve := func(tag, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("If-None-Match") == tag {
				if same.Add(1) == 3 {
					close(third)
				}
				w.WriteHeader(http.StatusNotModified)
				return
			}
			w.Header().Set("ETag", tag)
			io.WriteString(w, text)
		}
	}
	cfg, change := registry(t, serve(`"1"`, `["http://a"]`))
	r := start(t, cfg, discovery.Options{})
	r.want(t, "http://a")
	<-third
	r.quiet(t)
	// The tag of a list that was not taken is not sent, or else the next answer would say that it still holds.
	change(serve(`"2"`, `["ftp://bad"]`))
	if p := <-r.problems; !strings.Contains(p.text, "ftp://bad") {
		t.Errorf("the problem is %+v", p)
	}
	change(serve(`"2"`, `["http://b"]`))
	r.want(t, "http://b")
}

func TestBadAnswersAreProblems(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"an error", say(500, `["http://x"]`), "the answer has the status 500, not 200"},
		{"a redirect, which is not followed", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, "the answer has the status 302, not 200"},
		{"not modified without a tag", say(304, ""), "the answer has the status 304, not 200"},
		{"no list", say(200, "<html>"), "neither a list nor an object"},
		{"too much", say(200, "["+strings.Repeat(" ", 3<<20)+"]"), "more than 2097152 bytes"},
		{"nothing", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		}, "EOF"},
		{"half a body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `["http://x"]`)
		}, "reading the answer: unexpected EOF"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg, change := registry(t, test.answer)
			r := start(t, cfg, discovery.Options{})
			p := <-r.problems
			if !strings.Contains(p.text, test.want) || strings.Contains(p.source+p.text, "secret") {
				t.Errorf("the problem is %+v, want one with %q and without the query", p, test.want)
			}
			change(say(200, `["http://good"]`))
			r.want(t, "http://good")
		})
	}
}

func TestAServerThatHangsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	cfg, _ := registry(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	})
	r := start(t, cfg, discovery.Options{})
	<-arrived
	r.stop() // cancels the request
	if n := len(r.problems); n != 0 {
		t.Errorf("the end was told as %d problems", n)
	}
}
