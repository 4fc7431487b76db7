package execute_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/value"
)

// joined is the field's public benchmark from the answers on: posts with four fields, each joined with one of some users.
func joined(tb testing.TB, posts, users int) *execute.Program {
	w := newWorld(tb, `
type Query { posts: [Post] }
type Post { id: Int! userId: Int! title: String body: String user: User }
type User { id: Int! name: String }`)
	p := w.plan(tb, `{ posts { id userId title user { name } } }`,
		step{source: "posts", want: `{ posts { id userId title user { id } } }`},
		step{source: "users", path: "posts.user", needs: `{ id }`, want: `{ name }`, after: []int{0}})
	var b strings.Builder
	for i := range posts {
		fmt.Fprintf(&b, `,{"id":%d,"userId":%d,"title":"title of the post with number %[1]d","user":{"id":%[2]d}}`, i+1, i%users+1)
	}
	list := scan(tb, `{"posts":[`+b.String()[1:]+`]}`)
	rows := make([]value.Value, users)
	for i := range rows {
		rows[i] = scan(tb, fmt.Sprintf(`{"name":"User Number %d"}`, i+1))
	}
	return compile(tb, w, p, sources{
		"posts": func(context.Context, *execute.Inputs) *execute.Outcome {
			return &execute.Outcome{Values: []value.Value{list}}
		},
		"users": func(_ context.Context, in *execute.Inputs) *execute.Outcome {
			if len(in.Reps) != users {
				tb.Errorf("%d representations, want %d", len(in.Reps), users)
			}
			return &execute.Outcome{Values: rows}
		},
	})
}

func BenchmarkJoin(b *testing.B) {
	for _, size := range []struct{ posts, users int }{{1, 1}, {100, 10}, {100, 100}, {10_000, 10_000}} {
		b.Run(fmt.Sprintf("posts=%d/users=%d", size.posts, size.users), func(b *testing.B) {
			prog := joined(b, size.posts, size.users)
			b.ReportAllocs()
			bytes := 0
			for b.Loop() {
				resp := prog.Run(context.Background(), &execute.Request{})
				if len(resp.Errors) > 0 {
					b.Fatal(resp.Errors)
				}
				bytes = len(resp.Data)
				resp.Release()
			}
			b.SetBytes(int64(bytes))
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size.posts), "ns/post")
		})
	}
}
