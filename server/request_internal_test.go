package server

// White-box, because the decoder has no other way in than a whole request.

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
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

// The length that a client announces used to be allocated before anything of the body had come.
func TestABodyTakesMemoryAsItComes(t *testing.T) {
	t.Parallel()
	stopped := errors.New("stopped")
	for _, size := range []int{0, 10, 10_000, 300_000} {
		sent := strings.NewReader(strings.Repeat(" ", size))
		r := &http.Request{ContentLength: 1 << 20, Body: io.NopCloser(io.MultiReader(sent, failing{stopped}))}
		b := &body{}
		if bad := b.read(r, 1<<20); bad == nil || bad.status != 400 {
			t.Errorf("a body that breaks off after %d bytes is taken", size)
		}
		if got, most := cap(b.bytes), 2*size+firstRead; got > most {
			t.Errorf("%d bytes of a body took %d of memory, want at most %d", size, got, most)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestABodyIsReadWhole(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, firstRead - 1, firstRead, firstRead + 1, 100_000, 1<<20 - 1, 1 << 20} {
		text := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		for _, announced := range []int64{int64(size), -1} {
			b := &body{}
			if bad := b.read(&http.Request{ContentLength: announced, Body: io.NopCloser(bytes.NewReader(text))}, 1<<20); bad != nil {
				t.Errorf("%d bytes: %v", size, bad.err)
			}
			if !bytes.Equal(b.bytes, text) {
				t.Errorf("%d bytes: read %d others", size, len(b.bytes))
			}
		}
	}
}
