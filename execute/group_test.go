package execute_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/schema"
)

// grouped is a driver that groups what it may, source by source, and notes what is asked for together.
type grouped struct {
	*sources
	only map[string]bool // the sources that are grouped; nil: all

	mu    sync.Mutex
	asked []string
}

func (g *grouped) Group(_ *plan.Plan, fetches []*plan.Fetch, runners []execute.Runner) (out []execute.Group) {
	members := map[string][]int{}
	for i, f := range fetches {
		members[f.Source.Name] = append(members[f.Source.Name], i)
	}
	for i, f := range fetches {
		list := members[f.Source.Name]
		if len(list) < 2 || list[0] != i || g.only != nil && !g.only[f.Source.Name] {
			continue
		}
		gr := &groupRunner{of: g, name: f.Source.Name}
		for _, m := range list {
			gr.ids, gr.runners = append(gr.ids, fetches[m].ID), append(gr.runners, runners[m])
		}
		out = append(out, execute.Group{Members: list, Runner: gr})
	}
	return out
}

type groupRunner struct {
	of      *grouped
	name    string
	ids     []int
	runners []execute.Runner
}

func (g *groupRunner) Run(ctx context.Context, in []*execute.Inputs) []*execute.Outcome {
	line, out := g.name, make([]*execute.Outcome, len(in))
	for i := range in {
		if in[i] == nil {
			continue
		}
		line += fmt.Sprintf(" %d:", g.ids[i])
		for _, rep := range in[i].Reps {
			line += string(rep.Object.AppendJSON(nil))
		}
		out[i] = g.runners[i].Run(ctx, in[i])
	}
	g.of.mu.Lock()
	g.of.asked = append(g.of.asked, line)
	g.of.mu.Unlock()
	return out
}

// answerTogether runs a plan on a driver that groups, and returns the answer and what was asked for together.
func answerTogether(t *testing.T, w *world, p *plan.Plan, s sources, only ...string) (data string, errs, asked []string) {
	t.Helper()
	g := &grouped{sources: &s}
	if only != nil {
		g.only = map[string]bool{}
		for _, name := range only {
			g.only[name] = true
		}
	}
	prog, err := execute.Compile(p, w.sg, func(*schema.Source) execute.Driver { return g })
	if err != nil {
		t.Fatal(err)
	}
	resp := prog.Run(context.Background(), &execute.Request{})
	defer resp.Release()
	return string(resp.Data), errorLines(resp), g.asked
}

func TestFetchesThatBecomeReadyAtTheSameMomentRunTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, blog)
	const query = `{ posts { editor { email age } } user { email age } }`
	steps := []step{
		{source: "root", want: `{ posts { editor { id } } user { id } }`},
		{source: "names", path: "posts.editor", needs: `{ id }`, want: `{ email }`, after: []int{0}},
		{source: "names", path: "user", needs: `{ id }`, want: `{ email }`, after: []int{0}},
		// Each waits for one of the two, which end together.
		{source: "ages", path: "posts.editor", needs: `{ email }`, want: `{ age }`, after: []int{1}},
		{source: "ages", path: "user", needs: `{ email }`, want: `{ age }`, after: []int{2}},
	}
	names := map[string]string{`{"id":"1"}`: `{"email":"a"}`, `{"id":"2"}`: `{"email":"b"}`}
	ages := finds(t, map[string]string{`{"email":"a"}`: `{"age":1}`, `{"email":"b"}`: `{"age":2}`})
	for name, c := range map[string]struct {
		root        string
		names       run
		only        []string
		data        string
		errs, asked []string
	}{
		"in the order of the plan, level by level": {
			root:  `{"posts":[{"editor":{"id":"2"}},{"editor":{"id":"1"}}],"user":{"id":"1"}}`,
			data:  `{"posts":[{"editor":{"email":"b","age":2}},{"editor":{"email":"a","age":1}}],"user":{"email":"a","age":1}}`,
			asked: []string{`names 1:{"id":"2"}{"id":"1"} 2:{"id":"1"}`, `ages 3:{"email":"b"}{"email":"a"} 4:{"email":"a"}`},
		},
		"but not what waits for fetches that end at different moments": {
			only: []string{"ages"},
			root: `{"posts":[{"editor":{"id":"2"}}],"user":{"id":"1"}}`,
			data: `{"posts":[{"editor":{"email":"b","age":2}}],"user":{"email":"a","age":1}}`,
		},
		"and not one that is left alone": {
			root: `{"posts":[],"user":{"id":"1"}}`,
			data: `{"posts":[],"user":{"email":"a","age":1}}`,
		},
		"nor any where there is nothing": {
			root: `{"posts":[],"user":null}`, data: `{"posts":[],"user":null}`,
		},
		"and fail each for itself": {
			root: `{"posts":[{"editor":{"id":"2"}}],"user":{"id":"1"}}`,
			names: func(ctx context.Context, in *execute.Inputs) *execute.Outcome {
				if in.Reps[0].Object.Get("id").Text() == "1" {
					return nil
				}
				return finds(t, names)(ctx, in)
			},
			data:  `{"posts":[{"editor":{"email":"b","age":2}}],"user":{"email":null,"age":null}}`,
			errs:  []string{"user.email INTERNAL_SERVER_ERROR An internal error occurred.", "user.age INTERNAL_SERVER_ERROR An internal error occurred."},
			asked: []string{`names 1:{"id":"2"} 2:{"id":"1"}`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.names == nil {
				c.names = finds(t, names)
			}
			data, errs, asked := answerTogether(t, w, w.plan(t, query, steps...),
				sources{"root": gives(t, c.root), "names": c.names, "ages": ages}, c.only...)
			if data != c.data {
				t.Errorf("data = %s, want %s", data, c.data)
			}
			if diff := cmp.Diff(c.errs, errs); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.asked, asked); diff != "" {
				t.Errorf("asked together (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCompileRefusesGroupsThatCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, blog)
	p := w.plan(t, `{ count me { name } }`, step{source: "a", want: `{ count }`}, step{source: "a", want: `{ me { name } }`})
	some := &groupRunner{}
	for name, c := range map[string]struct {
		groups []execute.Group
		want   string
	}{
		"of a fetch that is not there":     {[]execute.Group{{Members: []int{0, 2}, Runner: some}}, "not there or taken"},
		"of a fetch in front of the first": {[]execute.Group{{Members: []int{-1, 0}, Runner: some}}, "not there or taken"},
		"that share a fetch":               {[]execute.Group{{Members: []int{0, 1}, Runner: some}, {Members: []int{0, 1}, Runner: some}}, "not there or taken"},
		"that have a fetch twice":          {[]execute.Group{{Members: []int{1, 1}, Runner: some}}, "not there or taken"},
		"of one fetch":                     {[]execute.Group{{Members: []int{1}, Runner: some}}, "less than two"},
		"of fetches that nobody is to run": {[]execute.Group{{Members: []int{0, 1}}}, "without a runner"},
		"of nothing, with a runner for it": {[]execute.Group{{Runner: some}}, "less than two"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &misgrouped{sources{"a": gives(t, `{}`)}, c.groups}
			_, err := execute.Compile(p, w.sg, func(*schema.Source) execute.Driver { return d })
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Compile() = %v, want an error with %q", err, c.want)
			}
		})
	}
}

type misgrouped struct {
	sources
	groups []execute.Group
}

func (m *misgrouped) Group(*plan.Plan, []*plan.Fetch, []execute.Runner) []execute.Group {
	return m.groups
}
