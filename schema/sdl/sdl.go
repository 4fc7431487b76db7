// Package sdl writes schema definition language: definitions as they are in memory, in a form that people can read. What is
// written, and in which order, is the caller's business: package schema prints API schemas, schema/join supergraphs.
package sdl

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Printer writes one document. The zero value is ready.
type Printer struct {
	// DirectiveLines gives each directive of a schema or type a line of its own.
	DirectiveLines bool

	text strings.Builder
}

// String returns what was written.
func (p *Printer) String() string { return p.text.String() }

func (p *Printer) write(parts ...string) {
	for _, s := range parts {
		p.text.WriteString(s)
	}
}

// begin separates a definition from what stands before it.
func (p *Printer) begin(description string) {
	if p.text.Len() > 0 {
		p.write("\n")
	}
	p.description("", description)
}

func (p *Printer) description(indent, text string) {
	if text == "" {
		return
	}
	if !blockable(text) {
		p.write(indent)
		writeString(&p.text, text)
		p.write("\n")
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

// blockable reports whether a text keeps its meaning in a block string, which takes blank lines and common indentation away
// and has no escapes.
func blockable(text string) bool {
	if strings.TrimSpace(text) != text {
		return false
	}
	for _, c := range []byte(text) {
		if c < ' ' && c != '\n' && c != '\t' {
			return false
		}
	}
	indented := strings.Contains(text, "\n")
	for i, line := range strings.Split(text, "\n") {
		if i > 0 && strings.TrimSpace(line) != "" && line[0] != ' ' && line[0] != '\t' {
			indented = false
		}
	}
	return !indented
}

// Schema writes the definition of the schema.
func (p *Printer) Schema(s *ast.SchemaDefinition) {
	p.begin(s.Description)
	p.write("schema")
	p.onType(s.Directives)
	if p.DirectiveLines && len(s.Directives) > 0 {
		p.write("\n{\n")
	} else {
		p.write(" {\n")
	}
	for _, o := range s.OperationTypes {
		p.write("  ", string(o.Operation), ": ", o.Type, "\n")
	}
	p.write("}\n")
}

// Directive writes the definition of a directive.
func (p *Printer) Directive(d *ast.DirectiveDefinition) {
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

// Definition writes the definition of a type. Fields of introspection are left out.
func (p *Printer) Definition(t *ast.Definition) {
	p.begin(t.Description)
	p.write(keyword(t.Kind), " ", t.Name)
	if len(t.Interfaces) > 0 {
		p.write(" implements ", strings.Join(t.Interfaces, " & "))
	}
	p.onType(t.Directives)
	open := " {\n"
	if p.DirectiveLines && len(t.Directives) > 0 {
		open = "\n{\n"
	}
	switch t.Kind {
	case ast.Union:
		if p.DirectiveLines && len(t.Directives) > 0 {
			p.write("\n ")
		}
		p.write(" = ", strings.Join(t.Types, " | "))
	case ast.Enum:
		p.write(open)
		for _, v := range t.EnumValues {
			p.description("  ", v.Description)
			p.write("  ", v.Name)
			p.applied(v.Directives)
			p.write("\n")
		}
		p.write("}")
	case ast.InputObject, ast.Interface, ast.Object:
		if len(t.Fields) == 0 {
			break
		}
		p.write(open)
		for _, f := range t.Fields {
			if !strings.HasPrefix(f.Name, "__") {
				p.field(f)
			}
		}
		p.write("}")
	}
	p.write("\n")
}

func keyword(k ast.DefinitionKind) string {
	switch k {
	case ast.Scalar:
		return "scalar"
	case ast.Union:
		return "union"
	case ast.Enum:
		return "enum"
	case ast.InputObject:
		return "input"
	case ast.Interface:
		return "interface"
	default:
		return "type"
	}
}

func (p *Printer) field(f *ast.FieldDefinition) {
	p.description("  ", f.Description)
	p.write("  ", f.Name)
	p.arguments("  ", f.Arguments)
	p.write(": ", f.Type.String())
	p.defaultValue(f.DefaultValue)
	p.applied(f.Directives)
	p.write("\n")
}

// arguments writes arguments on one line, or one a line if some have descriptions.
func (p *Printer) arguments(indent string, args ast.ArgumentDefinitionList) {
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
		p.defaultValue(a.DefaultValue)
		p.applied(a.Directives)
	}
	if described {
		p.write("\n", indent)
	}
	p.write(")")
}

func (p *Printer) defaultValue(v *ast.Value) {
	if v != nil {
		p.write(" = ")
		WriteValue(&p.text, v)
	}
}

// onType writes the directives of a schema or type.
func (p *Printer) onType(list ast.DirectiveList) {
	if !p.DirectiveLines {
		p.applied(list)
		return
	}
	for _, d := range list {
		p.write("\n ")
		p.applied(ast.DirectiveList{d})
	}
}

func (p *Printer) applied(list ast.DirectiveList) {
	for _, d := range list {
		p.write(" @", d.Name)
		for i, a := range d.Arguments {
			if i == 0 {
				p.write("(")
			} else {
				p.write(", ")
			}
			p.write(a.Name, ": ")
			WriteValue(&p.text, a.Value)
		}
		if len(d.Arguments) > 0 {
			p.write(")")
		}
	}
}
