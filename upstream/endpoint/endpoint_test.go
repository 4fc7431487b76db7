package endpoint_test

import (
	"strings"
	"testing"

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
		"":                   "scheme must be http or https",
		"a:80":               "scheme must be http or https",
		"127.0.0.1:8080":     "scheme must be http or https, as in http://127.0.0.1:8080",
		"ftp://a":            "scheme must be http or https",
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
	e.End(endpoint.Failure)
	check(endpoint.Failing, 1, 2, 1, 1)
	e.End(endpoint.Abandonment)
	check(endpoint.Failing, 0, 2, 1, 1)
	e.Begin()
	e.End(endpoint.Success)
	check(endpoint.Ready, 0, 3, 1, 0)
}
