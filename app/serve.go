package app

import (
	"context"
	"fmt"

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
	l, problems := c.load(std)
	if l == nil {
		return problemError{problems}
	}
	log, err := newLogger(std.Stderr, l.config.Log)
	if err != nil {
		log = nil // the configuration has that problem too, and nothing is started
	}
	var stop context.CancelFunc
	l.stop, stop = context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	g, problems := c.compose(l, problems, std, log)
	if g == nil {
		return problemError{problems}
	}
	writeProblems(std.Stderr, problems) // warnings
	c.apply(l.config)
	page, err := pages(l.config, "", nil)
	if err != nil {
		return err
	}
	return serve(ctx, g, l.config, log, page, l.routes, stop, func(s *server.Server) {
		_, _ = fmt.Fprintf(std.Stdout, "GraphQL at http://%s%s\n", s.Addr(), l.config.Server.Path)
		if n := len(l.config.Routes); n > 0 {
			_, _ = fmt.Fprintf(std.Stdout, "%s at http://%s", count(n, "route"), s.Addr())
			if l.config.OpenAPI.Enabled {
				_, _ = fmt.Fprintf(std.Stdout, ", described at %s", l.config.OpenAPI.Path)
			}
			_, _ = fmt.Fprintln(std.Stdout)
		}
		if page != nil {
			_, _ = fmt.Fprintf(std.Stdout, "playground at http://%s/\n", s.Addr())
		}
		if a := s.AdminAddr(); a != nil {
			_, _ = fmt.Fprintf(std.Stdout, "health at http://%s/readyz\n", a)
		}
	})
}
