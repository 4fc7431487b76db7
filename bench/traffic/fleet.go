package main

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/bench/internal/fleet"
)

// served is how many requests came so far; -1 if it does not say.
func served(ctx context.Context, m *fleet.Member) int64 {
	ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	text, err := fleet.Get(ctx, "http://"+m.Control+"/served")
	if err != nil {
		return -1
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// count is how many requests each endpoint had got since the one before, at one moment. It is -1 for one that does not say.
type count struct {
	at     time.Time
	served []int64
}

// watching counts the requests of each endpoint.
type watching struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
	counts []count
}

// tick is how often endpoints are asked.
const tick = 100 * time.Millisecond

func watch(ctx context.Context, f *fleet.Fleet) *watching {
	ctx, cancel := context.WithCancel(ctx)
	w := &watching{cancel: cancel}
	last := make([]int64, len(f.Members))
	w.done.Go(func() {
		for ctx.Err() == nil {
			c := count{at: time.Now(), served: make([]int64, len(f.Members))}
			var asking sync.WaitGroup
			for i, m := range f.Members {
				asking.Go(func() {
					n := served(ctx, m)
					c.served[i] = n
					if n >= 0 {
						c.served[i] = n - min(last[i], n) // less than before: it was started again
						if n < last[i] {
							c.served[i] = n
						}
						last[i] = n
					}
				})
			}
			asking.Wait()
			w.counts = append(w.counts, c)
			fleet.Pause(ctx, tick)
		}
	})
	return w
}

// stop ends the counting. It may be called twice.
func (w *watching) stop() []count {
	w.cancel()
	w.done.Wait()
	return w.counts
}
