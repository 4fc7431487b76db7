package join

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/link"
	"github.com/sluice-gateway/sluice/schema/merge"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// graph is a subgraph while the supergraph is read.
type graph struct {
	Graph
	types  []*subgraph.Type
	byName map[string]*subgraph.Type
	// schema, onType and onField are directives that stand in the subgraph's own document and were not merged.
	schema  ast.DirectiveList
	onType  map[string]ast.DirectiveList
	onField map[*subgraph.Field]ast.DirectiveList
}

// readGraphs finds the subgraphs.
func (r *reader) readGraphs() {
	enum, _ := r.links.Type(spec, "Graph")
	names := map[string]bool{}
	for _, def := range slices.Concat(r.doc.Definitions, r.doc.Extensions) {
		if def.Name != enum || def.Kind != ast.Enum {
			continue
		}
		for _, v := range def.EnumValues {
			g := &graph{byName: map[string]*subgraph.Type{}, onType: map[string]ast.DirectiveList{}, onField: map[*subgraph.Field]ast.DirectiveList{}}
			coordinate := enum + "." + v.Name
			for _, d := range v.Directives {
				if r.is(d.Name) == "join.graph" {
					g.Name, g.URL = text(d, "name"), text(d, "url")
				}
			}
			switch {
			case g.Name == "":
				r.invalid(v.Position, coordinate, "The subgraph %s has no name: its value needs @%s with a name.", v.Name, r.own("graph"))
				g.Name = v.Name
			case names[g.Name]:
				r.invalid(v.Position, coordinate, "There is another subgraph with the name %q.", g.Name)
			}
			if _, again := r.graphOf[v.Name]; again {
				r.invalid(v.Position, coordinate, "There is another value %s.", v.Name)
				continue
			}
			names[g.Name] = true
			r.graphOf[v.Name] = len(r.graphs)
			r.graphs = append(r.graphs, g)
		}
	}
	switch {
	case len(r.graphs) == 0:
		r.invalid(schemaPosition(r.doc), "", "The supergraph names no subgraph: the enum %s is missing or empty.", enum)
	case len(r.graphs) > maxGraphs:
		r.invalid(nil, "", "The supergraph has %d subgraphs, but no more than %d are read.", len(r.graphs), maxGraphs)
		r.graphs = nil
	}
}

// own returns the name of a directive of the join specification in this document.
func (r *reader) own(name string) string {
	as, _ := r.links.Directive(spec, name)
	return as
}

// graphArg returns the subgraph that a directive speaks of; -1 if it names none, false if it is wrong, which is reported.
func (r *reader) graphArg(d *ast.Directive, coordinate string) (int, bool) {
	arg := d.Arguments.ForName("graph")
	if arg == nil || arg.Value.Kind == ast.NullValue {
		return -1, true
	}
	return r.graphValue(arg.Value, coordinate)
}

// needGraph is graphArg for directives that always speak of a subgraph.
func (r *reader) needGraph(d *ast.Directive, coordinate string) (int, bool) {
	i, ok := r.graphArg(d, coordinate)
	if ok && i < 0 {
		r.invalid(d.Position, coordinate, "@%s needs the argument graph.", d.Name)
		return 0, false
	}
	return i, ok
}

func (r *reader) graphValue(v *ast.Value, coordinate string) (int, bool) {
	i, ok := r.graphOf[v.Raw]
	if !ok || v.Kind != ast.EnumValue {
		r.invalid(v.Position, coordinate, "There is no subgraph %s: it is no value of the enum of subgraphs.", v.String())
		return 0, false
	}
	return i, true
}

// finish makes the supergraph of what was read; nil if that is nothing.
func (r *reader) finish() *Supergraph {
	if r.plain == nil || len(r.graphs) == 0 {
		return nil
	}
	s := &Supergraph{}
	schemas := make([]*subgraph.Schema, 0, len(r.graphs))
	for _, g := range r.graphs {
		schemas = append(schemas, r.declared(g))
		s.Graphs = append(s.Graphs, g.Graph)
	}
	s.Merged = merge.Assemble(schemas, r.types)
	for _, d := range r.plain.Directives {
		if def := merge.OperationDirective(d); def != nil {
			s.Merged.Directives = append(s.Merged.Directives, def)
		}
	}
	s.Merged.Features = r.features()
	return s
}

// features returns the specifications of others whose directives the supergraph carries.
func (r *reader) features() []*merge.Feature {
	var out []*merge.Feature
	for _, l := range r.links.All() {
		if _, known := versions[l.Name]; l.Identity == "" || l == r.links.Get(l.Name) && (known || l.Name == "connect") || l != r.links.Get(l.Name) && clashes(l) {
			continue
		}
		f := &merge.Feature{URL: l.URL, As: l.As, Purpose: l.Purpose, Imports: l.Imports}
		for _, d := range r.doc.Directives {
			if of, _ := r.links.Resolve(d.Name); of == l {
				f.Directives = append(f.Directives, d)
			}
		}
		for _, d := range r.doc.Definitions {
			if of, _ := r.links.ResolveType(d.Name); of == l {
				f.Types = append(f.Types, d)
			}
		}
		out = append(out, f)
	}
	return out
}

// declared makes the schema of a subgraph.
func (r *reader) declared(g *graph) *subgraph.Schema {
	types := g.types
	s := subgraph.Assemble(g.Name, types)
	if len(g.schema) == 0 {
		return s
	}
	// Those with connectors are read a second time, by the package that knows connectors.
	doc := r.document(g)
	links, problems := link.Of(doc)
	r.problems = append(r.problems, problems...)
	s.Document, s.Links, s.Connectors = doc, links, links.Get("connect") != nil
	return s
}

// text returns an argument of a directive that is a string, empty if it is not there.
func text(d *ast.Directive, name string) string {
	if a := d.Arguments.ForName(name); a != nil && (a.Value.Kind == ast.StringValue || a.Value.Kind == ast.BlockValue) {
		return a.Value.Raw
	}
	return ""
}

// flag returns an argument of a directive that is a boolean.
func flag(d *ast.Directive, name string, otherwise bool) bool {
	if a := d.Arguments.ForName(name); a != nil && a.Value.Kind == ast.BooleanValue {
		return a.Value.Raw == "true"
	}
	return otherwise
}
