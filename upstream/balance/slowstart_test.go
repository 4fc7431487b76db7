package balance_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/upstream/balance"
)

func TestTheShareOfANewEndpointGrows(t *testing.T) {
	for _, name := range balance.Names() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				<-time.After(time.Hour)
				list := endpoints(t, 3, 1, 1, 2)
				list[2].Use(time.Now()) // has returned
				cfg := config(name)
				cfg.SlowStart = 10 * time.Second
				p := picker(t, cfg, list)
				for _, step := range []struct {
					after time.Duration
					part  float64 // of its own share
				}{{0, 0.1}, {3 * time.Second, 0.3}, {2 * time.Second, 0.5}, {4 * time.Second, 0.9}, {time.Second, 1}, {time.Hour, 1}} {
					<-time.After(step.after)
					got := count(p)
					share := 2 * step.part / (2 + 2*step.part)
					near(t, list[2], got[list[2]], share)
					near(t, list[0], got[list[0]], (1-share)/2)
					near(t, list[1], got[list[1]], (1-share)/2)
				}
			})
		})
	}
}

// TestNewEndpointsAloneShareAsAlways is a service all of whose instances were replaced at once: there is nobody who could
// get the rest.
func TestNewEndpointsAloneShareAsAlways(t *testing.T) {
	for _, name := range balance.Names() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				list := endpoints(t, 4)
				<-time.After(time.Hour)
				for _, e := range list {
					e.Use(time.Now())
				}
				p := picker(t, config(name), list)
				<-time.After(time.Second)
				got := count(p)
				for _, e := range list {
					near(t, e, got[e], 0.25)
				}
			})
		})
	}
}

func TestSlowStartCanBeTurnedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := endpoints(t, 2)
		list[1].Use(time.Now())
		cfg := config(balance.RandomName)
		cfg.SlowStart = 0
		got := count(picker(t, cfg, list))
		near(t, list[1], got[list[1]], 0.5)
	})
}

func TestKeysMoveToANewEndpointOnlyOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Hour)
		list := endpoints(t, 4, 1, 2)
		list[3].Use(time.Now())
		p := picker(t, config(balance.RendezvousName), list)
		at := make([]any, 1000)
		for range 12 {
			for k := range at {
				e := p.Pick(balance.Call{Key: balance.Hash(string(rune(k))), HasKey: true})
				if at[k] != nil && at[k] != e && e != list[3] {
					t.Fatalf("a key moved from %v to %v, and not to the new one", at[k], e)
				}
				at[k] = e
			}
			<-time.After(time.Second)
		}
	})
}
