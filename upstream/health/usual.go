package health

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// usual is how long a usual one of the last requests took: the average of the logarithms of their latencies, in which each
// of the last 32 counts about as much as the next. It goes by requests and not by time: an endpoint that turns slow soon
// gets few of them, and what it did quickly before must not cover that for a whole window.
//
// The upper eight bits are how many requests it holds, at most memory; the others are the average as a fixed-point number.
type usual struct{ packed atomic.Uint64 }

const (
	memory   = 32 // requests that are remembered; fewer would take chance for slowness where requests differ
	scale    = 256
	fraction = 24 // bits of the average below the scaled logarithm
	counted  = 56 // bits of the average at all
)

// add counts one more request. It is called for every attempt.
func (u *usual) add(took time.Duration) {
	x := int64(logarithm(took) << fraction)
	for {
		old := u.packed.Load()
		n, average := int64(old>>counted), int64(old&(1<<counted-1))
		n = min(n+1, memory)
		average += (x - average) / n
		if u.packed.CompareAndSwap(old, uint64(n)<<counted|uint64(average)) {
			return
		}
	}
}

// latency returns how long a usual request took; 0 if there was none.
func (u *usual) latency() time.Duration {
	packed := u.packed.Load()
	if packed == 0 {
		return 0
	}
	return time.Duration(math.Exp2(float64(packed&(1<<counted-1)) / (1 << fraction) / scale))
}

func (u *usual) forget() { u.packed.Store(0) }

// logarithm returns the binary logarithm of a latency in nanoseconds, scaled. It is linear between powers of two, and so
// at most 0.09 too small, which is 6 %. The average of logarithms is that of a usual request: among twenty requests of
// 5 ms, one of 10 s makes it 7 ms, where the plain average would be half a second.
func logarithm(d time.Duration) uint64 {
	x := uint64(max(d, 1))
	exponent := bits.Len64(x) - 1
	after := (x << (63 - exponent)) << 1 >> 56 // the eight bits after the leading one
	return uint64(exponent)*scale + after
}
