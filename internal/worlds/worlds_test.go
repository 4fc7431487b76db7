package worlds_test

import (
	"flag"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/internal/worlds"
	"github.com/sluice-gateway/sluice/resolvers/subgraph"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
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
	t.Logf("%d worlds, %d operations, %d of them invalid, %d with errors in the data, %d with a failing source, %d too entangled to plan; %d requests, %d objects twice in one",
		*count, sum.operations, sum.invalid, sum.faulty, sum.failing, sum.unplanned, sum.requests, sum.repeated)
	if sum.unplanned > 1+sum.operations/100 {
		t.Errorf("%d of %d operations were too entangled to plan", sum.unplanned, sum.operations)
	}
	if sum.operations < *count*(*each)/2 && *only < 0 {
		t.Errorf("only %d operations were run", sum.operations)
	}
}

// tally counts what was tried.
type tally struct {
	mu                                                                       sync.Mutex
	operations, invalid, faulty, failing, unplanned, requests, repeated, bad int
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

// try makes a world and runs its operations.
func try(t *testing.T, seed uint64, sum *tally) {
	w := worlds.New(seed)
	srv := httptest.NewServer(w)
	defer srv.Close()
	options, err := optionsFor(t, w, srv.URL)
	if err != nil {
		t.Errorf("seed %d: %v", seed, err)
		return
	}
	composed, problems := gateway.New(options)
	if composed == nil {
		t.Errorf("seed %d: %v", seed, problems.Errors())
		return
	}
	defer composed.Close()
	read, err := reread(composed.Supergraph(), options)
	if err != nil {
		t.Errorf("seed %d: %v", seed, err)
		return
	}
	defer read.Close()
	if diff := cmp.Diff(composed.Supergraph().SDL(), read.Supergraph().SDL()); diff != "" {
		t.Errorf("seed %d: the API schema of the supergraph that was printed and read (-was +is):\n%s", seed, diff)
	}
	for n := range *each {
		if *only >= 0 {
			n = *only
		}
		tr := &trial{t, w, composed, read, sum}
		if n%2 == 1 {
			tr.gateway, tr.twin = read, composed
		}
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

// optionsFor are the options of a gateway before a world whose services are at an URL.
func optionsFor(t *testing.T, w *worlds.World, url string) (o gateway.Options, err error) {
	o = gateway.Options{Services: map[string]upstream.Config{}, Remotes: map[string]subgraph.Config{}}
	for _, s := range w.Subgraphs {
		sdl := w.SDL(s, url)
		if *only >= 0 {
			t.Logf("%s\n%s", s.Name, sdl)
		}
		// A request that fails is not sent again: what is wanted is that its failure shows.
		service := upstream.DefaultConfig()
		service.Retry.Attempts = 1
		service.Endpoints = endpoint.At(url)
		kind := schema.Connector
		if s.Kind != worlds.Connectors {
			graph, err := w.Graph(s)
			if err != nil {
				return o, fmt.Errorf("%s: %w\n%s", s.Name, err, sdl)
			}
			if s.Kind == worlds.Go {
				o.Locals = append(o.Locals, gateway.Local{Name: s.Name, Schema: worlds.Local{Graph: graph}})
				continue
			}
			kind = schema.Remote
			o.Remotes[s.Name] = subgraph.Config{Path: "/" + s.Name}
		}
		o.Services[s.Name] = service
		sub, problems := schema.LoadSources(s.Name, kind, &ast.Source{Name: s.Name, Input: sdl})
		if problems.Errors() != nil {
			return o, fmt.Errorf("%v\n%s", problems.Errors(), sdl)
		}
		o.Subgraphs = append(o.Subgraphs, sub)
	}
	return o, nil
}

// reread makes a gateway of what a supergraph is when it is printed.
func reread(sg *schema.Supergraph, o gateway.Options) (*gateway.Gateway, error) {
	sdl := sg.JoinSDL(nil)
	file, problems := schema.ReadSupergraph(&ast.Source{Name: "supergraph", Input: sdl})
	if problems.Errors() != nil {
		return nil, fmt.Errorf("the supergraph that was printed cannot be read: %v\n%s", problems.Errors(), sdl)
	}
	o.Subgraphs, o.Supergraph = nil, file
	g, problems := gateway.New(o)
	if g == nil {
		return nil, fmt.Errorf("the supergraph that was printed and read is wrong: %v\n%s", problems.Errors(), sdl)
	}
	return g, nil
}
