package gateway_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/operation"
)

// A plan refers to the document it was made of: a short plan of a long document used to be weighed as short, and kept the
// long document in memory, so that the caches held gigabytes.
func TestCachesStayWithinTheirBytes(t *testing.T) { //nolint:paralleltest // it measures the heap
	const limit = 1 << 20
	g := start(t, func(o *gateway.Options) {
		o.Plan.CacheBytes = limit
		o.Operation.DocumentCacheBytes = limit
	})
	padding := strings.Repeat("x", 100_000)
	before := heap()
	for i := range 300 {
		query := fmt.Sprintf("query($if: Boolean = true) { a%d: __typename @include(if: $if) } #%s", i, padding)
		if _, codes := ask(t, g, query); codes != nil {
			t.Fatal(codes)
		}
	}
	if grown := heap() - before; grown > 5*limit {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	runtime.KeepAlive(g)
}

// Every combination of the variables that @include reads has a plan of its own.
func TestPlansOfAllCombinationsOfConditionsStayWithinTheirBytes(t *testing.T) { //nolint:paralleltest // it measures the heap
	const limit, conditions = 1 << 20, 12
	g := start(t, func(o *gateway.Options) { o.Plan.CacheBytes = limit })
	var head, body strings.Builder
	for i := range conditions {
		fmt.Fprintf(&head, "$v%d: Boolean! ", i)
		fmt.Fprintf(&body, "a%d: __typename @include(if: $v%[1]d) ", i)
	}
	query := "query(" + head.String() + ") { " + body.String() + "}"
	before := heap()
	for i := range 1 << conditions {
		var variables strings.Builder
		for j := range conditions {
			fmt.Fprintf(&variables, `,"v%d":%t`, j, i>>j&1 == 1)
		}
		op, errs := g.Prepare(t.Context(), &operation.Request{Query: query, Variables: []byte("{" + variables.String()[1:] + "}"), Caller: &operation.Caller{}})
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		resp := op.Execute(t.Context())
		if len(resp.Errors) > 0 {
			t.Fatal(resp.Errors)
		}
		resp.Release()
	}
	if grown := heap() - before; grown > 5*limit {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	runtime.KeepAlive(g)
}

func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
