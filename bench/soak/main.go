// Command soak runs "sluice serve" in front of two services of three instances each, while faults come and go at random:
// instances are killed and started again, frozen, made to answer 500 and 503, slowly, half and not at all; the configuration
// is reloaded with other endpoints and another schema; clients hang up. Clients of every kind send operations all the time,
// and every answer is compared with the data: it is right, or there is an error that may be there, at the place that has no
// value. At the end the faults stop: then everything has to be right again, no mutation was made twice, and the gateway takes
// no more goroutines and memory than at the start.
//
//	go run ./bench/soak -for 10m
//
// It prints what came of the operations, and ends with 1 if anything is wrong. All addresses are on loopback.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/bench/internal/fleet"
)

func main() {
	if code, ok := play(os.Args); ok {
		os.Exit(code)
	}
	length := flag.Duration("for", 10*time.Minute, "how long faults come and go, 6h at most")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of all that is random") //nolint:gosec // any number will do
	clients := flag.Int("clients", 8, "how many clients there are")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	end := time.Now().Add(min(*length, 6*time.Hour))
	p := plan{seed: *seed, clients: *clients, pause: 10 * time.Millisecond, warm: 2000, calm: 2000, settle: 2 * time.Minute}
	p.next = func(ctx context.Context, _ *crowd) bool {
		fleet.Pause(ctx, 500*time.Millisecond)
		return time.Now().Before(end) && ctx.Err() == nil
	}
	if err := run(ctx, os.Stdout, p); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

// play is what this program does as one of the processes that it starts.
func play(args []string) (code int, ok bool) {
	if len(args) < 2 {
		return 0, false
	}
	switch args[1] {
	case serviceRole:
		if err := serveService(args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		return 1, true
	case gatewayRole:
		return serveGateway(args[2:]), true
	}
	return 0, false
}

// plan says how long it takes.
type plan struct {
	seed    uint64
	clients int
	pause   time.Duration // of a client between operations, at most
	warm    int64         // operations before the first fault
	calm    int64         // operations after the last, all of which have to be right
	settle  time.Duration // how long everything may take to be right again, and the gateway to come to rest
	// next waits for the next fault; it reports false if there is to be none.
	next func(context.Context, *crowd) bool
}

// run does it, and returns what is wrong.
func run(ctx context.Context, out io.Writer, p plan) (err error) {
	folder, err := os.MkdirTemp("", "sluice-soak-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	_, _ = fmt.Fprintf(out, "seed %d\n", p.seed)
	c := &crowd{seed: p.seed, tally: map[string]*tally{}}
	c.ledger.path = filepath.Join(folder, "visits")
	faults := &chaos{random: rand.New(rand.NewPCG(p.seed, 1<<32)), fleets: map[string]*fleet.Fleet{}, active: map[*fleet.Member]string{}, counts: map[string]int{}} //nolint:gosec // not for secrets
	for _, name := range []string{usersService, reviewsService} {
		f, err := fleet.Start(ctx, 3, serviceRole, name, c.ledger.path)
		if err != nil {
			return err
		}
		defer f.Stop()
		faults.fleets[name] = f
	}
	if faults.gateway, err = startGateway(ctx, folder, faults.all()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, faults.gateway.stop()) }()
	c.base = "http://" + faults.gateway.address
	before, err := c.phases(ctx, out, p, faults)
	c.report(out, faults)
	for _, w := range c.failures() {
		err = errors.Join(err, errors.New(w))
	}
	made, wrong := c.ledger.check()
	_, _ = fmt.Fprintf(out, "%d mutations were made, and %d answered\n", made, len(c.ledger.answered))
	if err = errors.Join(err, wrong); err != nil {
		return err
	}
	after, err := faults.gateway.rest(ctx, before, p.settle)
	_, _ = fmt.Fprintf(out, "goroutines %d before and %d after, memory %d MiB and %d MiB\n", before.goroutines, after.goroutines, before.memory>>20, after.memory>>20)
	return err
}

// phases sends operations without faults, with them, and without again. It returns what the gateway took after the first.
func (c *crowd) phases(ctx context.Context, out io.Writer, p plan, faults *chaos) (before usage, err error) {
	if err := c.calmly(ctx, p, p.warm); err != nil {
		return before, err
	}
	if before, err = faults.gateway.usage(ctx); err != nil {
		return before, err
	}
	storm, stop := context.WithCancel(ctx)
	defer stop()
	wait := c.begin(storm, p.clients, p.pause)
	defer wait()
	defer stop()
	for p.next(storm, c) && len(c.failures()) < mostWrong {
		if err := faults.step(storm); err != nil {
			return before, err
		}
	}
	if err := ctx.Err(); err != nil {
		return before, err
	}
	if err := faults.calm(ctx); err != nil {
		return before, err
	}
	// Endpoints that were left out return in their own time, and breakers close. The row begins anew, as what is under way
	// began with the faults.
	c.row.Store(0)
	began := time.Now()
	settling, cancel := context.WithTimeout(ctx, p.settle)
	defer cancel()
	for c.row.Load() < p.calm/2 {
		if fleet.Pause(settling, 10*time.Millisecond); settling.Err() != nil {
			return before, fmt.Errorf("%v after the last fault the answers are not right yet", p.settle)
		}
	}
	stop()
	wait()
	_, _ = fmt.Fprintf(out, "all was right %v after the last fault\n", time.Since(began).Round(time.Millisecond))
	return before, c.calmly(ctx, p, p.calm)
}

// calmly sends operations while there is no fault.
func (c *crowd) calmly(ctx context.Context, p plan, operations int64) error {
	ctx, stop := context.WithTimeout(ctx, p.settle)
	defer stop()
	c.calm.Store(true)
	defer c.calm.Store(false)
	wait := c.begin(ctx, p.clients, p.pause)
	defer wait()
	defer stop()
	for end := c.done.Load() + operations; c.done.Load() < end; fleet.Pause(ctx, 10*time.Millisecond) {
		if ctx.Err() != nil {
			return errors.New("operations without a fault take too long")
		}
	}
	return nil
}

// report prints what came of the operations.
func (c *crowd) report(out io.Writer, faults *chaos) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = fmt.Fprint(out, "\n| operation | whole | with errors | client hung up | wrong |\n|---|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(c.tally)) {
		t := c.tally[name]
		_, _ = fmt.Fprintf(out, "| %s | %d | %d | %d | %d |\n", name, t.whole, t.errors, t.left, t.wrong)
	}
	_, _ = fmt.Fprint(out, "\nfaults:")
	for _, name := range slices.Sorted(maps.Keys(faults.counts)) {
		_, _ = fmt.Fprintf(out, " %s %d", name, faults.counts[name])
	}
	_, _ = fmt.Fprintln(out)
}
