package app

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/sluice-gateway/sluice/config"
)

// schemaCommand prints the API schema.
type schemaCommand struct {
	schemaFlags
	Format string `enum:"sdl,introspection" default:"sdl" help:"sdl, or introspection for the JSON that tools read."`
}

// Run prints the schema.
func (c schemaCommand) Run(ctx context.Context, std *IO) error {
	g, _, problems := c.gateway(std)
	if g == nil {
		return problemError{problems}
	}
	defer g.Close()
	if c.Format == "introspection" {
		text, err := g.Introspection(ctx)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(std.Stdout, "%s\n", text)
		return err
	}
	_, err := io.WriteString(std.Stdout, g.Supergraph().SDL())
	return err
}

// configCommand prints the configuration.
type configCommand struct {
	configFlag
	JSONSchema bool `name:"json-schema" help:"Print the JSON Schema of sluice.yaml instead, for editors."`
}

// Run prints the configuration with its defaults.
func (c configCommand) Run(std *IO) error {
	if c.JSONSchema {
		_, err := std.Stdout.Write(config.JSONSchema())
		return err
	}
	cfg, problems := c.read(std)
	if cfg == nil || problems.Errors() != nil {
		return problemError{problems}
	}
	return cfg.Print(std.Stdout)
}

// versionCommand prints the version.
type versionCommand struct{}

// Run prints it.
func (versionCommand) Run(std *IO) error {
	_, err := fmt.Fprintf(std.Stdout, "sluice %s (%s, %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// version is that of the module, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(len(s.Value), 12)]
		}
	}
	return "development"
}
