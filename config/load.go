package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/sluice-gateway/sluice/problem"
)

// maxFileBytes is far beyond any configuration; more is a mistake in the path.
const maxFileBytes = 4 << 20

// Load reads and checks a configuration file. Env looks up variables of the environment; nil: there are none. The problems
// are everything that is wrong, in the order of the file. If there are errors among them, nothing may be started with the
// configuration: it then holds what is right, so that the schema it names can be checked in the same breath, and is nil if
// that is nothing.
//
// The paths of files are joined to the folder of the configuration.
func Load(path string, env func(name string) (value string, ok bool)) (*Config, problem.List) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fileProblem(path, err)
	}
	if info.IsDir() {
		return nil, problem.List{{File: path, Message: "is a folder; the configuration is a file, such as sluice.yaml."}}
	}
	text, err := read(path)
	if err != nil {
		return nil, fileProblem(path, err)
	}
	if len(text) > maxFileBytes {
		return nil, problem.List{{File: path, Message: fmt.Sprintf("has more than %d bytes, which is all that is read.", maxFileBytes)}}
	}
	c, d := parse(path, text, env)
	if c != nil {
		d.resolve(c, filepath.Dir(path))
	}
	return d.result(c)
}

// read returns the text of a file, or one byte more than may be read: what a pipe or a device holds is known only then.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFileBytes+1))
}

// Parse is [Load] for a text that was read already; path is its name in problems. It looks at no other file: their paths
// stay as they are.
func Parse(path string, text []byte, env func(name string) (value string, ok bool)) (*Config, problem.List) {
	c, d := parse(path, text, env)
	return d.result(c)
}

func fileProblem(path string, err error) problem.List {
	reason := "cannot be read: " + err.Error()
	if errors.Is(err, fs.ErrNotExist) {
		reason = "there is no such file."
	}
	return problem.List{{File: path, Message: reason}}
}

// parse decodes a text over the defaults and checks the result as far as it could be decoded.
func parse(path string, text []byte, env func(string) (string, bool)) (*Config, *decoder) {
	d := newDecoder(path, env)
	tokens := lexer.Tokenize(string(text))
	if t := tooDeep(tokens); t != nil {
		d.problems = append(d.problems, problem.Problem{File: path, Line: t.Position.Line, Column: t.Position.Column,
			Message: fmt.Sprintf("nests more than %d levels deep.", maxNesting)})
		return nil, d
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) // repeated keys are reported with all the rest
	if err != nil {
		d.syntax(err)
		return nil, d
	}
	if len(file.Docs) > 1 {
		d.report(file.Docs[1].Body, "", "a configuration is one YAML document; there is a second one")
		return nil, d
	}
	var body ast.Node
	if len(file.Docs) == 1 {
		body = file.Docs[0].Body
	}
	c := Default()
	d.config(body, &c)
	c.Server.Listen, c.Server.Admin.Listen = c.Listen, c.Admin
	c.references, c.places = d.references, d.places
	d.check(&c)
	return &c, d
}

// tooDeep returns the token that is nested too deeply, or nil. The parser takes time and memory with the square of the
// depth: a hundred kilobytes of brackets are more than any machine has. Levels that are made by indentation need none of
// this, as their text grows with the square itself.
func tooDeep(tokens token.Tokens) *token.Token {
	brackets, indicators, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position != nil && t.Position.Line != line {
			line, indicators = t.Position.Line, 0
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType: // "- - - a" is three lists
			indicators++
		}
		if brackets > maxNesting || indicators > maxNesting {
			return t
		}
	}
	return nil
}

func (d *decoder) syntax(err error) {
	p := problem.Problem{File: d.file, Message: "is not YAML."}
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		p.Message = "is not YAML: " + syntax.GetMessage() + "."
		if t := syntax.GetToken(); t != nil && t.Position != nil {
			p.Line, p.Column = t.Position.Line, t.Position.Column
		}
	}
	d.problems = append(d.problems, p)
}

// resolve joins the paths of files that the configuration names to its folder, and reports those where nothing is.
func (d *decoder) resolve(c *Config, folder string) {
	for i, s := range c.Schema {
		if s == "" {
			continue // reported
		}
		c.Schema[i] = d.path(fmt.Sprintf("schema[%d]", i), folder, s)
	}
	if c.Supergraph != "" {
		c.Supergraph = d.path("supergraph", folder, c.Supergraph)
	}
	for i := range c.Routes {
		if o := &c.Routes[i].Operation; o.File != "" {
			o.File = d.path(fmt.Sprintf("routes[%d].operation.file", i), folder, o.File)
		}
	}
	for field, file := range map[string]*string{"cert_file": &c.Server.TLS.CertFile, "key_file": &c.Server.TLS.KeyFile} {
		if *file != "" {
			*file = d.path("server.tls."+field, folder, *file)
		}
	}
	for name, s := range c.Services {
		inFolder(folder, &s)
		c.Services[name] = s
	}
	c.files = append([]string{d.file}, d.files...)
	slices.Sort(c.files[1:])
}

// path joins a path to a folder, and reports it if nothing is there.
func (d *decoder) path(at, folder, s string) string {
	if !filepath.IsAbs(s) {
		s = filepath.Join(folder, s)
	}
	d.files = append(d.files, s)
	if _, err := os.Stat(s); errors.Is(err, fs.ErrNotExist) {
		d.reportAt(at, fmt.Sprintf("there is no such file or folder (got %q)", s))
	} else if err != nil {
		d.reportAt(at, err.Error())
	}
	return s
}

// prune takes out of a configuration what a problem was reported of and others would report again: paths of the schema,
// services, remote subgraphs, and the names of such services.
func (d *decoder) prune(c *Config) {
	if len(d.problems) == 0 {
		return
	}
	var schema []string
	for i, s := range c.Schema {
		if !d.reported[fmt.Sprintf("schema[%d]", i)] {
			schema = append(schema, s)
		}
	}
	c.Schema = schema
	if d.reported["supergraph"] {
		if c.Supergraph != "" && len(schema) > 0 { // which of the two is meant is not known
			c.Schema = nil
		}
		c.Supergraph = ""
	}
	wrong := map[string]bool{} // what was reported, and all that it is a part of
	for path := range d.reported {
		for ; !wrong[path]; path = path[:max(0, strings.LastIndexByte(path, '.'))] {
			wrong[path] = true
		}
	}
	for name := range c.Services {
		if wrong[join("services", name)] {
			delete(c.Services, name)
		}
	}
	for name, s := range c.Subgraphs {
		if _, ok := c.Services[s.Service]; !ok {
			s.Service = ""
			c.Subgraphs[name] = s
		}
		if wrong[join("subgraphs", name)] {
			delete(c.Subgraphs, name)
		}
	}
	for name, s := range c.Sources {
		if _, ok := c.Services[s.Service]; !ok {
			s.Service = ""
			c.Sources[name] = s
		}
	}
}

// result is what a caller gets.
func (d *decoder) result(c *Config) (*Config, problem.List) {
	if c != nil {
		d.prune(c)
	}
	d.problems.Sort()
	return c, d.problems
}
