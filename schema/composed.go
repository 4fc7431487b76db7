package schema

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/schema/join"
	"github.com/sluice-gateway/sluice/schema/merge"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// Composed is the document of a supergraph that was composed before, by another tool or by this one. It is immutable.
type Composed struct {
	file     *ast.Source
	document *ast.SchemaDocument // nil if the file does not parse
}

// File returns the text that the supergraph was read from.
func (c *Composed) File() *ast.Source { return c.file }

// LoadSupergraph reads the document of a supergraph from a file of this machine. It is nil if there is no such file.
func LoadSupergraph(path string) (*Composed, problem.List) { return loadSupergraph(disk{}, path) }

// LoadSupergraphFS is like [LoadSupergraph] for another file system.
func LoadSupergraphFS(fsys fs.FS, path string) (*Composed, problem.List) {
	return loadSupergraph(fsys, path)
}

func loadSupergraph(fsys fs.FS, path string) (*Composed, problem.List) {
	info, err := fs.Stat(fsys, path)
	var file *ast.Source
	switch {
	case err != nil:
	case info.IsDir():
		err = fmt.Errorf("it is a folder, but a supergraph is one file")
	default:
		file, err = schemaFile(fsys, path, info)
	}
	if err != nil {
		return nil, problem.List{{Code: "SCHEMA_FILE", File: path, Message: "The supergraph cannot be read: " + reason(err) + "."}}
	}
	return ReadSupergraph(file)
}

// ReadSupergraph reads the document of a supergraph from memory.
func ReadSupergraph(file *ast.Source) (*Composed, problem.List) {
	c := &Composed{file: file}
	doc, err := parse(file)
	if err != nil {
		return c, problem.List{parseProblem(file.Name, err)}
	}
	c.document = doc
	return c, nil
}

// Join makes the supergraph of a document. The result is that of [Compose] on the subgraphs that the document was composed
// of; they are taken to be composed rightly.
//
// Locals are subgraphs of Go code in this process. One that the document knows by its name answers for that subgraph;
// the others are added, and may share no more than root types with the document.
func Join(c *Composed, locals ...*Subgraph) (*Supergraph, problem.List) {
	sg, problems := joinDocument(c, locals)
	problems.Sort()
	if problems.Errors() != nil {
		return nil, problems
	}
	return sg, problems
}

func joinDocument(c *Composed, locals []*Subgraph) (*Supergraph, problem.List) {
	if c.document == nil {
		return nil, problem.List{{Code: subgraph.CodeInvalid, Message: "The supergraph cannot be read."}}
	}
	read, problems := join.Read(c.document)
	if read == nil || problems.Errors() != nil {
		return nil, problems
	}
	kinds := map[string]Kind{}
	for _, l := range locals {
		kinds[l.Name] = l.Kind
	}
	var parts []*part
	for i, declared := range read.Merged.Subgraphs {
		p := &part{declared: declared, kind: Remote, url: read.Graphs[i].URL}
		if kind, ok := kinds[declared.Name]; ok {
			p.kind = kind
			delete(kinds, declared.Name)
		} else if declared.Connectors {
			var list problem.List
			p.kind = Connector
			p.connectors, list = connect.Read(declared.Name, declared.Document, declared.Links)
			problems = append(problems, withoutTaken(list, read.Merged, i)...)
		}
		parts = append(parts, p)
	}
	merged := read.Merged
	for _, l := range locals {
		if _, added := kinds[l.Name]; added {
			var p *part
			var list problem.List
			merged, p, list = addLocal(merged, l)
			problems = append(problems, list...)
			parts = append(parts, p)
		}
	}
	problems = append(problems, checkInaccessible(merged)...)
	if problems.Errors() != nil {
		return nil, problems
	}
	b := newBuilder(merged, parts)
	b.build()
	problems = append(problems, b.problems...)
	if problems.Errors() != nil {
		return nil, problems
	}
	b.supergraph.Hash = hash(append([]*Subgraph{{files: []*ast.Source{c.file}}}, locals...))
	return b.supergraph, problems
}

// JoinSDL returns the supergraph as routers of the federation read it: schema definition language with the directives of the
// join specification. [ReadSupergraph] and [Join] make the same supergraph of it. Local subgraphs are part of it like all
// others.
//
// URLs say where subgraphs answer, by their names. For others it is what a supergraph said that was read, or nothing.
func (s *Supergraph) JoinSDL(urls map[string]string) string {
	printed := *s.joined
	printed.Graphs = slices.Clone(printed.Graphs)
	for i, g := range printed.Graphs {
		if url, ok := urls[g.Name]; ok {
			printed.Graphs[i].URL = url
		}
	}
	return join.Print(&printed)
}

// withoutTaken takes out of what is wrong with connectors what is missing where other subgraphs have taken fields over: it
// is not known how those were answered, and what was given below them, and nobody asks for it.
func withoutTaken(problems problem.List, m *merge.Schema, index int) problem.List {
	for _, t := range m.Subgraphs[index].Types {
		for _, f := range t.Fields {
			if fieldIn(m, index, t.Name, f.Name) == nil {
				return slices.DeleteFunc(problems, func(p problem.Problem) bool {
					return p.Code == connect.CodeUnresolvedField || p.Code == connect.CodeMissingEntity
				})
			}
		}
	}
	return problems
}

// addLocal adds a subgraph that the merged schema does not know.
func addLocal(m *merge.Schema, l *Subgraph) (*merge.Schema, *part, problem.List) {
	p := &part{kind: l.Kind}
	declared, problems := subgraph.Read(l.Name, l.Document)
	if declared == nil {
		return m, p, problems
	}
	p.declared = declared
	own, list := merge.Merge([]*subgraph.Schema{declared})
	problems = append(problems, list...)
	added, list := m.Add(own)
	return added, p, append(problems, list...)
}
