// Command two-services runs the two services of the example at the addresses that its sluice.yaml names, until it is
// interrupted.
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

	"golang.org/x/sync/errgroup"

	"github.com/sluice-gateway/sluice/examples/two-services/service"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "two-services:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for addr, handler := range map[string]http.Handler{"127.0.0.1:4201": service.A(), "127.0.0.1:4202": service.B()} {
		g.Go(func() error { return serve(ctx, addr, handler) })
	}
	return g.Wait()
}

// serve answers at an address until ctx ends.
func serve(ctx context.Context, addr string, handler http.Handler) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	fmt.Println("listening at http://" + addr)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
