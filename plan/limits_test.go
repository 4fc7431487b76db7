package plan_test

import (
	"errors"
	"fmt"
	"runtime"
	"sort"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/schema"
)

// The tests of this file count the steps of planning, which are the same on every machine, and not its time.

const connectHead = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "s", http: { baseURL: "http://s.example" })
`

// each joins what f writes for 0 to n-1.
func each(n int, f func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(f(i))
	}
	return b.String()
}

func composeText(t *testing.T, sdl string) *schema.Supergraph {
	t.Helper()
	return compose(t, []txtar.File{{Name: "s.graphql", Data: []byte(connectHead + sdl)}})
}

// wide has a type with n fields, each of which takes a call of its own.
func wide(n int) string {
	return `type Query { t(i: Int): T @connect(source: "s", http: { GET: "/t" }, selection: "id") }
type T @key(fields: "id") { id: ID! ` + each(n, func(i int) string {
		return fmt.Sprintf(`f%d(a: Int): Int @connect(source: "s", http: { GET: "/f%[1]d/{$this.id}" }, selection: "$.v")
r%[1]d: T @connect(source: "s", http: { GET: "/r%[1]d/{$this.id}" }, selection: "id")
`, i)
	}) + `}`
}

// abstract has an interface with n members, each with a connector for its name and one for what it relates to.
func abstract(n int) string {
	arms := "...kind->match(" + each(n, func(i int) string { return fmt.Sprintf(`["t%d", { __typename: "T%[1]d", id: id }],`, i) }) +
		`["none", { __typename: "T0", id: id }])`
	return `type Query { node(id: ID!): Node @connect(source: "s", http: { GET: "/n/{$args.id}" }, selection: """` + arms + `""") }
interface Node { id: ID! name: String rel: Node }
` + each(n, func(i int) string {
		return fmt.Sprintf(`type T%d implements Node @key(fields: "id")
  @connect(source: "s", http: { GET: "/t%[1]d", queryParams: "ids: $batch.id" }, batch: { maxSize: 10 }, selection: "id name") {
  id: ID!
  name: String
  rel: Node @connect(source: "s", http: { GET: "/t%[1]d/{$this.id}/rel" }, selection: """%[2]s""")
}
`, i, arms)
	})
}

// keys has a type with n keys, and a connector for each that gives all the others: every way to a key is a way to all.
func keys(n int) string {
	all := each(n, func(i int) string { return fmt.Sprintf("k%d ", i) })
	return `type Query { t: T @connect(source: "s", http: { GET: "/t" }, selection: "k0") }
type T ` + each(n, func(i int) string {
		return fmt.Sprintf(`@key(fields: "k%d")
  @connect(source: "s", http: { GET: "/t%[1]d", queryParams: "ids: $batch.k%[1]d" }, batch: { maxSize: 10 }, selection: "%[2]s f%[1]d")
`, i, all)
	}) + `{ ` + each(n, func(i int) string { return fmt.Sprintf("k%d: ID! f%[1]d: Int ", i) }) + `}`
}

// steps is how many steps it takes to plan an operation.
func steps(t *testing.T, sg *schema.Supergraph, query string) int {
	t.Helper()
	op := prepare(t, sg, query, nil)
	planned := func(n int) bool {
		_, err := plan.New(sg, n).Plan(op)
		return err == nil
	}
	if !planned(plan.DefaultMaxSteps) {
		t.Errorf("%.80s... has no plan", query)
	}
	return 1 + sort.Search(plan.DefaultMaxSteps, func(n int) bool { return planned(n + 1) })
}

func TestPlanningTakesStepsInProportionToTheOperation(t *testing.T) {
	t.Parallel()
	sg := composeText(t, wide(20))
	nodes := composeText(t, abstract(12))
	for name, test := range map[string]struct {
		sg    *schema.Supergraph
		query func(n int) string
		most  int // steps for each of what there are n of
	}{
		"root fields with other arguments": {sg, func(n int) string {
			return "{" + each(n, func(i int) string { return fmt.Sprintf("a%d: t(i: %[1]d) { f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 } ", i) }) + "}"
		}, 100},
		"fields with other arguments": {sg, func(n int) string {
			return "{ t {" + each(n, func(i int) string { return fmt.Sprintf("a%d: f0(a: %[1]d) ", i) }) + "} }"
		}, 20},
		"one field at many places": {sg, func(n int) string {
			return "{ t {" + each(n/2, func(i int) string {
				return fmt.Sprintf("r%d { r0 { f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 } } ", i)
			}) + "} }"
		}, 80},
		"the same fields again and again": {sg, func(n int) string {
			return "{ t {" + strings.Repeat("f0 r0 { f1 r1 { f2 } } ", n) + "} }"
		}, 50},
		"fragments on an interface": {nodes, func(n int) string {
			return "{ node(id: 1) {" + strings.Repeat("... on Node { name } ... on T1 { name } ", n) + "} }"
		}, 100},
		"root fields of an interface": {nodes, func(n int) string {
			return "{" + each(n, func(i int) string { return fmt.Sprintf("a%d: node(id: %[1]d) { name } ", i) }) + "}"
		}, 400},
	} {
		few, many := steps(t, test.sg, test.query(10)), steps(t, test.sg, test.query(40))
		if many > 5*few || many > 40*test.most {
			t.Errorf("%s: 10 take %d steps and 40 take %d, want four times as many and at most %d", name, few, many, 40*test.most)
		}
	}
}

// Each of a type's keys can be found by way of every other one. The order in which they were tried used to count, so that
// nine keys took 9! attempts.
func TestATypeWithManyKeysIsPlanned(t *testing.T) {
	t.Parallel()
	if n := steps(t, composeText(t, keys(9)), "{ t { f8 f7 f1 } }"); n > 20_000 {
		t.Errorf("planning took %d steps", n)
	}
}

// A field of an interface that each of its types gets from another place has as many ways below it as there are types, on
// every level. What has no plan within the bounds must not take more memory than these allow: 39 bytes of query used to
// take 120 GB and two minutes before they were refused.
func TestAnOperationWithoutAPlanTakesBoundedMemory(t *testing.T) { //nolint:paralleltest // it counts what is allocated
	sg := composeText(t, abstract(50))
	planner := plan.New(sg, 0)
	for _, query := range []string{
		"{ node(id: 1) { rel { rel { name } } } }",
		"{ node(id: 1) {" + strings.Repeat(" rel {", 40) + " name" + strings.Repeat(" }", 40) + " } }",
		"{" + each(190, func(i int) string { return fmt.Sprintf("a%d: node(id: %[1]d) { rel { name } } ", i) }) + "}",
		"{ node(id: 1) { ...f0 } }" + each(10, func(i int) string {
			return fmt.Sprintf(" fragment f%d on Node { ... on Node { ...f%[2]d } ... on T1 { ...f%[2]d } rel { name } }", i, i+1)
		}) + " fragment f10 on Node { rel { rel { name } } }",
	} {
		op, errs := operation.New(sg.API, operation.Config{}).Prepare(&operation.Request{Query: query, Caller: &operation.Caller{}})
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := planner.Plan(op)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, plan.ErrNoPlan) || !strings.Contains(err.Error(), "more planning than is allowed") {
			t.Errorf("%.60s: Plan() = %v, want that it takes too much", query, err)
		}
		if got := (after.TotalAlloc - before.TotalAlloc) >> 20; got > 200 {
			t.Errorf("%.60s: planning took %d MiB, want at most 200", query, got)
		}
	}
}
