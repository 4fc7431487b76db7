package subgraph

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/operation"
)

// Patterns are a small language of their own, which no request shows as plainly.
func TestMatches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, name string
		want          bool
	}{
		{"x-user", "X-User", true}, {"x-user", "X-Users", false}, {"*", "X-User", true}, {"x-*", "X-User", true},
		{"x-*", "Y-User", false}, {"*-id", "X-User-Id", true}, {"*-id", "X-Ident", false}, {"x-*-id", "X-User-Id", true},
		{"x-*-id", "X-Id", false}, {"a*a", "A", false}, {"a*a", "Aa", true}, {"a*b*c", "AxbybzC", true}, {"a*b*c", "Axc", false},
		{"**", "", true}, {"*x*x*", "Axa", false}, {"*x*x*", "Axax", true},
	} {
		if got := matches(tt.pattern, tt.name); got != tt.want {
			t.Errorf("matches(%q, %q) = %t", tt.pattern, tt.name, got)
		}
	}
}

// A pattern never forwards what the gateway says of its own request, whatever it matches.
func TestPatternsLeaveReservedHeadersAlone(t *testing.T) {
	t.Parallel()
	r := &remote{headers: newRules([]HeaderRule{{Forward: "*"}, {Remove: "cookie"}})}
	got := r.header(&operation.Caller{RequestID: "seven", Header: http.Header{
		"Accept": {"text/html"}, "Accept-Encoding": {"br"}, "Content-Length": {"3"}, "Content-Type": {"text/plain"}, "Host": {"a"},
		"Connection": {"close"}, "Cookie": {"a=b"}, "X-User": {"ida", "bo"},
	}})
	want := http.Header{
		"Accept": accepted, "Content-Type": jsonType, "X-Request-Id": {"seven"}, "X-User": {"ida", "bo"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("header() (-want +got):\n%s", diff)
	}
}
