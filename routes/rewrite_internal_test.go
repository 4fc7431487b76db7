package routes

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Whatever a client asks for, a service is asked for a path that can be sent as it is, that leads below the one that the
// rule names, and in which one segment of the request is one segment.
func FuzzRewrite(f *testing.F) {
	for _, target := range []string{
		"/api/1/x", "/api/a%2fb/x", "/api/%2e%2e/x", "/api/..%5c/x", "/api/%00/x", "/api/a b/x?q=a b", "/api/ä/x?q=ä#f", "//api//x",
		"/api/a;b=..;/x", "/api/%25%32%65/x", "/api/.%2e;/x?%zz", "/api/1/x?", "/api/\\..\\/x", "/api/{id}/x",
	} {
		f.Add(target)
	}
	one, rest := newPattern("/api/{id}/x"), newPattern("/api/{path...}")
	var rules []*rewrite
	for _, r := range []struct {
		p pattern
		c Rewrite
	}{{one, Rewrite{Path: "/v2/users/{id}"}}, {rest, Rewrite{StripPrefix: "/api"}}, {rest, Rewrite{Path: "/v2/{path}"}}, {rest, Rewrite{}}} {
		rule, err := newRewrite(r.p, r.c)
		if err != nil {
			f.Fatal(err)
		}
		rules = append(rules, rule)
	}
	f.Fuzz(func(t *testing.T, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || !strings.HasPrefix(u.EscapedPath(), "/api/") {
			return // the mux has nothing else for these routes
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL = u
		for i, rule := range rules {
			got, err := rule.target(r)
			if err != nil {
				continue
			}
			path, _, _ := strings.Cut(got, "?")
			for j := range len(got) {
				if c := got[j]; c <= ' ' || c >= 0x7f || c == '#' {
					t.Fatalf("rule %d: %q has the byte %#02x", i, got, c)
				}
			}
			decoded, err := url.PathUnescape(path)
			if err != nil || !strings.HasPrefix(path, "/") {
				t.Fatalf("rule %d: %q is no path: %v", i, got, err)
			}
			for segment := range strings.SplitSeq(strings.ReplaceAll(decoded, `\`, "/"), "/") {
				if segment, _, _ = strings.Cut(segment, ";"); segment == ".." {
					t.Fatalf("rule %d: %q leads up", i, got)
				}
			}
			switch i {
			case 0:
				if !strings.HasPrefix(path, "/v2/users/") || strings.Count(path, "/") != 3 {
					t.Fatalf("%q has other segments than the rule", got)
				}
			case 2:
				if !strings.HasPrefix(path, "/v2/") || strings.Count(path, "/") != strings.Count(u.EscapedPath(), "/") {
					t.Fatalf("%q has other segments than %q", got, u.EscapedPath())
				}
			}
		}
	})
}
