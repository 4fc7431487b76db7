package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"time"

	"github.com/sluice-gateway/sluice/bench/internal/fleet"
)

// crowd sends many GraphQL operations at once, in two rounds, to a service that takes a second for each, and tells what
// became of them and how much memory the gateway took.
func crowd(ctx context.Context, out io.Writer, size int) error {
	folder, err := os.MkdirTemp("", "sluice-traffic-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	balancers, err := findBalancers(ctx, folder)
	if err != nil {
		return err
	}
	endpoints, err := fleet.Start(ctx, 3, endpointRole)
	if err != nil {
		return err
	}
	defer endpoints.Stop()
	for _, m := range endpoints.Members {
		if err := m.Mode(lateMode); err != nil {
			return err
		}
	}
	for _, b := range balancers {
		if b.name != "sluice-graphql" {
			continue
		}
		gateway, err := b.start(ctx, endpoints.Addresses())
		if err != nil {
			return err
		}
		defer gateway.stop()
		for round := range 2 {
			l := newLoad(gateway.target, 1)
			l.client.Transport = &http.Transport{MaxIdleConnsPerHost: size}
			l.client.Timeout = time.Minute
			begun := time.Now()
			// Each asks for an item of its own, so that nothing can be shared.
			for i := range size {
				own := gateway.target
				own.body = fmt.Sprintf(`{"query": "query($id: ID!) { item(id: $id) { id name text } }", "variables": {"id": "%d"}}`, i)
				l.spawn(ctx, own)
			}
			l.wg.Wait()
			failed := map[string]int{}
			for _, s := range l.list {
				if s.err != "" {
					failed[s.err]++
				}
			}
			peak, err := peakMemory(gateway.pid)
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(out, "round %d: %d operations at once, all over after %v, failed: %v, p99 %v; the gateway's memory at its peak: %s\n",
				round+1, size, time.Since(begun).Round(time.Millisecond), failed, p99(took(l.list)).Round(time.Millisecond), peak)
			l.client.CloseIdleConnections()
		}
	}
	return nil
}

func took(samples []sample) (list []time.Duration) {
	for _, s := range samples {
		list = append(list, s.took)
	}
	return list
}

var highWater = regexp.MustCompile(`(?m)^VmHWM:\s*(.*)$`)

// peakMemory is the most memory that a process ever held, as Linux tells it.
func peakMemory(pid int) (string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return "", err
	}
	if found := highWater.FindSubmatch(text); found != nil {
		return string(found[1]), nil
	}
	return "unknown", nil
}
