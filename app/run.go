package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"syscall"

	"github.com/sluice-gateway/sluice/config"
	"github.com/sluice-gateway/sluice/console"
	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/routes"
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

// serve runs a server in front of g until ctx ends, and closes both. started is called once when it listens.
//
// The order of the end matters: the server stops taking requests and waits for those in flight while their services can
// still be called; only then are the connections to services closed.
func serve(ctx context.Context, g *gateway.Gateway, c *config.Config, log *slog.Logger, page http.Handler, table *routes.Table, stop func(), started func(*server.Server)) error {
	defer g.Close()
	defer stop() // of what routes pass on, before the gateway waits for it
	o := server.Options{Log: log, Pages: page}
	if table != nil {
		o.Routes = table
	}
	s, err := server.New(c.Server, g, o)
	if err != nil {
		return err
	}
	if err := s.Start(ctx); err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("%w; choose other addresses with --listen and --admin", err)
		}
		return err
	}
	started(s)
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-s.Failed():
	}
	closing, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), c.Server.Timeouts.Shutdown,
		fmt.Errorf("requests were still in flight %s after the program was asked to stop", c.Server.Timeouts.Shutdown))
	defer cancel()
	return errors.Join(failed, s.Close(closing))
}
