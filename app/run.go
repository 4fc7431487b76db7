package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/sluice-gateway/sluice/config"
	"github.com/sluice-gateway/sluice/console"
	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/server"
)

// pages makes what browsers get besides GraphQL; nil if there is nothing.
func pages(c *config.Config, title string, tabs []console.Tab) (http.Handler, error) {
	if !c.Playground.Enabled {
		return nil, nil //nolint:nilnil // no pages is what was asked for
	}
	page := console.DefaultConfig()
	page.Endpoint = c.Server.Path
	page.Tabs = tabs
	if title != "" {
		page.Title = title
	}
	return console.New(page)
}

// serving is what it takes to serve.
type serving struct {
	gateway  *gateway.Gateway
	started  func(*server.Server)  // is called once when the server listens
	beside   func(context.Context) // runs while the server serves, until its context ends; nil: nothing does
	stop     context.CancelFunc    // ends what routes pass on; nil: there are no routes
	shutdown func() time.Duration  // how long requests may be in flight in the end
}

// run serves until ctx ends, and closes the server and the gateway.
//
// The order of the end matters: the server stops taking requests and waits for those in flight while their services can
// still be called; only then are the connections to services closed.
func (v *serving) run(ctx context.Context, s *server.Server) error {
	defer v.gateway.Close()
	if v.stop != nil {
		defer v.stop() // before the gateway waits for it
	}
	if err := s.Start(ctx); err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("%w; choose other addresses with --listen and --admin", err)
		}
		return err
	}
	v.started(s)
	var failed error
	beside, end := context.WithCancel(ctx)
	defer end()
	var others sync.WaitGroup
	if v.beside != nil {
		others.Go(func() { v.beside(beside) })
	}
	select {
	case <-ctx.Done():
	case failed = <-s.Failed():
	}
	end()
	others.Wait()
	limit := v.shutdown()
	closing, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), limit,
		fmt.Errorf("requests were still in flight %s after the program was asked to stop", limit))
	defer cancel()
	return errors.Join(failed, s.Close(closing))
}
