package retry

import (
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/upstream/internal/window"
)

// span is how far back a budget looks.
const span = 10 * time.Second

// Budget pays for repetitions of requests to one service: as many as a share of the requests of the last ten seconds and a
// minimum. When a service fails altogether, it so gets that share on top of its usual load, and not a multiple of it. It is
// safe for concurrent use and takes no lock.
//
// It is the idea of Finagle's RetryBudget. Unlike a bucket of tokens it has no size to be set: what was not spent is
// forgotten after ten seconds.
type Budget struct {
	cfg     BudgetConfig
	start   time.Time
	window  *window.Window
	asking  atomic.Int64 // those who are just asking, so that two of them do not take the same
	refused atomic.Uint64
}

// What the window counts.
const (
	requests = iota
	repetitions
)

// NewBudget returns a budget; the configuration is valid.
func NewBudget(cfg BudgetConfig) *Budget {
	return &Budget{cfg: cfg, start: time.Now(), window: window.New(span)}
}

// Request counts a request that is sent for the first time.
func (b *Budget) Request(now time.Time) { b.window.Add(requests, 1, now.Sub(b.start)) }

// Spend reports whether a request may be sent again, and counts that it is.
func (b *Budget) Spend(now time.Time) bool {
	passed := now.Sub(b.start)
	asking := b.asking.Add(1)
	defer b.asking.Add(-1)
	limit := b.cfg.Ratio*float64(b.window.Sum(requests, passed)) + b.cfg.MinPerSecond*span.Seconds()
	// A share like 0.2 has no exact value; the margin makes ten of fifty fit.
	if float64(b.window.Sum(repetitions, passed)+uint64(asking)) > limit+1e-9 {
		b.refused.Add(1)
		return false
	}
	b.window.Add(repetitions, 1, passed)
	return true
}

// BudgetStatus is what a budget looked like at one moment.
type BudgetStatus struct {
	Requests, Repetitions uint64 // of the last ten seconds
	Refused               uint64 // since the beginning
}

// Status returns what the budget looks like now.
func (b *Budget) Status(now time.Time) BudgetStatus {
	passed := now.Sub(b.start)
	return BudgetStatus{b.window.Sum(requests, passed), b.window.Sum(repetitions, passed), b.refused.Load()}
}
