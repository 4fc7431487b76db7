package join

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/merge"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// definition makes the definition of a type with its directives.
func (p *printer) definition(t *merge.Type) *ast.Definition {
	def := *t.Definition
	def.Directives, def.Fields, def.EnumValues = nil, nil, nil
	for _, in := range t.In {
		for _, i := range in.Decl.Interfaces {
			if slices.Contains(def.Interfaces, i.Name) {
				def.Directives = append(def.Directives, &ast.Directive{Name: "join__implements", Arguments: ast.ArgumentList{
					p.graph(in.Subgraph), argument("interface", textValue(i.Name)),
				}})
			}
		}
	}
	for _, in := range t.In {
		def.Directives = append(def.Directives, p.typeIn(in)...)
	}
	for _, in := range t.In {
		for _, m := range in.Decl.Members {
			def.Directives = append(def.Directives, &ast.Directive{Name: "join__unionMember", Arguments: ast.ArgumentList{
				p.graph(in.Subgraph), argument("member", textValue(p.merged.Subgraphs[in.Subgraph].Rename(m.Name))),
			}})
		}
	}
	def.Directives = append(def.Directives, p.contextsOf(t)...)
	graphs := subgraphsOf(t)
	carried, joined := p.carried(t.Carried, graphs)
	def.Directives = slices.Concat(def.Directives, p.marks(t.Definition.Directives, t.Hidden, t.Tags), carried, joined, p.connectorsOn(graphs, t.Name, ""))
	for _, f := range t.Fields {
		def.Fields = append(def.Fields, p.field(t, f))
	}
	for _, v := range t.Values {
		def.EnumValues = append(def.EnumValues, p.value(v))
	}
	return &def
}

func subgraphsOf(t *merge.Type) []int {
	out := make([]int, 0, len(t.In))
	for _, in := range t.In {
		out = append(out, in.Subgraph)
	}
	return out
}

// typeIn says that a subgraph has a type: once, or once for each key.
func (p *printer) typeIn(in merge.TypeIn) ast.DirectiveList {
	make := func(k *subgraph.Key) *ast.Directive {
		d := &ast.Directive{Name: "join__type", Arguments: ast.ArgumentList{p.graph(in.Subgraph)}}
		if k != nil {
			d.Arguments = append(d.Arguments, argument("key", textValue(k.Fields.Text)))
		}
		if in.Decl.Extended && !subgraph.IsRoot(in.Decl.Name) {
			d.Arguments = append(d.Arguments, argument("extension", boolean(true)))
		}
		if k != nil && !k.Resolvable {
			d.Arguments = append(d.Arguments, argument("resolvable", boolean(false)))
		}
		if in.Decl.InterfaceObject {
			d.Arguments = append(d.Arguments, argument("isInterfaceObject", boolean(true)))
		}
		return d
	}
	var out ast.DirectiveList
	for _, k := range in.Decl.Keys {
		out = append(out, make(k))
	}
	if out == nil {
		out = append(out, make(nil))
	}
	return out
}

// contextsOf says which contexts a type sets.
func (p *printer) contextsOf(t *merge.Type) ast.DirectiveList {
	var out ast.DirectiveList
	for _, in := range t.In {
		for _, name := range p.contexts[in.Subgraph][t.Name] {
			p.used["context"] = true
			out = append(out, &ast.Directive{Name: "context", Arguments: ast.ArgumentList{
				argument("name", textValue(p.graphs[in.Subgraph].Name+"__"+name)),
			}})
		}
	}
	return out
}

// marks makes the directives that any element can carry.
func (p *printer) marks(kept ast.DirectiveList, hidden bool, tags []string) ast.DirectiveList {
	out := slices.Clone(kept)
	for _, tag := range tags {
		p.used["tag"] = true
		out = append(out, &ast.Directive{Name: "tag", Arguments: ast.ArgumentList{argument("name", textValue(tag))}})
	}
	if hidden {
		p.used["inaccessible"] = true
		out = append(out, &ast.Directive{Name: "inaccessible"})
	}
	return out
}

// carried makes the directives that are kept for others: as they are, or where they are not merged one by one, as what was
// applied in subgraphs.
func (p *printer) carried(list merge.Carried, graphs []int) (plain, joined ast.DirectiveList) {
	for _, d := range list {
		switch d.Name {
		case "cacheTag":
			joined = append(joined, p.joined(graphs, "federation__cacheTag", d.Arguments))
			continue
		case "cost", "listSize":
			p.used["cost"] = true
		case "authenticated", "requiresScopes", "policy":
			p.used[d.Name] = true
		}
		plain = append(plain, d)
	}
	return plain, joined
}

// joined says that a directive was applied in some subgraphs.
func (p *printer) joined(graphs []int, name string, args ast.ArgumentList) *ast.Directive {
	list := &ast.Value{Kind: ast.ListValue}
	for _, i := range graphs {
		list.Children = append(list.Children, &ast.ChildValue{Value: enumValue(p.enum[i])})
	}
	d := &ast.Directive{Name: "join__directive", Arguments: ast.ArgumentList{argument("graphs", list), argument("name", textValue(name))}}
	if len(args) > 0 {
		object := &ast.Value{Kind: ast.ObjectValue}
		for _, a := range args {
			object.Children = append(object.Children, &ast.ChildValue{Name: a.Name, Value: a.Value})
		}
		d.Arguments = append(d.Arguments, argument("args", object))
	}
	return d
}

func (p *printer) field(t *merge.Type, f *merge.Field) *ast.FieldDefinition {
	def := *f.Definition
	def.Arguments = nil
	for _, a := range f.Args {
		arg := *a.Definition
		carried, _ := p.carried(a.Carried, nil)
		arg.Directives = append(p.marks(arg.Directives, a.Hidden, a.Tags), carried...)
		def.Arguments = append(def.Arguments, &arg)
	}
	graphs := make([]int, 0, len(f.In))
	for _, in := range f.In {
		graphs = append(graphs, in.Subgraph)
	}
	carried, joined := p.carried(f.Carried, graphs)
	def.Directives = slices.Concat(p.fieldIn(t, f), p.marks(f.Definition.Directives, f.Hidden, f.Tags), carried, joined, p.connectorsOn(graphs, t.Name, f.Name))
	return &def
}

// fieldIn says which subgraphs have a field, if that does not follow from which have the type.
func (p *printer) fieldIn(t *merge.Type, f *merge.Field) ast.DirectiveList {
	plain, typed := len(f.In) == len(t.In), false
	for _, in := range f.In {
		d := in.Decl
		typed = typed || d.Type.String() != f.Definition.Type.String()
		plain = plain && !typed && !d.External && d.Requires == nil && d.Provides == nil && d.Override == nil && !in.Overridden && in.Label == "" && !contextual(d)
	}
	switch {
	case plain:
		return nil
	case len(f.In) == 0: // an interface object contributes it to the interface
		return ast.DirectiveList{{Name: "join__field"}}
	}
	var out ast.DirectiveList
	for _, in := range f.In {
		out = append(out, p.entry(in, typed))
	}
	return out
}

func contextual(f *subgraph.Field) bool {
	return slices.ContainsFunc(f.Args, func(a *subgraph.Argument) bool { return a.Context != nil })
}

// entry says what one subgraph has of a field.
func (p *printer) entry(in merge.FieldIn, typed bool) *ast.Directive {
	decl := in.Decl
	d := &ast.Directive{Name: "join__field", Arguments: ast.ArgumentList{p.graph(in.Subgraph)}}
	add := func(name string, v *ast.Value) { d.Arguments = append(d.Arguments, argument(name, v)) }
	if decl.Requires != nil {
		add("requires", textValue(decl.Requires.Text))
	}
	if decl.Provides != nil {
		add("provides", textValue(decl.Provides.Text))
	}
	if typed {
		add("type", textValue(decl.Type.String()))
	}
	if decl.External {
		add("external", boolean(true))
	}
	// A subgraph that is gone has nothing that could be taken over.
	if o := decl.Override; o != nil && slices.ContainsFunc(p.merged.Subgraphs, func(s *subgraph.Schema) bool { return s.Name == o.From }) {
		add("override", textValue(o.From))
	}
	if in.Overridden || in.Label != "" && !in.LabelOn && p.merged.Subgraphs[in.Subgraph].Used(decl) {
		add("usedOverridden", boolean(true))
	}
	if in.Label != "" {
		add("overrideLabel", textValue(in.Label))
	}
	if contextual(decl) {
		list := &ast.Value{Kind: ast.ListValue}
		for _, a := range decl.Args {
			if a.Context != nil {
				list.Children = append(list.Children, &ast.ChildValue{Value: p.contextArgument(in.Subgraph, a)})
			}
		}
		add("contextArguments", list)
	}
	return d
}

func (p *printer) contextArgument(graph int, a *subgraph.Argument) *ast.Value {
	text := strings.TrimSpace(a.Context.Text)
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "...") {
		text = "{ " + text + " }"
	}
	return &ast.Value{Kind: ast.ObjectValue, Children: ast.ChildValueList{
		{Name: "context", Value: textValue(p.graphs[graph].Name + "__" + a.Context.Name)},
		{Name: "name", Value: textValue(a.Name)},
		{Name: "type", Value: textValue(a.Type.String())},
		{Name: "selection", Value: textValue(text)},
	}}
}

func (p *printer) value(v *merge.Value) *ast.EnumValueDefinition {
	def := *v.Definition
	def.Directives = nil
	for _, i := range v.In {
		def.Directives = append(def.Directives, &ast.Directive{Name: "join__enumValue", Arguments: ast.ArgumentList{p.graph(i)}})
	}
	carried, _ := p.carried(v.Carried, nil)
	def.Directives = slices.Concat(def.Directives, p.marks(v.Definition.Directives, v.Hidden, v.Tags), carried)
	return &def
}
