package limit_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/upstream/limit"
)

// adaptive returns a limiter that finds its limit, up to the given one.
func adaptive(t *testing.T, most int) *limit.Limiter {
	t.Helper()
	cfg := limit.DefaultConfig()
	cfg.Limit, cfg.Adaptive.Enabled = most, true
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	return limit.New(cfg)
}

// serve lets as many requests be in flight at once as the limiter allows, up to demand, again and again for so long. The
// service does capacity of them at the same time, in 100 ms; more than that share what it can do.
func serve(l *limit.Limiter, demand, capacity int, for_ time.Duration) {
	for end := time.Now().Add(for_); time.Now().Before(end); {
		n := 0
		for n < demand && l.TryAcquire() {
			n++
		}
		took := time.Duration(float64(100*time.Millisecond) * math.Max(1, float64(n)/float64(capacity)))
		pass(took)
		for range n {
			l.Release(limit.Served, took)
		}
	}
}

func TestTheLimitFollowsWhatTheServiceCanDo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := adaptive(t, 1000)
		serve(l, 5, 100, 5*time.Second)
		if got := l.Status().Limit; got != 50 {
			t.Errorf("with little to do, the limit is %d, want the 50 of the beginning", got)
		}
		serve(l, 10_000, 100, 30*time.Second)
		free := l.Status().Limit
		if free < 100 || free > 300 {
			t.Errorf("for a service that does 100 at once the limit is %d, want 100 to 300", free)
		}
		serve(l, 10_000, 20, 30*time.Second)
		if got := l.Status().Limit; got < 20 || got > free/2 {
			t.Errorf("when it does 20 at once the limit is %d, want 20 to %d", got, free/2)
		}
		serve(l, 10_000, 1_000_000, 3*time.Minute)
		if got := l.Status().Limit; got != 1000 {
			t.Errorf("for a service that does everything at once the limit is %d, want the most, 1000", got)
		}
	})
}

func TestRequestsThatAreDroppedLowerTheLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := adaptive(t, 1000)
		for range 60 {
			for range 20 {
				if l.TryAcquire() {
					l.Release(limit.Dropped, time.Second)
				}
			}
			pass(time.Second)
		}
		if got := l.Status().Limit; got != 10 {
			t.Errorf("the limit is %d, want the least, 10", got)
		}
		for range 100 {
			if l.TryAcquire() {
				l.Release(limit.Ignored, time.Hour)
			}
			pass(time.Second)
		}
		if got := l.Status().Limit; got != 10 {
			t.Errorf("requests that are ignored moved the limit to %d", got)
		}
	})
}

func TestAHigherLimitLetsThoseGoThatWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := limit.DefaultConfig()
		cfg.Limit, cfg.Queue, cfg.QueueTimeout = 1000, 1000, time.Hour
		cfg.Adaptive.Enabled, cfg.Adaptive.Initial = true, 50
		l := limit.New(cfg)
		for range 50 {
			if !l.TryAcquire() {
				t.Fatal("refused below the limit")
			}
		}
		var waiting []<-chan error
		for range 70 {
			waiting = append(waiting, wait(t.Context(), l))
		}
		// Each that ends lets one go; the last, after a window, also raises the limit.
		pass(time.Second)
		for range 50 {
			l.Release(limit.Served, time.Millisecond)
		}
		synctest.Wait()
		s := l.Status()
		if s.Limit <= 50 || s.InFlight != s.Limit && s.Waiting > 0 {
			t.Errorf("status %+v: want a higher limit, used up", s)
		}
		for range 70 {
			l.Release(limit.Served, time.Millisecond)
			synctest.Wait()
		}
		for _, w := range waiting {
			got(t, "one that waited", w, nil)
		}
	})
}
