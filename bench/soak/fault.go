package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/sluice-gateway/sluice/bench/internal/fleet"
)

// chaos has faults come and go. Its methods are called by one goroutine.
type chaos struct {
	random  *rand.Rand
	gateway *gateway
	fleets  map[string]*fleet.Fleet
	active  map[*fleet.Member]string // the faults there are
	layout  layout
	counts  map[string]int // how often each fault came
}

// The faults besides the modes of an endpoint.
const (
	killed = "killed"
	frozen = "frozen"
)

var faults = []string{killed, frozen, killed, frozen, errorMode, busyMode, slowMode, cutMode, resetMode, brokenMode}

// mostFaults is how many endpoints have a fault at the same time.
const mostFaults = 3

// step begins a fault, ends one, or reloads.
func (c *chaos) step(ctx context.Context) error {
	switch n := c.random.IntN(10); {
	case n < 2:
		return c.reload(ctx)
	case n < 5 || len(c.active) >= mostFaults:
		return c.endOne(ctx)
	}
	services := slices.Sorted(maps.Keys(c.fleets))
	members := c.fleets[services[c.random.IntN(len(services))]].Members
	m := members[c.random.IntN(len(members))]
	if c.active[m] != "" {
		return c.end(ctx, m)
	}
	f := faults[c.random.IntN(len(faults))]
	c.active[m] = f
	c.counts[f]++
	switch f {
	case killed:
		m.Kill()
		return nil
	case frozen:
		return m.Freeze()
	}
	return m.Mode(f)
}

// endOne ends the fault of some endpoint.
func (c *chaos) endOne(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(c.fleets)) {
		for _, m := range c.fleets[name].Members {
			if c.active[m] != "" {
				return c.end(ctx, m)
			}
		}
	}
	return nil
}

func (c *chaos) end(ctx context.Context, m *fleet.Member) error {
	f := c.active[m]
	delete(c.active, m)
	switch f {
	case killed:
		return m.Start(ctx)
	case frozen:
		return m.Thaw()
	}
	return m.Mode(wellMode)
}

// reload changes the schema, and which endpoints there are: of each service, two at least.
func (c *chaos) reload(ctx context.Context) error {
	c.counts["reloads"]++
	next := c.all()
	next.second = c.random.IntN(2) == 0
	for name, addresses := range next.endpoints {
		if without := c.random.IntN(len(addresses) + 1); without < len(addresses) {
			next.endpoints[name] = slices.Delete(addresses, without, without+1)
		}
	}
	c.layout = next
	return c.gateway.reload(ctx, next)
}

// all is the layout with all endpoints and the first schema.
func (c *chaos) all() layout {
	l := layout{endpoints: map[string][]string{}}
	for name, f := range c.fleets {
		l.endpoints[name] = f.Addresses()
	}
	return l
}

// calm ends all faults.
func (c *chaos) calm(ctx context.Context) error {
	for len(c.active) > 0 {
		if err := c.endOne(ctx); err != nil {
			return fmt.Errorf("the end of a fault: %w", err)
		}
	}
	return c.gateway.reload(ctx, c.all())
}
