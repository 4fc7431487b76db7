package balance_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/upstream/balance"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

func TestRoundRobinVisitsAllInTurn(t *testing.T) {
	t.Parallel()
	list := endpoints(t, 4)
	p := picker(t, config(balance.RoundRobinName), list)
	first := p.Pick(balance.Call{})
	at := 0
	for list[at] != first {
		at++
	}
	for i := 1; i < 9; i++ {
		if got, want := p.Pick(balance.Call{}), list[(at+i)%4]; got != want {
			t.Fatalf("pick %d = %v, want %v", i, got, want)
		}
	}
}

func TestRoundRobinStartsAnywhere(t *testing.T) {
	t.Parallel()
	list := endpoints(t, 4)
	seen := map[*endpoint.Endpoint]bool{}
	for range 200 {
		seen[picker(t, config(balance.RoundRobinName), list).Pick(balance.Call{})] = true
	}
	if len(seen) != 4 {
		t.Errorf("200 pickers began with %d of 4 endpoints", len(seen))
	}
}

func TestRoundRobinKeepsWeightsExactly(t *testing.T) {
	t.Parallel()
	for _, weights := range [][]int{{1, 2, 3}, {5, 1, 1}, {10, 20, 30}, {1000, 1, 1, 1}, {999, 1000}, {7, 7, 7, 8}, {3}, {100, 1, 17, 4, 4, 4, 63}} {
		list := endpoints(t, len(weights), weights...)
		p := picker(t, config(balance.RoundRobinName), list)
		divisor, sum := weights[0], 0
		for _, w := range weights {
			for w%divisor != 0 {
				divisor--
			}
			sum += w
		}
		for weights[0]%divisor != 0 {
			divisor--
		}
		for cycle := range 3 {
			got := map[*endpoint.Endpoint]int{}
			for range sum {
				got[p.Pick(balance.Call{})]++
			}
			for i, e := range list {
				if got[e] != weights[i] {
					t.Errorf("weights %v, cycle %d: %v was picked %d times, want %d", weights, cycle, e, got[e], weights[i])
				}
			}
		}
	}
}

func TestRoundRobinSpreadsTheHeavyOnes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		weights []int
		most    int // picks of the heavy one in a row
	}{
		{[]int{5, 1, 1}, 3},                          // 5 of 7
		{[]int{2, 1, 1}, 1},                          // every other
		{[]int{50, 50, 1}, 2},                        // both in turn
		{[]int{10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 3}, // every other, nearly
	} {
		list := endpoints(t, len(test.weights), test.weights...)
		p := picker(t, config(balance.RoundRobinName), list)
		row, longest := 0, 0
		for range 1000 {
			if p.Pick(balance.Call{}) != list[0] {
				row = 0
				continue
			}
			row++
			longest = max(longest, row)
		}
		if longest > test.most {
			t.Errorf("weights %v: the first came %d times in a row, want at most %d", test.weights, longest, test.most)
		}
	}
}

func TestLeastInFlightAvoidsTheBusy(t *testing.T) {
	t.Parallel()
	list := endpoints(t, 3)
	for range 5 {
		list[1].Begin()
	}
	p := picker(t, config(balance.LeastInFlightName), list)
	for range 1000 {
		if p.Pick(balance.Call{}) == list[1] {
			t.Fatal("the busiest of three was picked, although it loses every comparison")
		}
	}
	// With two endpoints both are always compared.
	p = picker(t, config(balance.LeastInFlightName), list[:2])
	for range 100 {
		if p.Pick(balance.Call{}) != list[0] {
			t.Fatal("the busier of two was picked")
		}
	}
}

// TestLoadSettlesByWeight keeps many requests in flight, each of which ends in turn: what is in flight at each endpoint
// becomes as its weight is.
func TestLoadSettlesByWeight(t *testing.T) {
	t.Parallel()
	for _, name := range []string{balance.LeastInFlightName, balance.PeakEWMAName} {
		list := endpoints(t, 2, 1, 3)
		p := picker(t, config(name), list)
		var flying []*endpoint.Endpoint
		for range 20_000 {
			e := p.Pick(balance.Call{})
			e.Begin()
			if flying = append(flying, e); len(flying) > 400 {
				flying[0].End(endpoint.Success, time.Millisecond)
				flying = flying[1:]
			}
		}
		if n := list[0].InFlight(); n < 85 || n > 115 {
			t.Errorf("%s: of 400 requests %d are at the endpoint with a quarter of the weights, want about 100", name, n)
		}
	}
}

func TestPeakEWMAPrefersTheFast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := endpoints(t, 2)
		end := func(e *endpoint.Endpoint, took time.Duration) {
			e.Begin()
			e.End(endpoint.Success, took)
		}
		end(list[0], 10*time.Millisecond)
		end(list[1], 50*time.Millisecond)
		p := picker(t, config(balance.PeakEWMAName), list)
		for range 4 { // 10 ms × 5 are still better than 50 ms, or as good
			if e := p.Pick(balance.Call{}); e != list[0] {
				t.Fatalf("Pick() = %v, want the fast one", e)
			}
			list[0].Begin()
		}
		list[0].Begin()
		if e := p.Pick(balance.Call{}); e != list[1] {
			t.Errorf("Pick() = %v, want the slow one, as the fast one has five requests in its way", e)
		}
		for range 5 {
			list[0].End(endpoint.Success, 10*time.Millisecond)
		}
		// The latency of one that is not asked fades, while the other goes on to answer in its 10 ms.
		for range 60 {
			<-time.After(time.Second)
			end(list[0], 10*time.Millisecond)
		}
		if e := p.Pick(balance.Call{}); e != list[1] {
			t.Errorf("Pick() = %v, want the one that was slow a minute ago", e)
		}
	})
}

func TestPeakEWMAGivesTheUnknownAFewRequests(t *testing.T) {
	t.Parallel()
	list := endpoints(t, 2)
	list[0].Begin()
	list[0].End(endpoint.Success, 10*time.Millisecond)
	list[0].Begin()
	p := picker(t, config(balance.PeakEWMAName), list)
	if e := p.Pick(balance.Call{}); e != list[1] {
		t.Fatalf("Pick() = %v, want the one without requests", e)
	}
	list[1].Begin()
	list[1].Begin()
	// Nothing has been heard of it yet: two requests are enough.
	if e := p.Pick(balance.Call{}); e != list[0] {
		t.Errorf("Pick() = %v, want the known one", e)
	}
}

func TestRendezvousMovesNoKeyWithoutNeed(t *testing.T) {
	t.Parallel()
	for _, weights := range [][]int{nil, {1, 2, 5}} {
		list := endpoints(t, 10, weights...)
		before := picker(t, config(balance.RendezvousName), list)
		gone := list[4]
		after := picker(t, config(balance.RendezvousName), append(append([]*endpoint.Endpoint{}, list[:4]...), list[5:]...))
		moved := map[*endpoint.Endpoint]int{}
		for i := range picks {
			c := balance.Call{Key: balance.Hash(fmt.Sprint("user-", i)), HasKey: true}
			a, b := before.Pick(c), after.Pick(c)
			switch {
			case a == gone:
				moved[b]++
				// A retry of the call finds the key where it goes when its endpoint is taken out.
				c.Avoid = []*endpoint.Endpoint{gone}
				if second := before.Pick(c); second != b {
					t.Fatalf("the second choice is %v, want %v", second, b)
				}
			case a != b:
				t.Fatalf("a key moved from %v to %v, although neither has changed", a, b)
			}
		}
		for _, e := range list {
			if e != gone && moved[e] == 0 {
				t.Errorf("%v got none of the keys of the one that is gone", e)
			}
		}
	}
}

func TestRendezvousIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	list := endpoints(t, 20, 1, 2, 3)
	reversed := endpoints(t, 20, 1, 2, 3) // of another gateway
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	a, b := picker(t, config(balance.RendezvousName), list), picker(t, config(balance.RendezvousName), reversed)
	for k := range uint64(1000) {
		c := balance.Call{Key: k, HasKey: true}
		if x, y := a.Pick(c), b.Pick(c); x.String() != y.String() {
			t.Fatalf("the key %d goes to %v here and to %v there", k, x, y)
		}
	}
}

func TestCallsWithoutAKeyAreBalanced(t *testing.T) {
	t.Parallel()
	list := endpoints(t, 3)
	p := picker(t, config(balance.RendezvousName), list)
	got := map[*endpoint.Endpoint]int{}
	for range picks {
		got[p.Pick(balance.Call{})]++
	}
	for _, e := range list {
		near(t, e, got[e], 1.0/3)
	}
}
