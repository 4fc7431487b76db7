package worlds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// directives are those that subgraphs import.
var directives = []string{"@key", "@shareable", "@external", "@inaccessible", "@override", "@requires", "@provides", "@interfaceObject"}

// SDL writes the schema of a subgraph. base is where its services are, if it has any.
func (w *World) SDL(s *Subgraph, base string) string {
	if s.Old {
		return w.types(s)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "extend schema\n  @link(url: \"https://specs.apollo.dev/federation/v2.12\", import: [%q", directives[0])
	for _, d := range directives[1:] {
		fmt.Fprintf(&b, ", %q", d)
	}
	b.WriteString("])\n")
	if !s.open() {
		b.WriteString(`  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])` + "\n")
		fmt.Fprintf(&b, "  @source(name: %q, http: { baseURL: %q })\n", s.Name, base+"/"+s.Name)
	}
	return b.String() + w.types(s)
}

// types writes the types of a subgraph.
func (w *World) types(s *Subgraph) string {
	var b strings.Builder
	b.WriteString("scalar " + customName + "\nenum " + enumName + " { " + strings.Join(enumValues, " ") + " }\n")
	b.WriteString("input " + inputName + " { " + arguments(inputFields) + " }\n")
	for _, t := range slices.Concat([]*Type{w.Query}, w.Entities, w.Values, []*Type{w.Mutation}) {
		if t != nil && s.knows(t) {
			w.object(&b, s, t)
		}
	}
	for _, t := range w.Abstract {
		switch {
		case s == w.stranger && t == w.shared:
			w.object(&b, s, t)
		case s.shows[t] == nil:
		case t.Kind == ast.Union:
			fmt.Fprintf(&b, "union %s = %s\n", t.Name, strings.Join(typeNames(s.members[t]), " | "))
		default:
			b.WriteString("interface " + t.Name)
			if s == w.home && t == w.shared {
				b.WriteString(` @key(fields: "id")`)
			}
			b.WriteString(" {\n")
			for _, f := range s.shows[t] {
				fmt.Fprintf(&b, "  %s: %s\n", f.Name, f.Type)
			}
			b.WriteString("}\n")
		}
	}
	return b.String()
}

func typeNames(types []*Type) (names []string) {
	for _, t := range types {
		names = append(names, t.Name)
	}
	return names
}

func (w *World) object(b *strings.Builder, s *Subgraph, t *Type) {
	fields := slices.Clone(s.fields[t])
	for _, f := range s.needed[t] {
		if !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	keys := w.keysOf(s, t, fields)
	extended := s.Old && (!t.value() && t.Kind == ast.Object && len(keys) > 0 && w.elsewhere(s, t) || t == w.Query)
	if extended {
		b.WriteString("extend ")
	}
	b.WriteString("type " + t.Name)
	for _, i := range w.Abstract {
		if i.Kind == ast.Interface && s.shows[i] != nil && slices.Contains(s.members[i], t) {
			b.WriteString(" implements " + i.Name)
		}
	}
	if t.abstract() {
		b.WriteString(" @interfaceObject")
	}
	for _, k := range keys {
		fmt.Fprintf(b, " @key(fields: %q", k.fields)
		if !k.resolvable {
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
		w.field(b, s, t, f, keys, extended)
	}
	b.WriteString("}\n")
}

// declaredKey is a @key.
type declaredKey struct {
	fields     FieldSet
	resolvable bool
}

func inKeys(keys []declaredKey, f *Field) bool {
	return slices.ContainsFunc(keys, func(k declaredKey) bool { return k.fields.has(f) })
}

// keysOf are the keys that a subgraph declares of a type with the given fields.
func (w *World) keysOf(s *Subgraph, t *Type, fields []*Field) (keys []declaredKey) {
	if s == w.stranger && t == w.shared {
		return []declaredKey{{plainSet([]*Field{t.field("id")}), true}}
	}
	for n, way := range t.Ways {
		resolvable, declared := s.keys[t][n]
		if !s.open() && n < len(t.Keys) {
			declared = !slices.ContainsFunc(t.Keys[n], func(k *Field) bool { return !slices.Contains(fields, k) })
			resolvable = slices.ContainsFunc(s.Connectors, func(c *Connector) bool { return c.resolves(t, t.Keys[n]) })
		}
		if declared {
			keys = append(keys, declaredKey{way, resolvable})
		}
	}
	return keys
}

// elsewhere reports whether another subgraph defines a type, so that this one may extend it.
func (w *World) elsewhere(s *Subgraph, t *Type) bool {
	return slices.ContainsFunc(w.Subgraphs, func(o *Subgraph) bool { return o != s && !o.Old && o.knows(t) })
}

func (w *World) field(b *strings.Builder, s *Subgraph, t *Type, f *Field, keys []declaredKey, extended bool) {
	b.WriteString("  " + f.Name)
	if len(f.Args) > 0 {
		b.WriteString("(" + arguments(f.Args) + ")")
	}
	b.WriteString(": " + s.typeOf(f))
	given, key := slices.Contains(s.fields[t], f), inKeys(keys, f)
	resolvable := slices.ContainsFunc(keys, func(k declaredKey) bool { return k.resolvable && k.fields.has(f) })
	if f.Hidden && given && !s.Old {
		b.WriteString(" @inaccessible")
	}
	switch {
	case !given && !resolvable, extended && t.isKey(f) && key:
		b.WriteString(" @external")
	case given && (!key || !t.isKey(f)) && w.common(t, f) && !s.Old:
		b.WriteString(" @shareable")
	}
	if given && len(f.Uses) > 0 {
		fmt.Fprintf(b, " @requires(fields: %q)", f.Uses)
	}
	if set := s.provides[f]; given && set != nil {
		fmt.Fprintf(b, " @provides(fields: %q)", set)
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

// typeOf is the type of a field as a subgraph declares it.
func (s *Subgraph) typeOf(f *Field) string {
	if f.Of == nil {
		return f.Type.String()
	}
	return strings.Replace(f.Type.String(), f.Of.Name, s.of(f).Name, 1)
}

// common reports whether several subgraphs give a field.
func (w *World) common(t *Type, f *Field) bool {
	n := 0
	for _, s := range w.Subgraphs {
		n += boolInt(s.gives(t, f))
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
