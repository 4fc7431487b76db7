// Command go-subgraph serves the storefront with one field more, which is computed in Go: when an order arrives. The code
// needs the date of the order, which the orders service has, and the customer's country, which the accounts service has; the
// gateway gets both before it asks. How many days the way takes is what a third service says, which the code calls itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/sluice-gateway/sluice/demo"
	"github.com/sluice-gateway/sluice/examples/go-subgraph/delivery"
	"github.com/sluice-gateway/sluice/examples/storefront"
	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/server"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

//go:generate go run github.com/99designs/gqlgen generate

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "go-subgraph:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context) (err error) {
	// The demo's services, and the carrier, stand for services that you have.
	store, err := demo.Start(ctx, demo.Options{})
	if err != nil {
		return err
	}
	defer store.Close()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	parcels := &http.Server{Handler: carrier(), ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- parcels.Serve(listener) }()
	defer func() { err = errors.Join(err, parcels.Close(), ignoreClosed(<-ended)) }()

	service := upstream.DefaultConfig()
	service.Endpoints = endpoint.At("http://" + listener.Addr().String())
	client, err := upstream.New("carrier", service, upstream.Options{})
	if err != nil {
		return err
	}
	defer client.Close()
	g, err := newGateway(store, client)
	if err != nil {
		return err
	}
	defer g.Close()
	s, err := server.New(server.DefaultConfig(), g, server.Options{})
	if err != nil {
		return err
	}
	if err := s.Start(ctx); err != nil {
		return err
	}
	fmt.Printf("try: curl http://%s/graphql --json '{\"query\": \"{ order(id: 1) { placedAt deliveryEstimate { earliest latest } } }\"}'\n", s.Addr())
	<-ctx.Done()
	closing, cancel := context.WithTimeout(context.Background(), server.DefaultConfig().Timeouts.Shutdown)
	defer cancel()
	return s.Close(closing)
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// newGateway composes the subgraphs of the storefront, which are declared, and that of the delivery, which is coded, into one
// API.
func newGateway(store *demo.Storefront, carrier *upstream.Client) (*gateway.Gateway, error) {
	var locations []schema.Location
	services := map[string]upstream.Config{}
	for _, name := range []string{"accounts", "catalog", "orders", "reviews"} {
		locations = append(locations, schema.Location{Path: name + ".graphql"})
		service := upstream.DefaultConfig()
		service.Endpoints = endpoint.At(store.Service(name).URLs()...)
		services[name] = service
	}
	declared, problems := schema.LoadFS(storefront.Files(), locations...)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	coded := delivery.NewExecutableSchema(delivery.Config{Resolvers: &delivery.Resolver{Carrier: carrier}})
	g, problems := gateway.New(gateway.Options{
		Subgraphs: declared,
		Services:  services,
		Locals:    []gateway.Local{{Name: "delivery", Schema: coded}},
	})
	return g, problems.Err()
}
