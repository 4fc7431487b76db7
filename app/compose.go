package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/config"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema"
)

// composeCommand composes subgraphs into a supergraph, and fetches those that running servers have.
type composeCommand struct {
	configFlag
	Files   []string      `arg:"" optional:"" placeholder:"[NAME=]FILE" help:"Subgraphs to compose instead of those of the configuration: schema files, or folders of them."`
	URL     []string      `name:"url" sep:"none" placeholder:"NAME=URL" help:"Compose the subgraph of the GraphQL server at a URL too."`
	Service []string      `sep:"none" placeholder:"NAME" help:"Compose the subgraph of a GraphQL server too that is a service of the configuration."`
	Header  []string      `short:"H" sep:"none" placeholder:"[NAME=]HEADER:VALUE" help:"Send a header to the servers that are asked for their schema, or to one of them. $${VAR} is a variable of the environment."`
	Timeout time.Duration `default:"30s" help:"How long a server may take to tell its schema (default: ${default})."`
	Out     string        `type:"path" placeholder:"DIR" help:"Write the schema of each server that was asked to DIR/NAME.graphql."`
	Force   bool          `help:"Let --out replace files that differ."`
	Output  string        `short:"o" placeholder:"FILE" help:"Write the supergraph to a file, and not to standard output."`
}

// Help is what "sluice compose --help" explains.
func (composeCommand) Help() string {
	return `Without files, URLs or services, the subgraphs of the configuration are composed. The supergraph is printed as schema
definition language with the directives of the federation, which "supergraph:" in a configuration takes, and so do other
routers.

A server is asked for the document it gives to composers (_service { sdl }); one that has none, by introspection, which
tells no keys.

  sluice compose -o supergraph.graphql
  sluice compose --url users=http://127.0.0.1:4101/graphql --url orders=http://127.0.0.1:4102/graphql --out subgraphs
  sluice compose users.graphql --service orders -H 'orders=Authorization: Bearer ${TOKEN}'`
}

// Run composes, and prints the supergraph.
func (c composeCommand) Run(ctx context.Context, std *IO) error {
	sg, urls, problems, err := c.supergraph(ctx, std)
	switch {
	case err != nil:
		return err
	case sg == nil || problems.Errors() != nil:
		return problemError{problems}
	}
	writeProblems(std.Stderr, append(problems, lost(sg)...))
	text := sg.JoinSDL(urls)
	if c.Output == "" {
		_, err := io.WriteString(std.Stdout, text)
		return err
	}
	return writeFile(std.Stderr, c.Output, text, true)
}

// lost warns of what a supergraph cannot say.
func lost(sg *schema.Supergraph) (problems problem.List) {
	seen := map[string]bool{}
	for _, e := range sg.Entrances {
		if _, ok := e.Bind.(*schema.Lookup); ok && !seen[e.Source.Subgraph] {
			seen[e.Source.Subgraph] = true
			problems = append(problems, problem.Problem{Severity: problem.Warning, Code: "LOOKUPS_LOST", Message: fmt.Sprintf(
				"The supergraph does not say by which fields the subgraph %q is asked for objects (@lookup): nobody who runs it can join them. Run the subgraphs themselves.", e.Source.Subgraph)})
		}
	}
	return problems
}

// supergraph composes what the command line names. URLs are where subgraphs answer.
func (c composeCommand) supergraph(ctx context.Context, std *IO) (*schema.Supergraph, map[string]string, problem.List, error) {
	if c.Out != "" && len(c.URL)+len(c.Service) == 0 {
		return nil, nil, nil, errors.New("--out has nothing to write: name servers by --url or --service")
	}
	var cfg *config.Config
	if len(c.Files)+len(c.URL)+len(c.Service) == 0 {
		l, problems := c.load(std)
		if l == nil {
			return nil, nil, problems, nil
		}
		sg, list := l.supergraphAlone()
		for _, p := range list {
			if p.File == "" {
				if problems.Errors() != nil && repeats(p.Code) {
					continue
				}
				p.File = c.Config
			}
			problems = append(problems, p)
		}
		return sg, urlsOf(l.config), problems, nil
	}
	if len(c.Service) > 0 {
		var problems problem.List
		cfg, problems = c.read(std)
		// The files of its schema may be what is to be written.
		problems = slices.DeleteFunc(problems, func(p problem.Problem) bool { return cfg != nil && strings.HasPrefix(p.Message, "schema[") })
		if problems.Errors() != nil {
			return nil, nil, problems, nil
		}
	}
	subgraphs, problems := c.files()
	fetched, urls, err := c.fetch(ctx, std, cfg)
	if err != nil {
		return nil, nil, nil, err
	}
	if problems.Errors() == nil && c.Out != "" {
		if err := c.write(std.Stderr, fetched); err != nil {
			return nil, nil, nil, err
		}
	}
	for _, f := range fetched {
		s, list := f.load(c.Out)
		subgraphs, problems = append(subgraphs, s), append(problems, list...)
	}
	sg, list := schema.Compose(subgraphs)
	return sg, urls, append(problems, list...), nil
}

// files loads the subgraphs that the command line names as files.
func (c composeCommand) files() ([]*schema.Subgraph, problem.List) {
	var locations []schema.Location
	for _, f := range c.Files {
		name, path := named(f)
		locations = append(locations, schema.Location{Name: name, Path: path})
	}
	return schema.Load(locations...)
}

// supergraphAlone composes the schema of a configuration without anything that answers for it.
func (l *loaded) supergraphAlone() (*schema.Supergraph, problem.List) {
	if l.config.Supergraph == "" {
		return schema.Compose(l.subgraphs)
	}
	if l.supergraph == nil { // it could not be read
		return nil, nil
	}
	return schema.Join(l.supergraph)
}

// urlsOf returns where the remote subgraphs of a configuration answer, by the first endpoint of their services.
func urlsOf(c *config.Config) map[string]string {
	urls := map[string]string{}
	for name := range c.Services {
		if len(c.Services[name].Endpoints) > 0 {
			urls[name] = c.Services[name].Endpoints[0].URL + c.Subgraphs[name].Path
		}
	}
	for name, s := range c.Subgraphs {
		if service, ok := c.Services[s.Service]; ok && len(service.Endpoints) > 0 {
			urls[name] = service.Endpoints[0].URL + s.Path
		}
	}
	return urls
}

// write writes the schemas that were fetched, and says what it did to each file.
func (c composeCommand) write(w io.Writer, fetched []*remote) error {
	var errs []error
	for _, f := range fetched {
		if err := writeFile(w, f.file(c.Out), f.sdl, c.Force); err != nil {
			errs = append(errs, err)
		} else if f.introspected {
			_, _ = fmt.Fprintf(w, "sluice: %s is no subgraph: what introspection tells of it has no keys, so nothing is joined with its types\n", f.name)
		}
	}
	return errors.Join(errs...)
}
