package worlds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

const federation = `@link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable", "@external", "@inaccessible", "@override", "@requires"])`

// SDL writes the schema of a subgraph. base is where its services are, if it has any.
func (w *World) SDL(s *Subgraph, base string) string {
	var b strings.Builder
	b.WriteString("extend schema\n  " + federation + "\n")
	if !s.Local {
		b.WriteString(`  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])` + "\n")
		fmt.Fprintf(&b, "  @source(name: %q, http: { baseURL: %q })\n", s.Name, base+"/"+s.Name)
	}
	b.WriteString("scalar " + customName + "\nenum " + enumName + " { " + strings.Join(enumValues, " ") + " }\n")
	b.WriteString("input " + inputName + " { " + arguments(inputFields) + " }\n")
	all := append([]*Type{w.Query}, slices.Concat(w.Entities, w.Values)...)
	if w.Mutation != nil {
		all = append(all, w.Mutation)
	}
	for _, t := range all {
		if s.knows(t) {
			w.object(&b, s, t)
		}
	}
	for _, t := range w.Abstract {
		switch {
		case s.shows[t] == nil:
		case t.Kind == ast.Union:
			fmt.Fprintf(&b, "union %s = %s\n", t.Name, strings.Join(memberNames(t), " | "))
		default:
			b.WriteString("interface " + t.Name + " {\n")
			for _, f := range s.shows[t] {
				fmt.Fprintf(&b, "  %s: %s\n", f.Name, f.Type)
			}
			b.WriteString("}\n")
		}
	}
	return b.String()
}

func memberNames(t *Type) (names []string) {
	for _, m := range t.Members {
		names = append(names, m.Name)
	}
	return names
}

func (w *World) object(b *strings.Builder, s *Subgraph, t *Type) {
	b.WriteString("type " + t.Name)
	for _, i := range w.Abstract {
		if i.Kind == ast.Interface && s.shows[i] != nil && slices.Contains(i.Members, t) {
			b.WriteString(" implements " + i.Name)
		}
	}
	fields := slices.Clone(s.fields[t])
	for _, f := range s.needed[t] {
		if !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	inKey := map[*Field]bool{} // of a key that is declared; true if it is resolvable
	for _, key := range t.Keys {
		if slices.ContainsFunc(key, func(k *Field) bool { return !slices.Contains(fields, k) }) {
			continue
		}
		resolvable := s.Local || slices.ContainsFunc(s.Connectors, func(c *Connector) bool { return c.resolves(t, key) })
		var names []string
		for _, k := range key {
			names = append(names, k.Name)
			inKey[k] = inKey[k] || resolvable
		}
		fmt.Fprintf(b, " @key(fields: %q", strings.Join(names, " "))
		if !resolvable {
			b.WriteString(", resolvable: false")
		}
		b.WriteString(")")
	}
	for _, c := range s.Connectors {
		if c.On == t && c.Field == nil {
			b.WriteString("\n  " + c.directive(s))
		}
	}
	b.WriteString(" {\n")
	for _, f := range fields {
		b.WriteString("  " + f.Name)
		if len(f.Args) > 0 {
			b.WriteString("(" + arguments(f.Args) + ")")
		}
		b.WriteString(": " + s.typeOf(f))
		_, key := inKey[f]
		given := slices.Contains(s.fields[t], f)
		if f.Hidden && given {
			b.WriteString(" @inaccessible")
		}
		switch {
		case !given && !inKey[f]:
			b.WriteString(" @external")
		case given && !key && w.shared(t, f):
			b.WriteString(" @shareable")
		}
		if len(f.Uses) > 0 {
			fmt.Fprintf(b, " @requires(fields: %q)", strings.Trim(fmt.Sprint(f.Uses), "[]"))
		}
		if from := s.takes[f]; from != nil && given {
			fmt.Fprintf(b, " @override(from: %q)", from.Name)
		}
		for _, c := range s.Connectors {
			if c.On == t && c.Field == f {
				b.WriteString("\n    " + c.directive(s))
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("}\n")
}

// typeOf is the type of a field as a subgraph declares it.
func (s *Subgraph) typeOf(f *Field) string {
	if f.Of == nil {
		return f.Type.String()
	}
	return strings.Replace(f.Type.String(), f.Of.Name, s.of(f).Name, 1)
}

// shared reports whether several subgraphs give a field.
func (w *World) shared(t *Type, f *Field) bool {
	n := 0
	for _, s := range w.Subgraphs {
		n += boolInt(slices.Contains(s.fields[t], f) && !s.stale[f])
	}
	return n > 1
}

// resolves reports whether a connector can be asked for an object of a type with nothing but a key.
func (c *Connector) resolves(t *Type, key []*Field) bool {
	on := c.On
	if c.Entity {
		on = c.Field.Of
	}
	return on == t && len(c.Needs) > 0 && c.Deep == nil && !slices.ContainsFunc(c.Needs, func(k *Field) bool { return !slices.Contains(key, k) })
}

func arguments(args []*Arg) string {
	var parts []string
	for _, a := range args {
		text := a.Name + ": " + a.Type.String()
		if a.Default != "" {
			text += " = " + a.Default
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

func (c *Connector) directive(s *Subgraph) string {
	var b strings.Builder
	fmt.Fprintf(&b, "@connect(source: %q", s.Name)
	if c.Endpoint == nil {
		b.Reset()
		b.WriteString("@connect(")
	} else {
		b.WriteString(", http: " + c.http())
		if c.Endpoint.Absent == absentSuccess {
			b.WriteString(`, isSuccess: "$status->in([200, 404])"`)
		}
	}
	if c.MaxSize > 0 {
		fmt.Fprintf(&b, ", batch: { maxSize: %d }", c.MaxSize)
	}
	if c.Entity {
		b.WriteString(", entity: true")
	}
	b.WriteString(", selection: \"\"\"\n" + c.selection() + "\n\"\"\")")
	return b.String()
}
