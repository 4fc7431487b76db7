package balance_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/upstream/balance"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// site builds endpoints from a text such as "a0 a0 b0 b1!": zone and priority of each; one with a mark is not usable.
func site(t *testing.T, text string) (usable, all []*endpoint.Endpoint) {
	t.Helper()
	for i, f := range strings.Fields(text) {
		e := parse(t, endpoint.Address{
			URL: fmt.Sprintf("http://10.0.0.%d", i), Weight: 1, Zone: f[:1], Priority: int(f[1] - '0'),
		})
		all = append(all, e)
		if !strings.HasSuffix(f, "!") {
			usable = append(usable, e)
		}
	}
	return usable, all
}

func TestCallsGoWhereTheyShould(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, site, zone string
		want             map[string]float64 // shares of zone and priority
	}{
		{"without zones and priorities all are alike", "a0 a0 b0 c0", "", map[string]float64{"a0": 0.5, "b0": 0.25, "c0": 0.25}},
		{"those of the own zone get all", "a0 b0 b0", "a", map[string]float64{"a0": 1}},
		{"a zone without endpoints prefers none", "a0 b0 b0 b0", "z", map[string]float64{"a0": 0.25, "b0": 0.75}},
		{"a little may be missing", "a0 a0 a0 a0! b0", "a", map[string]float64{"a0": 1}},
		{"half of the own zone takes 0.5 of 0.7", "a0 a0! b0", "a", map[string]float64{"a0": 0.714, "b0": 0.286}},
		{"nothing of the own zone is left", "a0! a0! b0 c0", "a", map[string]float64{"b0": 0.5, "c0": 0.5}},
		{"priorities come one after the other", "a0 a1 a2", "", map[string]float64{"a0": 1}},
		{"the next priority takes over", "a0! a1 a2", "", map[string]float64{"a1": 1}},
		{"a priority that is weak spills over", "a0 a0! a0! a0! a1 a1", "", map[string]float64{"a0": 0.357, "a1": 0.643}},
		{"priority goes before zone", "a1 b0", "a", map[string]float64{"b0": 1}},
		{"within a priority the own zone is first", "a1 b0! b1", "a", map[string]float64{"a1": 1}},
		{"what all cannot take together is shared out all the same", "a0 a0! a0! a0! a1 a1! a1! a1!", "", map[string]float64{"a0": 0.5, "a1": 0.5}},
	} {
		for _, name := range balance.Names() {
			t.Run(test.name+", by "+name, func(t *testing.T) {
				t.Parallel()
				usable, all := site(t, test.site)
				cfg := config(name)
				cfg.Zone = test.zone
				p := balance.New(cfg, usable, all)
				got := map[string]float64{}
				for e, n := range count(p) {
					got[fmt.Sprint(e.Zone(), e.Priority())] += float64(n) / picks
				}
				if len(got) != len(test.want) {
					t.Errorf("calls went to %v, want %v", got, test.want)
				}
				for level, want := range test.want {
					if math.Abs(got[level]-want) > 0.02 {
						t.Errorf("%s got %.3f of the calls, want %.3f", level, got[level], want)
					}
				}
			})
		}
	}
}

func TestARetryGoesToAnotherLevelIfItMust(t *testing.T) {
	t.Parallel()
	usable, all := site(t, "a0 a1")
	p := balance.New(balance.DefaultConfig(), usable, all)
	if e := p.Pick(balance.Call{Avoid: usable[:1]}); e != usable[1] {
		t.Errorf("Pick() = %v, want the one that stands in", e)
	}
	if e := p.Pick(balance.Call{Avoid: usable}); e == nil {
		t.Error("nothing was picked although all were tried")
	}
}

func TestEqualKeysStayTogetherWhenCallsSpillOver(t *testing.T) {
	t.Parallel()
	usable, all := site(t, "a0 a0 a0! a0! b0 b0")
	cfg := config(balance.RendezvousName)
	cfg.Zone = "a"
	p := balance.New(cfg, usable, all)
	for k := range uint64(1000) {
		c := balance.Call{Key: k, HasKey: true}
		first := p.Pick(c)
		for range 5 {
			if e := p.Pick(c); e != first {
				t.Fatalf("the key %d went to %v and to %v", k, first, e)
			}
		}
	}
}

func TestWeightsCountForWhatIsLeftOfALevel(t *testing.T) {
	t.Parallel()
	var all []*endpoint.Endpoint
	for i, w := range []int{9, 1, 5} {
		all = append(all, parse(t, endpoint.Address{URL: fmt.Sprintf("http://10.0.0.%d", i), Weight: w, Priority: i / 2}))
	}
	// The light one of the first two is gone: nine tenths are more than enough.
	got := count(balance.New(balance.DefaultConfig(), []*endpoint.Endpoint{all[0], all[2]}, all))
	if got[all[0]] != picks {
		t.Errorf("%d of %d calls went to what is left of the first level", got[all[0]], picks)
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	cfg := balance.DefaultConfig()
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
	cfg = balance.Config{Policy: "best", Key: "$request", SlowStart: -1, SpillBelow: math.NaN()}
	want := `policy: must be one of least_in_flight, round_robin, peak_ewma, rendezvous, random (got best)
key: is for the policy rendezvous alone (got $request)
slow_start: must be >= 0 (got -1ns)
spill_below: must be > 0 and <= 1 (got NaN)`
	if diff := cmp.Diff(want, fmt.Sprint(cfg.Validate())); diff != "" {
		t.Errorf("Validate() mismatch (-want +got):\n%s", diff)
	}
	cfg = balance.DefaultConfig()
	cfg.Policy = balance.RendezvousName
	if err := cfg.Validate(); err == nil || err.Error() != "key: is what the policy rendezvous needs" {
		t.Errorf("rendezvous without a key: %v", err)
	}
}
