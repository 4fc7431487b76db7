package endpoint_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

func TestParse(t *testing.T) {
	t.Parallel()
	type parts struct{ Scheme, Host, Prefix, Text string }
	for _, tt := range []struct {
		name, address string
		want          parts
	}{
		{"an origin with a port", "http://a:8080", parts{"http", "a:8080", "", "http://a:8080"}},
		{"the port of http is 80", "http://a", parts{"http", "a:80", "", "http://a"}},
		{"the port of https is 443", "https://a/", parts{"https", "a:443", "", "https://a"}},
		{"a path prefix is kept encoded", "http://a/x%2Fy/z/", parts{"http", "a:80", "/x%2Fy/z", "http://a/x%2Fy/z"}},
		{"an IPv6 address", "http://[::1]:81/p", parts{"http", "[::1]:81", "/p", "http://[::1]:81/p"}},
		{"a Unix socket", "unix:///run/a.sock", parts{"http", "localhost:80", "", "unix:///run/a.sock"}},
		{"a Unix socket with a path prefix", "unix:/run/a.sock:/v1/", parts{"http", "localhost:80", "/v1", "unix:///run/a.sock:/v1"}},
		{"an IPv6 address without a port", "http://[::1]", parts{"http", "[::1]:80", "", "http://[::1]"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, err := endpoint.Parse(tt.address)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, parts{e.Scheme(), e.Host(), e.Prefix(), e.String()}); diff != "" {
				t.Errorf("Parse() mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"":                   "scheme must be http",
		"a:80":               "scheme must be http",
		"127.0.0.1:8080":     "scheme must be http or https, as in http://127.0.0.1:8080",
		"ftp://a":            "scheme must be http, https or unix",
		"unix:a.sock":        "a Unix socket must be of the form",
		"unix://a/b.sock":    "a Unix socket must be of the form",
		"unix:///a.sock:v1":  "a Unix socket must be of the form",
		"unix:///a.sock?x":   "a Unix socket must be of the form",
		"http:///x":          "a host is missing",
		"http://:80":         "a host is missing",
		"http:a":             "a host is missing",
		"http://u:pw@a":      "user or password",
		"http://a?x=1":       "query or fragment",
		"http://a#x":         "query or fragment",
		"http://a:port":      "invalid port",
		"http://a/%zz":       "invalid URL escape",
		"http://a b/":        "invalid character",
		"http://a/\x00":      "invalid control character",
		"http://[::1":        "missing ']'",
		"http://a:80:80/abc": "",
	} {
		e, err := endpoint.Parse(address)
		if err == nil {
			t.Errorf("Parse(%q) = %v, want an error", address, e)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): %v, want something about %q", address, err, want)
		}
	}
}

func TestStatusFollowsTheRequests(t *testing.T) {
	t.Parallel()
	e, err := endpoint.Parse("http://a:1")
	if err != nil {
		t.Fatal(err)
	}
	check := func(state endpoint.State, inFlight int64, requests, failures, consecutive uint64) {
		t.Helper()
		want := endpoint.Status{Address: "http://a:1", State: state, InFlight: inFlight, Requests: requests, Failures: failures}
		if diff := cmp.Diff(want, e.Status()); diff != "" {
			t.Errorf("Status() mismatch (-want +got):\n%s", diff)
		}
		if got := e.ConsecutiveFailures(); got != consecutive {
			t.Errorf("ConsecutiveFailures() = %d, want %d", got, consecutive)
		}
	}
	check(endpoint.Unused, 0, 0, 0, 0)
	e.Begin()
	check(endpoint.Unused, 1, 1, 0, 0)
	e.Begin()
	e.End(endpoint.Failure, 0)
	check(endpoint.Failing, 1, 2, 1, 1)
	e.End(endpoint.Abandonment, 0)
	check(endpoint.Failing, 0, 2, 1, 1)
	e.Begin()
	e.End(endpoint.Success, 0)
	check(endpoint.Ready, 0, 3, 1, 0)
}

func TestTheLatencyRisesAtOnceAndFallsSlowly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, err := endpoint.Parse("http://a:1")
		if err != nil {
			t.Fatal(err)
		}
		end := func(o endpoint.Outcome, took time.Duration) {
			e.Begin()
			e.End(o, took)
		}
		want := func(what string, got, want time.Duration) {
			t.Helper()
			if got < want-want/100 || got > want+want/100 {
				t.Errorf("%s: the latency is %v, want about %v", what, got, want)
			}
		}
		end(endpoint.Failure, time.Millisecond)
		want("a failure before any answer", e.Latency(), 0)
		end(endpoint.Success, 10*time.Millisecond)
		want("the first answer", e.Latency(), 10*time.Millisecond)
		end(endpoint.Success, 100*time.Millisecond)
		want("a slower one", e.Latency(), 100*time.Millisecond)
		<-time.After(10 * time.Second)
		end(endpoint.Failure, time.Millisecond)
		want("a fast failure", e.Latency(), 100*time.Millisecond)
		want("after ten seconds without an answer", e.LatencyAt(time.Now()), 36788*time.Microsecond)
		end(endpoint.Success, 0)
		want("a fast answer after ten seconds", e.Latency(), 36788*time.Microsecond)
		end(endpoint.Abandonment, time.Second)
		want("one that was given up after a second", e.Latency(), time.Second)
		end(endpoint.Failure, 10*time.Hour)
		want("more than fits", e.Latency(), (1<<32-1)*100*time.Nanosecond)
	})
}

func TestAnEndpointKnowsSinceWhenItIsUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, err := endpoint.Parse("http://a:1")
		if err != nil {
			t.Fatal(err)
		}
		if got := e.UsedFor(time.Now()); got < 24*time.Hour {
			t.Errorf("UsedFor() = %v for an endpoint that was there from the beginning", got)
		}
		<-time.After(time.Minute)
		e.Use(time.Now())
		<-time.After(3 * time.Second)
		if got := e.UsedFor(time.Now()); got != 3*time.Second {
			t.Errorf("UsedFor() = %v, want 3s", got)
		}
	})
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	var got []endpoint.Address
	if err := yaml.Unmarshal([]byte("- http://a\n- {url: http://b, weight: 3, zone: z, priority: 1, host: c}\n"), &got); err != nil {
		t.Fatal(err)
	}
	want := append(endpoint.At("http://a"), endpoint.Address{URL: "http://b", Host: "c", Weight: 3, Zone: "z", Priority: 1})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decoding mismatch (-want +got):\n%s", diff)
	}
	e, err := endpoint.New(got[1])
	if err != nil {
		t.Fatal(err)
	}
	if e.Name() != "c" || e.Weight() != 3 || e.Zone() != "z" || e.Priority() != 1 {
		t.Errorf("New() has name %q, weight %d, zone %q, priority %d", e.Name(), e.Weight(), e.Zone(), e.Priority())
	}
	e.Describe(endpoint.Address{Weight: -1, Priority: 1_000_000})
	if e.Weight() != 1 || e.Zone() != "" || e.Priority() != endpoint.MaxPriority {
		t.Errorf("Describe() leaves weight %d, zone %q, priority %d", e.Weight(), e.Zone(), e.Priority())
	}
	bad := endpoint.Address{Host: "a b", Weight: 0, Priority: -1}
	lines := []string{
		`host: must be the name of a host, without a port (got "a b")`,
		`weight: must be between 1 and 1000; leave an endpoint out that shall get nothing (got 0)`,
		`priority: must be between 0 and 100 (got -1)`,
	}
	if diff := cmp.Diff(lines, strings.Split(bad.Validate().Error(), "\n")); diff != "" {
		t.Errorf("Validate() mismatch (-want +got):\n%s", diff)
	}
}
