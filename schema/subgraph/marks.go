package subgraph

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// place is an element of the document that can carry directives.
type place struct {
	location   ast.DirectiveLocation
	coordinate string
	directives ast.DirectiveList
	marks      *Marks // nil where nothing is kept
}

// places calls f for each block of each type and each element in it, in document order.
func (r *reader) places(f func(place)) {
	for _, t := range r.schema.Types {
		for _, block := range t.blocks {
			f(place{ast.DirectiveLocation(t.Kind), t.Name, block.Directives, &t.Marks})
			for _, v := range block.EnumValues {
				if value := t.Value(v.Name); value != nil && value.Position == v.Position {
					f(place{ast.LocationEnumValue, t.Name + "." + v.Name, v.Directives, &value.Marks})
				}
			}
		}
		location := ast.LocationFieldDefinition
		if t.Kind == ast.InputObject {
			location = ast.LocationInputFieldDefinition
		}
		for _, field := range t.Fields {
			f(place{location, field.Coordinate(), field.ast.Directives, &field.Marks})
			for _, a := range field.ast.Arguments {
				if arg := field.Arg(a.Name); arg.Position == a.Position {
					f(place{ast.LocationArgumentDefinition, field.Coordinate() + "(" + a.Name + ":)", a.Directives, &arg.Marks})
				}
			}
		}
	}
	doc := r.schema.Document
	for _, list := range []ast.SchemaDefinitionList{doc.Schema, doc.SchemaExtension} {
		for _, def := range list {
			f(place{location: ast.LocationSchema, directives: def.Directives})
		}
	}
	for _, d := range r.schema.Directives {
		for _, a := range d.Arguments {
			f(place{location: ast.LocationArgumentDefinition, coordinate: "@" + d.Name + "(" + a.Name + ":)", directives: a.Directives})
		}
	}
}

// readMarks reads the directives that any element may carry and that the supergraph keeps.
func (r *reader) readMarks() {
	r.schema.uses = map[string]bool{}
	r.places(func(p place) {
		for _, d := range p.directives {
			r.schema.uses[d.Name] = true
		}
		if p.marks == nil {
			return
		}
		for _, d := range p.directives {
			switch d.Name {
			case "deprecated", "specifiedBy", "oneOf":
				p.marks.Kept = append(p.marks.Kept, d)
				continue
			}
			switch name, _ := r.specs.canonical(d.Name); name {
			case "inaccessible":
				p.marks.Inaccessible = true
			case "tag":
				p.marks.Tags = append(p.marks.Tags, text(d, "name"))
			default:
				if slices.Contains(carried, name) {
					own := *d
					own.Name = name
					p.marks.Carried = append(p.marks.Carried, &own)
				}
			}
		}
	})
}

// text returns an argument of a directive that is a string, empty if it is not there.
func text(d *ast.Directive, name string) string {
	if a := d.Arguments.ForName(name); a != nil && (a.Value.Kind == ast.StringValue || a.Value.Kind == ast.BlockValue) {
		return a.Value.Raw
	}
	return ""
}
