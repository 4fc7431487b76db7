package health_test

import (
	"slices"
	"strconv"
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
		e, err := endpoint.Parse("http://e" + strconv.Itoa(i) + ".example")
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

func TestAnEndpointIsEjectedWhenItDoesWorseThanTheOthers(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	tests := []struct {
		name   string
		n      int
		change func(*health.Config)
		does   func(s *service)
		want   []int
		reason health.Reason // of endpoint 0
	}{
		{"failures in a row while nobody answered since the first of them", 3, nil, func(s *service) {
			s.succeeds(1, 10)
			pass(ms)
			s.fails(0, 50)
			s.fails(1, 50)
			s.fails(2, 50)
		}, []int{0, 1, 2}, ""},
		{"failures in a row, and another answers later", 2, nil, func(s *service) {
			s.fails(0, 5)
			pass(time.Hour)
			s.succeeds(1, 1)
			pass(time.Second)
		}, []int{1}, health.ConsecutiveFailures},
		{"failures in a row that are not counted", 2, func(c *health.Config) { c.Passive.ConsecutiveFailures = 0 }, func(s *service) {
			s.succeeds(1, 19)
			s.fails(0, 19)
		}, []int{0, 1}, ""},
		{"failures in a row with passive checks turned off", 2, func(c *health.Config) { c.Passive.Enabled = false }, func(s *service) {
			s.succeeds(1, 100)
			s.fails(0, 100)
		}, []int{0, 1}, ""},
		{"requests that were given up", 2, nil, func(s *service) {
			s.succeeds(1, 100)
			s.ends(0, 100, endpoint.Abandonment, time.Second)
		}, []int{0, 1}, ""},
		{"the only endpoint", 1, nil, func(s *service) { s.succeeds(0, 1); s.fails(0, 100) }, []int{0}, ""},
		{"a large share of failures", 2, nil, func(s *service) {
			s.succeeds(1, 20)
			for range 7 {
				s.succeeds(0, 2)
				s.fails(0, 1)
			}
		}, []int{1}, health.FailureRatio},
		{"a large share of failures of too few requests", 2, nil, func(s *service) {
			s.succeeds(1, 20)
			for range 6 {
				s.succeeds(0, 2)
				s.fails(0, 1)
			}
		}, []int{0, 1}, ""},
		{"a smaller share of failures", 2, nil, func(s *service) {
			s.succeeds(1, 20)
			for range 20 {
				s.succeeds(0, 3)
				s.fails(0, 1)
			}
		}, []int{0, 1}, ""},
		{"a large share of failures that the other has too", 2, nil, func(s *service) {
			for range 20 {
				s.succeeds(0, 1)
				s.succeeds(1, 3)
				s.fails(0, 1)
				s.fails(1, 1)
			}
		}, []int{0, 1}, ""},
		{"a large share of failures long ago", 2, nil, func(s *service) {
			for range 6 {
				s.succeeds(0, 1)
				s.fails(0, 2)
			}
			pass(10 * time.Second)
			s.succeeds(1, 20)
			s.succeeds(0, 2)
			s.fails(0, 1)
		}, []int{0, 1}, ""},
		{"far slower than two others", 3, nil, func(s *service) {
			s.ends(0, 20, endpoint.Success, 100*ms)
			s.ends(1, 20, endpoint.Success, 10*ms)
			s.ends(2, 20, endpoint.Success, 15*ms)
			pass(time.Second)
		}, []int{1, 2}, health.Latency},
		{"far slower since a moment, and fast for long before", 3, nil, func(s *service) {
			for i := range 3 {
				s.ends(i, 1000, endpoint.Success, 5*ms)
			}
			pass(time.Second)
			s.ends(0, 60, endpoint.Success, 100*ms)
			pass(time.Second)
		}, []int{1, 2}, health.Latency},
		{"fast again since a moment, and far slower for long before", 3, func(c *health.Config) { c.Passive.MinRequests = 1060 }, func(s *service) {
			s.ends(0, 1000, endpoint.Success, 100*ms)
			s.ends(0, 60, endpoint.Success, 5*ms)
			s.ends(1, 1060, endpoint.Success, 5*ms)
			s.ends(2, 1060, endpoint.Success, 5*ms)
			pass(time.Second)
		}, []int{0, 1, 2}, ""},
		{"one of four requests very slow everywhere", 3, nil, func(s *service) {
			for range 200 {
				for i := range 3 {
					s.ends(i, 3, endpoint.Success, 2*ms)
					s.ends(i, 1, endpoint.Success, time.Second)
				}
			}
			s.ends(0, 3, endpoint.Success, time.Second)
			pass(time.Second)
		}, []int{0, 1, 2}, ""},
		{"far slower than the only other", 2, nil, func(s *service) {
			s.ends(0, 20, endpoint.Success, 100*ms)
			s.ends(1, 20, endpoint.Success, 10*ms)
			pass(time.Second)
		}, []int{0, 1}, ""},
		{"far slower for too few requests", 3, nil, func(s *service) {
			s.ends(0, 19, endpoint.Success, 100*ms)
			s.ends(1, 20, endpoint.Success, 10*ms)
			s.ends(2, 20, endpoint.Success, 10*ms)
			pass(time.Second)
		}, []int{0, 1, 2}, ""},
		{"somewhat slower", 3, nil, func(s *service) {
			s.ends(0, 20, endpoint.Success, 400*ms)
			s.ends(1, 20, endpoint.Success, 100*ms)
			s.ends(2, 20, endpoint.Success, 100*ms)
			pass(time.Second)
		}, []int{0, 1, 2}, ""},
		{"many times slower, which is not much in time", 3, nil, func(s *service) {
			s.ends(0, 20, endpoint.Success, 20*ms)
			s.ends(1, 20, endpoint.Success, ms)
			s.ends(2, 20, endpoint.Success, ms)
			pass(time.Second)
		}, []int{0, 1, 2}, ""},
		{"a few very slow requests among many fast ones", 3, nil, func(s *service) {
			s.ends(0, 2, endpoint.Success, 10*time.Second)
			s.ends(0, 20, endpoint.Success, 10*ms)
			s.ends(1, 20, endpoint.Success, 10*ms)
			s.ends(2, 20, endpoint.Success, 10*ms)
			pass(time.Second)
		}, []int{0, 1, 2}, ""},
		{"two of four are slow", 4, nil, func(s *service) {
			s.ends(0, 20, endpoint.Success, 200*ms)
			s.ends(1, 20, endpoint.Success, 10*ms)
			s.ends(2, 20, endpoint.Success, 10*ms)
			s.ends(3, 20, endpoint.Success, 200*ms)
			pass(time.Second)
		}, []int{1, 2}, health.Latency},
		{"five requests hang while others are answered", 2, nil, func(s *service) {
			s.begin(0, 5)
			s.answerFor(1, 1300*ms)
		}, []int{1}, health.Stalled},
		{"four requests hang", 2, nil, func(s *service) {
			s.begin(0, 4)
			s.answerFor(1, 5*time.Second)
		}, []int{0, 1}, ""},
		{"requests hang not long enough", 2, nil, func(s *service) {
			s.begin(0, 100)
			s.answerFor(1, 900*ms)
		}, []int{0, 1}, ""},
		{"requests hang and one is answered now and then", 2, nil, func(s *service) {
			s.begin(0, 100)
			for range 10 {
				s.answerFor(1, 700*ms)
				s.succeeds(0, 1)
			}
		}, []int{0, 1}, ""},
		{"requests hang everywhere", 2, nil, func(s *service) {
			s.begin(0, 100)
			s.begin(1, 100)
			pass(time.Minute)
		}, []int{0, 1}, ""},
		{"requests take long everywhere", 2, nil, func(s *service) {
			s.begin(0, 100)
			for range 4 {
				pass(time.Second)
				s.ends(1, 1, endpoint.Success, time.Second)
			}
		}, []int{0, 1}, ""},
		{"requests hang and are given up", 2, nil, func(s *service) {
			for range 10 {
				s.ends(0, 1, endpoint.Abandonment, 300*ms)
				s.answerFor(1, 300*ms)
			}
		}, []int{1}, health.Stalled},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := start(t, test.n, test.change)
				pass(time.Second)
				test.does(s)
				s.want(t, "in the end", test.want...)
				if got := s.State(s.all[0]).Reason; got != test.reason {
					t.Errorf("reason %q, want %q", got, test.reason)
				}
			})
		})
	}
}

// begin begins n requests that do not end.
func (s *service) begin(i, n int) {
	for range n {
		s.all[i].Begin()
	}
}

// answerFor lets an endpoint answer a request every ten milliseconds for so long.
func (s *service) answerFor(i int, d time.Duration) {
	for range d / (10 * time.Millisecond) {
		pass(10 * time.Millisecond)
		s.succeeds(i, 1)
	}
}

func TestAnEndpointIsLeftOutLongerEachTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 2, func(c *health.Config) { c.Passive.MaxEjection = 7 * time.Second })
		s.succeeds(1, 1)
		s.fails(0, 5)
		for _, seconds := range []time.Duration{2, 4, 6, 7, 7} {
			s.want(t, "after failures", 1)
			if got := time.Until(s.State(s.all[0]).EjectedUntil); got != seconds*time.Second {
				t.Errorf("it is left out for %v, want %v", got, seconds*time.Second)
			}
			pass(seconds*time.Second - 1)
			s.want(t, "just before its time", 1)
			pass(1)
			s.want(t, "after its time", 0, 1)
			if !s.State(s.all[0]).Returning {
				t.Error("it returns as if nothing had been")
			}
			pass(time.Millisecond)
			s.succeeds(1, 1)
			s.fails(0, 1)
		}
		synctest.Wait()
		if got := s.State(s.all[0]); got.Reason != health.FailedAgain || got.Ejections != 6 {
			t.Errorf("state %+v", got)
		}
	})
}

func TestEjectionsAreForgottenInGoodTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 2, nil)
		eject := func(after time.Duration, want time.Duration) {
			t.Helper()
			pass(after)
			s.succeeds(0, 3)
			s.succeeds(1, 1)
			synctest.Wait()
			s.fails(0, 5)
			synctest.Wait()
			if got := time.Until(s.State(s.all[0]).EjectedUntil); got != want {
				t.Errorf("it is left out for %v, want %v", got, want)
			}
			pass(want)
		}
		eject(0, 2*time.Second)
		eject(time.Second, 4*time.Second)
		eject(time.Second, 6*time.Second)
		eject(7*time.Second, 6*time.Second)  // one of three forgotten after six seconds
		eject(13*time.Second, 4*time.Second) // two of three forgotten after twelve
		eject(time.Hour, 2*time.Second)
	})
}

func TestAnEndpointThatReturnsGetsAFewRequestsFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 2, nil)
		e := s.all[0]
		s.succeeds(1, 1)
		s.fails(0, 5)
		pass(2 * time.Second)
		s.want(t, "after its time", 0, 1)
		if got := e.UsedFor(time.Now()); got != 0 {
			t.Errorf("the endpoint has been in use for %v", got)
		}
		for i := range 3 {
			if !s.Admit(e) {
				t.Fatalf("request %d is not admitted", i)
			}
			e.Begin()
		}
		if s.Admit(e) {
			t.Error("more are admitted than are tried")
		}
		if !s.Admit(s.all[1]) {
			t.Error("the other is not admitted either")
		}
		pass(time.Second)
		for range 2 {
			e.End(endpoint.Success, time.Second)
			s.Report(e, health.Observation{Outcome: endpoint.Success, Latency: time.Second})
		}
		synctest.Wait()
		if !s.State(e).Returning {
			t.Error("two answers were enough")
		}
		e.End(endpoint.Success, time.Second)
		s.Report(e, health.Observation{Outcome: endpoint.Success, Latency: time.Second})
		synctest.Wait()
		if s.State(e).Returning {
			t.Error("three answers were not enough")
		}
		if got := e.UsedFor(time.Now()); got != 0 {
			t.Errorf("the slow start began %v ago, want now", got)
		}
		s.begin(0, 100)
		if !s.Admit(e) {
			t.Error("the endpoint is in use, but nothing is admitted")
		}
	})
}

func TestASlowEndpointIsFoundOutSoonerTheNextTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 3, nil)
		s.ends(0, 20, endpoint.Success, 100*time.Millisecond)
		s.ends(1, 20, endpoint.Success, time.Millisecond)
		s.ends(2, 20, endpoint.Success, time.Millisecond)
		pass(tick)
		s.want(t, "when it is slow", 1, 2)
		pass(2 * time.Second)
		s.want(t, "after its time", 0, 1, 2)
		pass(200 * time.Millisecond)
		s.ends(0, 3, endpoint.Success, 100*time.Millisecond)
		s.want(t, "after three slow ones", 1, 2)
	})
}

// tick is the longest that the monitor takes to see what no report says.
const tick = 250 * time.Millisecond

func TestRequestsFromBeforeTheEjectionDoNotCountAfterIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 2, nil)
		s.succeeds(1, 1)
		s.fails(0, 5)
		pass(3 * time.Second)
		s.succeeds(1, 1)
		s.ends(0, 100, endpoint.Failure, 1001*time.Millisecond)
		s.want(t, "after failures of requests that began before", 0, 1)
		s.ends(0, 100, endpoint.Success, 1001*time.Millisecond)
		synctest.Wait()
		if !s.State(s.all[0]).Returning {
			t.Error("successes of requests that began before made it return")
		}
		s.ends(0, 1, endpoint.Failure, time.Second)
		s.want(t, "after a failure of one that began since", 1)
	})
}

func TestOnlyAShareOfTheEndpointsIsEjected(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{2: 1, 3: 2, 4: 2, 5: 3, 10: 7} {
		synctest.Test(t, func(t *testing.T) {
			s := start(t, n, nil)
			for i := range n - 1 {
				s.succeeds(n-1, 1)
				s.fails(i, 5)
				synctest.Wait()
			}
			if got := n - len(s.usable()); got != want {
				t.Errorf("of %d endpoints %d are ejected, want %d", n, got, want)
			}
			if s.Panic() {
				t.Errorf("with %d endpoints passive ejection alone brought panic", n)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 3, func(c *health.Config) { c.Passive.MaxEjected = 0 })
		s.succeeds(2, 1)
		s.fails(0, 5)
		s.want(t, "with a share of nothing one may go", 1, 2)
		s.fails(1, 5)
		s.want(t, "and no other", 1, 2)
		pass(2 * time.Second)
		s.want(t, "when the first returns the second goes", 0, 2)
	})
}

func TestAllAreUsedWhenTooFewAreUsable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 4, func(c *health.Config) { c.Passive.MaxEjected, c.PanicBelow = 1, 0.5 })
		s.succeeds(3, 1)
		s.fails(0, 5)
		s.fails(1, 5)
		s.want(t, "with half of them", 2, 3)
		if s.Panic() {
			t.Error("half is too few")
		}
		s.fails(2, 5)
		s.want(t, "with one of four", 0, 1, 2, 3)
		if !s.Panic() {
			t.Error("one of four is enough")
		}
		if s.State(s.all[0]).Usable {
			t.Error("panic makes an endpoint well")
		}
		pass(time.Second)
		pass(time.Second)
		s.want(t, "when all have returned", 0, 1, 2, 3)
		if s.Panic() {
			t.Error("panic does not end")
		}
	})
}

// As long as those that stand in are well, there is no need to ask those that are not.
func TestABackupKeepsFromPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 4, func(c *health.Config) { c.Passive.MaxEjected, c.PanicBelow = 1, 0.5 })
		s.all[3].Describe(endpoint.Address{Weight: 1, Priority: 1})
		s.succeeds(3, 1)
		for i := range 3 {
			s.fails(i, 5)
		}
		s.want(t, "with the backup", 3)
		if s.Panic() {
			t.Error("the backup is not enough")
		}
	})
}

func TestEndpointsMayComeAndGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 4, nil)
		gone := s.all[3]
		s.Set(s.all[:3])
		s.Report(gone, health.Observation{Outcome: endpoint.Failure})
		if !s.State(gone).Usable || !s.Admit(gone) {
			t.Error("an endpoint that is not known has something against it")
		}
		s.succeeds(1, 1)
		s.fails(0, 5)
		s.want(t, "after failures", 1, 2, 3)
		s.Set(s.all[:2])
		s.want(t, "with others gone", 1, 2, 3)
		s.Set(s.all[1:])
		s.Set(s.all)
		s.want(t, "when it was gone for a moment", 0, 1, 2, 3)
	})
}

func TestAfterCloseNothingIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 2, nil)
		s.succeeds(1, 1)
		s.fails(0, 5)
		synctest.Wait()
		s.Close()
		s.Close()
		s.Set(s.all[1:])
		pass(time.Minute)
		if got := s.changes.Load(); got != 1 {
			t.Errorf("the client was told %d times, want once", got)
		}
	})
}

func TestReportAndAdmitDoNotAllocate(t *testing.T) {
	s := start(t, 3, nil)
	e := s.all[0]
	if n := testing.AllocsPerRun(1000, func() {
		if s.Admit(e) {
			s.Report(e, health.Observation{Latency: time.Millisecond})
			s.Report(e, health.Observation{Outcome: endpoint.Failure, Latency: time.Millisecond})
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkReport(b *testing.B) {
	all := make([]*endpoint.Endpoint, 3)
	for i := range all {
		e, err := endpoint.Parse("http://127.0.0.1:" + strconv.Itoa(i+1))
		if err != nil {
			b.Fatal(err)
		}
		all[i] = e
	}
	m, err := health.New(health.DefaultConfig(), health.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(m.Close)
	m.Set(all)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if e := all[i%3]; m.Admit(e) {
				m.Report(e, health.Observation{Latency: time.Millisecond})
			}
		}
	})
}
