package suggest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/suggest"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about   string
		name    string
		options []string
		want    []string
	}{
		{"a swap of neighbours is one edit", "nmae", []string{"name", "mane", "nickname"}, []string{"name", "mane"}},
		{"another case is the nearest but the name itself", "Email", []string{"gmail", "email"}, []string{"email", "gmail"}},
		{"equally near names are in alphabetical order", "ab", []string{"ac", "aa"}, []string{"aa", "ac"}},
		{"nothing near is nothing", "quantity", []string{"id", "name"}, nil},
		{"no more than five are offered", "a", []string{"b", "c", "d", "e", "f", "g"}, []string{"b", "c", "d", "e", "f"}},
		{"a very long name is near to none", strings.Repeat("a", 1<<20), []string{"a", "aa"}, nil},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, suggest.Names(c.name, c.options)); diff != "" {
				t.Errorf("Names(): (-want +got)\n%s", diff)
			}
		})
	}
}

func TestDidYouMeanIsASentence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind    string
		options []string
		want    string
	}{
		{"", nil, ""},
		{"", []string{"reed"}, ` Did you mean "reed"?`},
		{"the enum value", []string{"reed", "rod"}, ` Did you mean the enum value "reed" or "rod"?`},
		{"", []string{"reed", "rod", "rad"}, ` Did you mean "rad", "reed", or "rod"?`},
	} {
		if got := suggest.DidYouMean(c.kind, "red", c.options); got != c.want {
			t.Errorf("DidYouMean(%q, %q) = %q, want %q", c.kind, c.options, got, c.want)
		}
	}
}
