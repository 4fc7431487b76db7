package value_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/value"
)

// posts is the answer of the field's public benchmark: 100 posts, about 27 KB.
func posts() []byte {
	var b strings.Builder
	b.WriteString("[\n")
	for i := range 100 {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, "  {\n    \"userId\": %d,\n    \"id\": %d,\n    \"title\": \"sunt aut facere repellat provident occaecati excepturi\",\n    \"body\": \"%s\"\n  }",
			i%10+1, i+1, strings.Repeat("quia et suscipit suscipit recusandae\\n", 4))
	}
	b.WriteString("\n]")
	return []byte(b.String())
}

func BenchmarkScan(b *testing.B) {
	body := posts()
	three := &value.Filter{Keys: []value.FilterKey{{Key: "userId"}, {Key: "id"}, {Key: "title"}}}
	for _, bb := range []struct {
		name string
		want *value.Filter
	}{{"3 of 4 fields", three}, {"everything", nil}, {"checked only", &value.Filter{}}} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				a := value.NewArena()
				if _, err := value.Scan(body, bb.want, a); err != nil {
					b.Fatal(err)
				}
				a.Release()
			}
		})
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	a := value.NewArena()
	defer a.Release()
	v, err := value.Scan(posts(), nil, a)
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = v.AppendJSON(buf[:0])
	}
	b.SetBytes(int64(len(buf)))
}

// BenchmarkValid is the standard library's check of the same body, for comparison in one run.
func BenchmarkValid(b *testing.B) {
	body := posts()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if !json.Valid(body) {
			b.Fatal("not valid")
		}
	}
}
