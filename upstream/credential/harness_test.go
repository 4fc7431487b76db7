package credential_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/upstream/credential"
)

// clock is the time of a test, which goes on only when it is told to.
type clock struct{ nanos atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.nanos.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time        { return time.Unix(0, c.nanos.Load()) }
func (c *clock) pass(by time.Duration) { c.nanos.Add(int64(by)) }

// issuer is an authorization server. Its tokens are the grant's subject and a number: "own-1", "ida-2".
type issuer struct {
	url string

	mu     sync.Mutex // guards the fields below
	asked  []url.Values
	logins []string                  // user:password of each request; empty without
	answer func(http.ResponseWriter) // instead of a token, if not nil
	hold   chan struct{}             // requests wait for its end, if not nil
	life   string                    // the text of expires_in; empty: it is left out
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	s := &issuer{life: "3600"}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL + "/token"
	return s
}

func (s *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	user, password, ok := r.BasicAuth()
	s.mu.Lock()
	s.asked = append(s.asked, r.PostForm)
	login := ""
	if ok {
		login = user + ":" + password
	}
	s.logins = append(s.logins, login)
	n, answer, hold, life := len(s.asked), s.answer, s.hold, s.life
	s.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
			return
		}
	}
	if answer != nil {
		answer(w)
		return
	}
	subject := r.PostForm.Get("subject_token")
	if subject == "" {
		subject = "own"
	}
	if life != "" {
		life = `, "expires_in": ` + life
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"access_token": "%s-%d", "token_type": "Bearer"%s}`, subject, n, life)
}

// set changes what the server does.
func (s *issuer) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// requests returns how many there were.
func (s *issuer) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

func (s *issuer) last() (form url.Values, login string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[len(s.asked)-1], s.logins[len(s.logins)-1]
}

// open makes credentials that are closed with the test.
func open(t *testing.T, c *clock, cfg credential.Config) *credential.Credentials {
	t.Helper()
	creds, err := credential.New(&cfg, credential.Options{Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(creds.Close)
	return creds
}

// attempt is a request of a client with these headers, "name", "value" and so on.
func attempt(caller ...string) *credential.Request {
	r := &credential.Request{Method: "GET", Scheme: "https", Host: "users.internal", Target: "/users", Header: http.Header{}, Caller: http.Header{}}
	for i := 0; i < len(caller); i += 2 {
		r.Caller[caller[i]] = []string{caller[i+1]}
	}
	return r
}

// apply applies credentials to a request, and returns its Authorization.
func apply(t *testing.T, creds *credential.Credentials, r *credential.Request) string {
	t.Helper()
	if err := creds.Apply(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r.Header.Get("Authorization")
}
