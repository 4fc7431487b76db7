package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/bench/internal/fleet"
)

// target is what clients ask.
type target struct {
	method, url, body string
}

// sample is what became of one request.
type sample struct {
	sent time.Time
	took time.Duration
	err  string // empty: it was answered rightly
}

// load sends requests at a fixed rate.
type load struct {
	target target
	every  time.Duration
	client *http.Client
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu   sync.Mutex
	list []sample
}

// patience is how long a client waits: longer than a balancer waits for one endpoint before it asks another.
const patience = 15 * time.Second

func newLoad(t target, rate int) *load {
	return &load{target: t, every: time.Second / time.Duration(rate),
		client: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 1024, DisableCompression: true}}}
}

// warm sends requests until a hundred in a row were answered.
func (l *load) warm(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	for good := 0; good < 100; good++ {
		s := l.send(ctx, l.target)
		if s.err != "" {
			good = 0
			fleet.Pause(ctx, 20*time.Millisecond)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("the balancer does not answer: %s", s.err)
		}
	}
	return nil
}

func (l *load) begin(ctx context.Context) {
	ticking, cancel := context.WithCancel(ctx)
	l.cancel = cancel
	l.wg.Go(func() {
		next := time.Now()
		for ticking.Err() == nil {
			l.spawn(ctx, l.target)
			next = next.Add(l.every)
			fleet.Pause(ticking, time.Until(next)) // late ones follow at once: the rate holds
		}
	})
}

// spawn sends one request and takes note of what becomes of it.
func (l *load) spawn(ctx context.Context, t target) {
	l.wg.Go(func() {
		s := l.send(ctx, t)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.list = append(l.list, s)
	})
}

// end stops sending and waits for the answers.
func (l *load) end() {
	l.cancel()
	l.wg.Wait()
	l.client.CloseIdleConnections()
}

func (l *load) samples() []sample { return l.list }

func (l *load) send(ctx context.Context, t target) (s sample) {
	s.sent = time.Now()
	defer func() { s.took = time.Since(s.sent) }()
	req, err := http.NewRequestWithContext(ctx, t.method, t.url, bytes.NewReader([]byte(t.body)))
	if err != nil {
		s.err = err.Error()
		return s
	}
	if t.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := l.client.Do(req)
	if err != nil {
		s.err = err.Error()
		return s
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		s.err = err.Error()
	case resp.StatusCode != http.StatusOK:
		s.err = resp.Status
	case !bytes.Contains(body, []byte("Stoneware Salt Cellar")) || !bytes.HasSuffix(bytes.TrimSpace(body), []byte("}")):
		s.err = "a wrong answer"
	}
	return s
}
