// Command traffic shows what clients see of a service's faults through Sluice, and through other balancers in the same
// run. Three endpoints of one service stand behind the balancer; one of them is killed, frozen, made to answer 500, slowed
// or made to cut its answers short, or all of them go and come back. Requests come at a fixed rate, whatever becomes of
// those before, so that nobody waits politely for a service that is stuck.
//
//	go run ./bench/traffic                 # all faults and all balancers that are installed
//	go run ./bench/traffic -only killed    # one fault
//	go run ./bench/traffic -crowd 10000    # as many requests at once, to a service that takes a second
//
// It prints a table as bench/README.md has it. All addresses are on loopback, and it takes about half a minute for each pair
// of fault and balancer.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/bench/internal/fleet"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == endpointRole {
		if err := serveEndpoint(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	plan := plan{healthy: 4 * time.Second, fault: 10 * time.Second, after: 8 * time.Second}
	rate := flag.Int("rate", 500, "requests a second")
	only := flag.String("only", "", "faults to show, separated by commas; all without it")
	with := flag.String("with", "", "balancers to show, separated by commas; all without it")
	size := flag.Int("crowd", 0, "instead of faults, so many requests at once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *size > 0 {
		err = crowd(ctx, os.Stdout, *size)
	} else {
		err = run(ctx, os.Stdout, plan, *rate, list(*only), list(*with))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// plan is how long the phases of one run last.
type plan struct{ healthy, fault, after time.Duration }

func run(ctx context.Context, out io.Writer, p plan, rate int, only, with []string) error {
	folder, err := os.MkdirTemp("", "sluice-traffic-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	balancers, err := findBalancers(ctx, folder)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "%d requests a second; %v healthy, %v with the fault, %v after it.\n\n%s\n", rate, p.healthy, p.fault, p.after, header)
	for _, f := range faults {
		if only != nil && !slices.Contains(only, f.name) {
			continue
		}
		for _, b := range balancers {
			if with != nil && !slices.Contains(with, b.name) {
				continue
			}
			r, err := show(ctx, p, rate, f, b)
			if err != nil {
				return fmt.Errorf("%s through %s: %w", f.name, b.name, err)
			}
			_, _ = fmt.Fprintln(out, r.row(f.name, b.name))
		}
	}
	return nil
}

// show runs one fault behind one balancer.
func show(ctx context.Context, p plan, rate int, f fault, b balancer) (*result, error) {
	endpoints, err := fleet.Start(ctx, 3, endpointRole)
	if err != nil {
		return nil, err
	}
	defer endpoints.Stop()
	running, err := b.start(ctx, endpoints.Addresses())
	if err != nil {
		return nil, err
	}
	defer running.stop()
	l := newLoad(running.target, rate)
	if err := l.warm(ctx); err != nil {
		return nil, err
	}
	counting := watch(ctx, endpoints)
	defer counting.stop()
	l.begin(ctx)
	fleet.Pause(ctx, p.healthy)
	begun := time.Now()
	if err := f.begin(endpoints); err != nil {
		return nil, err
	}
	fleet.Pause(ctx, p.fault)
	ended := time.Now()
	if err := f.end(ctx, endpoints); err != nil {
		return nil, err
	}
	fleet.Pause(ctx, p.after)
	l.end()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return measure(l.samples(), counting.stop(), begun, ended, f), nil
}
