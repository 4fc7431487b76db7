package merge

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// Merge merges the schemas of subgraphs. The result is complete only if no problem is an error.
func Merge(subgraphs []*subgraph.Schema) (*Schema, problem.List) {
	m := &merger{
		schema: &Schema{Subgraphs: subgraphs, byName: map[string]*Type{}},
		names:  map[string]int{},
		above:  map[string]map[string]bool{},
	}
	for i, s := range subgraphs {
		m.names[s.Name] = i
	}
	m.checkImports()
	m.groupTypes()
	for _, t := range m.schema.Types {
		m.mergeHead(t)
	}
	for _, t := range m.schema.Types {
		switch t.Kind {
		case ast.Object, ast.Interface:
			m.mergeFields(t)
		case ast.InputObject:
			m.mergeInputFields(t)
		}
	}
	m.mergeEnums()
	m.addInterfaceObjectFields()
	m.checkSharing()
	m.checkInterfaceObjects()
	m.checkImplementations()
	m.guardInterfaces()
	m.checkGuards()
	m.checkQuery()
	m.mergeDirectives()
	m.mergeComposed()
	for _, t := range m.schema.Types {
		t.complete()
	}
	return m.schema, m.problems
}

type merger struct {
	schema   *Schema
	names    map[string]int             // subgraphs by name
	above    map[string]map[string]bool // type -> interfaces and unions it is part of, anywhere
	problems problem.List
}

// report reports a problem. Declarations among the arguments are told by the names of their subgraphs, and are its related
// places.
func (m *merger) report(pos *ast.Position, code, coordinate, format string, args ...any) {
	p := problem.At(pos, code, coordinate, format, args...)
	for _, a := range args {
		d, ok := a.(declaration)
		if !ok || d.pos == nil || d.pos.Src == nil || d.pos == pos {
			continue
		}
		place := problem.Place{What: "subgraph " + d.String(), File: d.pos.Src.Name, Line: d.pos.Line, Column: d.pos.Column}
		if !slices.Contains(p.Related, place) {
			p.Related = append(p.Related, place)
		}
	}
	m.problems = append(m.problems, p)
}

// declaration is where a subgraph declares something, for messages that speak of several.
type declaration struct {
	subgraph string
	pos      *ast.Position
}

// String returns the name of the subgraph in quotes.
func (d declaration) String() string { return strconv.Quote(d.subgraph) }

func (m *merger) at(subgraph int, pos *ast.Position) declaration {
	return declaration{m.schema.Subgraphs[subgraph].Name, pos}
}

// groupTypes finds the declarations of each type.
func (m *merger) groupTypes() {
	for i, s := range m.schema.Subgraphs {
		for _, decl := range s.Types {
			t := m.schema.byName[decl.Name]
			if t == nil {
				t = &Type{Name: decl.Name, fields: map[string]*Field{}}
				m.schema.byName[decl.Name] = t
				m.schema.Types = append(m.schema.Types, t)
			}
			t.In = append(t.In, TypeIn{i, decl})
		}
	}
	slices.SortFunc(m.schema.Types, func(a, b *Type) int {
		return cmp.Or(cmp.Compare(rank(a.Name), rank(b.Name)), cmp.Compare(a.Name, b.Name))
	})
}

// rank puts the root types first.
func rank(name string) int {
	if i := slices.Index([]string{"Query", "Mutation", "Subscription"}, name); i >= 0 {
		return i
	}
	return 3
}

// mergeHead merges everything of a type but its fields and values.
func (m *merger) mergeHead(t *Type) {
	t.Kind = m.mergeKind(t)
	first := t.In[0].Decl
	def := &ast.Definition{Kind: t.Kind, Name: t.Name, Position: first.Position}
	t.Definition = def
	extended := true
	var carried []ast.DirectiveList
	for _, in := range t.In {
		d := in.Decl
		carried = append(carried, d.Carried)
		extended = extended && d.Extended
		t.Hidden = t.Hidden || d.Inaccessible
		t.Tags = unite(t.Tags, d.Tags)
		if def.Description == "" {
			def.Description = d.Description
		}
		def.Directives = keep(def.Directives, d.Kept)
		s := m.schema.Subgraphs[in.Subgraph]
		for _, i := range d.Interfaces {
			def.Interfaces = unite(def.Interfaces, []string{i.Name})
			m.addAbove(t.Name, i.Name)
		}
		for _, member := range d.Members {
			name := s.Rename(member.Name)
			def.Types = unite(def.Types, []string{name})
			m.addAbove(name, t.Name)
		}
	}
	t.Carried = mergeCarried(carried...)
	if extended && !subgraph.IsRoot(t.Name) {
		m.report(first.Position, "EXTENSION_WITH_NO_BASE", t.Name, "Type %q is only extended, but no subgraph defines it.", t.Name)
	}
}

func (m *merger) addAbove(name, abstract string) {
	if m.above[name] == nil {
		m.above[name] = map[string]bool{}
	}
	m.above[name][abstract] = true
}

// mergeKind returns the kind of a type: that of all its declarations, an interface object counting as an interface.
func (m *merger) mergeKind(t *Type) ast.DefinitionKind {
	kind := func(in TypeIn) ast.DefinitionKind {
		if in.Decl.InterfaceObject {
			return ast.Interface
		}
		return in.Decl.Kind
	}
	first := t.In[0]
	for _, in := range t.In[1:] {
		if kind(in) != kind(first) {
			m.report(in.Decl.Position, "TYPE_KIND_MISMATCH", t.Name, "Type %q is %s in subgraph %s, but %s in subgraph %s.",
				t.Name, kindWord(in.Decl), m.at(in.Subgraph, in.Decl.Position), kindWord(first.Decl), m.at(first.Subgraph, first.Decl.Position))
			// One of them has to be believed; declarations of another kind are left out of what follows.
			t.In = slices.DeleteFunc(t.In, func(other TypeIn) bool { return kind(other) != kind(first) })
			break
		}
	}
	return kind(first)
}

func kindWord(d *subgraph.Type) string {
	switch {
	case d.InterfaceObject:
		return "an @interfaceObject type"
	case d.Kind == ast.Object:
		return "an object type"
	case d.Kind == ast.InputObject:
		return "an input object"
	case d.Kind == ast.Enum, d.Kind == ast.Interface:
		return "an " + strings.ToLower(string(d.Kind))
	default:
		return "a " + strings.ToLower(string(d.Kind))
	}
}

// complete writes fields and values into the definition of a type, once they are final.
func (t *Type) complete() {
	for _, f := range t.Fields {
		f.Definition.Arguments = nil
		for _, a := range f.Args {
			f.Definition.Arguments = append(f.Definition.Arguments, a.Definition)
		}
		t.Definition.Fields = append(t.Definition.Fields, f.Definition)
	}
	for _, v := range t.Values {
		t.Definition.EnumValues = append(t.Definition.EnumValues, v.Definition)
	}
}

// subtype reports whether every value of type a is one of type b in the merged type system.
func (m *merger) subtype(a, b *ast.Type) bool {
	if b.NonNull && !a.NonNull {
		return false
	}
	if a.Elem != nil || b.Elem != nil {
		return a.Elem != nil && b.Elem != nil && m.subtype(a.Elem, b.Elem)
	}
	return a.NamedType == b.NamedType || m.above[a.NamedType][b.NamedType]
}

// unite appends those of b that a lacks.
func unite(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}

// keep adds directives of other declarations: the first of each name counts.
func keep(a, b ast.DirectiveList) ast.DirectiveList {
	for _, d := range b {
		if a.ForName(d.Name) == nil {
			a = append(a, d)
		}
	}
	return a
}
