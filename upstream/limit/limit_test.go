package limit_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/upstream/limit"
)

// start returns a limiter with the given limit and queue.
func start(t *testing.T, most, queue int) *limit.Limiter {
	t.Helper()
	cfg := limit.DefaultConfig()
	cfg.Limit, cfg.Queue = most, queue
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	return limit.New(cfg)
}

// pass lets time pass.
func pass(d time.Duration) {
	<-time.NewTimer(d).C
	synctest.Wait()
}

// wait begins to acquire in another goroutine; what became of it is sent to the channel.
func wait(ctx context.Context, l *limit.Limiter) <-chan error {
	result := make(chan error, 1)
	go func() { result <- l.Acquire(ctx) }()
	synctest.Wait()
	return result
}

// still reports whether nothing was sent yet.
func still(t *testing.T, what string, result <-chan error) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-result:
		t.Errorf("%s: ended with %v, want it to wait", what, err)
	default:
	}
}

// got compares what was sent.
func got(t *testing.T, what string, result <-chan error, want error) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-result:
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", what, err, want)
		}
	default:
		t.Errorf("%s: still waits, want %v", what, want)
	}
}

func TestRequestsAboveTheLimitAreRefusedWithoutAQueue(t *testing.T) {
	t.Parallel()
	l := start(t, 2, 0)
	for i, want := range []error{nil, nil, limit.ErrFull} {
		if err := l.Acquire(t.Context()); !errors.Is(err, want) {
			t.Errorf("request %d: got %v, want %v", i, err, want)
		}
	}
	if l.TryAcquire() {
		t.Error("another passed without waiting")
	}
	l.Release(limit.Served, time.Millisecond)
	if !l.TryAcquire() {
		t.Error("none passed after one had ended")
	}
	want := limit.Status{Limit: 2, InFlight: 2, Refused: 1}
	if diff := cmp.Diff(want, l.Status()); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

func TestTheFirstToComeIsTheFirstToGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := start(t, 1, 3)
		if err := l.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		a, b, c := wait(t.Context(), l), wait(t.Context(), l), wait(t.Context(), l)
		got(t, "the fourth", wait(t.Context(), l), limit.ErrFull)
		if s := l.Status(); s.InFlight != 1 || s.Waiting != 3 {
			t.Errorf("status %+v", s)
		}
		l.Release(limit.Served, 0)
		got(t, "the first", a, nil)
		still(t, "the second", b)
		if l.TryAcquire() {
			t.Error("one overtook the queue")
		}
		l.Release(limit.Served, 0)
		got(t, "the second", b, nil)
		still(t, "the third", c)
		l.Release(limit.Served, 0)
		got(t, "the third", c, nil)
		l.Release(limit.Served, 0)
		if diff := cmp.Diff(limit.Status{Limit: 1, Refused: 1}, l.Status()); diff != "" {
			t.Errorf("status in the end (-want +got):\n%s", diff)
		}
	})
}

func TestWhoWaitsTooLongIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := start(t, 1, 3)
		if err := l.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		a := wait(t.Context(), l)
		pass(500 * time.Millisecond)
		gone := errors.New("gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		b, c := wait(ctx, l), wait(t.Context(), l)
		pass(499 * time.Millisecond)
		still(t, "the first", a)
		pass(time.Millisecond)
		got(t, "the first", a, limit.ErrQueueTimeout)
		cancel(gone)
		got(t, "the second", b, gone)
		if s := l.Status(); s.Waiting != 1 || s.Refused != 1 {
			t.Errorf("status %+v", s)
		}
		l.Release(limit.Ignored, 0)
		got(t, "the third", c, nil)
		l.Release(limit.Ignored, 0)
	})
}

func TestAPlaceThatNobodyTakesGoesToTheNext(t *testing.T) {
	t.Parallel()
	// Whoever gives up at the very moment it is let through must give its place to the next. So many try that it happens.
	l := start(t, 1, 1000)
	for range 300 {
		if err := l.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if l.Acquire(ctx) == nil {
					l.Release(limit.Served, 0)
				}
			})
		}
		all.Go(cancel)
		l.Release(limit.Served, 0)
		all.Wait()
		if s := l.Status(); s.InFlight != 0 || s.Waiting != 0 {
			t.Fatalf("in the end %+v", s)
		}
	}
}

func TestNobodyIsForgottenAndTheLimitHolds(t *testing.T) {
	t.Parallel()
	const most, workers, each = 3, 32, 500
	l := start(t, most, workers)
	var inside, peak atomic.Int32
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for range each {
				if err := l.Acquire(t.Context()); err != nil {
					t.Errorf("a request was refused: %v", err)
					return
				}
				n := inside.Add(1)
				for p := peak.Load(); n > p && !peak.CompareAndSwap(p, n); p = peak.Load() {
				}
				inside.Add(-1)
				l.Release(limit.Served, time.Microsecond)
			}
		})
	}
	all.Wait()
	if p := peak.Load(); p > most {
		t.Errorf("%d at the same time, want %d at most", p, most)
	}
	if diff := cmp.Diff(limit.Status{Limit: most}, l.Status()); diff != "" {
		t.Errorf("status in the end (-want +got):\n%s", diff)
	}
}

func TestWithoutALimitEverythingPasses(t *testing.T) {
	t.Parallel()
	l := limit.New(limit.DefaultConfig())
	for range 1000 {
		if err := l.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	l.Release(limit.Served, 0)
	if s := l.Status(); s != (limit.Status{}) {
		t.Errorf("status %+v", s)
	}
}

func TestBelowTheLimitNothingIsAllocated(t *testing.T) {
	for name, l := range map[string]*limit.Limiter{"fixed": start(t, 10, 10), "adaptive": adaptive(t, 100)} {
		if n := testing.AllocsPerRun(1000, func() {
			if l.Acquire(t.Context()) == nil {
				l.Release(limit.Served, time.Millisecond)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*limit.Config)
		want   []string
	}{
		{"the defaults are good", func(*limit.Config) {}, nil},
		{"everything below its least", func(c *limit.Config) { *c = limit.Config{Limit: -1, Queue: -1, Adaptive: limit.Adaptive{Initial: -1}} },
			[]string{"limit", "queue", "queue", "queue_timeout", "adaptive.min", "adaptive.initial", "adaptive.tolerance", "adaptive.window"}},
		{"a queue in front of nothing", func(c *limit.Config) { c.Queue = 1 }, []string{"queue"}},
		{"adaptive without a limit", func(c *limit.Config) { c.Adaptive.Enabled = true }, []string{"limit"}},
		{"a limit below the initial one", func(c *limit.Config) { c.Adaptive.Enabled, c.Limit = true, 10 }, []string{"limit"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg := limit.DefaultConfig()
			test.change(&cfg)
			var fields []string
			if err := cfg.Validate(); err != nil {
				for line := range strings.SplitSeq(err.Error(), "\n") {
					field, _, _ := strings.Cut(line, ":")
					fields = append(fields, field)
				}
			}
			if diff := cmp.Diff(test.want, fields); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

func BenchmarkAcquireRelease(b *testing.B) {
	cfg := limit.DefaultConfig()
	cfg.Limit = 1000
	fixed := limit.New(cfg)
	cfg.Adaptive.Enabled = true
	for name, l := range map[string]*limit.Limiter{"none": nil, "fixed": fixed, "adaptive": limit.New(cfg)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if l.TryAcquire() {
						l.Release(limit.Served, time.Millisecond)
					}
				}
			})
		})
	}
}
