package join

import (
	"cmp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/merge"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// readField reads a field, and which subgraphs have it.
func (r *reader) readField(t *subgraph.Type, m *merge.Type, f *subgraph.Field) {
	field := &merge.Field{Name: f.Name, Hidden: f.Inaccessible, Tags: f.Tags, Definition: &ast.FieldDefinition{
		Name: f.Name, Description: f.Description, Type: f.Type, DefaultValue: f.Default, Directives: f.Kept, Position: f.Position,
	}}
	m.Fields = append(m.Fields, field)
	r.readArguments(f, field)
	entries := false
	var carried []func()
	for _, d := range f.Definition().Directives {
		switch what := r.is(d.Name); what {
		case "join.field":
			entries = true
			r.readEntry(d, m, f, field)
		case "join.directive":
			r.joinDirective(d, f.Coordinate(), func(i int, applied *ast.Directive) {
				carried = append(carried, func() { // which subgraphs have the field is not known yet
					g := r.graphs[i]
					if decl := r.declaredField(g, field); decl != nil {
						g.onField[decl] = append(g.onField[decl], applied)
					}
				})
			})
		default:
			field.Carried = r.carry(field.Carried, d, what)
		}
	}
	if !entries && (r.minor > 1 || !r.owned(t, m, f, field)) {
		for _, in := range m.In {
			if !r.fact() {
				return
			}
			r.declareField(in, f, field)
		}
	}
	slices.SortStableFunc(field.In, func(a, b merge.FieldIn) int { return cmp.Compare(a.Subgraph, b.Subgraph) })
	for n := 1; n < len(field.In); n++ {
		if in := field.In[n]; in.Subgraph == field.In[n-1].Subgraph {
			r.invalid(in.Decl.Position, f.Coordinate(), "@%s speaks twice of the subgraph %q here.", r.own("field"), r.graphs[in.Subgraph].Name)
		}
	}
	for _, note := range carried {
		note()
	}
}

// readArguments reads the arguments of a field.
func (r *reader) readArguments(f *subgraph.Field, field *merge.Field) {
	for _, def := range f.Definition().Arguments {
		a := f.Arg(def.Name)
		if a == nil || a.Position != def.Position {
			continue // there is another of that name, which was reported
		}
		arg := &merge.Argument{Hidden: a.Inaccessible, Tags: a.Tags, Definition: &ast.ArgumentDefinition{
			Name: a.Name, Description: a.Description, Type: a.Type, DefaultValue: a.Default, Directives: a.Kept, Position: a.Position,
		}}
		for _, d := range def.Directives {
			arg.Carried = r.carry(arg.Carried, d, r.is(d.Name))
		}
		field.Args = append(field.Args, arg)
	}
}

// declareField notes that a subgraph declares a field.
func (r *reader) declareField(in merge.TypeIn, f *subgraph.Field, field *merge.Field) *merge.FieldIn {
	decl := &subgraph.Field{Name: f.Name, Description: f.Description, Type: f.Type, Args: f.Args, Default: f.Default, Position: f.Position}
	in.Decl.Fields = append(in.Decl.Fields, decl)
	decl.Parent = in.Decl
	field.In = append(field.In, merge.FieldIn{Subgraph: in.Subgraph, Decl: decl})
	return &field.In[len(field.In)-1]
}

// readEntry reads what one subgraph has of a field.
func (r *reader) readEntry(d *ast.Directive, m *merge.Type, f *subgraph.Field, field *merge.Field) {
	coordinate := f.Coordinate()
	i, ok := r.graphArg(d, coordinate)
	if !ok || i < 0 || !r.fact() {
		return // no subgraph has it on this type: an interface object contributes it to the interface
	}
	at, found := slices.BinarySearchFunc(m.In, i, func(in merge.TypeIn, i int) int { return cmp.Compare(in.Subgraph, i) })
	switch {
	case !found && r.minor > 1:
		r.lacksType(d, coordinate, i, m.Name)
		return
	case !found: // the first version names the subgraphs of entities alone
		r.declare(m, i, f.Parent)
		slices.SortFunc(m.In, func(a, b merge.TypeIn) int { return cmp.Compare(a.Subgraph, b.Subgraph) })
		at, _ = slices.BinarySearchFunc(m.In, i, func(in merge.TypeIn, i int) int { return cmp.Compare(in.Subgraph, i) })
	}
	in := r.declareField(m.In[at], f, field)
	decl := in.Decl
	decl.Position = d.Position
	decl.External = flag(d, "external", false)
	if a := d.Arguments.ForName("type"); a != nil && a.Value.Kind != ast.NullValue {
		decl.Type = r.declaredType(a, f.Type, coordinate)
	}
	if a := d.Arguments.ForName("requires"); a != nil && a.Value.Kind != ast.NullValue {
		decl.Requires = r.fieldSet(a, "REQUIRES", coordinate)
	}
	if a := d.Arguments.ForName("provides"); a != nil && a.Value.Kind != ast.NullValue {
		decl.Provides = r.fieldSet(a, "PROVIDES", coordinate)
	}
	in.Label = text(d, "overrideLabel")
	if from := text(d, "override"); from != "" {
		decl.Override = &subgraph.Override{From: from, Label: in.Label, Position: d.Position}
		in.LabelOn = in.Label != ""
	}
	in.Overridden = in.Label == "" && flag(d, "usedOverridden", false)
	r.readContextual(d, decl, i)
}

// declaredType returns the type of a field as a subgraph declares it, which the directive gives as text.
func (r *reader) declaredType(a *ast.Argument, merged *ast.Type, coordinate string) *ast.Type {
	t, ok := parseType(a.Value.Raw, a.Value.Position)
	switch {
	case !ok || a.Value.Kind != ast.StringValue && a.Value.Kind != ast.BlockValue:
		r.invalid(a.Value.Position, coordinate, "%s is no type.", a.Value.String())
		return merged
	case !r.knows(t.Name()):
		r.invalid(a.Value.Position, coordinate, "Unknown type %q.", t.Name())
		return merged
	}
	return t
}

// knows reports whether there is a type of some name.
func (r *reader) knows(name string) bool {
	switch name {
	case "Int", "Float", "String", "Boolean", "ID":
		return true
	}
	return r.plain.Type(name) != nil
}

// readContextual reads the arguments that a subgraph fills from a context.
func (r *reader) readContextual(d *ast.Directive, decl *subgraph.Field, i int) {
	list := d.Arguments.ForName("contextArguments")
	if list == nil || list.Value.Kind == ast.NullValue {
		return
	}
	coordinate := decl.Coordinate()
	if list.Value.Kind != ast.ListValue {
		r.invalid(list.Value.Position, coordinate, "The argument contextArguments of @%s must be a list.", d.Name)
		return
	}
	args := slices.Clone(decl.Args)
	for _, item := range list.Value.Children {
		v := item.Value
		name, typ, context, selection := member(v, "name"), member(v, "type"), member(v, "context"), member(v, "selection")
		t, ok := parseType(typ, v.Position)
		local, own := r.localContext(context, i)
		switch {
		case name == "" || !ok || context == "" || selection == "":
			r.invalid(v.Position, coordinate, "An element of contextArguments needs a name, a type, a context and a selection.")
			continue
		case !r.knows(t.Name()):
			r.invalid(v.Position, coordinate, "Unknown type %q.", t.Name())
			continue
		case !own:
			r.invalid(v.Position, coordinate, "The context %q is not one of the subgraph %q.", context, r.graphs[i].Name)
			continue
		}
		from := &subgraph.FromContext{Name: local, Text: selection, Position: v.Position}
		set, wrong := subgraph.ParseFieldSet(unbraced(selection))
		if wrong != "" {
			r.report(v.Position, "CONTEXT_INVALID_SELECTION", coordinate, "The fields %q of the context %q cannot be read: %s", selection, context, wrong)
			continue
		}
		from.Selections = set
		args = append(args, &subgraph.Argument{Name: name, Type: t, Position: v.Position, Context: from})
	}
	decl.Args = args
}

// unbraced takes the outer braces off a selection, if it has them.
func unbraced(s string) string {
	s = strings.TrimSpace(s)
	if inner, ok := strings.CutPrefix(s, "{"); ok {
		return strings.TrimSuffix(inner, "}")
	}
	return s
}

// member returns a member of an object that is a string, empty if it is not there.
func member(v *ast.Value, name string) string {
	if m := v.Children.ForName(name); m != nil && (m.Kind == ast.StringValue || m.Kind == ast.BlockValue) {
		return m.Raw
	}
	return ""
}

// fieldSet reads an argument with a field set. It returns nil if it is none, which is reported.
func (r *reader) fieldSet(a *ast.Argument, prefix, coordinate string) *subgraph.FieldSet {
	if a.Value.Kind != ast.StringValue && a.Value.Kind != ast.BlockValue {
		r.report(a.Value.Position, prefix+"_INVALID_FIELDS_TYPE", coordinate, "The argument %q must be a string, found %s.", a.Name, a.Value.String())
		return nil
	}
	p, ok := r.sets[a.Value.Raw]
	if !ok {
		p.selections, p.wrong = subgraph.ParseFieldSet(a.Value.Raw)
		r.sets[a.Value.Raw] = p
	}
	if p.wrong != "" {
		r.report(a.Value.Position, prefix+"_INVALID_FIELDS", coordinate, "The fields %q cannot be read: %s", a.Value.Raw, p.wrong)
		return nil
	}
	return &subgraph.FieldSet{Text: a.Value.Raw, Selections: p.selections, Position: a.Value.Position}
}

// parsed is a field set, or what is wrong with it.
type parsed struct {
	selections ast.SelectionSet
	wrong      string
}

// parseType reads a type that stands in a string: [Book!]!
func parseType(s string, pos *ast.Position) (*ast.Type, bool) {
	t, rest, ok := typeAt(strings.TrimSpace(s), pos, 0)
	return t, ok && strings.TrimSpace(rest) == ""
}

func typeAt(s string, pos *ast.Position, depth int) (t *ast.Type, rest string, ok bool) {
	if depth > maxNesting {
		return nil, "", false
	}
	if inner, list := strings.CutPrefix(s, "["); list {
		elem, rest, ok := typeAt(strings.TrimSpace(inner), pos, depth+1)
		if !ok {
			return nil, "", false
		}
		if rest, ok = strings.CutPrefix(strings.TrimSpace(rest), "]"); !ok {
			return nil, "", false
		}
		t, s = ast.ListType(elem, pos), rest
	} else {
		n := 0
		for n < len(s) && nameByte(s[n], n) {
			n++
		}
		if n == 0 {
			return nil, "", false
		}
		t, s = ast.NamedType(s[:n], pos), s[n:]
	}
	if after, nonNull := strings.CutPrefix(strings.TrimSpace(s), "!"); nonNull {
		t.NonNull, s = true, after
	}
	return t, s, true
}

func nameByte(c byte, i int) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || i > 0 && '0' <= c && c <= '9'
}
