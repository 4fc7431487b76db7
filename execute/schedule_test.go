package execute_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/value"
)

type run = func(context.Context, *execute.Inputs) *execute.Outcome

func TestAFetchStartsWhenItsOwnDependenciesHaveEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, blog)
	p := w.plan(t, `{ me { name email } post { title } }`,
		step{source: "me", want: `{ me { id name } }`},
		step{source: "post", want: `{ post { title } }`},
		step{source: "mail", path: "me", needs: `{ id }`, want: `{ email }`, after: []int{0}})
	mailed := make(chan struct{})
	after := func(wait <-chan struct{}, f run) run {
		return func(ctx context.Context, in *execute.Inputs) *execute.Outcome { <-wait; return f(ctx, in) }
	}
	prog := compile(t, w, p, sources{
		"me":   gives(t, `{"me":{"id":1,"name":"n"}}`),
		"post": after(mailed, gives(t, `{"post":{"title":"t"}}`)), // ends only after a fetch of the next level
		"mail": func(ctx context.Context, in *execute.Inputs) *execute.Outcome {
			close(mailed)
			return finds(t, map[string]string{`{"id":1}`: `{"email":"e"}`})(ctx, in)
		},
	})
	resp := prog.Run(context.Background(), &execute.Request{})
	defer resp.Release()
	if got, want := string(resp.Data), `{"me":{"name":"n","email":"e"},"post":{"title":"t"}}`; got != want {
		t.Errorf("data = %s, want %s", got, want)
	}
}

func TestACancelledOperationStopsAndIsOneError(t *testing.T) {
	t.Parallel()
	w := newWorld(t, blog)
	p := w.plan(t, `{ me { email } count }`,
		step{source: "me", want: `{ me { id } }`},
		step{source: "slow", want: `{ count }`},
		step{source: "never", path: "me", needs: `{ id }`, want: `{ email }`, after: []int{0}})
	ctx, cancel := context.WithCancel(context.Background())
	prog := compile(t, w, p, sources{
		"me": func(ctx context.Context, in *execute.Inputs) *execute.Outcome {
			cancel()
			return gives(t, `{"me":{"id":1}}`)(ctx, in)
		},
		"slow":  func(ctx context.Context, _ *execute.Inputs) *execute.Outcome { <-ctx.Done(); return &execute.Outcome{} },
		"never": counted(t, -1, nil),
	})
	resp := prog.Run(ctx, &execute.Request{})
	defer resp.Release()
	if got := string(resp.Data); got != "null" {
		t.Errorf("data = %s, want null", got)
	}
	if diff := cmp.Diff([]string{"REQUEST_CANCELED The request was canceled."}, errorLines(resp)); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

func TestWhatArrivedBeforeTheDeadlineIsAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, blog)
	p := w.plan(t, `{ posts { title editor { email age } } }`,
		step{source: "posts", want: `{ posts { title editor { id } } }`},
		step{source: "never", path: "posts.editor", needs: `{ id }`, want: `{ email }`, after: []int{0}},
		step{source: "never", path: "posts.editor", needs: `{ email }`, want: `{ age }`, after: []int{1}})
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(time.Millisecond))
	defer cancel()
	prog := compile(t, w, p, sources{
		"posts": func(ctx context.Context, in *execute.Inputs) *execute.Outcome {
			<-ctx.Done()
			return gives(t, `{"posts":[{"title":"t","editor":{"id":1}},{"title":"u","editor":null}]}`)(ctx, in)
		},
		"never": counted(t, -1, nil),
	})
	resp := prog.Run(ctx, &execute.Request{})
	defer resp.Release()
	if got, want := string(resp.Data), `{"posts":[{"title":"t","editor":{"email":null,"age":null}},{"title":"u","editor":null}]}`; got != want {
		t.Errorf("data = %s, want %s", got, want)
	}
	want := []string{
		"posts[0].editor.email GATEWAY_TIMEOUT The operation's time is over.",
		"posts[0].editor.age GATEWAY_TIMEOUT The operation's time is over.",
	}
	if diff := cmp.Diff(want, errorLines(resp)); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

func TestAPanicEndsOneOperation(t *testing.T) {
	t.Parallel()
	boom := func(context.Context, *execute.Inputs) *execute.Outcome { panic("secret") }
	exit := func(context.Context, *execute.Inputs) *execute.Outcome { runtime.Goexit(); return nil }
	for name, c := range map[string]struct{ first, second run }{
		"of the runner on the operation's own goroutine": {gives(t, `{"count":1}`), boom},
		"of a runner on another goroutine":               {boom, gives(t, `{"me":{"name":"n"}}`)},
		"of both":                                        {boom, boom},
		"a runner that ends its goroutine":               {exit, gives(t, `{"me":{"name":"n"}}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, blog)
			prog := compile(t, w, w.plan(t, `{ count me { name email } }`,
				step{source: "first", want: `{ count }`}, step{source: "second", want: `{ me { id name } }`},
				step{source: "third", path: "me", needs: `{ id }`, want: `{ email }`, after: []int{0, 1}}),
				sources{"first": c.first, "second": c.second, "third": counted(t, -1, nil)})
			var logged []string
			resp := prog.Run(context.Background(), &execute.Request{Log: func(_ context.Context, i *execute.Incident) {
				logged = append(logged, i.Cause.Error())
				panic("the log is broken too")
			}})
			defer resp.Release()
			if diff := cmp.Diff([]string{"INTERNAL_SERVER_ERROR An internal error occurred."}, errorLines(resp)); diff != "" || string(resp.Data) != "null" {
				t.Errorf("data = %s, errors (-want +got):\n%s", resp.Data, diff)
			}
			if len(logged) == 0 || !strings.Contains(logged[0], "panic: ") || !strings.Contains(logged[0], "goroutine") {
				t.Errorf("logged %q, want the panic and its stack", logged)
			}
		})
	}
}

func TestEverythingIsReleasedOnceAndLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, blog)
	var order []string
	prog := compile(t, w, w.plan(t, `{ count }`, step{source: "a", want: `{ count }`}), sources{
		"a": func(ctx context.Context, in *execute.Inputs) *execute.Outcome {
			out := gives(t, `{"count":1}`)(ctx, in)
			out.Release = func() { order = append(order, "outcome"); panic("in a release") }
			in.Scope.Defer(func() { order = append(order, "scope") })
			return out
		},
	})
	resp := prog.Run(context.Background(), &execute.Request{})
	if len(order) != 0 {
		t.Errorf("%q were released before the answer was written", order)
	}
	resp.Release()
	resp.Release()
	if diff := cmp.Diff([]string{"outcome", "scope"}, order); diff != "" {
		t.Errorf("releases (-want +got):\n%s", diff)
	}
}

func TestRunnersSeeTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, blog)
	type key struct{}
	see := func(_ context.Context, in *execute.Inputs) *execute.Outcome {
		n := in.Scope.State(key{}, func() any { return new(atomic.Int32) }).(*atomic.Int32).Add(1)
		if in.Variables.Get("x").Text() != "y" {
			t.Errorf("Variables = %s", in.Variables.AppendJSON(nil))
		}
		return &execute.Outcome{Values: []value.Value{scan(t, fmt.Sprintf(`{"a":%d,"b":%[1]d}`, n))}}
	}
	prog := compile(t, w, w.plan(t, `mutation { a b }`, step{source: "s", want: `{ a }`}, step{source: "s", want: `{ b }`, after: []int{0}}), sources{"s": see})
	resp := prog.Run(context.Background(), &execute.Request{Variables: scan(t, `{"x":"y"}`)})
	defer resp.Release()
	if got, want := string(resp.Data), `{"a":1,"b":2}`; got != want {
		t.Errorf("data = %s, want %s: one scope for the operation, root fields one after the other", got, want)
	}
}

// Many operations of one program at the same time must not see one another's values: this is for the race detector.
func TestManyOperationsAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, blog)
	p := w.plan(t, `{ posts { title editor { name email age } } me { name } count }`,
		step{source: "posts", want: `{ posts { title editor { id } } }`},
		step{source: "me", want: `{ me { name } }`},
		step{source: "count", want: `{ count }`},
		step{source: "names", path: "posts.editor", needs: `{ id }`, want: `{ name }`, after: []int{0}},
		step{source: "mails", path: "posts.editor", needs: `{ id }`, want: `{ email }`, after: []int{0}},
		step{source: "ages", path: "posts.editor", needs: `{ email }`, want: `{ age }`, after: []int{0, 4}})
	number := func(in *execute.Inputs) string { return in.Variables.Get("n").Text() }
	root := func(format string) run {
		return func(_ context.Context, in *execute.Inputs) *execute.Outcome {
			return &execute.Outcome{Values: []value.Value{scan(t, strings.ReplaceAll(format, "#", number(in)))}}
		}
	}
	each := func(format string) run {
		return func(_ context.Context, in *execute.Inputs) *execute.Outcome {
			out := &execute.Outcome{}
			for _, rep := range in.Reps {
				key := rep.Object.Members()[0].Value.Text()
				out.Values = append(out.Values, scan(t, strings.NewReplacer("#", number(in), "@", key).Replace(format)))
			}
			return out
		}
	}
	prog := compile(t, w, p, sources{
		"posts": root(`{"posts":[{"title":"#-0","editor":{"id":"1"}},{"title":"#-1","editor":{"id":"2"}},{"title":"#-2","editor":{"id":"1"}}]}`),
		"me":    root(`{"me":{"name":"me#"}}`), "count": root(`{"count":#}`),
		"names": each(`{"name":"#n@"}`), "mails": each(`{"email":"#m@"}`), "ages": each(`{"age":#}`),
	})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 50 {
				n := fmt.Sprint(1000*(g+1) + i)
				resp := prog.Run(context.Background(), &execute.Request{Variables: scan(t, `{"n":"`+n+`"}`)})
				editor := func(id string) string {
					return `{"name":"` + n + `n` + id + `","email":"` + n + `m` + id + `","age":` + n + `}`
				}
				want := `{"posts":[{"title":"` + n + `-0","editor":` + editor("1") + `},{"title":"` + n + `-1","editor":` + editor("2") +
					`},{"title":"` + n + `-2","editor":` + editor("1") + `}],"me":{"name":"me` + n + `"},"count":` + n + `}`
				if got := string(resp.Data); got != want || len(resp.Errors) > 0 {
					t.Errorf("data = %s, want %s; errors %v", got, want, resp.Errors)
				}
				resp.Release()
			}
		})
	}
	wg.Wait()
}

func TestCompileRefusesDefects(t *testing.T) {
	t.Parallel()
	w := newWorld(t, blog)
	fresh := func() *plan.Plan {
		return w.plan(t, `{ me { name } }`, step{source: "a", want: `{ me { id } }`},
			step{source: "a", path: "me", needs: `{ id }`, want: `{ name }`, after: []int{0}})
	}
	fine := sources{"a": gives(t, `{}`)}
	for name, c := range map[string]struct {
		spoil  func(p *plan.Plan)
		driver execute.Driver
		want   string
	}{
		"a source without a driver":          {nil, nil, "source a has no driver"},
		"a driver that fails":                {nil, &sources{}, `no source "a"`},
		"a driver with too few runners":      {nil, tooFew{}, "made 0 runners for 2 fetches"},
		"a dependency on itself":             {func(p *plan.Plan) { p.Fetches[1].Deps[0] = 1 }, &fine, "depends on fetch 1"},
		"a slot that is not there":           {func(p *plan.Plan) { p.Fetches[1].Entries[0].Want.Fields[0].Slot = 9 }, &fine, "there is no slot 9"},
		"leaves where objects stand":         {func(p *plan.Plan) { p.Fetches[0].Entries[0].Want.Fields[0].Sub = nil }, &fine, "for leaves and for objects"},
		"a path through leaves":              {func(p *plan.Plan) { p.Fetches[1].Path = append(p.Fetches[1].Path, plan.Step{}) }, &fine, "for leaves and for objects"},
		"an answer that goes somewhere else": {func(p *plan.Plan) { p.Fetches[1].Entries[0].Want.Place = p.Root }, &fine, "another place"},
		"a condition nobody can check":       {func(p *plan.Plan) { p.Fetches[1].Entries[0].On = []*schema.Type{w.sg.Query} }, &fine, "no slot holds the runtime type"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := fresh()
			if c.spoil != nil {
				c.spoil(p)
			}
			_, err := execute.Compile(p, w.sg, func(*schema.Source) execute.Driver { return c.driver })
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Compile() = %v, want an error with %q", err, c.want)
			}
		})
	}
}

type tooFew struct{}

func (tooFew) Compile(*plan.Plan, []*plan.Fetch) ([]execute.Runner, error) { return nil, nil }
