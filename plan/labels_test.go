package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/sluice-gateway/sluice/plan"
)

const labelled = `
-- old.graphql --
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Query { item: Item plain: Int }
type Item @key(fields: "id") { id: ID! stock: Int price: Int }
-- new.graphql --
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override"])
type Item @key(fields: "id") {
  id: ID!
  stock: Int @override(from: "old", label: "move_stock")
  price: Int @override(from: "old", label: "percent(10)")
}
`

func TestALabelDecidesWhichSourceGivesAField(t *testing.T) {
	t.Parallel()
	sg := compose(t, txtar.Parse([]byte(labelled)).Files)
	if got := strings.Join(sg.Labels, " "); got != "move_stock percent(10)" {
		t.Fatalf("the labels are %q", got)
	}
	planner := plan.New(sg, 0)
	for _, test := range []struct{ query, labels, sources, depends string }{
		{"{ item { stock } }", "00", "old", "[true false]"},
		{"{ item { stock } }", "", "old", "[true false]"},
		{"{ item { stock } }", "10", "old new", "[true false]"},
		{"{ item { stock } }", "01", "old", "[true false]"},
		{"{ item { stock price } }", "01", "old new", "[true true]"},
		{"{ item { id } plain }", "11", "old", "[]"},
	} {
		op := prepare(t, sg, test.query, nil)
		op.Labels = test.labels
		p, err := planner.Plan(op)
		if err != nil {
			t.Fatal(err)
		}
		var sources []string
		for _, f := range p.Fetches {
			sources = append(sources, f.Source.Name)
		}
		if got := strings.Join(sources, " "); got != test.sources || fmt.Sprint(p.Labels) != test.depends {
			t.Errorf("%s with labels %q: from %s, depending on %v; want from %s, depending on %s", test.query, test.labels, got, p.Labels, test.sources, test.depends)
		}
	}
}

// A plan serves all requests that agree on the labels it depends on: with many labels in a schema hardly two requests
// agree on all.
func TestCacheKnowsWhichLabelsAPlanDependsOn(t *testing.T) {
	t.Parallel()
	c, err := plan.NewCache[string](1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	builds := 0
	get := func(labels string) string {
		v, err := c.Get(plan.CacheKey{Document: "d", Labels: labels}, func() (plan.Built[string], error) {
			builds++
			// The second label counts only if the first is on.
			return plan.Built[string]{Value: "plan " + labels, Size: 100, Labels: []bool{true, labels[0] == '1', false}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, test := range []struct {
		labels, want string
		builds       int
	}{
		{"000", "plan 000", 1},
		{"001", "plan 000", 1},
		{"010", "plan 000", 1},
		{"100", "plan 100", 2},
		{"101", "plan 100", 2},
		{"110", "plan 110", 3},
		{"111", "plan 110", 3},
		{"101", "plan 100", 3},
		{"001", "plan 001", 4}, // what is known of the operation has become more since
		{"000", "plan 001", 4},
	} {
		if got := get(test.labels); got != test.want || builds != test.builds {
			t.Errorf("labels %s: got %q after %d builds, want %q after %d", test.labels, got, builds, test.want, test.builds)
		}
	}
}
