package worlds_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/internal/worlds"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/schema"
)

var (
	count = flag.Int("worlds", 60, "how many random worlds to try")
	first = flag.Uint64("seed", 1, "the seed of the first one")
	each  = flag.Int("operations", 12, "how many operations to run in each world")
	only  = flag.Int("operation", -1, "run the operation of this number alone, and show everything")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheGatewayAnswersAsOnePlainExecutorDoes(t *testing.T) {
	t.Parallel()
	var sum tally
	seeds := make(chan uint64)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for seed := range seeds {
				try(t, seed, &sum)
			}
		})
	}
	for i := range *count {
		if sum.wrong() > 10 {
			break
		}
		seeds <- *first + uint64(i)
	}
	close(seeds)
	wg.Wait()
	t.Logf("%d worlds, %d operations, %d of them invalid, %d with errors in the data, %d with a failing service; %d requests",
		*count, sum.operations, sum.invalid, sum.faulty, sum.failing, sum.requests)
	if sum.operations < *count*(*each)/2 && *only < 0 {
		t.Errorf("only %d operations were run", sum.operations)
	}
}

// tally counts what was tried.
type tally struct {
	mu                                                  sync.Mutex
	operations, invalid, faulty, failing, requests, bad int
}

func (s *tally) add(f func(*tally)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

func (s *tally) wrong() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bad
}

// trial is one world and the gateway before it.
type trial struct {
	*testing.T
	world   *worlds.World
	gateway *gateway.Gateway
	sum     *tally
}

// try makes a world and runs its operations.
func try(t *testing.T, seed uint64, sum *tally) {
	w := worlds.New(seed)
	srv := httptest.NewServer(w)
	defer srv.Close()
	options := gateway.Options{}
	for _, s := range w.Subgraphs {
		if s.Local {
			continue
		}
		sdl := w.SDL(s, srv.URL)
		if *only >= 0 {
			t.Logf("%s\n%s", s.Name, sdl)
		}
		sub, problems := schema.LoadSources(s.Name, schema.Connector, &ast.Source{Name: s.Name, Input: sdl})
		if problems.Errors() != nil {
			t.Errorf("seed %d: %v\n%s", seed, problems.Errors(), sdl)
			return
		}
		options.Subgraphs = append(options.Subgraphs, sub)
	}
	local, err := w.Local()
	if err != nil {
		t.Errorf("seed %d: the subgraph in Go: %v", seed, err)
		return
	}
	if local != nil {
		if *only >= 0 {
			t.Log(local.SDL())
		}
		options.Locals = append(options.Locals, gateway.Local{Name: "go", Schema: local})
	}
	g, problems := gateway.New(options)
	if g == nil {
		t.Errorf("seed %d: %v", seed, problems.Errors())
		return
	}
	defer g.Close()
	for n := range *each {
		if *only >= 0 {
			n = *only
		}
		tr := &trial{t, w, g, sum}
		if bad := tr.run(n); bad != "" {
			sum.add(func(s *tally) { s.bad++ })
			op := w.Operation(n)
			t.Errorf("seed %d, operation %d\n%s\nvariables %s\n%s", seed, n, op.Query, op.Variables, bad)
		}
		if *only >= 0 {
			break
		}
	}
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
	t.sum.add(func(s *tally) {
		s.requests += len(seen.Requests)
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
		complain("data\nwant %s\ngot  %s", wanted, got)
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
	description, errs := t.gateway.Explain(request)
	if len(errs) > 0 {
		complain("explain: %v", errs)
		return strings.Join(bad, "\n")
	}
	bad = append(bad, predicted(description, seen)...)
	if again, _ := t.gateway.Explain(request); !cmp.Equal(description, again, cmp.AllowUnexported(plan.FetchSummary{})) {
		complain("the plan is another one the second time: %s", cmp.Diff(description, again, cmp.AllowUnexported(plan.FetchSummary{})))
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
		calls[r.Service]++
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

// fail runs the operation with one failing service: what comes back must be a part of the full answer, and errors must say
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
		bad = append(bad, "a service failed, and there is no error")
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
			if !slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(p, path) }) {
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

// normal writes JSON in one form: the order of members stays.
func normal(data []byte) (string, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, data); err != nil {
		return "", err
	}
	var out strings.Builder
	dec := json.NewDecoder(&b)
	dec.UseNumber()
	err := copyValue(&out, dec)
	return out.String(), err
}

func copyValue(out *strings.Builder, dec *json.Decoder) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	d, ok := token.(json.Delim)
	if !ok {
		if n, ok := token.(json.Number); ok && strings.ContainsAny(n.String(), ".eE") {
			if f, err := n.Float64(); err == nil {
				token = json.Number(strconv.FormatFloat(f, 'f', -1, 64))
			}
		}
		text, err := json.Marshal(token)
		out.Write(text)
		return err
	}
	out.WriteRune(rune(d))
	for i := 0; dec.More(); i++ {
		if i > 0 {
			out.WriteByte(',')
		}
		if d == '{' {
			if err := copyValue(out, dec); err != nil {
				return err
			}
			out.WriteByte(':')
		}
		if err := copyValue(out, dec); err != nil {
			return err
		}
	}
	token, err = dec.Token()
	if d, ok := token.(json.Delim); ok {
		out.WriteRune(rune(d))
	}
	return err
}

// pairs is a JSON object with its order.
type pairs struct {
	keys   []string
	values []any
}

func tree(text string) any {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	v, _ := readTree(dec) //nolint:errcheck // it was read before
	return v
}

func readTree(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	d, ok := token.(json.Delim)
	if err != nil || !ok {
		return token, err
	}
	var list []any
	p := &pairs{}
	for dec.More() {
		v, err := readTree(dec)
		if err != nil {
			return nil, err
		}
		if d == '[' {
			list = append(list, v)
			continue
		}
		key, _ := v.(string)
		value, err := readTree(dec)
		if err != nil {
			return nil, err
		}
		p.keys, p.values = append(p.keys, key), append(p.values, value)
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if d == '[' {
		return list, nil
	}
	return p, nil
}

// lesser says where got is not a part of full: "null " and the path where it has a null instead.
func lesser(got, full any, path string) (out []string) {
	if got == nil {
		if full != nil {
			out = []string{"null " + path}
		}
		return out
	}
	switch got := got.(type) {
	case []any:
		full, ok := full.([]any)
		if !ok || len(got) != len(full) {
			return []string{"other data at " + path}
		}
		for i := range got {
			out = append(out, lesser(got[i], full[i], fmt.Sprintf("%s%d/", path, i))...)
		}
		return out
	case *pairs:
		full, ok := full.(*pairs)
		if !ok || !slices.Equal(got.keys, full.keys) {
			return []string{"other data at " + path}
		}
		for i := range got.keys {
			out = append(out, lesser(got.values[i], full.values[i], path+got.keys[i]+"/")...)
		}
		return out
	}
	if got != full {
		return []string{"other data at " + path}
	}
	return nil
}
