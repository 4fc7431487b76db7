package main

import (
	"fmt"
	"slices"
	"time"
)

// result is one row of the table.
type result struct {
	sent, failed       int           // requests during and after the fault
	healthy            time.Duration // p99 before the fault
	first, settled     time.Duration // p99 in the first two seconds of the fault, and in its last half
	after              time.Duration // p99 after the fault
	suffered, returned time.Duration
	amplified          float64
}

const header = `| fault | balancer | failed of sent | p99 healthy | p99 first 2 s | p99 last half | p99 after | clients notice for | back in use after | calls per request |
|---|---|---|---|---|---|---|---|---|---|`

func (r *result) row(fault, balancer string) string {
	returned := "at once"
	switch {
	case r.returned < 0:
		returned = "not seen"
	case r.returned > tick:
		returned = seconds(r.returned)
	}
	return fmt.Sprintf("| %s | %s | %d of %d | %s | %s | %s | %s | %s | %s | %.2f |", fault, balancer, r.failed, r.sent,
		millis(r.healthy), millis(r.first), millis(r.settled), millis(r.after), seconds(r.suffered), returned, r.amplified)
}

func millis(d time.Duration) string { return fmt.Sprintf("%.0f ms", float64(d)/1e6) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// measure makes a row of what was seen.
func measure(samples []sample, counts []count, begun, ended time.Time, f fault) *result {
	r := &result{returned: -1}
	between := func(from, to time.Time) (list []time.Duration) {
		for _, s := range samples {
			if !s.sent.Before(from) && s.sent.Before(to) {
				list = append(list, s.took)
			}
		}
		return list
	}
	end := ended.Add(time.Hour)
	r.healthy = p99(between(time.Time{}, begun))
	r.first = p99(between(begun, begun.Add(2*time.Second)))
	r.settled = p99(between(begun.Add(ended.Sub(begun)/2), ended))
	r.after = p99(between(ended.Add(2*time.Second), end))
	for _, s := range samples {
		if s.sent.Before(begun) {
			continue
		}
		r.sent++
		if s.err != "" {
			r.failed++
		}
	}
	r.suffered = suffering(samples, begun, 2*r.healthy)
	r.returned = back(counts, ended, f)
	r.amplified = amplification(samples, counts, begun, ended)
	return r
}

// suffering is how long after the beginning of a fault there was last a quarter of a second in which one of twenty requests
// failed or took too long.
func suffering(samples []sample, begun time.Time, long time.Duration) (last time.Duration) {
	const bucket = time.Second / 4
	type bin struct{ all, bad int }
	bins := map[time.Duration]*bin{}
	for _, s := range samples {
		if s.sent.Before(begun) {
			continue
		}
		at := s.sent.Sub(begun) / bucket
		if bins[at] == nil {
			bins[at] = &bin{}
		}
		bins[at].all++
		if s.err != "" || s.took > long {
			bins[at].bad++
		}
	}
	for at, b := range bins {
		if 20*b.bad >= b.all {
			last = max(last, (at+1)*bucket)
		}
	}
	return last
}

// back is how long after the end of a fault the endpoint that had it got half of its fair share again, for half a second; -1
// if it never did.
func back(counts []count, ended time.Time, f fault) time.Duration {
	const window = 5
	for i := range counts {
		if counts[i].at.Before(ended) || i+window > len(counts) {
			continue
		}
		var first, all int64
		for _, c := range counts[i : i+window] {
			for j, n := range c.served {
				all += max(n, 0)
				if j == 0 || f.all {
					first += max(n, 0)
				}
			}
		}
		if all > 0 && 6*first >= all {
			return counts[i].at.Sub(ended)
		}
	}
	return -1
}

// amplification is how many calls the endpoints got during the fault for one request of a client, as far as they could say.
func amplification(samples []sample, counts []count, begun, ended time.Time) float64 {
	sent, served := 0, int64(0)
	for _, s := range samples {
		if !s.sent.Before(begun) && s.sent.Before(ended) {
			sent++
		}
	}
	for _, c := range counts {
		if c.at.After(begun) && c.at.Before(ended) {
			for _, n := range c.served {
				served += max(n, 0)
			}
		}
	}
	return float64(served) / float64(max(sent, 1))
}

func p99(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[len(list)*99/100]
}
