// Command sluice is a GraphQL gateway: it turns the REST services a company already has into one GraphQL API.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/sluice-gateway/sluice/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code := app.Run(ctx, os.Args[1:], app.IO{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Environ: os.LookupEnv,
		Hangup: func(c chan<- os.Signal) { signal.Notify(c, syscall.SIGHUP) },
	})
	stop()
	os.Exit(code)
}
