package plan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/tools/txtar"

	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/schema"
)

var update = flag.Bool("update", false, "rewrite the wanted plans")

// compose makes a supergraph of the *.graphql parts of an archive. A part whose name ends in .local.graphql is a Go
// subgraph, one in .remote.graphql a GraphQL server.
func compose(t testing.TB, files []txtar.File) *schema.Supergraph {
	t.Helper()
	var subgraphs []*schema.Subgraph
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name, ".graphql")
		if !ok {
			continue
		}
		kind := schema.Remote
		if n, ok := strings.CutSuffix(name, ".local"); ok {
			name, kind = n, schema.Local
		} else if n, ok := strings.CutSuffix(name, ".remote"); ok {
			name = n
		}
		s, problems := schema.LoadSources(name, kind, &ast.Source{Name: f.Name, Input: string(f.Data)})
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		subgraphs = append(subgraphs, s)
	}
	sg, problems := schema.Compose(subgraphs)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return sg
}

func prepare(t testing.TB, sg *schema.Supergraph, query string, variables []byte) *operation.Prepared {
	t.Helper()
	p, errs := operation.New(sg.API, operation.Config{}).Prepare(&operation.Request{Query: query, Variables: variables, Caller: &operation.Caller{}})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return p
}

// label shows a source by its name, as if each subgraph were one service.
func label(src *schema.Source) plan.Label {
	if src.Kind == schema.Local {
		return plan.Label{Request: src.Name}
	}
	return plan.Label{Service: src.Subgraph, Request: src.Name}
}

// TestPlans plans the queries of testdata/*.txtar: a schema in *.graphql parts, then for each query a part <name>.query
// and the wanted plan in <name>.plan.
func TestPlans(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			sg := compose(t, archive.Files)
			planner := plan.New(sg, 0)
			out := &txtar.Archive{Comment: archive.Comment}
			for _, f := range archive.Files {
				name, isQuery := strings.CutSuffix(f.Name, ".query")
				if strings.HasSuffix(f.Name, ".plan") {
					continue
				}
				out.Files = append(out.Files, f)
				if !isQuery {
					continue
				}
				query, variables, _ := strings.Cut(string(f.Data), "\nvariables: ")
				got := explain(t, planner, prepare(t, sg, query, []byte(variables)))
				out.Files = append(out.Files, txtar.File{Name: name + ".plan", Data: []byte(got)})
				if i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name+".plan" }); !*update {
					want := ""
					if i >= 0 {
						want = string(archive.Files[i].Data)
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("%s (-want +got)\n%s", name, diff)
					}
				}
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(out), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func explain(t *testing.T, p *plan.Planner, op *operation.Prepared) string {
	t.Helper()
	pl, err := p.Plan(op)
	if err != nil {
		return err.Error() + "\n"
	}
	checkPlan(t, pl)
	var b bytes.Buffer
	d := pl.Describe(label)
	if err := d.Write(&b); err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(d); err != nil {
		t.Error(err)
	}
	for _, f := range pl.Fetches {
		if f.Query != nil {
			fmt.Fprintf(&b, "query %d: %s\n", f.ID, f.Query.Text)
		}
	}
	return b.String()
}

// checkPlan checks what execution relies on.
func checkPlan(t *testing.T, p *plan.Plan) {
	t.Helper()
	for i, f := range p.Fetches {
		if f.ID != i {
			t.Errorf("fetch %d has the id %d", i, f.ID)
		}
		for _, d := range f.Deps {
			if d >= i {
				t.Errorf("fetch %d waits for %d, which comes later", i, d)
			}
		}
		at := p.Root
		for _, s := range f.Path {
			if at.Slots[s.Slot].Key != s.Key {
				t.Errorf("fetch %d: slot %d has the key %q, want %q", i, s.Slot, at.Slots[s.Slot].Key, s.Key)
			}
			at = at.Slots[s.Slot].Sub
		}
		for _, e := range f.Entries {
			if e.Want.Place != at {
				t.Errorf("fetch %d does not land where its path leads", i)
			}
			if len(f.Path) > 0 && (e.Needs == nil || e.Needs.Place != at) {
				t.Errorf("fetch %d does not read its representations where its path leads", i)
			}
		}
	}
}

func TestAnOperationBeyondTheBoundsHasNoPlan(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("testdata/harbour.txtar")
	if err != nil {
		t.Fatal(err)
	}
	sg := compose(t, archive.Files)
	planner := plan.New(sg, 30)
	_, err = planner.Plan(prepare(t, sg, "{berths { id size ship { name } }}", nil))
	if !errors.Is(err, plan.ErrNoPlan) {
		t.Errorf("Plan() = %v, want ErrNoPlan", err)
	}
	if _, err := planner.Plan(prepare(t, sg, "{ __typename }", nil)); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(plan.Stats{Planned: 1, Excessive: 1}, planner.Stats()); diff != "" {
		t.Errorf("what was counted (-want +got):\n%s", diff)
	}
}

func TestPlansAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("testdata/harbour.txtar")
	if err != nil {
		t.Fatal(err)
	}
	first := ""
	for range 20 { // map iteration differs from run to run
		sg := compose(t, archive.Files)
		got := explain(t, plan.New(sg, 0), prepare(t, sg, "{berths { size ship { name flag } log { text } }}", nil))
		if first == "" {
			first = got
		}
		if got != first {
			t.Fatalf("(-first +later)\n%s", cmp.Diff(first, got))
		}
	}
}

func TestCacheBuildsOnce(t *testing.T) {
	t.Parallel()
	c, err := plan.NewCache[int](1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	builds := 0
	key := plan.CacheKey{Document: "d", Operation: "o", Conditions: "01"}
	for range 3 {
		v, err := c.Get(key, func() (plan.Built[int], error) { builds++; return plan.Built[int]{Value: 7, Size: 100}, nil })
		if v != 7 || err != nil {
			t.Fatalf("Get() = %d, %v", v, err)
		}
	}
	failure := errors.New("no")
	for range 3 {
		if _, err := c.Get(plan.CacheKey{Document: "e"}, func() (plan.Built[int], error) { builds++; return plan.Built[int]{}, failure }); !errors.Is(err, failure) {
			t.Fatalf("Get() = %v, want the failure", err)
		}
	}
	if builds != 2 {
		t.Errorf("%d builds, want 2", builds)
	}
}
