package header_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/upstream/header"
)

func TestWhatIsWrongWithRules(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		rule header.Rule
		want string
	}{
		{"an empty rule", header.Rule{}, `request[0]: must have exactly one of forward, set, rename and remove`},
		{"a rule of two kinds", header.Rule{Set: "a", Remove: "b"}, `request[0]: must have exactly one of forward, set, rename and remove`},
		{"what belongs to another kind", header.Rule{Set: "a", As: "b"}, `request[0].as: belongs to forward and rename (got "b")`},
		{"a value for what is forwarded", header.Rule{Forward: "a", Value: "b"}, `request[0].value: belongs to set (got "b")`},
		{"renaming to nothing", header.Rule{Rename: "a"}, `request[0].as: is needed to rename`},
		{"a pattern with another name", header.Rule{Forward: "a-*", As: "b"}, `request[0].forward: must be one name where as or default is given (got "a-*")`},
		{"a name that is none", header.Rule{Set: "a b"}, `request[0].set: must be the name of a header (got "a b")`},
		{"a pattern where a name belongs", header.Rule{Set: "a*"}, `request[0].set: must be the name of a header (got "a*")`},
		{"a header of the gateway", header.Rule{Forward: "content-length"}, `request[0].forward: is set by the gateway itself (got "content-length")`},
		{"the host", header.Rule{Set: "Host", Value: "a"}, `request[0].set: is set by the gateway itself (got "Host")`},
		{"a header of the connection under another name", header.Rule{Forward: "a", As: "connection"}, `request[0].as: is set by the gateway itself (got "connection")`},
		{"a line in a value", header.Rule{Set: "a", Value: "b\r\nc: d"}, `request[0].value: must have no control characters`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := (&header.Config{Request: []header.Rule{tt.rule}}).Validate()
			if err == nil || err.Error() != tt.want {
				t.Errorf("Validate() = %v, want %s", err, tt.want)
			}
		})
	}
}

func TestWhatIsWrongWithRulesForAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		rule header.ResponseRule
		want string
	}{
		{"an empty rule", header.ResponseRule{}, `response[0]: must have exactly one of forward, set, rename and remove`},
		{"a way to join that is none", header.ResponseRule{Forward: "a", Join: "any"}, `response[0].join: must be one of first, last, append, most_restrictive, max, min (got "any")`},
		{"restricting what has no order", header.ResponseRule{Forward: "a", Join: "most_restrictive"}, `response[0].join: only Cache-Control can be joined in this way (got "most_restrictive")`},
		{"joining what is removed", header.ResponseRule{Remove: "a", Join: "first"}, `response[0].join: belongs to forward and set (got "first")`},
		{"permissions of pages", header.ResponseRule{Forward: "access-control-allow-origin"}, `response[0].forward: is set by the gateway itself (got "access-control-allow-origin")`},
		{"the type of the body", header.ResponseRule{Set: "content-type", Value: "text/html"}, `response[0].set: is set by the gateway itself (got "content-type")`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := (&header.Config{Response: []header.ResponseRule{tt.rule}}).Validate()
			if err == nil || err.Error() != tt.want {
				t.Errorf("Validate() = %v, want %s", err, tt.want)
			}
		})
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		rules          []header.Rule
		to, from, want http.Header
	}{
		{
			"nothing of the client is sent on without a rule", nil,
			http.Header{"A": {"1"}}, http.Header{"Authorization": {"x"}}, http.Header{"A": {"1"}},
		},
		{
			"a header is forwarded with all its values", []header.Rule{{Forward: "x-user"}},
			http.Header{}, http.Header{"X-User": {"ida", "bo"}, "X-Other": {"1"}}, http.Header{"X-User": {"ida", "bo"}},
		},
		{
			"what is forwarded takes the place of what was there", []header.Rule{{Forward: "x-user"}},
			http.Header{"X-User": {"eve"}}, http.Header{"X-User": {"ida"}}, http.Header{"X-User": {"ida"}},
		},
		{
			"a header that did not come in leaves what was there", []header.Rule{{Forward: "x-user"}},
			http.Header{"X-User": {"eve"}}, http.Header{}, http.Header{"X-User": {"eve"}},
		},
		{
			"a header is forwarded under another name", []header.Rule{{Forward: "x-user", As: "x-account"}},
			http.Header{}, http.Header{"X-User": {"ida"}}, http.Header{"X-Account": {"ida"}},
		},
		{
			"a default stands for what did not come in", []header.Rule{{Forward: "x-user", Default: "nobody"}},
			http.Header{}, http.Header{}, http.Header{"X-User": {"nobody"}},
		},
		{
			"a value is set", []header.Rule{{Set: "x-api", Value: "2"}, {Set: "x-none"}},
			http.Header{"X-Api": {"1"}}, http.Header{"X-Api": {"3"}}, http.Header{"X-Api": {"2"}, "X-None": {""}},
		},
		{
			"a header is renamed, whoever brought it", []header.Rule{{Rename: "x-user", As: "x-account"}},
			http.Header{"X-User": {"ida"}}, http.Header{}, http.Header{"X-Account": {"ida"}},
		},
		{
			"a header that is not there is not renamed", []header.Rule{{Rename: "x-user", As: "x-account"}},
			http.Header{"X-Account": {"ida"}}, http.Header{"X-User": {"eve"}}, http.Header{"X-Account": {"ida"}},
		},
		{
			"rules are applied in their order", []header.Rule{{Forward: "x-*"}, {Remove: "X-SECRET"}, {Remove: "*-id"}, {Set: "x-id", Value: "7"}},
			http.Header{}, http.Header{"X-User": {"ida"}, "X-Secret": {"s"}, "X-User-Id": {"1"}}, http.Header{"X-User": {"ida"}, "X-Id": {"7"}},
		},
		{
			"a pattern leaves alone what the gateway says of its own request", []header.Rule{{Forward: "*"}, {Remove: "cont*"}},
			http.Header{"Content-Type": {"application/json"}},
			http.Header{
				"Accept": {"text/html"}, "Accept-Encoding": {"br"}, "Content-Length": {"3"}, "Content-Type": {"text/plain"}, "Host": {"a"},
				"Transfer-Encoding": {"chunked"}, "Te": {"trailers"}, "Upgrade": {"websocket"}, "Proxy-Authorization": {"x"}, "X-User": {"ida"},
			},
			http.Header{"Content-Type": {"application/json"}, "X-User": {"ida"}},
		},
		{
			"a pattern leaves alone what the client says of its connection", []header.Rule{{Forward: "*"}},
			http.Header{}, http.Header{"Connection": {"close, x-hop", "x-next"}, "X-Hop": {"1"}, "X-Next": {"1"}, "X-User": {"ida"}},
			http.Header{"X-User": {"ida"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rules, err := header.New(tt.rules)
			if err != nil {
				t.Fatal(err)
			}
			rules.Apply(tt.to, tt.from)
			if diff := cmp.Diff(tt.want, tt.to); diff != "" {
				t.Errorf("Apply() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheTraceAndTheIDOfTheRequestAlwaysFlow(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		to, from, want http.Header
	}{
		{
			"all of them", http.Header{}, http.Header{"Traceparent": {"00-1"}, "Tracestate": {"a=1", "b=2"}},
			http.Header{"Traceparent": {"00-1"}, "Tracestate": {"a=1", "b=2"}, "X-Request-Id": {"seven"}},
		},
		{
			"an id that the client made up does not", http.Header{}, http.Header{"X-Request-Id": {"six"}},
			http.Header{"X-Request-Id": {"seven"}},
		},
		{
			"a state without a parent does not", http.Header{}, http.Header{"Tracestate": {"a=1"}},
			http.Header{"X-Request-Id": {"seven"}},
		},
		{
			"what the source sends itself stays", http.Header{"Traceparent": {"00-2"}, "X-Request-Id": {"one"}},
			http.Header{"Traceparent": {"00-1"}, "Tracestate": {"a=1"}},
			http.Header{"Traceparent": {"00-2"}, "X-Request-Id": {"one"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			header.Flow(tt.to, tt.from, "seven")
			if diff := cmp.Diff(tt.want, tt.to); diff != "" {
				t.Errorf("Flow() (-want +got):\n%s", diff)
			}
		})
	}
}

// answers joins what several answers of one service give.
func answers(t *testing.T, rules []header.ResponseRule, from ...http.Header) http.Header {
	t.Helper()
	r, err := header.NewResponse(rules)
	if err != nil {
		t.Fatal(err)
	}
	to := http.Header{}
	for _, h := range from {
		r.Read(h).Give(to)
	}
	return to
}

func TestAnswersAreJoined(t *testing.T) {
	t.Parallel()
	h := func(pairs ...string) http.Header {
		out := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			out.Add(pairs[i], pairs[i+1])
		}
		return out
	}
	for _, tt := range []struct {
		name  string
		rules []header.ResponseRule
		from  []http.Header
		want  http.Header
	}{
		{
			"nothing goes to the client without a rule", []header.ResponseRule{{Forward: "x-a"}}, []http.Header{h("X-B", "1")},
			h(),
		},
		{
			"the first is what counts", []header.ResponseRule{{Forward: "x-a"}}, []http.Header{h(), h("X-A", "1", "X-A", "2"), h("X-A", "3")},
			h("X-A", "1", "X-A", "2"),
		},
		{
			"the last counts", []header.ResponseRule{{Forward: "x-a", Join: "last"}}, []http.Header{h("X-A", "1"), h("X-A", "3"), h()},
			h("X-A", "3"),
		},
		{
			"values are appended, each once", []header.ResponseRule{{Forward: "x-a", Join: "append"}}, []http.Header{h("X-A", "1"), h("X-A", "3"), h("X-A", "1")},
			h("X-A", "1", "X-A", "3"),
		},
		{
			"cookies are all set, in their order", []header.ResponseRule{{Forward: "set-cookie"}}, []http.Header{h("Set-Cookie", "a=1"), h("Set-Cookie", "a=2"), h("Set-Cookie", "a=1")},
			h("Set-Cookie", "a=1", "Set-Cookie", "a=2", "Set-Cookie", "a=1"),
		},
		{
			"the largest number counts", []header.ResponseRule{{Forward: "x-a", Join: "max"}}, []http.Header{h("X-A", "9"), h("X-A", "10"), h("X-A", "many")},
			h("X-A", "10"),
		},
		{
			"the smallest number counts, and any more than none", []header.ResponseRule{{Forward: "x-a", Join: "min"}}, []http.Header{h("X-A", "many"), h("X-A", "10"), h("X-A", "9.5")},
			h("X-A", "9.5"),
		},
		{
			"a default stands for what the answer lacks", []header.ResponseRule{{Forward: "x-a", As: "x-b", Default: "0"}}, []http.Header{h()},
			h("X-B", "0"),
		},
		{
			"a value tells that the service was called", []header.ResponseRule{{Set: "x-a", Value: "1", Join: "append"}}, []http.Header{h(), h()},
			h("X-A", "1"),
		},
		{
			"patterns forward and remove, but nothing of the gateway's own", []header.ResponseRule{{Forward: "*"}, {Remove: "*-b"}},
			[]http.Header{h("X-A", "1", "X-B", "2", "Content-Type", "text/html", "Access-Control-Allow-Origin", "*", "X-Request-Id", "1", "Connection", "x-hop", "X-Hop", "1", "Age", "3", "Set-Cookie", "a=1", "Set-Cookie", "b=1")},
			h("X-A", "1", "Set-Cookie", "a=1", "Set-Cookie", "b=1"),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := answers(t, tt.rules, tt.from...)
			delete(got, "Cache-Control")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Give() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCacheControlIsWhatAllAnswersAllow(t *testing.T) {
	t.Parallel()
	rules := []header.ResponseRule{{Forward: "cache-control"}}
	for _, tt := range []struct {
		name string
		from []string // the header of each answer; empty: it has none
		want string
	}{
		{"one answer", []string{"public, max-age=60"}, "public, max-age=60"},
		{"the shorter time", []string{"max-age=60", "max-age=30"}, "max-age=30"},
		{"an answer without one", []string{"max-age=60", ""}, "no-store"},
		{"what must not be stored", []string{"max-age=60", "no-store, max-age=60"}, "no-store"},
		{"what is for one user", []string{"public, max-age=60, s-maxage=600", "private, max-age=60"}, "private, max-age=60"},
		{"public only if all are", []string{"public, max-age=60", "max-age=60"}, "max-age=60"},
		{"a time for shared caches", []string{"max-age=60, s-maxage=600", "max-age=90"}, "max-age=60, s-maxage=90"},
		{"no time at all", []string{"public", "public, max-age=60"}, "public, max-age=0"},
		{"duties add up", []string{"max-age=60, must-revalidate", "max-age=60, no-transform, proxy-revalidate"}, "max-age=60, must-revalidate, proxy-revalidate, no-transform"},
		{"permissions hold if all give them", []string{"max-age=60, immutable, stale-while-revalidate=5, stale-if-error=9", "max-age=60, immutable, stale-while-revalidate=3"}, "max-age=60, immutable, stale-while-revalidate=3"},
		{"fields that are not cached", []string{`no-cache="set-cookie, x-a", max-age=60`, "max-age=90"}, "no-cache, max-age=60"},
		{"the stricter of two in one", []string{"max-age=60, max-age=10"}, "max-age=10"},
		{"a number that is none", []string{"max-age=soon"}, "max-age=0"},
		{"a number in quotes", []string{`max-age="60"`}, "max-age=60"},
		{"a number without end", []string{"max-age=2147483647", "max-age=2147483640"}, "max-age=2147483640"},
		{"nothing that is known", []string{"community=UCI"}, "no-store"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var from []http.Header
			for _, v := range tt.from {
				if v == "" {
					from = append(from, http.Header{})
				} else {
					from = append(from, http.Header{"Cache-Control": {v}})
				}
			}
			if got := answers(t, rules, from...).Get("Cache-Control"); got != tt.want {
				t.Errorf("Cache-Control = %s, want %s", got, tt.want)
			}
		})
	}
}

// The answer that the client gets begins its age anew.
func TestTimeInCachesBeforeTheGatewayCounts(t *testing.T) {
	t.Parallel()
	got := answers(t, []header.ResponseRule{{Forward: "cache-control"}}, http.Header{"Cache-Control": {"max-age=60, s-maxage=30"}, "Age": {"40"}})
	if want := "max-age=20, s-maxage=0"; got.Get("Cache-Control") != want {
		t.Errorf("Cache-Control = %s, want %s", got.Get("Cache-Control"), want)
	}
}

// A service whose rules do not speak of caching may have given anything to the answer.
func TestAServiceWithoutARuleForCachingAllowsNone(t *testing.T) {
	t.Parallel()
	to := http.Header{}
	for _, rules := range [][]header.ResponseRule{{{Forward: "cache-control"}}, {{Forward: "set-cookie"}}} {
		r, err := header.NewResponse(rules)
		if err != nil {
			t.Fatal(err)
		}
		r.Read(http.Header{"Cache-Control": {"max-age=60"}}).Give(to)
	}
	if got := to.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %s", got)
	}
}

func TestNothingIsAllocatedWithoutRules(t *testing.T) {
	from := http.Header{"Traceparent": {"00-1"}, "X-Request-Id": {"seven"}, "Cookie": {"a=1"}}
	to := http.Header{"A": nil, "B": nil, "C": nil, "D": nil}
	var rules *header.Rules
	var answers *header.ResponseRules
	if n := testing.AllocsPerRun(100, func() {
		header.Flow(to, from, "seven")
		rules.Apply(to, from)
		if answers.Read(from) != nil {
			t.Error("there are no rules")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzCacheControl(f *testing.F) {
	for _, s := range []string{"max-age=60", `no-cache="a,b", private`, "max-age", `"`, "s-maxage=99999999999999999999,,public"} {
		f.Add(s, "max-age=60, public", "5")
	}
	rules, err := header.NewResponse([]header.ResponseRule{{Forward: "cache-control"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, a, b, age string) {
		join := func(values ...string) string {
			to := http.Header{}
			for _, v := range values {
				rules.Read(http.Header{"Cache-Control": {v}, "Age": {age}}).Give(to)
			}
			return to.Get("Cache-Control")
		}
		if x, y := join(a, b), join(b, a); x != y {
			t.Errorf("%q and %q: %q in one order, %q in the other", a, b, x, y)
		}
	})
}
