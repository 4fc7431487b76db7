package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/value"
)

// posts is a body of n posts, like that of the field's public benchmark.
func posts(n int) string {
	var b strings.Builder
	b.WriteString("[")
	for i := range n {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `{"userId":%d,"id":%d,"title":"title of post %d","body":%q}`, i%10+1, i+1, i, strings.Repeat("text ", 30))
	}
	b.WriteString("]")
	return b.String()
}

var selections = []struct{ name, selection, body string }{
	{"fields as they are", "id userId title", "%s"},
	{"fields renamed", "id author: userId headline: title", "%s"},
	{"fields with a stub", "id title user: { id: userId }", "%s"},
	{"an envelope", "$.data { id userId title }", `{"data":%s}`},
	{"a list in an object", "posts: data { id title userId }", `{"data":%s}`},
}

// BenchmarkApply maps a body of 100 posts that holds only what the mapping reads.
func BenchmarkApply(b *testing.B) {
	for _, s := range selections {
		b.Run(s.name, func(b *testing.B) {
			m, err := mapping.Parse(s.selection, mapping.V03)
			if err != nil {
				b.Fatal(err)
			}
			body := []byte(fmt.Sprintf(s.body, posts(100)))
			kept := value.NewArena()
			in, err := value.Scan(body, m.Reads(), kept)
			if err != nil {
				b.Fatal(err)
			}
			env := &mapping.Env{Problems: &mapping.Problems{}}
			b.ReportAllocs()
			for b.Loop() {
				env.Arena = value.NewArena()
				if m.Apply(in, env).IsMissing() {
					b.Fatal("no result")
				}
				env.Arena.Release()
			}
			if env.Problems.Len() > 0 {
				b.Fatal(env.Problems.List())
			}
		})
	}
}

// BenchmarkScanAndApply is what an upstream body costs as a whole.
func BenchmarkScanAndApply(b *testing.B) {
	for _, s := range selections {
		b.Run(s.name, func(b *testing.B) {
			m, err := mapping.Parse(s.selection, mapping.V03)
			if err != nil {
				b.Fatal(err)
			}
			body := []byte(fmt.Sprintf(s.body, posts(100)))
			env := &mapping.Env{}
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				env.Arena = value.NewArena()
				in, err := value.Scan(body, m.Reads(), env.Arena)
				if err != nil {
					b.Fatal(err)
				}
				m.Apply(in, env)
				env.Arena.Release()
			}
		})
	}
}

// BenchmarkScanAtOnce is the same for bodies that are as they should be.
func BenchmarkScanAtOnce(b *testing.B) {
	for _, s := range selections {
		b.Run(s.name, func(b *testing.B) {
			m, err := mapping.Parse(s.selection, mapping.V03)
			if err != nil {
				b.Fatal(err)
			}
			body, want := []byte(fmt.Sprintf(s.body, posts(100))), m.Layout()
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				arena := value.NewArena()
				if _, err := value.Scan(body, want, arena); err != nil {
					b.Fatal(err)
				}
				arena.Release()
			}
		})
	}
}

func BenchmarkTemplate(b *testing.B) {
	t, err := mapping.ParseTemplate("Bearer {$config.token}", mapping.V03)
	if err != nil {
		b.Fatal(err)
	}
	env := &mapping.Env{Arena: value.NewArena(), Config: scan(b, `{"token":"0123456789abcdef"}`)}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		if dst, err = t.Append(dst[:0], env); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	target := &mapping.Target{
		SourceURL:    mustURL(b, "http://localhost:8080/v1"),
		ConnectURL:   mustURL(b, "/users/{$args.id}/posts?limit={$args.limit}"),
		ConnectQuery: mustParse(b, "after: $args.after lang: $config.lang", mapping.V03),
	}
	env := &mapping.Env{Arena: value.NewArena(), Args: scan(b, `{"id":"17","limit":20,"after":null}`), Config: scan(b, `{"lang":"en"}`)}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		built, err := target.Build(dst, env)
		if err != nil {
			b.Fatal(err)
		}
		dst = built.Path
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := mapping.Parse("$.data { id name owner { id: ownerId } kind: type->match(['a', 'A'], [@, null]) }", mapping.V03); err != nil {
			b.Fatal(err)
		}
	}
}

func mustURL(t testing.TB, src string) *mapping.URL {
	t.Helper()
	u, err := mapping.ParseURL(src, mapping.V03)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
