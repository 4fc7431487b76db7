package schema

import (
	"cmp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// SDL returns the API schema as schema definition language: what clients see, with its descriptions, and nothing of
// how it is answered. Directives come first, then the root types, then the other types by name.
func (s *Supergraph) SDL() string {
	p := &printer{}
	for _, name := range sortedKeys(s.API.Directives) {
		// Definitions of GraphQL itself have the parser's own source.
		if d := s.API.Directives[name]; d.Position == nil || d.Position.Src == nil || !d.Position.Src.BuiltIn {
			p.directive(d)
		}
	}
	var types []*ast.Definition
	for _, t := range s.API.Types {
		if !t.BuiltIn {
			types = append(types, t)
		}
	}
	slices.SortFunc(types, func(a, b *ast.Definition) int {
		return cmp.Or(cmp.Compare(rank(a.Name), rank(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	for _, t := range types {
		p.definition(t)
	}
	return p.String()
}

// rank puts the root types first.
func rank(name string) int {
	if i := slices.Index([]string{"Query", "Mutation", "Subscription"}, name); i >= 0 {
		return i
	}
	return 3
}

// printer writes schema definition language.
type printer struct {
	strings.Builder
}

func (p *printer) write(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
}

// begin separates a definition from what stands before it.
func (p *printer) begin(description string) {
	if p.Len() > 0 {
		p.write("\n")
	}
	p.description("", description)
}

func (p *printer) description(indent, text string) {
	if text == "" {
		return
	}
	text = strings.ReplaceAll(text, `"""`, `\"""`)
	// A quote or backslash at the end would run into the closing quotes.
	if !strings.Contains(text, "\n") && !strings.HasSuffix(text, `"`) && !strings.HasSuffix(text, `\`) && len(text) < 80 {
		p.write(indent, `"""`, text, "\"\"\"\n")
		return
	}
	p.write(indent, "\"\"\"\n")
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			p.write("\n")
			continue
		}
		p.write(indent, line, "\n")
	}
	p.write(indent, "\"\"\"\n")
}

func (p *printer) directive(d *ast.DirectiveDefinition) {
	p.begin(d.Description)
	p.write("directive @", d.Name)
	p.arguments("", d.Arguments)
	if d.IsRepeatable {
		p.write(" repeatable")
	}
	p.write(" on ")
	for i, l := range d.Locations {
		if i > 0 {
			p.write(" | ")
		}
		p.write(string(l))
	}
	p.write("\n")
}

func (p *printer) definition(t *ast.Definition) {
	p.begin(t.Description)
	switch t.Kind {
	case ast.Scalar:
		p.write("scalar ", t.Name)
	case ast.Union:
		p.write("union ", t.Name)
	case ast.Enum:
		p.write("enum ", t.Name)
	case ast.InputObject:
		p.write("input ", t.Name)
	case ast.Interface:
		p.write("interface ", t.Name)
	case ast.Object:
		p.write("type ", t.Name)
	}
	if len(t.Interfaces) > 0 {
		p.write(" implements ", strings.Join(t.Interfaces, " & "))
	}
	p.applied(t.Directives)
	switch t.Kind {
	case ast.Union:
		p.write(" = ", strings.Join(t.Types, " | "))
	case ast.Enum:
		p.write(" {\n")
		for _, v := range t.EnumValues {
			p.description("  ", v.Description)
			p.write("  ", v.Name)
			p.applied(v.Directives)
			p.write("\n")
		}
		p.write("}")
	case ast.InputObject, ast.Interface, ast.Object:
		p.write(" {\n")
		for _, f := range t.Fields {
			if !strings.HasPrefix(f.Name, "__") {
				p.field(f)
			}
		}
		p.write("}")
	}
	p.write("\n")
}

func (p *printer) field(f *ast.FieldDefinition) {
	p.description("  ", f.Description)
	p.write("  ", f.Name)
	p.arguments("  ", f.Arguments)
	p.write(": ", f.Type.String())
	if f.DefaultValue != nil {
		p.write(" = ", f.DefaultValue.String())
	}
	p.applied(f.Directives)
	p.write("\n")
}

// arguments writes arguments on one line, or one a line if some have descriptions.
func (p *printer) arguments(indent string, args ast.ArgumentDefinitionList) {
	if len(args) == 0 {
		return
	}
	described := slices.ContainsFunc(args, func(a *ast.ArgumentDefinition) bool { return a.Description != "" })
	p.write("(")
	for i, a := range args {
		switch {
		case described:
			p.write("\n")
			p.description(indent+"  ", a.Description)
			p.write(indent, "  ")
		case i > 0:
			p.write(", ")
		}
		p.write(a.Name, ": ", a.Type.String())
		if a.DefaultValue != nil {
			p.write(" = ", a.DefaultValue.String())
		}
		p.applied(a.Directives)
	}
	if described {
		p.write("\n", indent)
	}
	p.write(")")
}

func (p *printer) applied(list ast.DirectiveList) {
	for _, d := range list {
		p.write(" @", d.Name)
		for i, a := range d.Arguments {
			if i == 0 {
				p.write("(")
			} else {
				p.write(", ")
			}
			p.write(a.Name, ": ", a.Value.String())
		}
		if len(d.Arguments) > 0 {
			p.write(")")
		}
	}
}
