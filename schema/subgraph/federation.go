package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// readFederation reads the directives that say which subgraph resolves what.
func (r *reader) readFederation() {
	r.readComposed()
	for _, t := range r.schema.Types {
		external := map[*ast.Definition]bool{}
		shareable := map[*ast.Definition]bool{}
		extends := false
		for _, block := range t.blocks {
			for _, d := range block.Directives {
				switch name, _ := r.specs.canonical(d.Name); name {
				case "extends":
					extends = true
				case "external":
					external[block] = true
				case "shareable":
					shareable[block] = true
				case "interfaceObject":
					t.InterfaceObject = true
				case "context":
					t.Contexts = append(t.Contexts, text(d, "name"))
				case "key":
					fields := r.fieldSet(d, "KEY", t.Name)
					if fields == nil {
						continue
					}
					t.Keys = append(t.Keys, &Key{Fields: fields, Resolvable: flag(d, "resolvable", true), extension: r.isExtension(block)})
				}
			}
		}
		t.Extended = t.Extended || extends
		for _, k := range t.Keys {
			k.extension = k.extension || extends
		}
		for _, f := range t.Fields {
			// On a type, @external and @shareable speak of the fields of their own block alone.
			f.External, f.Shareable = external[f.block], shareable[f.block]
			r.readField(f)
		}
	}
}

// isExtension reports whether a block is an extension: only those stand in the document's list of them.
func (r *reader) isExtension(block *ast.Definition) bool {
	for _, def := range r.schema.Document.Extensions {
		if def == block {
			return true
		}
	}
	return false
}

func (r *reader) readField(f *Field) {
	for _, d := range f.ast.Directives {
		switch name, _ := r.specs.canonical(d.Name); name {
		case "external":
			f.External = true
		case "shareable":
			f.Shareable = true
			if f.Parent.Kind == ast.Interface {
				r.report(d.Position, "INVALID_SHAREABLE_USAGE", f.Coordinate(), "@shareable cannot be used on a field of an interface: only fields of object types are resolved.")
			}
		case "requires":
			f.Requires = r.fieldSet(d, "REQUIRES", f.Coordinate())
		case "provides":
			f.Provides = r.fieldSet(d, "PROVIDES", f.Coordinate())
		case "override":
			f.Override = &Override{From: text(d, "from"), Label: text(d, "label"), Position: d.Position}
		}
	}
	r.readContextual(f)
}

// flag returns an argument of a directive that is a boolean.
func flag(d *ast.Directive, name string, otherwise bool) bool {
	if a := d.Arguments.ForName(name); a != nil && a.Value.Kind == ast.BooleanValue {
		return a.Value.Raw == "true"
	}
	return otherwise
}
