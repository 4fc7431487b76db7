package hashkey_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/resolvers/hashkey"
	"github.com/sluice-gateway/sluice/value"
)

func parse(tb testing.TB, text string) *hashkey.Expression {
	tb.Helper()
	e, err := hashkey.Parse(text)
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return e
}

func TestWhatCannotBeAKeyIsSaid(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"", "is empty"},
		{"# only this", "is empty"},
		{"$args.", "is not an expression of the mapping language"},
		{"id", "has nothing to read but variables: begin paths with one of $args, $this, $batch, $config, $request (at byte 0)"},
		{"$status", "cannot use $status; it may use $args"},
		{"$claims.sub", "cannot use $claims"},
		{"$request", "may read the headers of the request alone, as $request.headers.'name'->first (at byte 0)"},
		{"$args.id ?? $request.body", "may read the headers of the request alone, as $request.headers.'name'->first (at byte 12)"},
		{"$args.id->frist", "frist"},
		{"$args.id->nothing + $x", "mapping language"},
	} {
		_, err := hashkey.Parse(test.text)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: the error is %v, want one with %q", test.text, err, test.want)
		}
	}
	// All at once.
	_, err := hashkey.Parse("$(a ?? $status)->nothing")
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("three things are wrong, and the error is %v", err)
	}
}

func TestKeysOfRequests(t *testing.T) {
	t.Parallel()
	e := parse(t, "$request.headers.'x-user'->first ?? $request.headers.authorization->first")
	of := func(header map[string][]string) string {
		key, ok := e.OfRequest(header)
		return fmt.Sprint(key, ok)
	}
	ada := of(map[string][]string{"X-User": {"ada"}})
	if !strings.HasSuffix(ada, "true") {
		t.Fatalf("a header gives no key: %s", ada)
	}
	for name, header := range map[string]map[string][]string{
		"another header beside":      {"X-User": {"ada"}, "Authorization": {"x"}},
		"another value of the same":  {"X-User": {"ada", "bob"}},
		"the header that stands in":  {"Authorization": {"ada"}},
		"one that the key reads not": {"X-User": {"ada"}, "X-Other": {"x"}},
	} {
		if got := of(header); got != ada {
			t.Errorf("%s: the key is %s, want %s", name, got, ada)
		}
	}
	if got := of(map[string][]string{"X-User": {"bob"}}); got == ada {
		t.Error("two users have the same key")
	}
	for name, header := range map[string]map[string][]string{
		"no headers":   nil,
		"other ones":   {"X-Other": {"ada"}},
		"an empty one": {"X-User": {""}},
	} {
		if got := of(header); got != "0 false" && !strings.HasSuffix(got, "false") {
			t.Errorf("%s: the key is %s, want none", name, got)
		}
	}
}

func TestKeysOfVariables(t *testing.T) {
	t.Parallel()
	key := func(text, args string) (uint64, bool) {
		arena := value.NewArena()
		defer arena.Release()
		v, err := value.Scan([]byte(args), nil, arena)
		if err != nil {
			t.Fatal(err)
		}
		key, ok, _ := parse(t, text).Key(&mapping.Env{Args: v, Arena: arena}, nil)
		return key, ok
	}
	number, ok := key("$args.id", `{"id": 7}`)
	if text, _ := key("$args.id", `{"id": "7"}`); !ok || text != number {
		t.Errorf("the ID 7 has the key %d as text and %d as a number", text, number)
	}
	list, ok := key("$args.ids", `{"ids": [1, 2]}`)
	if other, _ := key("$args.ids", `{"ids": [2, 1]}`); !ok || other == list {
		t.Error("two lists have the same key")
	}
	if _, ok := key("$args.flag", `{"flag": false}`); !ok {
		t.Error("a boolean gives no key")
	}
	for _, args := range []string{`{}`, `{"id": null}`, `{"id": ""}`} {
		if _, ok := key("$args.id", args); ok {
			t.Errorf("%s gives a key", args)
		}
	}
	if _, ok := key("$this.id", `{"id": 1}`); ok {
		t.Error("a variable that is not bound gives a key")
	}
}

func BenchmarkOfRequest(b *testing.B) {
	e := parse(b, "$request.headers.'x-user'->first")
	header := map[string][]string{"X-User": {"ada"}, "Accept": {"*/*"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := e.OfRequest(header); !ok {
			b.Fatal("no key")
		}
	}
}
