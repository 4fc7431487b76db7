package gateway

import (
	"math"
	"sync/atomic"
)

// references counts who uses something that has an end, and calls last when nobody is left. Whoever made it holds the
// first. It takes no lock and may be acquired at the very moment at which it ends: then either the end is put off, or
// acquire says that it has come.
type references struct {
	n    atomic.Int64
	last func() // called once; it may not block for long
}

// ended is what the count is set to in the end, far enough from zero that it never comes back.
const ended = math.MinInt64 / 2

func (r *references) init(last func()) {
	r.n.Store(1)
	r.last = last
}

// acquire reports whether the thing is still there. If it is, release follows; if not, release does no harm.
func (r *references) acquire() bool { return r.n.Add(1) > 0 }

func (r *references) release() {
	// Between the two steps another may acquire it; then it ends when that one releases it.
	if r.n.Add(-1) == 0 && r.n.CompareAndSwap(0, ended) {
		r.last()
	}
}
