package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/credential"
	"github.com/sluice-gateway/sluice/upstream/header"
)

// gate is a service that answers with what it has been sent for Authorization, for Cookie and in the body, once it is let
// go.
type gate struct {
	url   string
	asked chan struct{} // one for each request that has come
	open  chan struct{} // closed: answers go out
	hits  atomic.Int64
}

func newGate(tb testing.TB, answer func(http.Header)) *gate {
	tb.Helper()
	s := &gate{asked: make(chan struct{}, 100), open: make(chan struct{})}
	s.url = serve(tb, func(w http.ResponseWriter, r *http.Request) {
		s.hits.Add(1)
		body, _ := io.ReadAll(r.Body)
		s.asked <- struct{}{}
		select {
		case <-s.open:
		case <-r.Context().Done():
			return
		}
		if answer != nil {
			answer(w.Header())
		}
		_, _ = fmt.Fprintf(w, "%s|%s|%s", r.Header.Get("Authorization"), r.Header.Get("Cookie"), body)
	})
	return s
}

// waiting returns when so many calls of a client wait for the answer to another one.
func waiting(t *testing.T, c *upstream.Client, n int) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(20 * time.Second); c.Shared().Waiting != n; {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%d calls wait for others, want %d", c.Shared().Waiting, n)
		}
	}
}

// read is a read of a caller, whose headers are "name", "value" and so on.
func read(caller ...string) *upstream.Request {
	r := &upstream.Request{Method: "GET", Path: "/", Share: true, Caller: upstream.Caller{Header: http.Header{}}}
	for i := 0; i < len(caller); i += 2 {
		r.Caller.Header[caller[i]] = []string{caller[i+1]}
	}
	return r
}

func TestReadsAreSharedByThoseWhomTheServiceCannotTellApart(t *testing.T) {
	t.Parallel()
	issuer := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		_, _ = fmt.Fprintf(w, `{"access_token": "for-%s", "expires_in": 3600}`, r.PostForm.Get("subject_token"))
	})
	forward := func(name string) func(*upstream.Config) {
		return func(cfg *upstream.Config) { cfg.Headers.Request = []header.Rule{{Forward: name}} }
	}
	exchange := func(cfg *upstream.Config) {
		cfg.Credentials.TokenExchange = credential.TokenExchange{TokenURL: issuer}
	}
	ida, bo := []string{"Authorization", "Bearer ida"}, []string{"Authorization", "Bearer bo"}
	query := func(body string) *upstream.Request {
		r := read()
		r.Method, r.Body = "POST", []byte(body)
		return r
	}
	path := func(path string) *upstream.Request { r := read(); r.Path = path; return r }
	with := func(name, value string) *upstream.Request {
		r := read()
		r.Header = http.Header{name: {value}}
		return r
	}
	for _, tt := range []struct {
		name      string
		configure func(*upstream.Config)
		answer    func(http.Header)
		reads     [2]*upstream.Request
		joined    bool     // the second waits for the answer to the first
		want      []string // the answers; nil: "||" twice
		calls     int64
	}{
		{"the same", nil, nil, [2]*upstream.Request{read(), read()}, true, nil, 1},
		{"clients whose headers stay here", nil, nil, [2]*upstream.Request{read(ida...), read(bo...)}, true, nil, 1},
		{"clients whose Authorization is forwarded", forward("authorization"), nil, [2]*upstream.Request{read(ida...), read(bo...)}, false, []string{"Bearer ida||", "Bearer bo||"}, 2},
		{"the same client twice", forward("authorization"), nil, [2]*upstream.Request{read(ida...), read(ida...)}, true, []string{"Bearer ida||", "Bearer ida||"}, 1},
		{"a client and nobody", forward("authorization"), nil, [2]*upstream.Request{read(ida...), read()}, false, []string{"Bearer ida||", "||"}, 2},
		{"clients whose cookies are forwarded", forward("cookie"), nil, [2]*upstream.Request{read("Cookie", "a=1"), read("Cookie", "a=2")}, false, []string{"|a=1|", "|a=2|"}, 2},
		{"clients whose tokens are exchanged", exchange, nil, [2]*upstream.Request{read(ida...), read(bo...)}, false, []string{"Bearer for-ida||", "Bearer for-bo||"}, 2},
		{"one client whose token is exchanged", exchange, nil, [2]*upstream.Request{read(ida...), read(ida...)}, true, []string{"Bearer for-ida||", "Bearer for-ida||"}, 1},
		{"requests with traces of their own", nil, nil, [2]*upstream.Request{
			read("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
			read("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")}, true, nil, 1},
		{"other paths", nil, nil, [2]*upstream.Request{path("/a"), path("/b")}, false, nil, 2},
		{"other bodies", nil, nil, [2]*upstream.Request{query("a"), query("b")}, false, []string{"||a", "||b"}, 2},
		{"the same body", nil, nil, [2]*upstream.Request{query("a"), query("a")}, true, []string{"||a", "||a"}, 1},
		{"other headers", nil, nil, [2]*upstream.Request{with("Accept", "a"), with("Accept", "b")}, false, nil, 2},
		{"when it is off", func(cfg *upstream.Config) { cfg.Sharing.Enabled = false }, nil, [2]*upstream.Request{read(), read()}, false, nil, 2},
		{"an answer with a cookie", nil, func(h http.Header) { h.Set("Set-Cookie", "a=1") }, [2]*upstream.Request{read(), read()}, true, nil, 2},
		{"a private answer", nil, func(h http.Header) { h.Set("Cache-Control", "max-age=1, Private") }, [2]*upstream.Request{read(), read()}, true, nil, 2},
		{"a private answer, if that is no matter", func(cfg *upstream.Config) { cfg.Sharing.Private = true },
			func(h http.Header) { h.Set("Cache-Control", "private") }, [2]*upstream.Request{read(), read()}, true, nil, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newGate(t, tt.answer)
			c := client(t, tt.configure, s.url)
			var got [2]string
			var wg sync.WaitGroup
			for i, r := range tt.reads {
				wg.Go(func() { got[i] = ask(t.Context(), c, r) })
				if i == 0 || !tt.joined {
					<-s.asked
				}
			}
			if tt.joined {
				waiting(t, c, 1)
			}
			close(s.open)
			wg.Wait()
			if tt.want == nil {
				tt.want = []string{"||", "||"}
			}
			if diff := cmp.Diff(tt.want, got[:]); diff != "" {
				t.Errorf("answers (-want +got)\n%s", diff)
			}
			if n := s.hits.Load(); n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
		})
	}
}

// ask makes a call and returns the body of the answer, or the error.
func ask(ctx context.Context, c *upstream.Client, r *upstream.Request) string {
	resp, err := c.Do(ctx, r)
	if err != nil {
		return err.Error()
	}
	defer resp.Release()
	return string(resp.Body)
}

func TestTheOthersGetTheirAnswerWhenTheFirstHangsUp(t *testing.T) {
	t.Parallel()
	s := newGate(t, nil)
	c := client(t, nil, s.url)
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := c.Do(ctx, read())
		first <- err
	}()
	<-s.asked
	const others = 5
	got := make(chan string, others)
	for range others {
		go func() { got <- ask(t.Context(), c, read()) }()
	}
	waiting(t, c, others)
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) || upstream.CodeOf(err) != upstream.CodeCanceled {
		t.Errorf("the first got %v", err)
	}
	close(s.open)
	for range others {
		if text := <-got; text != "||" {
			t.Errorf("another one got %s", text)
		}
	}
}

func TestARefusedTokenIsFetchedAnewAndTheCallRepeatedOnce(t *testing.T) {
	t.Parallel()
	var tokens, calls atomic.Int64
	var refuse atomic.Value // the token that the service refuses, or "all"
	refuse.Store("none")
	issuer := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"access_token": "t%d"}`, tokens.Add(1))
	})
	service := serve(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		body, _ := io.ReadAll(r.Body)
		if no := refuse.Load(); no == "all" || r.Header.Get("Authorization") == "Bearer "+no.(string) || string(body) != "order" {
			w.WriteHeader(401)
		}
	})
	var passed atomic.Int64 // since the beginning
	creds, err := credential.New(&credential.Config{OAuth2: credential.OAuth2{TokenURL: issuer, ClientID: "a", ClientSecret: "b"}},
		credential.Options{Now: func() time.Time { return time.Unix(1e9, 0).Add(time.Duration(passed.Load())) }})
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, nil, service)
	c.UseCredentials(creds)
	for _, step := range []struct {
		name          string
		refuse        string
		after         time.Duration
		status        int
		calls, tokens int64 // all together
	}{
		{"a token that is good", "none", 0, 200, 1, 1},
		{"a brand-new token is not replaced", "t1", 0, 401, 2, 1},
		{"an older one is", "t1", time.Minute, 200, 4, 2},
		{"a service that refuses all is asked twice", "all", time.Minute, 401, 6, 3},
	} {
		refuse.Store(step.refuse)
		passed.Add(int64(step.after))
		resp, err := c.Do(t.Context(), &upstream.Request{Method: "POST", Path: "/", Body: []byte("order")})
		if err != nil {
			t.Fatal(err)
		}
		if resp.Status != step.status {
			t.Errorf("%s: status %d, want %d", step.name, resp.Status, step.status)
		}
		resp.Release()
		if calls.Load() != step.calls || tokens.Load() != step.tokens {
			t.Errorf("%s: %d calls and %d tokens, want %d and %d", step.name, calls.Load(), tokens.Load(), step.calls, step.tokens)
		}
	}
}

func TestWithoutCredentialsNothingIsSent(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	s := serve(t, func(http.ResponseWriter, *http.Request) { calls.Add(1) })
	c := client(t, func(cfg *upstream.Config) {
		cfg.Retry.Attempts = 3
		cfg.Credentials.OAuth2 = credential.OAuth2{TokenURL: dead(t), ClientID: "a", ClientSecret: "s3cret"}
	}, s)
	_, err := c.Do(t.Context(), read())
	if upstream.CodeOf(err) != upstream.CodeCredentials || !errors.Is(err, credential.ErrUnavailable) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d calls", n)
	}
}
