package endpoint

import (
	"math"
	"sync/atomic"
	"time"
)

// fade is the time in which an observation loses the weight of a factor e. It is what Finagle uses for its peak EWMA.
const fade = 10 * time.Second

// average is an exponentially weighted moving average that rises at once to what is above it and falls slowly: "peak EWMA",
// as in Twitter's Finagle. It is one word, so that it needs no lock: the upper half is the average in units of 100
// nanoseconds, the lower half the time of the last observation in milliseconds after the endpoint's birth, which may
// overflow, as only differences count.
type average struct{ word atomic.Uint64 }

const unit = 100 * time.Nanosecond

func pack(latency, now time.Duration) uint64 {
	units := min(max(latency/unit, 0), math.MaxUint32)
	return uint64(units)<<32 | uint64(uint32(now/time.Millisecond))
}

// observe takes a latency into account at the moment now; if it may not lower the average, only if it is above it.
func (a *average) observe(now, latency time.Duration, lower bool) {
	for range 8 { // against an endless race; what is lost is one observation of many
		old := a.word.Load()
		next := pack(latency, now)
		if before := time.Duration(old>>32) * unit; before > latency {
			if !lower {
				return
			}
			w := weight(old, now)
			next = pack(time.Duration(float64(before)*w+float64(latency)*(1-w)), now)
		} else if old == 0 && !lower {
			return // a failure says nothing of how long an answer takes
		}
		if a.word.CompareAndSwap(old, next) {
			return
		}
	}
}

// weight is what is left at the moment now of the weight that an observation had.
func weight(word uint64, now time.Duration) float64 {
	// A difference below zero is a race between two observations: nothing has passed.
	passed := max(int32(uint32(now/time.Millisecond)-uint32(word)), 0)
	return math.Exp(-float64(passed) / float64(fade/time.Millisecond))
}

// last returns the average as it was after the last observation.
func (a *average) last() time.Duration { return time.Duration(a.word.Load()>>32) * unit }

// at returns what the average counts at the moment now, if nothing was observed since.
func (a *average) at(now time.Duration) time.Duration {
	word := a.word.Load()
	return time.Duration(float64(time.Duration(word>>32)*unit) * weight(word, now))
}
