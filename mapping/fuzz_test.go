package mapping_test

import (
	"errors"
	"testing"

	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/value"
)

// seeds are the texts of the vectors, and some that have been trouble elsewhere.
func seeds(f *testing.F) []string {
	f.Helper()
	texts := []string{
		"", "{", "}", "$", "@", "$(", "a {", "a { b", "'", "\"\\", "a: -", "a: $(-0)", "a: $(5.)", "...", "a ...b", "# only a comment",
		"a->as($x)->map($x.b { c })", "a->match([1, 2], [@])", "$args.x?.y?", "a ?? b", "a: $(a ?! b ?! c)", "a->get(-9223372036854775808)",
		"a: b->add(9223372036854775807)", "{ ...$args, x: [1, {y}] }", "a->jsonStringify->jsonParse", "a->split('')->joinNotNull('é')",
	}
	for _, v := range readVectors(f).Mapping {
		texts = append(texts, v.Selection)
	}
	return texts
}

// FuzzParse: no text makes any reading of it panic, and an error lies inside the text.
func FuzzParse(f *testing.F) {
	for _, s := range seeds(f) {
		for v := mapping.V01; v <= mapping.V04; v++ {
			f.Add(s, uint8(v))
		}
	}
	f.Fuzz(func(t *testing.T, src string, version uint8) {
		v := mapping.Version(version%4 + 1)
		m, err := mapping.Parse(src, v)
		if err != nil {
			var e *mapping.SyntaxError
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(src) || e.Message == "" {
				t.Fatalf("Parse(%q) = %#v", src, err)
			}
			return
		}
		for _, r := range m.References() {
			if r.Offset < 0 || r.Offset >= len(src) {
				t.Fatalf("reference %v lies outside of %q", r, src)
			}
		}
		m.Remarks()
		m.Shape(&mapping.ShapeEnv{})
		m.Output()
		m.Narrow(&mapping.Request{Type: "T", Typename: true, Fields: []mapping.RequestField{{Name: "a"}, {Name: "id"}}})
	})
}

// FuzzApply: whatever the mapping and the data, the result is valid JSON, and it is the same if only what the mapping
// reads was kept of the data.
func FuzzApply(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s, `{"a":[1,{"b":null}],"id":"x","name":"né","c":{"a":2.50}}`, uint8(3))
		f.Add(s, `[{"id":1},null,[{"id":2}]]`, uint8(2))
	}
	f.Fuzz(func(t *testing.T, src, body string, version uint8) {
		m, err := mapping.Parse(src, mapping.Version(version%4+1))
		if err != nil {
			return
		}
		arena := value.NewArena()
		in, err := value.Scan([]byte(body), nil, arena)
		if err != nil {
			return
		}
		env := &mapping.Env{Arena: arena, Args: in, This: in, Problems: &mapping.Problems{}}
		got := m.Apply(in, env)
		text := got.AppendJSON(nil)
		if _, err := value.Scan(text, nil, arena); err != nil && len(text) < 1<<20 {
			t.Fatalf("Parse(%q).Apply(%s) = %s: %v", src, body, text, err)
		}
		if len(m.References()) > 0 {
			return // what variables hold is not filtered
		}
		sameAtOnce(t, m, body)
		in, err = value.Scan([]byte(body), m.Reads(), arena)
		if err != nil {
			t.Fatal(err)
		}
		filtered := m.Apply(in, &mapping.Env{Arena: arena})
		if !value.Equal(got, filtered) {
			t.Fatalf("Parse(%q).Apply() = %s, of the filtered body %s", src, text, filtered.AppendJSON(nil))
		}
	})
}

// FuzzTemplate: no template makes parsing or filling it panic, and what is filled in is data in a URL.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{
		"", "/a/{$args.x}/b", "http://h/{$args.x}?y={$args.x}#z", "{", "}", "{{}}", "{'}'}", "/{$args.x # }\n}", "http://{$args.x}", "http://a@b", "//x",
		"{$args.x}://h", "?a=1&&b", "/x\n   ?a=1", "/%2F/é", "http://[::1]:80/", "{$args.x->joinNotNull(',')}", "HTTP://H?x",
	} {
		f.Add(s, `{"x":"a/b?c&d#e"}`)
	}
	f.Fuzz(func(t *testing.T, src, args string) {
		arena := value.NewArena()
		in, err := value.Scan([]byte(args), nil, arena)
		if err != nil {
			return
		}
		env := &mapping.Env{Arena: arena, Args: in, Problems: &mapping.Problems{}}
		if h, err := mapping.ParseTemplate(src, mapping.V03); err == nil {
			if _, err := h.Append(nil, env); err != nil && !errors.Is(err, mapping.ErrNotScalar) {
				t.Fatal(err)
			}
		}
		u, err := mapping.ParseURL(src, mapping.V03)
		if err != nil {
			return
		}
		source, err := mapping.ParseURL("http://h/base/", mapping.V03)
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range []*mapping.Target{{ConnectURL: u}, {SourceURL: source, ConnectURL: u}, {SourceURL: u, ConnectURL: source}} {
			b, err := target.Build(nil, env)
			if err != nil {
				continue
			}
			if len(b.Path) == 0 || b.Path[0] != '/' {
				t.Fatalf("Build(%q) = %q", src, b.Path)
			}
			for _, c := range b.Path {
				if c <= ' ' || c >= 0x7f || c == '#' {
					t.Fatalf("Build(%q) = %q", src, b.Path)
				}
			}
		}
	})
}
