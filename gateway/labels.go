package gateway

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/suggest"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/problem"
)

// Decide says for one request whether a label of a progressive override is on. It is called before the request is
// planned, from many goroutines, and should be quick.
type Decide func(ctx context.Context, caller *operation.Caller, label string) bool

// labels decide for each request which labels of progressive overrides are on.
type labels struct {
	names  []string // those of the supergraph
	fixed  []byte   // for each of them: '0' or '1' if it is the same for all requests
	share  []float64
	decide Decide
	draws  bool // some of them are drawn
}

const (
	undecided = 0
	drawn     = '%'
)

// newLabels reads the labels of a supergraph. What the options say of a label comes first, then the share of requests that
// a label percent(x) names itself. Everything else is up to the function of the options, and off without one.
func newLabels(o *Options, names []string) (labels, problem.List) {
	l := labels{names: names, fixed: make([]byte, len(names)), share: make([]float64, len(names)), decide: o.Decide}
	for i, name := range names {
		on, set := o.Labels[name]
		share, ok := percentage(name)
		switch {
		case set && on:
			l.fixed[i] = '1'
		case set:
			l.fixed[i] = '0'
		case ok:
			l.fixed[i], l.share[i], l.draws = drawn, share, true
		case o.Decide == nil:
			l.fixed[i] = '0'
		}
	}
	var problems problem.List
	for _, name := range slices.Sorted(maps.Keys(o.Labels)) {
		if _, ok := slices.BinarySearch(names, name); !ok {
			problems = append(problems, problem.Problem{Severity: problem.Warning, Code: "UNUSED_LABEL",
				Message: fmt.Sprintf("labels: no @override has the label %q.%s", name, suggest.DidYouMean("", name, names))})
		}
	}
	return l, problems
}

// percentage reads a label of the form percent(x).
func percentage(label string) (share float64, ok bool) {
	text, ok := strings.CutPrefix(label, "percent(")
	if !ok {
		return 0, false
	}
	if text, ok = strings.CutSuffix(text, ")"); !ok {
		return 0, false
	}
	share, err := strconv.ParseFloat(text, 64)
	return share, err == nil
}

// of returns the labels of one request, see [operation.Prepared]. All that are drawn come from one draw, so that a request
// for which percent(5) is on has percent(20) on as well.
func (l *labels) of(ctx context.Context, caller *operation.Caller) string {
	if len(l.names) == 0 {
		return ""
	}
	draw := 0.0
	if l.draws {
		draw = 100 * rand.Float64() //nolint:gosec // nothing secret hangs on it
	}
	out := slices.Clone(l.fixed)
	for i, how := range out {
		on := false
		switch how {
		case drawn:
			on = draw < l.share[i]
		case undecided:
			on = l.decide(ctx, caller, l.names[i])
		default:
			continue
		}
		out[i] = '0'
		if on {
			out[i] = '1'
		}
	}
	return string(out)
}
