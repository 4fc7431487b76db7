package gateway

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/suggest"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/schema/connect"
)

// binder finds the service of each source.
type binder struct {
	*Snapshot
	options   *Options
	subgraphs []*schema.Subgraph
	problems  problem.List

	sources  map[string]bool // the names that settings of connectors' sources can have
	remotes  map[string]bool // the names of remote subgraphs
	callable map[string]bool // the names by which a service would be called
	used     map[string]bool // services
}

func (b *binder) bind() problem.List {
	b.bound = map[*connect.Source]string{}
	b.Snapshot.remotes = map[*schema.Source]string{}
	for _, src := range b.supergraph.Sources {
		if src.Kind == schema.Remote {
			b.remote(src)
		} else if c, ok := src.Bind.(*connect.Connector); ok {
			b.connector(c)
		}
	}
	b.unused()
	b.problems = append(b.problems, unenforced(b.supergraph)...)
	return b.problems
}

func (b *binder) report(severity problem.Severity, code, format string, args ...any) {
	b.problems = append(b.problems, problem.Problem{Severity: severity, Code: code, Message: fmt.Sprintf(format, args...)})
}

// connector finds the service that the source of a connector is bound to, if it is.
func (b *binder) connector(c *connect.Connector) {
	if c.Source == nil { // its settings go by the name of the subgraph
		b.sources[c.Subgraph] = true
		return
	}
	for _, name := range []string{c.Source.Name, c.Subgraph + "." + c.Source.Name} {
		b.sources[name], b.callable[name] = true, true
	}
	if _, ok := b.bound[c.Source]; ok {
		return
	}
	name := b.serviceOf(c.Subgraph, c.Source.Name)
	switch _, ok := b.options.Services[name]; {
	case name == "":
	case !ok:
		b.report(problem.Error, "UNKNOWN_SERVICE", "The source %q of subgraph %q is bound to the service %q, which is not configured.%s",
			c.Source.Name, c.Subgraph, name, suggest.DidYouMean("", name, slices.Sorted(maps.Keys(b.options.Services))))
	default:
		b.bound[c.Source], b.used[name] = name, true
	}
}

func (b *binder) serviceOf(subgraph, source string) string {
	if b.options.Bind != nil {
		return b.options.Bind(subgraph, source)
	}
	for _, name := range []string{subgraph + "." + source, source} {
		if _, ok := b.options.Services[name]; ok {
			return name
		}
	}
	return ""
}

// remote finds the service of a GraphQL server.
func (b *binder) remote(src *schema.Source) {
	b.remotes[src.Subgraph], b.callable[src.Subgraph] = true, true
	name := b.options.Remotes[src.Subgraph].Service
	if _, ok := b.options.Services[name]; name != "" && !ok {
		b.report(problem.Error, "UNKNOWN_SERVICE", "%s.service: there is no service %q.%s", setting("subgraphs", src.Subgraph), name,
			suggest.DidYouMean("", name, slices.Sorted(maps.Keys(b.options.Services))))
		return
	}
	if _, ok := b.options.Services[src.Subgraph]; name == "" && ok {
		name = src.Subgraph
	}
	switch {
	case name != "":
		b.used[name] = true
		b.Snapshot.remotes[src] = name
	case src.URL != "":
		b.Snapshot.remotes[src] = src.Subgraph
		if _, _, err := splitURL(src.URL); err != nil {
			b.report(problem.Error, "NO_SOURCE", "The subgraph %q cannot be called at the URL that the supergraph has for it: %v. Configure a service of that name, or name one as %s.service.",
				src.Subgraph, err, setting("subgraphs", src.Subgraph))
		}
	case b.entered(src):
		p := problem.Problem{Code: "NO_SOURCE", Message: fmt.Sprintf("The subgraph %q is a GraphQL server, as it has no connectors, and nobody says where it is. "+
			"Configure a service of that name, or name one as %s.service. If its fields are to be answered by REST services, link the connect specification and add @connect to them.",
			src.Subgraph, setting("subgraphs", src.Subgraph))}
		for _, s := range b.subgraphs {
			if files := s.Files(); s.Name == src.Subgraph && len(files) > 0 {
				p.File = files[0].Name
			}
		}
		b.problems = append(b.problems, p)
	}
}

// entered reports whether anything can be asked of a source. A subgraph can have no more than types that others use.
func (b *binder) entered(src *schema.Source) bool {
	return slices.ContainsFunc(b.supergraph.Entrances, func(e *schema.Entrance) bool { return e.Source == src })
}

// unused reports settings of what is not there.
func (b *binder) unused() {
	for _, name := range slices.Sorted(maps.Keys(b.options.Services)) {
		if !b.used[name] && !slices.Contains(b.options.Routed, name) {
			b.report(problem.Warning, "UNUSED_SERVICE", "%s: no @source and no subgraph is bound to this service, so nothing calls it.%s",
				setting("services", name), suggest.DidYouMean("", name, slices.Sorted(maps.Keys(b.callable))))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.options.Remotes)) {
		if !b.remotes[name] {
			b.report(problem.Error, "UNKNOWN_SUBGRAPH", "%s: no subgraph of that name is a GraphQL server.%s",
				setting("subgraphs", name), suggest.DidYouMean("", name, slices.Sorted(maps.Keys(b.remotes))))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.options.Sources)) {
		if !b.sources[name] {
			b.report(problem.Error, "UNKNOWN_SOURCE", "%s: no connector uses a @source of that name, and there is no subgraph of that name with a connector that has none.%s",
				setting("sources", name), suggest.DidYouMean("", name, slices.Sorted(maps.Keys(b.sources))))
		}
	}
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// setting is the path of an entry of a section, as problems of a configuration name it.
func setting(section, name string) string {
	if identifier.MatchString(name) {
		return section + "." + name
	}
	return section + "[" + strconv.Quote(name) + "]"
}
