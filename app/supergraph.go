package app

import (
	"errors"
	"io/fs"
	"os"

	"github.com/sluice-gateway/sluice/config"
	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema"
)

// schemaFlags name a schema, for commands that look at one: that of a configuration, or a supergraph alone.
type schemaFlags struct {
	configFlag
	Supergraph string `placeholder:"FILE" help:"Take this supergraph instead of the schema of the configuration. It needs no configuration then."`
}

// gateway is that of the configuration, with the supergraph if there is one.
func (f schemaFlags) gateway(std *IO) (*gateway.Gateway, *loaded, problem.List) {
	if f.Supergraph == "" {
		return f.configFlag.gateway(std)
	}
	c, problems := f.settings(std)
	if c == nil {
		return nil, nil, problems
	}
	l := &loaded{config: c}
	var list problem.List
	l.supergraph, list = schema.LoadSupergraph(f.Supergraph)
	g, problems := f.compose(l, append(problems, list...), std, nil)
	return g, l, problems
}

// settings reads the configuration, which need not be there.
func (f schemaFlags) settings(std *IO) (*config.Config, problem.List) {
	if _, err := os.Stat(f.Config); errors.Is(err, fs.ErrNotExist) && f.Config == "sluice.yaml" {
		c := config.Default()
		return &c, nil
	}
	return f.read(std)
}
