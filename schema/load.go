package schema

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema/link"
)

// maxFile bounds the size of one schema file, in bytes. The largest supergraphs known have a few megabytes.
const maxFile = 64 << 20

// Subgraph is one schema document that takes part in a supergraph. It is immutable.
type Subgraph struct {
	Name string
	Kind Kind
	// Document holds the definitions of all files of the subgraph.
	Document *ast.SchemaDocument
	files    []*ast.Source
	broken   bool // some file does not parse: what is not in the document may still be in the file
}

// Files returns the text that the subgraph was read from.
func (s *Subgraph) Files() []*ast.Source { return slices.Clone(s.files) }

// Location says where the schema of a subgraph is.
type Location struct {
	// Name of the subgraph; empty: that of the file without its ending, or of the folder.
	Name string
	// Path of a schema file, or of a folder whose schema files make one subgraph together. Schema files end in
	// .graphql, .graphqls or .gql.
	Path string
}

// Load reads subgraphs from the files of this machine. It returns those that can be read, and every problem with the
// others.
func Load(locations ...Location) ([]*Subgraph, problem.List) { return load(disk{}, locations) }

// LoadFS is like [Load] for another file system.
func LoadFS(fsys fs.FS, locations ...Location) ([]*Subgraph, problem.List) {
	return load(fsys, locations)
}

// LoadSources reads one subgraph from memory. The kind is that of a subgraph without connectors; one that links the
// connect specification is always a [Connector] subgraph.
func LoadSources(name string, kind Kind, files ...*ast.Source) (*Subgraph, problem.List) {
	s := &Subgraph{Name: name, Kind: kind, Document: &ast.SchemaDocument{}, files: files}
	var problems problem.List
	for _, file := range files {
		doc, err := parse(file)
		if err != nil {
			s.broken = true
			problems = append(problems, parseProblem(file.Name, err))
			continue
		}
		s.Document.Merge(doc)
	}
	if links, _ := link.Of(s.Document); links.Get("connect") != nil {
		s.Kind = Connector
	}
	return s, problems
}

// parse parses one file, with its comments: they do no harm, and the parser has no way without them.
func parse(file *ast.Source) (*ast.SchemaDocument, error) {
	if len(file.Input) > maxFile {
		return nil, fmt.Errorf("the file has %d bytes, but no more than %d are read", len(file.Input), maxFile)
	}
	return parser.ParseSchema(file)
}

// parseProblem turns an error of the parser into a problem at its place.
func parseProblem(file string, err error) problem.Problem {
	p := problem.Problem{Code: "INVALID_GRAPHQL", File: file, Message: err.Error()}
	var list gqlerror.List
	var single *gqlerror.Error
	if errors.As(err, &list) && len(list) > 0 {
		single = list[0]
	} else if !errors.As(err, &single) {
		return p
	}
	p.Message = "Syntax error: " + strings.TrimSuffix(single.Message, ".") + "."
	if len(single.Locations) > 0 {
		p.Line, p.Column = single.Locations[0].Line, single.Locations[0].Column
	}
	return p
}

func load(fsys fs.FS, locations []Location) ([]*Subgraph, problem.List) {
	var subgraphs []*Subgraph
	var problems problem.List
	for _, l := range locations {
		files, err := schemaFiles(fsys, l.Path)
		if err != nil {
			problems = append(problems, problem.Problem{Code: "SCHEMA_FILE", File: l.Path, Message: "The schema cannot be read: " + reason(err) + "."})
			continue
		}
		s, list := LoadSources(cmp.Or(l.Name, nameOf(l.Path)), Remote, files...)
		subgraphs = append(subgraphs, s)
		problems = append(problems, list...)
	}
	return subgraphs, problems
}

// schemaFiles reads a schema file, or those of a folder in the order of their names.
func schemaFiles(fsys fs.FS, name string) ([]*ast.Source, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		file, err := schemaFile(fsys, name, info)
		if err != nil {
			return nil, err
		}
		return []*ast.Source{file}, nil
	}
	entries, err := fs.ReadDir(fsys, name)
	if err != nil {
		return nil, err
	}
	var files []*ast.Source
	for _, e := range entries {
		if e.IsDir() || !IsFile(e.Name()) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		file, err := schemaFile(fsys, path.Join(filepath.ToSlash(name), e.Name()), info)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		return nil, errors.New("the folder has no file that ends in .graphql, .graphqls or .gql")
	}
	return files, nil
}

func schemaFile(fsys fs.FS, name string, info fs.FileInfo) (*ast.Source, error) {
	tooLarge := fmt.Errorf("%s has more than %d bytes, which is all that is read", name, maxFile)
	if info.Size() > maxFile {
		return nil, tooLarge
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1)) // a pipe or a device does not tell its size
	if err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, tooLarge
	}
	return &ast.Source{Name: name, Input: string(text)}, nil
}

// IsFile reports whether a file in a folder of a subgraph is read as a part of it, by its name alone.
func IsFile(name string) bool {
	switch path.Ext(name) {
	case ".graphql", ".graphqls", ".gql":
		return !strings.HasPrefix(name, ".")
	}
	return false
}

// nameOf returns the name that a subgraph has by the path of its schema.
func nameOf(p string) string {
	base := path.Base(filepath.ToSlash(p))
	if IsFile(base) {
		return strings.TrimSuffix(base, path.Ext(base))
	}
	return base
}

// reason returns what went wrong with a file, without the name of the operation that failed.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// disk is the file system of this machine, with paths of any form.
type disk struct{}

func (disk) Open(name string) (fs.File, error) { return os.Open(name) }
