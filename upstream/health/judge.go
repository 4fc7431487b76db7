package health

import (
	"math"
	"slices"
	"time"
)

// Reason says why an endpoint was ejected.
type Reason string

// The reasons.
const (
	ConsecutiveFailures Reason = "consecutive_failures" // so many requests failed one after the other
	FailureRatio        Reason = "failure_ratio"        // too large a share failed
	Latency             Reason = "latency"              // it was much slower than the others
	Stalled             Reason = "stalled"              // it answered nothing while the others did
	FailedAgain         Reason = "failed_again"         // it had just come back
)

// tick is how often members are looked at without a report that asks for it.
const tick = 250 * time.Millisecond

// watch judges the members until the monitor is closed.
func (m *Monitor) watch() {
	timer := time.NewTimer(tick)
	defer timer.Stop()
	for {
		select {
		case <-m.ctx.Done():
			return
		case <-m.nudge:
		case <-timer.C:
		}
		var next time.Duration
		m.change(func() (changed bool) {
			changed, next = m.review(m.now())
			return changed
		})
		timer.Reset(next)
	}
}

// review lets members return whose time is over, ejects those that earned it, and says whether that changed something and
// how long it is to the next review. The lock is held.
func (m *Monitor) review(now time.Duration) (changed bool, next time.Duration) {
	next = time.Hour
	if len(m.order) > 1 {
		next = tick // one alone is never ejected
	}
	for _, one := range m.order {
		switch {
		case one.ejected && now >= one.until:
			m.readmit(one, now)
			changed = true
		case !one.ejected && one.times > 0 && now >= one.forgetAt:
			one.times--
			one.forgetAt += one.lasting
		}
	}
	for _, one := range m.order {
		if one.ejected {
			next = min(next, max(one.until-now, time.Millisecond))
			continue
		}
		if reason := m.judge(one, now); reason != "" && m.mayEject() {
			m.eject(one, reason, now)
			next = min(next, one.until-now)
			changed = true
		} else if one.returning && one.seen.good.Load() >= int64(m.cfg.Passive.Probes) {
			m.settle(one, now)
		}
	}
	return changed, next
}

func (m *Monitor) eject(one *member, reason Reason, now time.Duration) {
	one.times = min(one.times+1, math.MaxInt32)
	one.total++
	one.lasting = m.cfg.Passive.MaxEjection
	if one.times <= int(one.lasting/m.cfg.Passive.Ejection) {
		one.lasting = m.cfg.Passive.Ejection * time.Duration(one.times)
	}
	one.ejected, one.reason, one.until = true, reason, now+one.lasting
	one.returning = false
	one.seen.returning.Store(false)
}

// readmit ends the ejection of a member.
func (m *Monitor) readmit(one *member, now time.Duration) {
	one.ejected = false
	one.forgetAt = now + one.lasting
	if one.usable() {
		m.comeBack(one, now)
	}
}

// comeBack puts a member back to use, on probation.
func (m *Monitor) comeBack(one *member, now time.Duration) {
	m.forget(one, now)
	one.seen.good.Store(0)
	one.returning = m.cfg.Passive.Enabled
	one.seen.returning.Store(one.returning)
	one.endpoint.Use(m.start.Add(now))
}

// settle ends the probation of a member, which begins its slow start.
func (m *Monitor) settle(one *member, now time.Duration) {
	one.returning = false
	one.seen.returning.Store(false)
	one.endpoint.Use(m.start.Add(now))
}

// forget drops what was observed of a member before now.
func (m *Monitor) forget(one *member, now time.Duration) {
	one.seen.returnedAt.Store(int64(now))
	one.seen.streak.Store(0)
	one.seen.lately.Reset()
	one.seen.usual.forget()
	one.stall = stall{}
}

// mayEject reports whether one more member may be left out.
func (m *Monitor) mayEject() bool {
	if len(m.order) < 2 {
		return false
	}
	out := 0
	for _, one := range m.order {
		if !one.usable() {
			out++
		}
	}
	most := max(1, int(m.cfg.Passive.MaxEjected*float64(len(m.order))+1e-9))
	return out < min(most, len(m.order)-1)
}

// judge returns the reason to eject a member; none is empty. All rules look at the other members too: what they have in
// common is not the fault of an endpoint.
func (m *Monitor) judge(one *member, now time.Duration) Reason {
	switch {
	case m.fails(one, now):
		if one.returning {
			return FailedAgain
		}
		return ConsecutiveFailures
	case m.failsMoreThanOthers(one, now):
		return FailureRatio
	case m.isSlow(one, now):
		return Latency
	case m.isStalled(one, now):
		return Stalled
	}
	return ""
}

// enough returns how many failures in a row eject an endpoint; 0: no number of them.
func (m *Monitor) enough(s *observed) int64 {
	if s.returning.Load() {
		return 1
	}
	return int64(m.cfg.Passive.ConsecutiveFailures)
}

// failsTooOften reports, from what is known of an endpoint alone, whether it may have to be ejected.
func (m *Monitor) failsTooOften(s *observed, now time.Duration) bool {
	if n := m.enough(s); n > 0 && s.streak.Load() >= n {
		return true
	}
	failed, all := s.lately.Sum(failures, now), s.lately.Sum(requests, now)
	return m.tooMany(failed, all)
}

func (m *Monitor) tooMany(failed, all uint64) bool {
	limit := m.cfg.Passive.FailureRatio
	return limit > 0 && all >= uint64(m.cfg.Passive.MinRequests) && float64(failed) >= limit*float64(all)-1e-9
}

// fails reports whether a member failed so many times in a row that it must go, while another answered.
func (m *Monitor) fails(one *member, now time.Duration) bool {
	n := m.enough(&one.seen)
	if n == 0 || one.seen.streak.Load() < n {
		return false
	}
	since := one.seen.streakAt.Load() >> precision
	return slices.ContainsFunc(m.order, func(other *member) bool {
		return other != one && other.seen.goodAt.Load()>>precision >= since
	})
}

// failsMoreThanOthers reports whether too large a share of a member's requests failed, and a far smaller one of the others'.
func (m *Monitor) failsMoreThanOthers(one *member, now time.Duration) bool {
	failed, all := one.seen.lately.Sum(failures, now), one.seen.lately.Sum(requests, now)
	if !m.tooMany(failed, all) {
		return false
	}
	var othersFailed, others uint64
	for _, other := range m.order {
		if other != one {
			othersFailed += other.seen.lately.Sum(failures, now)
			others += other.seen.lately.Sum(requests, now)
		}
	}
	return others > 0 && float64(failed)/float64(all) > 2*float64(othersFailed)/float64(others)
}

// usual returns how long a usual one of the last requests to the member took; false if too few succeeded within the window
// to say.
func (m *Monitor) usual(one *member, now time.Duration, least uint64) (time.Duration, bool) {
	n := one.seen.lately.Sum(requests, now) - min(one.seen.lately.Sum(failures, now), one.seen.lately.Sum(requests, now))
	if n == 0 || n < least {
		return 0, false
	}
	took := one.seen.usual.latency()
	return took, took > 0
}

// others returns the median of what is usual for the other members, and of how many it is.
func (m *Monitor) others(one *member, now time.Duration, least uint64) (median time.Duration, n int) {
	var all []time.Duration
	for _, other := range m.order {
		if other == one || other.ejected {
			continue
		}
		if d, ok := m.usual(other, now, least); ok {
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return all[(len(all)-1)/2], len(all)
}

// isSlow reports whether a member is far slower than most others.
func (m *Monitor) isSlow(one *member, now time.Duration) bool {
	p := &m.cfg.Passive
	if p.LatencyFactor == 0 {
		return false
	}
	least := uint64(p.MinRequests)
	if one.returning {
		least = uint64(p.Probes) // it was found out before
	}
	mine, ok := m.usual(one, now, least)
	if !ok {
		return false
	}
	median, n := m.others(one, now, uint64(p.MinRequests))
	return n >= 2 && float64(mine) > p.LatencyFactor*float64(median) && mine-median > p.LatencyMargin
}

// stall is what is remembered of a member to see whether it still answers.
type stall struct {
	answers uint64        // how many requests had been answered
	ended   uint64        // how many had ended
	since   time.Duration // when that was seen
}

// isStalled reports whether a member has answered nothing for a long time, although it was asked often enough, while the
// others answered in far less.
func (m *Monitor) isStalled(one *member, now time.Duration) bool {
	p, s := &m.cfg.Passive, &one.stall
	need := m.enough(&one.seen)
	if p.Stall == 0 || need == 0 {
		return false
	}
	begun, inFlight, answers := one.endpoint.Status().Requests, one.endpoint.InFlight(), one.seen.answers.Load()
	if answers != s.answers || begun == s.ended {
		*s = stall{answers: answers, ended: begun - uint64(max(inFlight, 0)), since: now}
		return false
	}
	if now-s.since < p.Stall || begun-s.ended < uint64(need) || !m.othersAnswered(one, s.since) {
		return false
	}
	median, n := m.others(one, now, 1)
	return n > 0 && float64(now-s.since) > stallFactor*float64(median)
}

// stallFactor is how many times longer than what is usual for the others silence must last.
const stallFactor = 5

// othersAnswered reports whether another member succeeded after the given time.
func (m *Monitor) othersAnswered(one *member, since time.Duration) bool {
	return slices.ContainsFunc(m.order, func(other *member) bool {
		return other != one && time.Duration(other.seen.goodAt.Load()) > since
	})
}
