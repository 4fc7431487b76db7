package window_test

import (
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/upstream/internal/window"
)

func TestWhatIsOlderThanTheSpanIsForgotten(t *testing.T) {
	t.Parallel()
	w := window.New(10 * time.Second)
	w.Add(0, 2, 0)
	w.Add(1, 7, 0)
	w.Add(0, 1, 4*time.Second)
	tests := []struct {
		at   time.Duration
		want uint64
	}{
		{4 * time.Second, 3}, {9999 * time.Millisecond, 3},
		{10 * time.Second, 1}, {13999 * time.Millisecond, 1}, {14 * time.Second, 0}, {time.Hour, 0},
	}
	for _, test := range tests {
		if got := w.Sum(0, test.at); got != test.want {
			t.Errorf("after %v: got %d, want %d", test.at, got, test.want)
		}
	}
	if got := w.Sum(1, time.Second); got != 7 {
		t.Errorf("the other kind: got %d, want 7", got)
	}
	if got := w.Sum(2, time.Second); got != 0 {
		t.Errorf("a kind that was not counted: got %d", got)
	}
}

func TestASliceOfTimeTakesThePlaceOfTheOneBefore(t *testing.T) {
	t.Parallel()
	w := window.New(time.Second)
	var now time.Duration
	for range 1000 {
		w.Add(0, 1, now)
		now += 10 * time.Millisecond
	}
	// A hundred in a second; of the oldest tenth, all but one moment may be missing.
	if got := w.Sum(0, now); got < 90 || got > 100 {
		t.Errorf("got %d, want 90 to 100", got)
	}
}

func TestResetForgets(t *testing.T) {
	t.Parallel()
	w := window.New(time.Second)
	w.Add(2, 5, time.Millisecond)
	w.Reset()
	if got := w.Sum(2, time.Millisecond); got != 0 {
		t.Errorf("got %d after the reset", got)
	}
	w.Add(2, 1, time.Millisecond)
	if got := w.Sum(2, time.Millisecond); got != 1 {
		t.Errorf("got %d, want 1", got)
	}
}

func TestNoCountIsLost(t *testing.T) {
	t.Parallel()
	const workers, each = 8, 20_000
	w := window.New(time.Hour)
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			for n := range each {
				// All workers go through the slices of time at about the same pace, and change them together.
				w.Add(0, 1, time.Duration(n)*50*time.Minute/each+time.Duration(i))
			}
		})
	}
	all.Wait()
	if got := w.Sum(0, 50*time.Minute); got != workers*each {
		t.Errorf("got %d, want %d", got, workers*each)
	}
}

func TestCountingDoesNotAllocate(t *testing.T) {
	w := window.New(time.Second)
	var now time.Duration
	if n := testing.AllocsPerRun(1000, func() { w.Add(0, 1, now); now += time.Millisecond; w.Sum(0, now) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAdd(b *testing.B) {
	w := window.New(10 * time.Second)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			w.Add(0, 1, time.Second)
		}
	})
}
