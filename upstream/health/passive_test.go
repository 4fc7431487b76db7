package health_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/upstream/health"
)

// service is a monitor over some endpoints, with what a client does.
type service struct {
	*health.Monitor
	all     []*endpoint.Endpoint
	changes atomic.Int32
}

// start makes a service of n endpoints. The configuration is the default one but for what the function changes.
func start(t *testing.T, n int, change func(*health.Config)) *service {
	t.Helper()
	cfg := health.DefaultConfig()
	if change != nil {
		change(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	s := &service{all: endpoints(t, n)}
	m, err := health.New(cfg, health.Options{Changed: func() { s.changes.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	s.Monitor = m
	m.Set(s.all)
	return s
}

func endpoints(t *testing.T, n int) []*endpoint.Endpoint {
	t.Helper()
	var all []*endpoint.Endpoint
	for i := range n {
		e, err := endpoint.Parse("http://e" + string(rune('0'+i)) + ".example")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// ends reports n requests to one endpoint that ended in a way after some time, which does not pass.
func (s *service) ends(i, n int, o endpoint.Outcome, took time.Duration) {
	for range n {
		s.all[i].Begin()
		s.all[i].End(o, took)
		s.Report(s.all[i], health.Observation{Outcome: o, Latency: took})
	}
}

func (s *service) succeeds(i, n int) { s.ends(i, n, endpoint.Success, time.Millisecond) }
func (s *service) fails(i, n int)    { s.ends(i, n, endpoint.Failure, time.Millisecond) }

// usable returns the numbers of the endpoints that are in use, once the monitor has thought about all it was told.
func (s *service) usable() []int {
	synctest.Wait()
	var out []int
	for _, e := range s.Usable(s.all) {
		out = append(out, slices.Index(s.all, e))
	}
	return out
}

// want compares what is in use.
func (s *service) want(t *testing.T, when string, want ...int) {
	t.Helper()
	if diff := cmp.Diff(want, s.usable()); diff != "" {
		t.Errorf("%s: endpoints in use (-want +got):\n%s", when, diff)
	}
}

// pass lets time pass.
func pass(d time.Duration) {
	<-time.NewTimer(d).C
	synctest.Wait()
}

func TestFailuresInARowEject(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 3, nil)
		s.succeeds(0, 1)
		s.fails(1, 4)
		s.want(t, "after four failures", 0, 1, 2)
		s.succeeds(1, 1)
		pass(time.Millisecond)
		s.fails(1, 4)
		s.succeeds(2, 1)
		s.want(t, "after four more", 0, 1, 2)
		s.fails(1, 1)
		s.want(t, "after the fifth", 0, 2)
		if got := s.State(s.all[1]).Reason; got != health.ConsecutiveFailures {
			t.Errorf("reason %q", got)
		}
		if s.changes.Load() != 1 {
			t.Errorf("the client was told %d times", s.changes.Load())
		}
		pass(1999 * time.Millisecond)
		s.want(t, "just before two seconds", 0, 2)
		pass(time.Millisecond)
		s.want(t, "after two seconds", 0, 1, 2)
	})
}
