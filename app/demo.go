package app

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/config"
	"github.com/sluice-gateway/sluice/console"
	"github.com/sluice-gateway/sluice/demo"
	"github.com/sluice-gateway/sluice/examples/storefront"
	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/server"
	"github.com/sluice-gateway/sluice/telemetry"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// demoCommand serves the storefront example, services included.
type demoCommand struct {
	addresses
}

// Run serves until ctx ends.
func (c demoCommand) Run(ctx context.Context, std *IO) error {
	cfg := config.Default()
	c.apply(&cfg)
	log, _, err := newLogger(std.Stderr, cfg.Log)
	if err != nil {
		return err
	}
	subgraphs, problems := schema.LoadFS(storefront.Files(),
		schema.Location{Path: "accounts.graphql"}, schema.Location{Path: "catalog.graphql"}, schema.Location{Path: "orders.graphql"}, schema.Location{Path: "reviews.graphql"})
	if problems.Errors() != nil {
		return problemError{problems}
	}
	store, err := demo.Start(ctx, demo.Options{})
	if err != nil {
		return err
	}
	defer store.Close()
	services := map[string]upstream.Config{}
	for _, s := range store.Services {
		service := upstream.DefaultConfig()
		service.Endpoints = endpoint.At(s.URLs()...)
		services[s.Name] = service
	}
	g, problems := gateway.New(gateway.Options{
		Subgraphs: subgraphs, Services: services, Operation: cfg.Operation, Status: true, Version: version(), Environ: std.Environ, Logger: log,
	})
	if g == nil {
		return problemError{problems}
	}
	tabs, err := demoTabs()
	if err != nil {
		g.Close()
		return err
	}
	page, err := pages(&cfg, "Storefront demo", tabs)
	if err != nil {
		g.Close()
		return err
	}
	front, err := server.New(cfg.Server, g, server.Options{Log: log, Pages: page, Admin: map[string]http.Handler{metricsPattern: telemetry.Handler(g, version())}})
	if err != nil {
		g.Close()
		return err
	}
	serving := serving{gateway: g, shutdown: func() time.Duration { return cfg.Server.Timeouts.Shutdown },
		started: func(s *server.Server) { greet(std.Stdout, store, s, cfg.Server.Path) }}
	return serving.run(ctx, front)
}

// statusQuery shows what the gateway knows of itself.
const statusQuery = `# The gateway's own state is part of the same graph.
query Status {
  sluice {
    version
    uptime
    services {
      name
      policy
      requests
      endpoints { address state inFlight requests failures }
    }
  }
}
`

// demoTabs are the example's queries, and one for the gateway itself.
func demoTabs() ([]console.Tab, error) {
	queries, err := storefront.Queries()
	if err != nil {
		return nil, err
	}
	var tabs []console.Tab
	for _, q := range queries {
		tabs = append(tabs, console.Tab{Name: q.Name, Query: q.Text, Variables: q.Variables})
	}
	return append(tabs, console.Tab{Name: "status", Query: statusQuery}), nil
}

// greet says what was started and what can be done with it.
func greet(w io.Writer, store *demo.Storefront, s *server.Server, path string) {
	var b strings.Builder
	b.WriteString("Sluice demo: a store of four REST services, and one GraphQL API in front of them.\n\n")
	for _, service := range store.Services {
		fmt.Fprintf(&b, "  %-10s %s\n", service.Name, strings.Join(service.URLs(), "  "))
	}
	front := "http://" + s.Addr().String()
	fmt.Fprintf(&b, "\n  GraphQL    %s%s\n  playground %s/\n", front, path, front)
	if a := s.AdminAddr(); a != nil {
		fmt.Fprintf(&b, "  health     http://%s/healthz  http://%s/readyz\n", a, a)
	}
	fmt.Fprintf(&b, `
Three things to try:

  1. Open %[1]s/ in a browser and run the query in the first tab: one query, four services.
  2. Ask from a shell:
     curl %[1]s%[2]s -H 'content-type: application/json' -d '{"query": "{ user(id: 7) { name orders(first: 2) { status total { amount } } } }"}'
  3. See how that is done: run the tab "Status", which lists every endpoint and how often it was called.

Stop with Ctrl-C.
`, front, path)
	_, _ = io.WriteString(w, b.String())
}
