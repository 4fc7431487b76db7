package app

import (
	"context"
	"fmt"
	"io"

	"github.com/sluice-gateway/sluice/config"
	"github.com/sluice-gateway/sluice/server"
)

// serveCommand serves the API of a configuration.
type serveCommand struct {
	configFlag
	addresses
}

// addresses override those of a configuration.
type addresses struct {
	Listen *string `placeholder:"ADDR" help:"Where clients connect, instead of what the configuration says."`
	Admin  *string `placeholder:"ADDR" help:"Where operators connect; empty for nowhere."`
}

func (a addresses) apply(c *config.Config) {
	if a.Listen != nil {
		c.Server.Listen = *a.Listen
	}
	if a.Admin != nil {
		c.Server.Admin.Listen = *a.Admin
	}
}

// Run serves until ctx ends.
func (c serveCommand) Run(ctx context.Context, std *IO) error {
	stopping, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	v, err := c.start(std, stopping)
	if err != nil {
		return err
	}
	serving := serving{gateway: v.gateway, stop: stop, beside: v.run, shutdown: v.shutdown, started: func(s *server.Server) {
		greetServer(std.Stdout, s, v.config)
	}}
	return serving.run(ctx, v.server)
}

// greetServer says where what is.
func greetServer(w io.Writer, s *server.Server, c *config.Config) {
	scheme := "http"
	if c.Server.TLS.Enabled() {
		scheme = "https"
	}
	front := fmt.Sprintf("%s://%s", scheme, s.Addr())
	if c.HasGraphQL() {
		_, _ = fmt.Fprintf(w, "GraphQL at %s%s\n", front, c.Server.Path)
	}
	if n := len(c.Routes); n > 0 {
		_, _ = fmt.Fprintf(w, "%s at %s", count(n, "route"), front)
		if c.OpenAPI.Enabled {
			_, _ = fmt.Fprintf(w, ", described at %s", c.OpenAPI.Path)
		}
		_, _ = fmt.Fprintln(w)
	}
	if c.Playground.Enabled && c.HasGraphQL() {
		_, _ = fmt.Fprintf(w, "playground at %s/\n", front)
	}
	if a := s.AdminAddr(); a != nil {
		_, _ = fmt.Fprintf(w, "health at http://%s/readyz\n", a)
	}
}
