package join

import (
	"cmp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/merge"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// readTypes reads all types: first which subgraphs have them, as fields refer to that, then what is in them.
func (r *reader) readTypes() {
	r.readSchemaDirectives()
	merged := map[*subgraph.Type]*merge.Type{}
	for _, t := range r.plain.Types {
		if m := r.readHead(t); m != nil {
			merged[t] = m
			r.types = append(r.types, m)
		}
	}
	for _, t := range r.plain.Types {
		m := merged[t]
		if m == nil {
			continue
		}
		r.readMembership(t, m)
		for _, f := range t.Fields {
			r.readField(t, m, f)
		}
		for _, block := range t.Blocks() {
			for _, v := range block.EnumValues {
				if value := t.Value(v.Name); value != nil && value.Position == v.Position {
					r.readValue(t, m, value, v.Directives)
				}
			}
		}
	}
	if r.minor == 1 {
		r.completeFirst()
	}
	r.dropEmptyRoots()
	r.readTaken()
	r.checkRoots()
}

// dropEmptyRoots removes root types from subgraphs that have no field of them: tools say of every subgraph that it has
// Query, through which they ask for entities.
func (r *reader) dropEmptyRoots() {
	for _, m := range r.types {
		if subgraph.IsRoot(m.Name) {
			m.In = slices.DeleteFunc(m.In, func(in merge.TypeIn) bool { return len(in.Decl.Fields) == 0 })
		}
	}
	r.types = slices.DeleteFunc(r.types, func(m *merge.Type) bool { return len(m.Fields) == 0 && subgraph.IsRoot(m.Name) })
	for _, g := range r.graphs {
		g.types = slices.DeleteFunc(g.types, func(t *subgraph.Type) bool { return len(t.Fields) == 0 && subgraph.IsRoot(t.Name) })
	}
}

// readHead reads which subgraphs have a type, and its keys. It returns nil for a type that is none of the supergraph.
func (r *reader) readHead(t *subgraph.Type) *merge.Type {
	m := &merge.Type{Name: t.Name, Kind: t.Kind, Hidden: t.Inaccessible, Tags: t.Tags, Definition: &ast.Definition{
		Kind: t.Kind, Name: t.Name, Description: t.Description, Directives: t.Kept, Position: t.Position,
	}}
	for _, i := range t.Interfaces {
		m.Definition.Interfaces = append(m.Definition.Interfaces, i.Name)
	}
	for _, member := range t.Members {
		m.Definition.Types = append(m.Definition.Types, r.plain.Rename(member.Name))
	}
	in := map[int]*subgraph.Type{}
	for _, d := range r.directives(t) {
		if r.is(d.Name) != "join.type" {
			continue
		}
		i, ok := r.needGraph(d, t.Name)
		if !ok || !r.fact() {
			continue
		}
		decl := in[i]
		if decl == nil {
			decl = r.declare(m, i, t)
			in[i] = decl
			decl.Extended = true
		}
		decl.Extended = decl.Extended && flag(d, "extension", false)
		if flag(d, "isInterfaceObject", false) {
			r.markInterfaceObject(decl, t, d)
		}
		if key := d.Arguments.ForName("key"); key != nil && key.Value.Kind != ast.NullValue {
			if set := r.fieldSet(key, "KEY", t.Name); set != nil {
				decl.Keys = append(decl.Keys, &subgraph.Key{Fields: set, Resolvable: flag(d, "resolvable", true)})
			}
		}
	}
	if len(m.In) == 0 && !r.everywhere(t, m) {
		return nil
	}
	slices.SortFunc(m.In, func(a, b merge.TypeIn) int { return cmp.Compare(a.Subgraph, b.Subgraph) })
	r.readTypeDirectives(t, m, in)
	return m
}

// declare notes that a subgraph has a type.
func (r *reader) declare(m *merge.Type, i int, t *subgraph.Type) *subgraph.Type {
	g := r.graphs[i]
	decl := &subgraph.Type{Name: t.Name, Local: t.Name, Kind: t.Kind, Description: t.Description, Position: t.Position}
	m.In = append(m.In, merge.TypeIn{Subgraph: i, Decl: decl})
	g.types = append(g.types, decl)
	g.byName[t.Name] = decl
	return decl
}

func (r *reader) markInterfaceObject(decl, t *subgraph.Type, d *ast.Directive) {
	if t.Kind != ast.Interface {
		r.invalid(d.Position, t.Name, "Only an interface can be an interface object in a subgraph, but %q is none.", t.Name)
		return
	}
	decl.InterfaceObject, decl.Kind = true, ast.Object
}

// everywhere deals with a type that names no subgraph: the first version of the join specification does that for all types
// but entities, and they are in every subgraph that comes to return one. It returns false for a type that is left out.
func (r *reader) everywhere(t *subgraph.Type, m *merge.Type) bool {
	leaf := t.Kind == ast.Scalar || t.Kind == ast.Enum || t.Kind == ast.InputObject
	switch {
	case r.minor == 1 || subgraph.IsRoot(t.Name): // an empty root type does no harm
	case leaf && strings.Contains(t.Name, "__") && !r.refersTo(t.Name):
		return false // of a specification that is not linked
	case !leaf:
		r.invalid(t.Position, t.Name, "Type %q is in no subgraph: it has no @%s.", t.Name, r.own("type"))
		return false
	}
	for i := range r.graphs {
		if !r.fact() {
			break
		}
		r.declare(m, i, t)
	}
	return true
}

// refersTo reports whether a field or argument is of a type.
func (r *reader) refersTo(name string) bool {
	if r.referred == nil {
		r.referred = map[string]bool{}
		for _, t := range r.plain.Types {
			for _, f := range t.Fields {
				r.referred[f.Type.Name()] = true
				for _, a := range f.Args {
					r.referred[a.Type.Name()] = true
				}
			}
		}
	}
	return r.referred[name]
}

// directives returns the directives on a type and its extensions.
func (r *reader) directives(t *subgraph.Type) ast.DirectiveList {
	blocks := t.Blocks()
	if len(blocks) == 1 {
		return blocks[0].Directives
	}
	var out ast.DirectiveList
	for _, b := range blocks {
		out = append(out, b.Directives...)
	}
	return out
}

// readTypeDirectives reads what stands on a type beside the subgraphs that have it.
func (r *reader) readTypeDirectives(t *subgraph.Type, m *merge.Type, in map[int]*subgraph.Type) {
	for _, d := range r.directives(t) {
		switch what := r.is(d.Name); what {
		case "context.context":
			r.readContext(d, m)
		case "join.directive":
			r.joinDirective(d, t.Name, func(i int, carried *ast.Directive) {
				if in[i] != nil {
					r.graphs[i].onType[t.Name] = append(r.graphs[i].onType[t.Name], carried)
				}
			})
		default:
			m.Carried = r.carry(m.Carried, d, what)
		}
	}
}

// readContext notes the types that set a context. Its name begins with that of the subgraph that reads it.
func (r *reader) readContext(d *ast.Directive, m *merge.Type) {
	name := text(d, "name")
	for _, in := range m.In {
		if local, ok := r.localContext(name, in.Subgraph); ok {
			in.Decl.Contexts = append(in.Decl.Contexts, local)
		}
	}
}

// localContext returns the name that a context of the supergraph has in a subgraph, and false if it is another subgraph's.
func (r *reader) localContext(name string, i int) (string, bool) {
	return strings.CutPrefix(name, r.graphs[i].Name+"__")
}

// carry adds a directive that is kept for others. The known ones get the names of their specification.
func (r *reader) carry(to merge.Carried, d *ast.Directive, what string) merge.Carried {
	spec, name, _ := strings.Cut(what, ".")
	switch spec {
	case "authenticated", "requiresScopes", "policy", "cost", "cacheTag":
		c := *d
		c.Name = name
		return append(to, &c)
	case "", "join", "link", "core", "inaccessible", "tag", "context", "connect":
		return to
	}
	return append(to, d)
}

// readMembership reads which interfaces a type implements in each subgraph, and which members a union has there.
func (r *reader) readMembership(t *subgraph.Type, m *merge.Type) {
	implements, members := false, false
	add := r.references(t, m)
	for _, d := range r.directives(t) {
		switch r.is(d.Name) {
		case "join.implements":
			implements = true
			add(d, "interface")
		case "join.unionMember":
			members = true
			add(d, "member")
		}
	}
	for _, in := range m.In {
		if r.minor < 2 && !implements {
			in.Decl.Interfaces = r.present(in.Subgraph, m.Definition.Interfaces, t.Position)
		}
		if r.minor < 3 && !members {
			in.Decl.Members = r.present(in.Subgraph, m.Definition.Types, t.Position)
		}
	}
}

// present returns references to those of the named types that a subgraph has.
func (r *reader) present(i int, names []string, pos *ast.Position) []subgraph.Reference {
	var out []subgraph.Reference
	for _, name := range names {
		if r.graphs[i].byName[name] != nil && r.fact() {
			out = append(out, subgraph.Reference{Name: name, Position: pos})
		}
	}
	return out
}

// references returns what notes that a type refers to another one in a subgraph. That must stand in the merged type too.
func (r *reader) references(t *subgraph.Type, m *merge.Type) func(d *ast.Directive, argument string) {
	listed := map[string]bool{}
	for _, name := range slices.Concat(m.Definition.Interfaces, m.Definition.Types) {
		listed[name] = true
	}
	type reference struct {
		graph int
		name  string
	}
	seen := map[reference]bool{}
	return func(d *ast.Directive, argument string) {
		i, ok := r.needGraph(d, t.Name)
		if !ok || !r.fact() {
			return
		}
		name, decl := r.plain.Rename(text(d, argument)), r.graphs[i].byName[t.Name]
		ref := subgraph.Reference{Name: name, Position: d.Position}
		switch {
		case decl == nil:
			r.lacksType(d, t.Name, i, t.Name)
		case !listed[name]:
			r.invalid(d.Position, t.Name, "@%s names %q, but the definition of %q does not.", d.Name, name, t.Name)
		case r.graphs[i].byName[name] == nil:
			r.lacksType(d, t.Name, i, name)
		case seen[reference{i, name}]:
		case argument == "member":
			decl.Members = append(decl.Members, ref)
		default:
			decl.Interfaces = append(decl.Interfaces, ref)
		}
		seen[reference{i, name}] = true
	}
}

func (r *reader) lacksType(d *ast.Directive, coordinate string, i int, name string) {
	r.invalid(d.Position, coordinate, "@%s speaks of the subgraph %q, which does not have the type %q.", d.Name, r.graphs[i].Name, name)
}

// readValue reads which subgraphs have an enum value.
func (r *reader) readValue(t *subgraph.Type, m *merge.Type, v *subgraph.Value, directives ast.DirectiveList) {
	value := &merge.Value{Hidden: v.Inaccessible, Tags: v.Tags, Definition: &ast.EnumValueDefinition{
		Name: v.Name, Description: v.Description, Directives: v.Kept, Position: v.Position,
	}}
	m.Values = append(m.Values, value)
	for _, d := range directives {
		what := r.is(d.Name)
		if what != "join.enumValue" {
			value.Carried = r.carry(value.Carried, d, what)
			continue
		}
		coordinate := t.Name + "." + v.Name
		i, ok := r.needGraph(d, coordinate)
		switch {
		case !ok:
		case r.graphs[i].byName[t.Name] == nil:
			r.lacksType(d, coordinate, i, t.Name)
		case !slices.Contains(value.In, i):
			value.In = append(value.In, i)
		}
	}
	if value.In == nil {
		for _, in := range m.In {
			value.In = append(value.In, in.Subgraph)
		}
	}
	slices.Sort(value.In)
	for _, i := range value.In {
		if decl := r.graphs[i].byName[t.Name]; r.fact() {
			decl.Values = append(decl.Values, &subgraph.Value{Name: v.Name, Description: v.Description, Position: v.Position})
		}
	}
}

// checkRoots verifies that there is something to ask for.
func (r *reader) checkRoots() {
	if q := r.plain.Type("Query"); q == nil || len(q.Fields) == 0 {
		r.report(schemaPosition(r.doc), "NO_QUERIES", "Query", "The supergraph has no field of the root type Query.")
	}
}
