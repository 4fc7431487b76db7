package credential_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/upstream/credential"
)

// own are credentials by the gateway's own token.
func own(s *issuer) credential.Config {
	return credential.Config{OAuth2: credential.OAuth2{TokenURL: s.url, ClientID: "gate way", ClientSecret: "s3cret&"}}
}

// exchanged are credentials by tokens that clients' are exchanged for.
func exchanged(s *issuer) credential.Config {
	return credential.Config{TokenExchange: credential.TokenExchange{TokenURL: s.url, ClientID: "gateway", ClientSecret: "s3cret"}}
}

func TestATokenIsAskedForAsTheServerWants(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*credential.Config)
		caller []string
		form   url.Values
		login  string
	}{
		{"by user name and password, each encoded", func(c *credential.Config) { c.TokenExchange = credential.TokenExchange{} }, nil,
			url.Values{"grant_type": {"client_credentials"}}, "gate+way:s3cret%26"},
		{"in the body", func(c *credential.Config) {
			c.TokenExchange = credential.TokenExchange{}
			c.OAuth2.Auth, c.OAuth2.Scopes, c.OAuth2.Audience, c.OAuth2.Resource = "post", []string{"read", "list"}, "users", "https://users.internal"
		}, nil, url.Values{"grant_type": {"client_credentials"}, "client_id": {"gate way"}, "client_secret": {"s3cret&"}, "scope": {"read list"},
			"audience": {"users"}, "resource": {"https://users.internal"}}, ""},
		{"in exchange for another one", func(c *credential.Config) {
			c.OAuth2 = credential.OAuth2{}
			c.TokenExchange.Audience, c.TokenExchange.RequestedTokenType = "users", "urn:ietf:params:oauth:token-type:jwt"
		}, []string{"Authorization", "bearer  ida"}, url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"},
			"subject_token": {"ida"}, "subject_token_type": {"urn:ietf:params:oauth:token-type:access_token"}, "audience": {"users"},
			"requested_token_type": {"urn:ietf:params:oauth:token-type:jwt"}}, "gateway:s3cret"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newIssuer(t)
			cfg := credential.Config{OAuth2: own(s).OAuth2, TokenExchange: exchanged(s).TokenExchange}
			tt.change(&cfg)
			if got := apply(t, open(t, newClock(), cfg), attempt(tt.caller...)); !strings.HasPrefix(got, "Bearer ") || !strings.HasSuffix(got, "-1") {
				t.Errorf("Authorization = %s", got)
			}
			form, login := s.last()
			if diff := cmp.Diff(tt.form, form); diff != "" || login != tt.login {
				t.Errorf("the server was asked by %q with (-want +got)\n%s", login, diff)
			}
		})
	}
}

func TestATokenIsKeptUntilShortlyBeforeItExpires(t *testing.T) {
	t.Parallel()
	s, c := newIssuer(t), newClock()
	creds := open(t, c, own(s)) // a token lives an hour
	want := func(token string, requests int) {
		t.Helper()
		if got := apply(t, creds, attempt()); got != "Bearer "+token || s.requests() != requests {
			t.Errorf("Authorization = %s after %d requests for a token, want %s after %d", got, s.requests(), token, requests)
		}
	}
	want("own-1", 1)
	c.pass(54 * time.Minute)
	want("own-1", 1)
	// Nobody waits while the next one is fetched in time: the old one is still good.
	hold := make(chan struct{})
	s.set(func() { s.hold = hold })
	c.pass(90 * time.Second)
	for range 3 {
		if got := apply(t, creds, attempt()); got != "Bearer own-1" {
			t.Errorf("Authorization = %s while the token is renewed", got)
		}
	}
	close(hold)
	until(t, func() bool { return apply(t, creds, attempt()) == "Bearer own-2" })
	want("own-2", 2)
	// What has expired is not used any more, even if nobody was there to renew it.
	c.pass(2 * time.Hour)
	want("own-3", 3)
}

// until waits for what another goroutine is about to do.
func until(t *testing.T, done func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(20 * time.Second); !done(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it did not happen")
		}
	}
}

func TestATokenWithoutAnEndIsKept(t *testing.T) {
	t.Parallel()
	s, c := newIssuer(t), newClock()
	s.set(func() { s.life = "" })
	creds := open(t, c, own(s))
	apply(t, creds, attempt())
	c.pass(1000 * time.Hour)
	if got := apply(t, creds, attempt()); got != "Bearer own-1" {
		t.Errorf("Authorization = %s", got)
	}
}

func TestTheLifeOfATokenMayBeAText(t *testing.T) {
	t.Parallel()
	s, c := newIssuer(t), newClock()
	s.set(func() { s.life = `"60"` })
	creds := open(t, c, own(s))
	apply(t, creds, attempt())
	c.pass(time.Minute)
	if got := apply(t, creds, attempt()); got != "Bearer own-2" {
		t.Errorf("Authorization = %s", got)
	}
}

func TestManyWhoNeedATokenAskOnce(t *testing.T) {
	t.Parallel()
	s := newIssuer(t)
	hold := make(chan struct{})
	s.set(func() { s.hold = hold })
	creds := open(t, newClock(), own(s))
	// One of them gives up, and takes the request from nobody.
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() { gone <- creds.Apply(ctx, attempt()) }()
	until(t, func() bool { return s.requests() == 1 })
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if got := apply(t, creds, attempt()); got != "Bearer own-1" {
				t.Errorf("Authorization = %s", got)
			}
		})
	}
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) || !errors.Is(err, credential.ErrUnavailable) {
		t.Errorf("the one that gave up got %v", err)
	}
	close(hold)
	wg.Wait()
	if n := s.requests(); n != 1 {
		t.Errorf("%d requests for a token, want 1", n)
	}
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	s, c := newIssuer(t), newClock()
	creds := open(t, c, own(s))
	first, second := attempt(), attempt()
	apply(t, creds, first)
	apply(t, creds, second)
	if creds.Refused(first) {
		t.Error("a token that is brand-new would be refused again")
	}
	c.pass(time.Minute)
	if !creds.Refused(first) {
		t.Error("an older token is not replaced")
	}
	if got := apply(t, creds, attempt()); got != "Bearer own-2" {
		t.Errorf("Authorization = %s", got)
	}
	if !creds.Refused(second) { // it had the old one, too
		t.Error("a call with the old token is not tried again with the new one")
	}
	if got := apply(t, creds, attempt()); got != "Bearer own-2" || s.requests() != 2 {
		t.Errorf("Authorization = %s after %d requests", got, s.requests())
	}
}

func TestATokenServerThatFails(t *testing.T) {
	t.Parallel()
	text := func(status int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for _, tt := range []struct {
		name   string
		answer func(http.ResponseWriter)
		want   string
	}{
		{"with an error of OAuth", text(400, `{"error": "invalid_client", "error_description": "s3cret"}`), "status 400: invalid_client"},
		{"with a page", text(502, "<html>s3cret"), "status 502"},
		{"with an error that is no name", text(400, `{"error": "s3 cret"}`), "status 400"},
		{"with another place", func(w http.ResponseWriter) {
			w.Header().Set("Location", "http://127.0.0.1:1/s3cret")
			w.WriteHeader(307)
		}, "status 307"},
		{"without a token", text(200, `{"token_type": "bearer"}`), "no access token"},
		{"with a token that ends a line", text(200, `{"access_token": "s3cret\r\nx: y"}`), "no access token"},
		{"with another type", text(200, `{"access_token": "s3cret", "token_type": "mac"}`), "not bearer"},
		{"with no JSON", text(200, `s3cret`), "not what was expected"},
		{"with a huge text", text(200, strings.Repeat("s3cret", 100_000)), "too large"},
		{"by breaking off", func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, "token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, c := newIssuer(t), newClock()
			s.set(func() { s.answer = tt.answer })
			creds := open(t, c, own(s))
			refused := func() {
				t.Helper()
				r := attempt()
				err := creds.Apply(t.Context(), r)
				if !errors.Is(err, credential.ErrUnavailable) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cret") {
					t.Errorf("got %v, want %s", err, tt.want)
				}
				if len(r.Header) > 0 {
					t.Errorf("the request has %v", r.Header)
				}
			}
			refused()
			before := s.requests() // net/http asks again by itself if a connection breaks
			refused()              // within the pause nobody asks
			if n := s.requests(); n != before {
				t.Errorf("%d requests for a token, want %d", n, before)
			}
			s.set(func() { s.answer = nil })
			c.pass(2 * time.Second)
			if got := apply(t, creds, attempt()); got != fmt.Sprintf("Bearer own-%d", before+1) {
				t.Errorf("Authorization = %s", got)
			}
		})
	}
}

func TestAnOldTokenIsUsedWhileThereIsNoNewOne(t *testing.T) {
	t.Parallel()
	s, c := newIssuer(t), newClock()
	creds := open(t, c, own(s))
	apply(t, creds, attempt())
	s.set(func() { s.answer = func(w http.ResponseWriter) { w.WriteHeader(503) } })
	c.pass(58 * time.Minute)
	for range 3 {
		if got := apply(t, creds, attempt()); got != "Bearer own-1" {
			t.Errorf("Authorization = %s", got)
		}
	}
	c.pass(2 * time.Minute)
	until(t, func() bool { return creds.Apply(t.Context(), attempt()) != nil })
}

func TestEachClientGetsATokenOfItsOwn(t *testing.T) {
	t.Parallel()
	s, c := newIssuer(t), newClock()
	creds := open(t, c, exchanged(s))
	ida, bo := []string{"Authorization", "Bearer ida"}, []string{"Authorization", "Bearer bo"}
	for range 2 { // the second time they are known
		if got := apply(t, creds, attempt(ida...)); got != "Bearer ida-1" {
			t.Errorf("Ida's call has %s", got)
		}
		if got := apply(t, creds, attempt(bo...)); got != "Bearer bo-2" {
			t.Errorf("Bo's call has %s", got)
		}
	}
	r := attempt(ida...)
	apply(t, creds, r)
	c.pass(time.Minute)
	if !creds.Refused(r) {
		t.Error("Ida's token is not replaced")
	}
	if got := apply(t, creds, attempt(ida...)); got != "Bearer ida-3" {
		t.Errorf("Ida's call has %s", got)
	}
	if got := apply(t, creds, attempt(bo...)); got != "Bearer bo-2" {
		t.Errorf("Bo's call has %s", got)
	}
	a, b := creds.AppendIdentity(nil, attempt(ida...).Caller), creds.AppendIdentity(nil, attempt(bo...).Caller)
	if len(a) == 0 || string(a) == string(b) {
		t.Errorf("the callers are told apart by %q and %q", a, b)
	}
}

func TestOnlySomeTokensOfClientsAreKept(t *testing.T) {
	t.Parallel()
	s := newIssuer(t)
	cfg := exchanged(s)
	cfg.TokenExchange.CacheSize = 2
	creds := open(t, newClock(), cfg)
	for _, step := range []struct{ client, want string }{
		{"ida", "ida-1"}, {"bo", "bo-2"}, {"ida", "ida-1"}, {"kim", "kim-3"}, // Bo's was used least lately
		{"ida", "ida-1"}, {"bo", "bo-4"}, {"kim", "kim-5"},
	} {
		if got := apply(t, creds, attempt("Authorization", "Bearer "+step.client)); got != "Bearer "+step.want {
			t.Errorf("%s's call has %s, want %s", step.client, got, step.want)
		}
	}
}

func TestClientsWithoutATokenToExchange(t *testing.T) {
	t.Parallel()
	s := newIssuer(t)
	cfg := exchanged(s)
	strict := open(t, newClock(), cfg)
	cfg.TokenExchange.Anonymous = true
	open := open(t, newClock(), cfg)
	for _, caller := range [][]string{nil, {"Authorization", "Basic aWRhOng="}, {"Authorization", "Bearer "}, {"Authorization", "Bearer"}} {
		r := attempt(caller...)
		if err := strict.Apply(t.Context(), r); !errors.Is(err, credential.ErrUnavailable) {
			t.Errorf("%v: %v", caller, err)
		}
		r.Header.Set("Authorization", "forwarded")
		if got := apply(t, open, r); got != "" {
			t.Errorf("%v: what a rule forwarded goes to the service: %s", caller, got)
		}
	}
	if n := s.requests(); n != 0 {
		t.Errorf("%d requests for a token", n)
	}
}

func TestCloseEndsARequestForAToken(t *testing.T) {
	t.Parallel()
	s := newIssuer(t)
	s.set(func() { s.hold = make(chan struct{}) })
	cfg := own(s)
	creds, err := credential.New(&cfg, credential.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error)
	go func() { got <- creds.Apply(t.Context(), attempt()) }()
	until(t, func() bool { return s.requests() == 1 })
	creds.Close()
	if err := <-got; !errors.Is(err, credential.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if err := creds.Apply(t.Context(), attempt()); !errors.Is(err, credential.ErrUnavailable) {
		t.Errorf("afterwards: %v", err)
	}
	creds.Close()
}
