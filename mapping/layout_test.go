package mapping_test

import (
	"errors"
	"testing"

	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/value"
)

// sameAtOnce checks that a body is mapped at once as it is mapped step by step, and reports whether it was.
func sameAtOnce(t *testing.T, m *mapping.Mapping, body string) bool {
	t.Helper()
	f := m.Layout()
	if f == nil {
		return false
	}
	arena := value.NewArena()
	in, err := value.Scan([]byte(body), nil, arena)
	if err != nil {
		t.Fatal(err)
	}
	problems := &mapping.Problems{}
	want := m.Apply(in, &mapping.Env{Arena: arena, Problems: problems})
	got, err := value.Scan([]byte(body), f, arena)
	switch {
	case errors.Is(err, value.ErrLayout):
		return false
	case err != nil:
		t.Fatalf("%s of %s at once: %v", m, body, err)
	case !value.Equal(scan(t, string(got.AppendJSON(nil))), scan(t, string(want.AppendJSON(nil)))): // in any order
		t.Fatalf("%s of %s at once is %s, want %s", m, body, got.AppendJSON(nil), want.AppendJSON(nil))
	case problems.Len() > 0:
		t.Fatalf("%s of %s at once hides the problems %q", m, body, messages(problems))
	}
	return true
}

func TestLayoutsDoWhatMappingsDo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, selection, body string
		want                  string // "": not at once
	}{
		{"fields as they are", "id name", `{"id":1,"x":[{}],"name":"n"}`, `{"id":1,"name":"n"}`},
		{"in the order of the selection", "name id", `{"id":1,"name":"n"}`, `{"name":"n","id":1}`},
		{"leaves of any kind", "a b c", `{"a":{"x":[1]},"b":null,"c":[null,{}]}`, `{"a":{"x":[1]},"b":null,"c":[null,{}]}`},
		{"the last of repeated keys", "id x: id", `{"id":1,"id":2}`, `{"id":2,"x":2}`},
		{"renamed, and one key twice", "id key: id label: name", `{"id":1,"name":"n"}`, `{"id":1,"key":1,"label":"n"}`},
		{"a stub", "id user: { id: userId of: { name } }", `{"name":"n","id":1,"userId":2}`, `{"id":1,"user":{"id":2,"of":{"name":"n"}}}`},
		{"a constant", "id kind: $('k') n: $(1)", `{"id":1}`, ""},
		{"nothing of an object", "user: { }", `{"id":1}`, `{"user":{}}`},
		{"braces, and lists on the way", "list { id sub { x } }", `{"list":[{"id":1,"sub":{"x":2}},{"id":3,"sub":[[{"x":4}],[]]}]}`, `{"list":[{"id":1,"sub":{"x":2}},{"id":3,"sub":[[{"x":4}],[]]}]}`},
		{"a list at the top", "id", `[[{"id":1}],{"id":2}]`, `[[{"id":1}],{"id":2}]`},
		{"an envelope", "$.data.items { id }", `{"data":{"n":1,"items":[{"id":1}]}}`, `[{"id":1}]`},
		{"an envelope as it is", "$.data", `{"data":[1]}`, ""},
		{"optional keys", "id a? b? c? { x } d? { x }", `{"id":1,"b":null,"c":null,"d":{"x":1}}`, `{"id":1,"d":{"x":1}}`},
		{"an optional key that comes again as null", "a?", `{"a":1,"a":null}`, `{}`},
		{"a key that is not there", "id name", `{"id":1}`, ""},
		{"a key that is not there in one item", "id", `[{"id":1},{}]`, ""},
		{"null in the place of an object", "a { id }", `{"a":null}`, ""},
		{"null among the items of an optional list", "a? { id }", `{"a":[null]}`, ""},
		{"a scalar in the place of an object", "a { id }", `{"a":7}`, ""},
		{"a list in the place of an envelope", "$.data { id }", `[{"data":{"id":1}}]`, ""},
		{"an envelope that is not there", "$.data { id }", `{}`, ""},
		{"one key in two ways", "a { id } b: a", `{"a":{"id":1}}`, ""},
		{"methods", "a: b->first", `{"b":[1]}`, ""},
		{"variables", "a: $args.x", `{}`, ""},
		{"spreads", "...a { id }", `{"a":{"id":1}}`, ""},
		{"alternatives", "a: b ?? c", `{"b":1}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := mustParse(t, tt.selection, mapping.V04)
			if at := sameAtOnce(t, m, tt.body); at != (tt.want != "") {
				t.Fatalf("mapped at once: %v", at)
			}
			if tt.want == "" {
				return
			}
			got, err := value.Scan([]byte(tt.body), m.Layout(), value.NewArena())
			if err != nil || string(got.AppendJSON(nil)) != tt.want {
				t.Errorf("at once: %s %v, want %s", got.AppendJSON(nil), err, tt.want)
			}
		})
	}
}

func TestVectorsOfMappingGiveTheSameAtOnce(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, v := range readVectors(t).Mapping {
		m, err := mapping.Parse(v.Selection, mapping.V04)
		if err == nil && len(v.Vars) == 0 && len(v.Input) > 0 && sameAtOnce(t, m, string(v.Input)) {
			tried++
		}
	}
	for _, v := range readVectors(t).Narrowing {
		if sameAtOnce(t, mustParse(t, v.Selection, mapping.V04).Narrow(v.Request.request()), string(v.Input)) {
			tried++
		}
	}
	if tried < 10 {
		t.Errorf("%d of the vectors were mapped at once, want more", tried)
	}
}

// What a layout makes without reading anything is bounded.
func TestLayoutsAreBounded(t *testing.T) {
	t.Parallel()
	f := &value.Filter{Layout: &value.Layout{Make: make([]value.Member, 1<<20), Size: 1 << 20}}
	if _, err := value.Scan([]byte(`[{},{},{},{},{}]`), f, value.NewArena()); !errors.Is(err, value.ErrLayout) {
		t.Errorf("Scan() = %v, want %v", err, value.ErrLayout)
	}
	keys := ""
	for i := range value.MaxLayoutKeys + 1 {
		keys += " k" + string(rune('A'+i/26)) + string(rune('a'+i%26))
	}
	if mustParse(t, keys, mapping.V04).Layout() != nil {
		t.Error("there is a layout of more keys than one can have")
	}
	if mustParse(t, keys[4:], mapping.V04).Layout() == nil {
		t.Error("there is no layout of as many keys as one can have")
	}
}
