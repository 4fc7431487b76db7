package header

import "testing"

// Patterns are a small language of their own, which no rule shows as plainly.
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
