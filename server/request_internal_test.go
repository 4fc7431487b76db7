package server

// White-box, because the decoder has no other way in than a whole request.

import (
	"encoding/json"
	"testing"

	"github.com/sluice-gateway/sluice/operation"
)

// FuzzDecode compares the decoder with encoding/json: what is taken is an object with such members, and what is kept of it
// is what it says.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"query":"{ a }"}`,
		` { "operationName" : null , "variables":{"a":[1,2.5e3,"\u00e9\ud83d\ude00"]},"query":"q\n\"x\"","extensions":{} } `,
		`{"query":"{ a }","x":{"query":1},"variables":null}`,
		`[{"query":"{ a }"}]`, `{"query":1}`, `{"query":"a"}x`, `{"query":"a","query":"b"}`, `{`, ``, `"`, "{\"query\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var got operation.Request
		b := body{bytes: append([]byte(nil), text...)}
		if bad := b.decode(&got); bad != nil {
			if bad.status != 400 || bad.err.Message == "" {
				t.Errorf("refused with %d %q", bad.status, bad.err.Message)
			}
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatalf("taken, but not JSON: %v", err)
		}
		same := func(name, got string) {
			var s *string
			if err := json.Unmarshal(want[name], &s); err != nil || s != nil && *s != got || s == nil && got != "" {
				t.Errorf("%s = %q of %s", name, got, want[name])
			}
		}
		same("query", got.Query)
		if want["operationName"] != nil {
			same("operationName", got.OperationName)
		}
		for name, part := range map[string][]byte{"variables": got.Variables, "extensions": got.Extensions} {
			if string(part) != string(want[name]) {
				t.Errorf("%s = %s, want %s", name, part, want[name])
			}
		}
	})
}
