package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/bench/internal/fleet"
)

// crowd are the clients: each sends one operation after the other, and judges the answers.
type crowd struct {
	base   string
	seed   uint64
	ledger ledger
	calm   atomic.Bool // no fault is there, and so no error may be
	done   atomic.Int64
	row    atomic.Int64 // operations in a row that were answered whole

	mu    sync.Mutex // guards the fields below
	tally map[string]*tally
	wrong []string
	keys  int
}

// tally is what came of the operations of one kind.
type tally struct{ whole, errors, left, wrong int }

// mostWrong is how many wrong answers are told.
const mostWrong = 20

// begin starts clients, which go on until ctx ends; wait waits for them.
func (c *crowd) begin(ctx context.Context, n int, pause time.Duration) (wait func()) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(c.seed, uint64(i))) //nolint:gosec // not for secrets
			transport := &http.Transport{DisableCompression: true}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport, Timeout: 30 * time.Second}
			for ctx.Err() == nil {
				c.one(client, random)
				if pause > 0 {
					fleet.Pause(ctx, time.Duration(random.Int64N(int64(pause))))
				}
			}
		})
	}
	return wg.Wait
}

// one sends one operation. One of ten clients hangs up after a few milliseconds.
func (c *crowd) one(client *http.Client, random *rand.Rand) {
	c.mu.Lock()
	c.keys++
	key := fmt.Sprint("key-", c.keys)
	c.mu.Unlock()
	o := kinds[random.IntN(len(kinds))](random, key)
	impatient := random.IntN(10) == 0
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if impatient {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, time.Duration(random.Int64N(int64(10*time.Millisecond))))
		defer stop()
	}
	calm := c.calm.Load() // before it is sent: faults that end later may still show
	resp, body, err := o.send(ctx, client, c.base)
	c.done.Add(1)
	switch {
	case err != nil && ctx.Err() != nil:
		c.count(&o, func(t *tally) { t.left++ })
		return
	case err != nil && o.graphql:
		c.fail(&o, fmt.Errorf("no answer: %w", err))
		return
	case err != nil && !calm: // what a service cuts is cut on a route too
		c.row.Store(0)
		c.count(&o, func(t *tally) { t.errors++ })
		return
	case err != nil:
		c.fail(&o, fmt.Errorf("no answer, and there is no fault: %w", err))
		return
	}
	whole, err := o.judge(resp.StatusCode, resp.Header, body)
	switch {
	case err != nil:
		c.fail(&o, err)
	case whole:
		c.row.Add(1)
		if o.key != "" {
			c.ledger.answer(o.key)
		}
		c.count(&o, func(t *tally) { t.whole++ })
	case calm:
		c.fail(&o, fmt.Errorf("errors, and there is no fault: %s", body))
	default:
		c.row.Store(0)
		c.count(&o, func(t *tally) { t.errors++ })
	}
}

func (o *operation) send(ctx context.Context, client *http.Client, base string) (resp *http.Response, body []byte, err error) {
	var text []byte
	if o.body != nil {
		if text, err = json.Marshal(o.body); err != nil {
			return nil, nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, o.method, base+o.path, bytes.NewReader(text))
	if err != nil {
		return nil, nil, err
	}
	if text != nil {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json")
	}
	resp, err = client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return resp, body, err
}

func (c *crowd) count(o *operation, what func(*tally)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tally[o.name] == nil {
		c.tally[o.name] = &tally{}
	}
	what(c.tally[o.name])
}

func (c *crowd) fail(o *operation, err error) {
	c.row.Store(0)
	c.count(o, func(t *tally) { t.wrong++ })
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.wrong) < mostWrong {
		c.wrong = append(c.wrong, o.name+": "+err.Error())
	}
}

// failures is what was wrong.
func (c *crowd) failures() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wrong
}
