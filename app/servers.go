package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/sync/errgroup"

	"github.com/sluice-gateway/sluice/app/fetch"
	"github.com/sluice-gateway/sluice/config"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

const (
	maxSDL        = 64 << 20 // bytes that a server may take to tell its schema
	fetchedAtOnce = 8        // servers that are asked at a time
)

// remote is a GraphQL server that is asked for its schema.
type remote struct {
	name         string
	client       upstream.Config
	path         string // after that of the endpoint
	header       http.Header
	sdl          string
	introspected bool
}

// fileName is what a subgraph must be called for a file to be written with its name.
var fileName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// named splits NAME=REST; the name is empty if there is none.
func named(text string) (name, rest string) {
	if name, rest, ok := strings.Cut(text, "="); ok {
		return name, rest
	}
	return "", text
}

// fetch asks the servers of the command line for their schemas. URLs are where they answer.
func (c composeCommand) fetch(ctx context.Context, std *IO, cfg *config.Config) (servers []*remote, urls map[string]string, err error) {
	if servers, urls, err = c.servers(cfg); err != nil {
		return nil, nil, err
	}
	if err := c.headers(servers, std); err != nil {
		return nil, nil, err
	}
	errs := make([]error, len(servers))
	var group errgroup.Group
	group.SetLimit(fetchedAtOnce)
	for i, s := range servers {
		group.Go(func() error {
			errs[i] = s.ask(ctx)
			return nil
		})
	}
	_ = group.Wait() // each has an error of its own: all are told
	return servers, urls, errors.Join(errs...)
}

// servers are those that the command line names.
func (c composeCommand) servers(cfg *config.Config) ([]*remote, map[string]string, error) {
	var servers []*remote
	urls := map[string]string{}
	add := func(s *remote, address string) error {
		switch _, twice := urls[s.name]; {
		case !fileName.MatchString(s.name):
			return fmt.Errorf("%q cannot be the name of a subgraph: use letters, digits, _, - and dots", s.name)
		case twice:
			return fmt.Errorf("two servers are called %s", s.name)
		}
		s.client.Limits.BodyBytes = maxSDL
		s.client.Timeouts.Total, s.client.Timeouts.ResponseHeader = c.Timeout, c.Timeout
		servers, urls[s.name] = append(servers, s), address
		return nil
	}
	for _, text := range c.URL {
		name, address := named(text)
		u, err := url.Parse(address)
		if name == "" || err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, nil, fmt.Errorf("--url %s: must be NAME=URL, such as users=http://127.0.0.1:4101/graphql", text)
		}
		s := &remote{name: name, client: upstream.DefaultConfig(), path: u.RequestURI()}
		s.client.Endpoints = endpoint.At(u.Scheme + "://" + u.Host)
		if u.User != nil {
			return nil, nil, fmt.Errorf("--url %s=%s: give a password by --header, for the URL becomes part of the supergraph", name, u.Redacted())
		}
		if err := add(s, address); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range c.Service {
		settings := cfg.Subgraphs[name]
		service, ok := cfg.Services[cmp.Or(settings.Service, name)]
		if !ok {
			return nil, nil, fmt.Errorf("--service %s: %s has no service of that name", name, c.Config)
		}
		if err := add(&remote{name: name, client: service, path: settings.Path}, urlsOf(cfg)[name]); err != nil {
			return nil, nil, err
		}
	}
	return servers, urls, nil
}

// headers gives the servers the headers of the command line.
func (c composeCommand) headers(servers []*remote, std *IO) error {
	for _, s := range servers {
		s.header = http.Header{}
	}
	for _, text := range c.Header {
		field, value, ok := strings.Cut(text, ":")
		if !ok {
			return errors.New("--header: must be HEADER:VALUE, or NAME=HEADER:VALUE for one server") // its text may be secret
		}
		to, field := named(field)
		value, err := config.Expand(strings.TrimSpace(value), std.Environ)
		if err != nil {
			return fmt.Errorf("--header %s: %w", field, err)
		}
		given := false
		for _, s := range servers {
			if to == "" || to == s.name {
				s.header.Add(strings.TrimSpace(field), value)
				given = true
			}
		}
		if !given {
			return fmt.Errorf("--header %s: there is no server called %q to send it to", field, to)
		}
	}
	return nil
}

// ask asks the server.
func (s *remote) ask(ctx context.Context) error {
	client, err := upstream.New(s.name, s.client, upstream.Options{})
	if err != nil {
		return err
	}
	defer client.Close()
	got, err := fetch.SDL(ctx, client, s.path, s.header)
	s.sdl, s.introspected = got.SDL, got.Introspected
	return err
}

// file is where the schema is written.
func (s *remote) file(dir string) string { return filepath.Join(dir, s.name+".graphql") }

// load reads the schema that was fetched as a subgraph. Its problems have places in the file it was written to, or where it
// came from.
func (s *remote) load(dir string) (*schema.Subgraph, problem.List) {
	name := s.file(dir)
	if dir == "" {
		name = "(" + s.name + ")"
	}
	return schema.LoadSources(s.name, schema.Remote, &ast.Source{Name: name, Input: s.sdl})
}

// writeFile writes a file, and says so. One with another text is replaced only if that is wanted.
func writeFile(w io.Writer, path, text string, replace bool) error {
	old, err := os.ReadFile(path)
	done := "replaced"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		done = "wrote"
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
	case err != nil:
		return err
	case slices.Equal(old, []byte(text)):
		_, err := fmt.Fprintf(w, "sluice: %s is up to date\n", path)
		return err
	case !replace:
		return fmt.Errorf("%s is there and differs from what the server says: replace it with --force", path)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "sluice: %s %s\n", done, path)
	return err
}
