package app

import (
	"fmt"

	"github.com/sluice-gateway/sluice/schema"
)

// checkCommand checks a configuration and its schema.
type checkCommand struct {
	schemaFlags
	Strict bool `help:"Fail if there are warnings too."`
}

// Run prints every problem and fails if there is an error among them.
func (c checkCommand) Run(std *IO) error {
	g, l, problems := c.gateway(std)
	if g == nil {
		return problemError{problems}
	}
	defer g.Close()
	if c.Strict && len(problems) > 0 {
		return problemError{problems}
	}
	writeProblems(std.Stderr, problems)
	connectors := 0
	for _, s := range g.Supergraph().Sources {
		if s.Kind == schema.Connector {
			connectors++
		}
	}
	text := fmt.Sprintf("ok: %s, %s, %s", count(l.size(g.Supergraph()), "subgraph"), count(connectors, "connector"), count(len(l.config.Services), "service"))
	if len(problems) > 0 {
		text += ", " + summary(problems)
	}
	_, err := fmt.Fprintln(std.Stdout, text)
	return err
}

// size returns how many subgraphs the schema has; Sluice's own is not counted.
func (l *loaded) size(sg *schema.Supergraph) int {
	if l.plain {
		return 0
	}
	if l.supergraph == nil {
		return len(l.subgraphs)
	}
	names := map[string]bool{}
	for _, s := range sg.Sources {
		if s.Kind != schema.Local {
			names[s.Subgraph] = true
		}
	}
	return len(names)
}
