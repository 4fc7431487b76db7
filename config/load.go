package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/sluice-gateway/sluice/problem"
)

// maxFileBytes is far beyond any configuration; more is a mistake in the path.
const maxFileBytes = 4 << 20

// Load reads and checks a configuration file. Env looks up variables of the environment; nil: there are none. The problems
// are everything that is wrong, in the order of the file. If there are errors among them, nothing may be started with the
// configuration: it then holds what is right, so that the schema it names can be checked in the same breath, and is nil if
// that is nothing.
//
// The paths of the schema are joined to the folder of the file.
func Load(path string, env func(name string) (value string, ok bool)) (*Config, problem.List) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fileProblem(path, err)
	}
	if info.IsDir() {
		return nil, problem.List{{File: path, Message: "is a folder; the configuration is a file, such as sluice.yaml."}}
	}
	if info.Size() > maxFileBytes {
		return nil, problem.List{{File: path, Message: fmt.Sprintf("has %d bytes; at most %d are read.", info.Size(), maxFileBytes)}}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fileProblem(path, err)
	}
	c, d := parse(path, text, env)
	if c != nil {
		d.resolve(c, filepath.Dir(path))
	}
	return d.result(c)
}

// Parse is [Load] for a text that was read already; path is its name in problems. It looks at no other file: paths of the
// schema stay as they are.
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
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey()) // repeated keys are reported with all the rest
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
	c.references = d.references
	d.check(&c)
	return &c, d
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

// resolve joins the paths of the schema to the folder of the configuration, and reports those where nothing is.
func (d *decoder) resolve(c *Config, folder string) {
	for i, s := range c.Schema {
		if s == "" {
			continue // reported
		}
		if !filepath.IsAbs(s) {
			s = filepath.Join(folder, s)
			c.Schema[i] = s
		}
		if _, err := os.Stat(s); err != nil {
			path := fmt.Sprintf("schema[%d]", i)
			if errors.Is(err, fs.ErrNotExist) {
				d.reportAt(path, fmt.Sprintf("there is no such file or folder (got %q)", s))
			} else {
				d.reportAt(path, err.Error())
			}
		}
	}
}

// prune takes out of a configuration what a problem was reported of and others would report again: paths of the schema,
// services, and the names of such services.
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
	for path := range d.reported {
		for name := range c.Services {
			if at := join("services", name); path == at || strings.HasPrefix(path, at+".") {
				delete(c.Services, name)
			}
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
