package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/schema/introspection"
	"github.com/sluice-gateway/sluice/schema/link"
)

// maxInput bounds what is read of standard input and of files that are no schema language, in bytes.
const maxInput = 64 << 20

// clientSchema returns the schema that clients see of whatever has one: a configuration, a supergraph, a subgraph, a schema
// as clients see it, an introspection result.
func clientSchema(path string, std *IO) (*ast.Schema, error) {
	switch filepath.Ext(path) {
	case ".yaml", ".yml":
		g, _, problems := configFlag{path}.gateway(std)
		if g == nil {
			return nil, problemError{problems}
		}
		defer g.Close()
		return g.Supergraph().API, nil
	case ".json":
		text, err := readAll(path, std)
		if err != nil {
			return nil, err
		}
		return introspected(path, text)
	}
	if path != "-" {
		subgraphs, problems := schema.Load(schema.Location{Path: path})
		if problems.Errors() != nil {
			return nil, problemError{problems}
		}
		return declaredSchema(subgraphs[0])
	}
	text, err := readAll(path, std)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		return introspected("standard input", text)
	}
	s, problems := schema.LoadSources("schema", schema.Remote, &ast.Source{Name: "standard input", Input: string(text)})
	if problems.Errors() != nil {
		return nil, problemError{problems}
	}
	return declaredSchema(s)
}

// declaredSchema tells by the links of a document what it is: a supergraph, a subgraph, or what clients see already.
func declaredSchema(s *schema.Subgraph) (*ast.Schema, error) {
	links, _ := link.Of(s.Document)
	var sg *schema.Supergraph
	var problems problem.List
	switch {
	case links.Get("join") != nil:
		var c *schema.Composed
		if c, problems = schema.ReadSupergraph(s.Files()[0]); problems.Errors() == nil {
			sg, problems = schema.Join(c)
		}
	case links.Get("federation") != nil || links.Get("connect") != nil:
		sg, problems = schema.Compose([]*schema.Subgraph{s})
	default:
		api, err := gqlparser.LoadSchema(s.Files()...)
		if err == nil {
			return api, nil
		}
		// A subgraph of the first federation has no link, but directives that nobody declares.
		if sg, _ = schema.Compose([]*schema.Subgraph{s}); sg == nil {
			return nil, located(err)
		}
	}
	if sg == nil {
		return nil, problemError{problems}
	}
	return sg.API, nil
}

// located is an error of the parser as a problem at its place.
func located(err error) error {
	var e *gqlerror.Error
	if !errors.As(err, &e) {
		return err
	}
	p := problem.Problem{Code: "INVALID_GRAPHQL", Message: e.Message}
	p.File, _ = e.Extensions["file"].(string)
	if len(e.Locations) > 0 {
		p.Line, p.Column = e.Locations[0].Line, e.Locations[0].Column
	}
	return problemError{problem.List{p}}
}

func introspected(name string, text []byte) (*ast.Schema, error) {
	sdl, err := introspection.SDL(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return gqlparser.LoadSchema(&ast.Source{Name: name, Input: sdl})
}

// readAll reads a file, or standard input for -.
func readAll(path string, std *IO) ([]byte, error) {
	in := std.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxInput {
		return nil, fmt.Errorf("%s has more than %d bytes, which is all that is read", path, maxInput)
	}
	return text, nil
}
