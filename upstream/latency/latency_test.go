package latency_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/upstream/latency"
)

// near reports whether a quantile is what it should be, within an eighth above.
func near(got, want time.Duration) bool { return got >= want && got <= want+want/8+time.Microsecond }

func TestQuantiles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, scale := range []time.Duration{10 * time.Microsecond, time.Millisecond, 777 * time.Microsecond, 100 * time.Millisecond} {
			w := latency.New(time.Minute, 0.9)
			for i := range 1000 {
				w.Observe(time.Duration(i+1)*scale, time.Now())
			}
			s := w.Stats(time.Now())
			if s.Count != 1000 || !near(s.P50, 501*scale) || !near(s.P95, 951*scale) || !near(s.P99, 991*scale) || !near(s.Quantile, 901*scale) {
				t.Errorf("of 1 to 1000 times %v: %+v", scale, s)
			}
			if s.Fastest > scale || s.Fastest < scale*6/8 {
				t.Errorf("the fastest of %v is %v", scale, s.Fastest)
			}
		}
	})
}

func TestWhatIsLongAgoIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := latency.New(30*time.Second, 0.95)
		if s := w.Stats(time.Now()); s.Count != 0 || s.P95 != 0 || s.Fastest != 0 {
			t.Errorf("of nothing: %+v", s)
		}
		old := time.Now()
		w.Observe(time.Second, old)
		<-time.After(20 * time.Second)
		w.Observe(time.Millisecond, time.Now())
		if s := w.Stats(time.Now()); s.Count != 2 || !near(s.P99, time.Second) {
			t.Errorf("after 20 of 30 seconds: %+v", s)
		}
		<-time.After(15 * time.Second)
		if s := w.Stats(time.Now()); s.Count != 1 || !near(s.P99, time.Millisecond) {
			t.Errorf("after 35 of 30 seconds: %+v", s)
		}
		<-time.After(time.Hour)
		if s := w.Stats(time.Now()); s.Count != 0 {
			t.Errorf("after an hour: %+v", s)
		}
		w.Observe(time.Hour, time.Now()) // more than the last bucket holds
		w.Observe(-1, time.Now())
		<-time.After(time.Second)
		if s := w.Stats(time.Now()); s.Count != 2 || s.P99 < time.Minute || s.Fastest != 0 {
			t.Errorf("of more and less than fits: %+v", s)
		}
	})
}

func TestObserveInParallel(t *testing.T) {
	t.Parallel()
	w := latency.New(time.Hour, 0.5)
	now := time.Now()
	w.Observe(time.Millisecond, now)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				w.Observe(time.Millisecond, now)
				w.Stats(now)
			}
		})
	}
	wg.Wait()
	if s := w.Stats(now.Add(time.Second)); s.Count != 8001 {
		t.Errorf("%d of 8001 were counted", s.Count)
	}
}

func TestObserveDoesNotAllocate(t *testing.T) {
	w := latency.New(time.Minute, 0.95)
	now := time.Now()
	w.Stats(now)
	if n := testing.AllocsPerRun(100, func() { w.Observe(time.Millisecond, now); w.Stats(now) }); n != 0 {
		t.Errorf("Observe and Stats allocate %v times", n)
	}
}

func BenchmarkObserve(b *testing.B) {
	w := latency.New(time.Minute, 0.95)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		now := time.Now()
		for pb.Next() {
			w.Observe(time.Millisecond, now)
		}
	})
}
