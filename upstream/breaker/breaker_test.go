package breaker_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/upstream/breaker"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// circuit is a breaker with requests that end at once.
type circuit struct {
	*breaker.Breaker
	t *testing.T
}

// start returns a breaker that opens at half of ten requests within ten seconds, but for what the function changes.
func start(t *testing.T, change func(*breaker.Config)) circuit {
	t.Helper()
	cfg := breaker.DefaultConfig()
	cfg.Enabled, cfg.FailureRatio, cfg.MinRequests = true, 0.5, 10
	if change != nil {
		change(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	return circuit{breaker.New(cfg), t}
}

// ends makes n requests that end in a way after some time, which does not pass.
func (c circuit) ends(n int, o endpoint.Outcome, took time.Duration) {
	c.t.Helper()
	for i := range n {
		p, ok := c.Allow()
		if !ok {
			c.t.Fatalf("request %d was refused", i+1)
		}
		p.Done(o, took)
	}
}

func (c circuit) succeeds(n int) { c.t.Helper(); c.ends(n, endpoint.Success, 0) }
func (c circuit) fails(n int)    { c.t.Helper(); c.ends(n, endpoint.Failure, 0) }

func (c circuit) want(when string, s breaker.State) {
	c.t.Helper()
	if got := c.Status().State; got != s {
		c.t.Errorf("%s: the breaker is %s, want %s", when, got, s)
	}
}

func (c circuit) refuses(when string) {
	c.t.Helper()
	if _, ok := c.Allow(); ok {
		c.t.Errorf("%s: a request passed", when)
	}
}

// pass lets time pass.
func pass(d time.Duration) { <-time.NewTimer(d).C }

func TestItOpensAtAShareOfFailures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		cfg   func(*breaker.Config)
		calls func(c circuit)
		want  breaker.State
	}{
		{"too few requests mean nothing", nil, func(c circuit) { c.fails(9) }, breaker.Closed},
		{"all of enough requests failed", nil, func(c circuit) { c.fails(10) }, breaker.Open},
		{"just the share failed", nil, func(c circuit) { c.succeeds(5); c.fails(5) }, breaker.Open},
		{"less than the share failed", nil, func(c circuit) { c.succeeds(6); c.fails(5) }, breaker.Closed},
		{"a share that floating point does not have", func(cfg *breaker.Config) { cfg.FailureRatio = 0.8 },
			func(c circuit) { c.succeeds(2); c.fails(8) }, breaker.Open},
		{"abandoned requests do not count", nil,
			func(c circuit) { c.ends(50, endpoint.Abandonment, time.Minute); c.fails(9) }, breaker.Closed},
		{"failures are forgotten after the window", nil,
			func(c circuit) { c.fails(9); pass(10 * time.Second); c.fails(1) }, breaker.Closed},
		{"failures are kept within the window", nil,
			func(c circuit) { c.fails(9); pass(8 * time.Second); c.fails(1) }, breaker.Open},
		{"failures do not count if no share is set", func(cfg *breaker.Config) { cfg.FailureRatio = 0 },
			func(c circuit) { c.fails(100) }, breaker.Closed},
		{"slow requests do not count by default", nil,
			func(c circuit) { c.ends(100, endpoint.Success, time.Minute) }, breaker.Closed},
		{"the share of slow requests is reached", func(cfg *breaker.Config) { cfg.SlowRatio = 0.9 },
			func(c circuit) { c.succeeds(1); c.ends(9, endpoint.Success, 5*time.Second) }, breaker.Open},
		{"the share of slow requests is not reached", func(cfg *breaker.Config) { cfg.SlowRatio = 0.9 },
			func(c circuit) { c.succeeds(2); c.ends(9, endpoint.Success, 5*time.Second) }, breaker.Closed},
		{"requests are not quite slow", func(cfg *breaker.Config) { cfg.SlowRatio = 0.9 },
			func(c circuit) { c.ends(100, endpoint.Success, 5*time.Second-1) }, breaker.Closed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := start(t, test.cfg)
				test.calls(c)
				c.want("in the end", test.want)
				if _, ok := c.Allow(); ok != (test.want == breaker.Closed) {
					t.Errorf("the next request may pass: %v", ok)
				}
			})
		})
	}
}

func TestItTriesAFewRequestsAndCloses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, nil)
		c.fails(10)
		pass(time.Second - 1)
		c.refuses("just before its time")
		pass(1)
		var probes []breaker.Permit
		for range 3 {
			p, ok := c.Allow()
			if !ok {
				t.Fatal("a probe was refused")
			}
			probes = append(probes, p)
		}
		c.want("with probes under way", breaker.HalfOpen)
		c.refuses("beside the probes")
		probes[0].Done(endpoint.Abandonment, 0)
		p, ok := c.Allow()
		if !ok {
			t.Fatal("no probe in the place of an abandoned one")
		}
		p.Done(endpoint.Success, 0)
		probes[1].Done(endpoint.Success, 0)
		c.want("before the last probe has ended", breaker.HalfOpen)
		probes[2].Done(endpoint.Success, 0)
		c.want("when all probes have succeeded", breaker.Closed)
		c.fails(9)
		c.want("after failures that are too few without those from before", breaker.Closed)
	})
}

func TestItStaysOpenLongerEachTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, func(cfg *breaker.Config) { cfg.MaxOpenFor = 5 * time.Second })
		c.fails(10)
		for _, seconds := range []time.Duration{1, 2, 4, 5, 5} {
			c.want("after a failure", breaker.Open)
			if got := time.Until(c.Status().Until); got != seconds*time.Second {
				t.Errorf("it opens for %v, want %v", got, seconds*time.Second)
			}
			pass(seconds*time.Second - 1)
			c.refuses("just before its time")
			pass(1)
			c.fails(1)
		}
		pass(5 * time.Second)
		c.succeeds(3)
		c.want("after three good probes", breaker.Closed)
		c.fails(10)
		if got := time.Until(c.Status().Until); got != time.Second {
			t.Errorf("after it was closed it opens for %v, want 1s", got)
		}
		if got := c.Status(); got.Opened != 7 || got.Refused != 5 {
			t.Errorf("opened %d times and refused %d, want 7 and 5", got.Opened, got.Refused)
		}
	})
}

func TestASlowProbeOpensItAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, func(cfg *breaker.Config) { cfg.FailureRatio, cfg.SlowRatio = 0, 0.5 })
		c.ends(10, endpoint.Success, time.Minute)
		c.want("after slow requests", breaker.Open)
		pass(time.Second)
		c.ends(1, endpoint.Success, time.Minute)
		c.want("after a slow probe", breaker.Open)
		pass(2 * time.Second)
		c.fails(1)
		c.want("after a failed probe", breaker.Open)
	})
}

func TestRequestsOfAnEarlierPhaseDecideNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, nil)
		var late []breaker.Permit
		for range 20 {
			p, _ := c.Allow()
			late = append(late, p)
		}
		c.fails(10)
		pass(time.Second)
		c.succeeds(1)
		for _, p := range late[:10] {
			p.Done(endpoint.Failure, time.Second)
		}
		c.want("after late failures among the probes", breaker.HalfOpen)
		c.succeeds(2)
		for _, p := range late[10:] {
			p.Done(endpoint.Failure, time.Second)
		}
		c.want("after late failures when it had closed", breaker.Closed)
	})
}

func TestItRefusesWhatIsTooMuchAtOnce(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *breaker.Config) { cfg.MaxInFlight = 2 })
	a, _ := c.Allow()
	b, _ := c.Allow()
	c.refuses("with two in flight")
	c.want("with two in flight", breaker.Closed)
	a.Done(endpoint.Abandonment, 0)
	b.Done(endpoint.Failure, 0)
	c.succeeds(5)
}

func TestOneThatIsNotEnabledLetsEverythingPass(t *testing.T) {
	t.Parallel()
	c := circuit{breaker.New(breaker.DefaultConfig()), t}
	c.fails(1000)
	c.want("after failures", breaker.Closed)
}

func TestOnlyTheProbesPassAtTheSameMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, nil)
		c.fails(10)
		pass(time.Second)
		var passed atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if _, ok := c.Allow(); ok {
					passed.Add(1)
				}
			})
		}
		all.Wait()
		if got := passed.Load(); got < 1 || got > 3 {
			t.Errorf("%d requests passed, want 3 at most", got)
		}
	})
}

func TestAllowAndDoneDoNotAllocate(t *testing.T) {
	c := start(t, nil)
	if n := testing.AllocsPerRun(1000, func() { c.succeeds(1) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	cfg := breaker.Config{FailureRatio: 2, SlowRatio: -1, MaxInFlight: -1, MaxOpenFor: -1}
	err := cfg.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	var fields []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		field, _, _ := strings.Cut(line, ":")
		fields = append(fields, field)
	}
	want := []string{"failure_ratio", "slow_ratio", "slow_after", "min_requests", "window", "max_in_flight", "open_for",
		"max_open_for", "probes"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func BenchmarkAllowDone(b *testing.B) {
	cfg := breaker.DefaultConfig()
	cfg.Enabled = true
	c := breaker.New(cfg)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if p, ok := c.Allow(); ok {
				p.Done(endpoint.Success, time.Millisecond)
			}
		}
	})
}
