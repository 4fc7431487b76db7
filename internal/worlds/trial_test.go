package worlds_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/internal/worlds"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/plan"
)

// trial is a world, and the gateway before it. Its twin was made of the same schemas in another way.
type trial struct {
	*testing.T
	world         *worlds.World
	gateway, twin *gateway.Gateway
	sum           *tally
}

// run runs an operation of a world and returns what is wrong with its answer.
func (t *trial) run(n int) string {
	op := t.world.Operation(n)
	api := t.gateway.Supergraph().API
	doc, invalid := gqlparser.LoadQueryWithRules(api, op.Query, rules.NewDefaultRules())
	t.world.Watch(nil)
	request := &operation.Request{Query: op.Query, Variables: []byte(op.Variables)}
	prepared, errs := t.gateway.Prepare(context.Background(), request)
	t.sum.add(func(s *tally) { s.operations++ })
	if (len(invalid) > 0) != (len(errs) > 0) {
		return fmt.Sprintf("gqlparser: %v\ngateway: %v", invalid, errs)
	}
	if len(errs) > 0 {
		t.sum.add(func(s *tally) { s.invalid++ })
		return ""
	}
	var variables map[string]any
	dec := json.NewDecoder(strings.NewReader(op.Variables))
	dec.UseNumber()
	if err := dec.Decode(&variables); err != nil {
		return err.Error()
	}
	want := t.world.Execute(api, doc, variables)
	t.world.Undo()
	defer t.world.Undo()
	response := prepared.Execute(context.Background())
	defer response.Release()
	seen := t.world.Seen()
	description, unplanned := t.gateway.Explain(request)
	if len(unplanned) > 0 && strings.Contains(unplanned.Error(), "more planning than is allowed") {
		t.sum.add(func(s *tally) { s.unplanned++ })
		return ""
	}
	t.sum.add(func(s *tally) {
		s.requests += len(seen.Requests)
		s.repeated += seen.Repeated
		s.faulty += min(len(want.Errors), 1)
	})
	var bad []string
	complain := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	for _, wrong := range seen.Wrong {
		complain("malformed request: %s", wrong)
	}
	got, err := normal(response.Data)
	if err != nil {
		complain("the data are no JSON: %v", err)
	}
	wanted, err := normal(want.Data)
	if err != nil {
		complain("what is wanted is no JSON: %v", err)
	}
	if got != wanted {
		complain("data\nwant %s\ngot  %s\nerrors %v", wanted, got, response.Errors)
	}
	paths := []string{}
	for _, e := range response.Errors {
		path := ""
		for _, p := range e.Path {
			path += fmt.Sprint(p) + "/"
		}
		paths = append(paths, path)
	}
	if bad == nil {
		for i, path := range paths {
			if !slices.Contains(want.Errors, path) && seen.Refused == 0 {
				complain("an error that is none: %v at %q, want %q", response.Errors[i], path, want.Errors)
			}
		}
		for _, null := range want.Nulls {
			if !slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(p, null) }) {
				complain("no error tells why %q is null: %v", null, response.Errors)
			}
		}
	}
	bad = append(bad, economy(seen)...)
	if len(unplanned) > 0 {
		complain("explain: %v", unplanned)
		return strings.Join(bad, "\n")
	}
	bad = append(bad, predicted(description, seen)...)
	for _, g := range []*gateway.Gateway{t.gateway, t.twin} {
		again, _ := g.Explain(request) //nolint:errcheck // no plan is another one
		if diff := cmp.Diff(description, again, cmp.AllowUnexported(plan.FetchSummary{})); diff != "" {
			complain("the plan is another one the second time, or for the supergraph that was printed and read: %s", diff)
		}
	}
	if bad == nil && len(seen.Requests) > 0 {
		bad = append(bad, t.fail(n, request, wanted, seen)...)
	}
	if len(bad) > 0 || *only >= 0 {
		var b strings.Builder
		_ = description.Write(&b) //nolint:errcheck // a builder
		for _, r := range seen.Requests {
			fmt.Fprintf(&b, "%s %s %s\n", r.Method, r.URL, r.Body)
		}
		if len(bad) == 0 {
			t.Logf("%s\n%s\n%s\n%v", op.Query, b.String(), got, response.Errors)
			return ""
		}
		bad = append(bad, b.String())
	}
	return strings.Join(bad, "\n")
}

// economy says where more was asked than needed.
func economy(seen worlds.Seen) (bad []string) {
	gets := map[string]bool{}
	keys := map[string]bool{}
	for _, r := range seen.Requests {
		if r.Method == "GET" {
			id := fmt.Sprint(r.Epoch, " ", r.URL, " ", r.Body)
			if gets[id] {
				bad = append(bad, "asked twice: GET "+id)
			}
			gets[id] = true
		}
		for _, k := range r.Keys {
			id := fmt.Sprintf("%d %s/e%d %s", r.Epoch, r.Service, r.Endpoint.ID, k)
			if keys[id] {
				bad = append(bad, "an object was asked for twice: "+id)
			}
			keys[id] = true
		}
	}
	return bad
}

// predicted says where there were more calls than the plan says.
func predicted(d *plan.Description, seen worlds.Seen) (bad []string) {
	calls := map[string]int{}
	for _, r := range seen.Requests {
		if !r.InProcess {
			calls[r.Service]++
		}
	}
	for _, c := range d.Calls {
		if c.AtMost != nil && calls[c.Service] > *c.AtMost {
			bad = append(bad, fmt.Sprintf("%d calls of %s, and the plan says at most %d", calls[c.Service], c.Service, *c.AtMost))
		}
		delete(calls, c.Service)
	}
	for service := range calls {
		bad = append(bad, "calls of "+service+", and the plan has none")
	}
	return bad
}

// fail runs the operation with one failing source: what comes back must be a part of the full answer, and errors must say
// why it is not all of it.
func (t *trial) fail(n int, request *operation.Request, full string, seen worlds.Seen) (bad []string) {
	f := &worlds.Failure{
		Service: seen.Requests[n%len(seen.Requests)].Service, Every: 1 + n%3, Kind: worlds.FailureKind(n) % worlds.FailureKinds,
	}
	t.world.Undo()
	t.world.Watch(f)
	prepared, errs := t.gateway.Prepare(context.Background(), request)
	if len(errs) > 0 {
		return []string{errs.Error()}
	}
	response := prepared.Execute(context.Background())
	defer response.Release()
	now := t.world.Seen()
	if now.Failed == 0 {
		return nil
	}
	t.sum.add(func(s *tally) { s.failing++ })
	for _, wrong := range now.Wrong {
		bad = append(bad, "malformed request: "+wrong)
	}
	if len(response.Errors) == 0 {
		bad = append(bad, "a source failed, and there is no error")
	}
	got, err := normal(response.Data)
	if err != nil {
		return append(bad, fmt.Sprintf("the data are no JSON: %v", err))
	}
	var paths []string
	for _, e := range response.Errors {
		path := ""
		for _, p := range e.Path {
			path += fmt.Sprint(p) + "/"
		}
		paths = append(paths, path)
	}
	for _, why := range lesser(tree(got), tree(full), "") {
		if path, ok := strings.CutPrefix(why, "null "); ok {
			// What a query did not bring is told once, not for each of its objects.
			if t.world.Kind(f.Service) == worlds.Connectors && !slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(p, path) }) {
				bad = append(bad, fmt.Sprintf("no error tells why %q is null", path))
			}
			continue
		}
		bad = append(bad, why)
	}
	if bad != nil {
		bad = append(bad, fmt.Sprintf("with the failure %+v\ngot  %s\nfull %s\nerrors %v", *f, got, full, response.Errors))
	}
	return bad
}
