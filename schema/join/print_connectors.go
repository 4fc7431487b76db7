package join

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/link"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// connectors are the directives of a connector subgraph that its supergraph carries.
type connectors struct {
	version string
	schema  ast.DirectiveList
	on      map[string]ast.DirectiveList // by type, or by type and field
}

// connectorsOf finds the connectors in the document of a subgraph; nil if it has none.
func connectorsOf(s *subgraph.Schema) *connectors {
	if !s.Connectors || s.Document == nil {
		return nil
	}
	c := &connectors{on: map[string]ast.DirectiveList{}}
	c.version, _ = s.Links.Version("connect")
	source, _ := s.Links.Directive("connect", "source")
	connect, _ := s.Links.Directive("connect", "connect")
	for _, def := range slices.Concat(s.Document.Schema, s.Document.SchemaExtension) {
		for _, d := range def.Directives {
			if l := s.Links.Get("connect"); d.Position == l.Position {
				c.schema = append(c.schema, &ast.Directive{Name: "link", Arguments: d.Arguments})
			}
		}
	}
	for _, def := range slices.Concat(s.Document.Schema, s.Document.SchemaExtension) {
		c.schema = append(c.schema, named(def.Directives, source)...)
	}
	for _, def := range slices.Concat(s.Document.Definitions, s.Document.Extensions) {
		name := s.Rename(def.Name)
		c.on[name] = append(c.on[name], named(def.Directives, connect)...)
		for _, f := range def.Fields {
			if list := named(f.Directives, connect); list != nil {
				c.on[name+"."+f.Name] = list
			}
		}
	}
	return c
}

func named(list ast.DirectiveList, name string) ast.DirectiveList {
	var out ast.DirectiveList
	for _, d := range list {
		if d.Name == name {
			out = append(out, d)
		}
	}
	return out
}

// connectVersion returns the newest version of the connect specification that subgraphs use, empty if none does.
func (p *printer) connectVersion() string {
	newest := ""
	for _, c := range p.connectors {
		if c == nil {
			continue
		}
		if major, minor := version(newest); newest == "" || link.AtLeast(c.version, major, minor) {
			newest = c.version
		}
	}
	return newest
}

// schemaDirectives says which links and sources connector subgraphs have on their schema.
func (p *printer) schemaDirectives() ast.DirectiveList {
	var out ast.DirectiveList
	for i, c := range p.connectors {
		if c == nil {
			continue
		}
		for _, d := range c.schema {
			out = append(out, p.joined([]int{i}, d.Name, d.Arguments))
		}
	}
	return out
}

// connectorsOn says which connectors some subgraphs have on a type, or on a field.
func (p *printer) connectorsOn(graphs []int, typ, field string) ast.DirectiveList {
	at := typ
	if field != "" {
		at += "." + field
	}
	var out ast.DirectiveList
	for _, i := range graphs {
		c := p.connectors[i]
		if c == nil {
			continue
		}
		for _, d := range c.on[at] {
			out = append(out, p.joined([]int{i}, d.Name, d.Arguments))
		}
	}
	return out
}
