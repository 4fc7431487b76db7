package balance_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/upstream/balance"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// endpoints returns n endpoints with the given weights, which begin anew where they end; without, all have 1.
func endpoints(tb testing.TB, n int, weights ...int) []*endpoint.Endpoint {
	tb.Helper()
	list := make([]*endpoint.Endpoint, n)
	for i := range list {
		a := endpoint.Address{URL: fmt.Sprintf("http://127.0.0.1:%d", 1000+i), Weight: 1}
		if len(weights) > 0 {
			a.Weight = weights[i%len(weights)]
		}
		list[i] = parse(tb, a)
	}
	return list
}

func parse(tb testing.TB, a endpoint.Address) *endpoint.Endpoint {
	tb.Helper()
	e, err := endpoint.New(a)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func config(policy string) balance.Config {
	cfg := balance.DefaultConfig()
	cfg.Policy = policy
	if policy == balance.RendezvousName {
		cfg.Key = "a"
	}
	return cfg
}

// picker is one that is made as clients do it.
func picker(tb testing.TB, cfg balance.Config, list []*endpoint.Endpoint) balance.Picker {
	tb.Helper()
	if err := cfg.Validate(); err != nil {
		tb.Fatal(err)
	}
	return balance.New(cfg, list, list)
}

const picks = 100_000

// count picks for so many calls, each with a key of its own.
func count(p balance.Picker) map[*endpoint.Endpoint]int {
	got := map[*endpoint.Endpoint]int{}
	for i := range picks {
		got[p.Pick(balance.Call{Key: uint64(i), HasKey: true})]++
	}
	return got
}

// near compares the share of an endpoint with what it should be, at most 2 in 100 picks off.
func near(tb testing.TB, e *endpoint.Endpoint, got int, share float64) {
	tb.Helper()
	if want := share * picks; float64(got) < want-0.02*picks || float64(got) > want+0.02*picks {
		tb.Errorf("%v with the weight %d was picked %d times of %d, want about %.0f", e, e.Weight(), got, picks, want)
	}
}

func TestEveryPolicyIsFair(t *testing.T) {
	t.Parallel()
	for _, name := range balance.Names() {
		for _, test := range []struct {
			n       int
			weights []int
		}{
			{1, nil},
			{2, nil},
			{3, nil},
			{10, nil},
			{3, []int{1, 2, 3}},
			{4, []int{100, 1, 1, 50}},
			{20, []int{7, 1}},
			{2, []int{1, 1000}},
		} {
			t.Run(fmt.Sprintf("%s over %d endpoints with weights %v", name, test.n, test.weights), func(t *testing.T) {
				t.Parallel()
				list := endpoints(t, test.n, test.weights...)
				got := count(picker(t, config(name), list))
				sum := 0
				for _, e := range list {
					sum += e.Weight()
				}
				for _, e := range list {
					near(t, e, got[e], float64(e.Weight())/float64(sum))
				}
			})
		}
	}
}

func TestNoEndpointsGiveNil(t *testing.T) {
	t.Parallel()
	for _, name := range balance.Names() {
		for _, c := range []balance.Call{{}, {HasKey: true}} {
			if e := picker(t, config(name), nil).Pick(c); e != nil {
				t.Errorf("%s: Pick() = %v, want nil", name, e)
			}
		}
	}
}

func TestWhatWasTriedIsAvoided(t *testing.T) {
	t.Parallel()
	for _, name := range balance.Names() {
		for _, weights := range [][]int{nil, {1000, 1}, {1, 2, 3}} {
			for n := 1; n < 6; n++ {
				list := endpoints(t, n, weights...)
				p := picker(t, config(name), list)
				for k := range uint64(100) {
					// Each further attempt of a call goes to another endpoint, until all of them were tried.
					c := balance.Call{Key: k, HasKey: k%2 == 0}
					for range n {
						e := p.Pick(c)
						if slices.Contains(c.Avoid, e) {
							t.Fatalf("%s over %d with weights %v: %v was tried before and is picked again", name, n, weights, e)
						}
						c.Avoid = append(c.Avoid, e)
					}
					if p.Pick(c) == nil {
						t.Fatalf("%s over %d: nothing was picked, although something is left", name, n)
					}
				}
			}
		}
	}
}

func TestPickDoesNotAllocate(t *testing.T) {
	for _, name := range balance.Names() {
		for _, weights := range [][]int{nil, {1, 5}} {
			list := endpoints(t, 10, weights...)
			list[3].Use(time.Now())
			p := picker(t, config(name), list)
			c := balance.Call{Key: 1, HasKey: true, Avoid: list[:2]}
			if n := testing.AllocsPerRun(100, func() { p.Pick(c); p.Pick(balance.Call{}) }); n != 0 {
				t.Errorf("%s: Pick allocates %v times", name, n)
			}
		}
	}
}

func TestPickersAreSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	for _, name := range balance.Names() {
		list := endpoints(t, 5, 1, 2)
		list[3].Use(time.Now())
		p := picker(t, config(name), list)
		done := make(chan struct{})
		for i := range uint64(4) {
			go func() {
				defer func() { done <- struct{}{} }()
				for k := range uint64(2000) {
					e := p.Pick(balance.Call{Key: i + k, HasKey: k%2 == 0})
					e.Begin()
					e.End(endpoint.Success, time.Millisecond)
				}
			}()
		}
		for range 4 {
			<-done
		}
	}
}

func BenchmarkPick(b *testing.B) {
	for _, name := range balance.Names() {
		for _, n := range []int{3, 100, 1000} {
			for _, weights := range [][]int{nil, {1, 2, 3}} {
				sub := fmt.Sprintf("%s/%d", name, n)
				if weights != nil {
					sub += "/weighted"
				}
				b.Run(sub, func(b *testing.B) {
					list := endpoints(b, n, weights...)
					p := picker(b, config(name), list)
					b.ReportAllocs()
					b.RunParallel(func(pb *testing.PB) {
						for k := uint64(0); pb.Next(); k++ {
							p.Pick(balance.Call{Key: k, HasKey: true})
						}
					})
				})
			}
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for _, name := range balance.Names() {
		b.Run(name, func(b *testing.B) {
			list := endpoints(b, 1000, 1, 2, 3)
			cfg := config(name)
			b.ReportAllocs()
			for b.Loop() {
				balance.New(cfg, list, list)
			}
		})
	}
}
