package balance_test

import (
	"fmt"
	"testing"

	"github.com/sluice-gateway/sluice/upstream/balance"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

func endpoints(tb testing.TB, n int) []*endpoint.Endpoint {
	tb.Helper()
	list := make([]*endpoint.Endpoint, n)
	for i := range list {
		e, err := endpoint.Parse(fmt.Sprintf("http://127.0.0.1:%d", 1000+i))
		if err != nil {
			tb.Fatal(err)
		}
		list[i] = e
	}
	return list
}

func TestEveryPolicyIsFair(t *testing.T) {
	t.Parallel()
	const picks = 100_000
	for _, name := range balance.Names() {
		for _, n := range []int{1, 2, 3, 10} {
			t.Run(fmt.Sprintf("%s over %d endpoints", name, n), func(t *testing.T) {
				t.Parallel()
				list := endpoints(t, n)
				p := balance.ByName(name)(list, balance.Options{})
				got := map[*endpoint.Endpoint]int{}
				for range picks {
					got[p.Pick(balance.Call{})]++
				}
				for _, e := range list {
					if want := picks / n; got[e] < want*95/100 || got[e] > want*105/100 {
						t.Errorf("%v was picked %d times of %d, want about %d", e, got[e], picks, want)
					}
				}
			})
		}
	}
}

func TestNoEndpointsGiveNil(t *testing.T) {
	t.Parallel()
	for _, name := range balance.Names() {
		if e := balance.ByName(name)(nil, balance.Options{}).Pick(balance.Call{}); e != nil {
			t.Errorf("%s: Pick() = %v, want nil", name, e)
		}
	}
}

func TestRoundRobinVisitsAllInTurn(t *testing.T) {
	t.Parallel()
	list := endpoints(t, 4)
	p := balance.RoundRobin(list, balance.Options{})
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
		seen[balance.RoundRobin(list, balance.Options{}).Pick(balance.Call{})] = true
	}
	if len(seen) != 4 {
		t.Errorf("200 pickers began with %d of 4 endpoints", len(seen))
	}
}

func TestLeastInFlightAvoidsTheBusy(t *testing.T) {
	t.Parallel()
	list := endpoints(t, 3)
	for range 5 {
		list[1].Begin()
	}
	p := balance.LeastInFlight(list, balance.Options{})
	for range 1000 {
		if p.Pick(balance.Call{}) == list[1] {
			t.Fatal("the busiest of three was picked, although it loses every comparison")
		}
	}
	// With two endpoints both are always compared.
	p = balance.LeastInFlight(list[:2], balance.Options{})
	for range 100 {
		if p.Pick(balance.Call{}) != list[0] {
			t.Fatal("the busier of two was picked")
		}
	}
}

func TestPickDoesNotAllocate(t *testing.T) {
	for _, name := range balance.Names() {
		p := balance.ByName(name)(endpoints(t, 10), balance.Options{})
		if n := testing.AllocsPerRun(100, func() { p.Pick(balance.Call{}) }); n != 0 {
			t.Errorf("%s: Pick allocates %v times", name, n)
		}
	}
}

func BenchmarkPick(b *testing.B) {
	for _, name := range balance.Names() {
		for _, n := range []int{3, 100, 1000} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				p := balance.ByName(name)(endpoints(b, n), balance.Options{})
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						p.Pick(balance.Call{})
					}
				})
			})
		}
	}
}
