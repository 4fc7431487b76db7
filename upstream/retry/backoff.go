package retry

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Wait returns how long to wait before the attempt that follows so many failed ones: a random time, so that those who
// failed together do not come back together ("full jitter", as in Marc Brooker's "Exponential Backoff And Jitter", AWS
// Architecture Blog, 2015).
func (b *Backoff) Wait(failed int) time.Duration {
	limit := b.Base
	for range failed - 1 {
		if limit >= b.Max/2 {
			limit = b.Max
			break
		}
		limit *= 2
	}
	return time.Duration(rand.Int64N(int64(limit) + 1))
}

// maxAfter is the longest time that After returns: a service that says more means the same.
const maxAfter = 24 * time.Hour

// After returns how long a service asks to be left alone, by the header Retry-After of its answer (RFC 9110, section
// 10.2.3): seconds, or a date. It reports false if the header is missing or means nothing.
func After(h http.Header, now time.Time) (time.Duration, bool) {
	values := h["Retry-After"]
	if len(values) != 1 {
		return 0, false
	}
	text := strings.Trim(values[0], " \t")
	if text != "" && strings.Trim(text, "0123456789") == "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil || seconds > int64(maxAfter/time.Second) {
			return maxAfter, true
		}
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), maxAfter), true
}
