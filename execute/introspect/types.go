package introspect

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/value"
)

// definitions appends a list of named types.
func (w *writer) definitions(dst []byte, f *ast.Field, defs []*ast.Definition) []byte {
	return list(w, dst, f, "__Type", defs, (*writer).definitionField)
}

// definition appends a named type, or null.
func (w *writer) definition(dst []byte, f *ast.Field, def *ast.Definition) []byte {
	if def == nil {
		return null(dst)
	}
	return object(w, dst, f, "__Type", def, (*writer).definitionField)
}

func (w *writer) definitionField(dst []byte, d *ast.Definition, f *ast.Field) []byte {
	switch f.Name {
	case "kind":
		return value.AppendString(dst, string(d.Kind))
	case "name":
		return value.AppendString(dst, d.Name)
	case "description":
		return optional(dst, d.Description)
	case "specifiedByURL":
		if s := d.Directives.ForName("specifiedBy"); s != nil && d.Kind == ast.Scalar {
			if url := s.Arguments.ForName("url"); url != nil && url.Value != nil {
				return value.AppendString(dst, url.Value.Raw)
			}
		}
	case "isOneOf":
		if d.Kind == ast.InputObject {
			return boolean(dst, d.Directives.ForName("oneOf") != nil)
		}
	default:
		return w.members(dst, d, f)
	}
	return null(dst)
}

// members appends one of the lists that a named type of the right kind has. They are null for the other kinds, not
// empty.
func (w *writer) members(dst []byte, d *ast.Definition, f *ast.Field) []byte {
	object, iface := d.Kind == ast.Object, d.Kind == ast.Interface
	switch {
	case f.Name == "fields" && (object || iface):
		return w.outputFields(dst, d, f)
	case f.Name == "interfaces" && (object || iface):
		var all []*ast.Definition
		for _, name := range d.Interfaces {
			if def := w.schema.Types[name]; def != nil {
				all = append(all, def)
			}
		}
		return w.definitions(dst, f, all)
	case f.Name == "possibleTypes" && d.IsAbstractType():
		var all []*ast.Definition
		for _, def := range w.schema.GetPossibleTypes(d) {
			if def != nil && def.Kind == ast.Object { // interfaces that implement this one are listed there too
				all = append(all, def)
			}
		}
		return w.definitions(dst, f, all)
	case f.Name == "enumValues" && d.Kind == ast.Enum:
		all := current(w, f, d.EnumValues, func(v *ast.EnumValueDefinition) ast.DirectiveList { return v.Directives })
		return list(w, dst, f, "__EnumValue", all, (*writer).enumField)
	case f.Name == "inputFields" && d.Kind == ast.InputObject:
		all := make([]input, len(d.Fields))
		for i, in := range d.Fields {
			all[i] = input{in.Name, in.Description, in.Type, in.DefaultValue, in.Directives}
		}
		return w.inputs(dst, f, all)
	}
	return null(dst)
}

func (w *writer) outputFields(dst []byte, d *ast.Definition, f *ast.Field) []byte {
	var all []*ast.FieldDefinition
	for _, fd := range d.Fields {
		if !strings.HasPrefix(fd.Name, "__") { // gqlparser lists __schema and __type among the fields of the query type
			all = append(all, fd)
		}
	}
	all = current(w, f, all, func(fd *ast.FieldDefinition) ast.DirectiveList { return fd.Directives })
	return list(w, dst, f, "__Field", all, (*writer).fieldField)
}

// reference appends the type of a field or an argument: a named type, or what wraps one.
func (w *writer) reference(dst []byte, f *ast.Field, t *ast.Type) []byte {
	switch {
	case t.NonNull:
		return object(w, dst, f, "__Type", t, (*writer).wrapperField)
	case t.Elem != nil:
		return object(w, dst, f, "__Type", t, (*writer).wrapperField)
	}
	return w.definition(dst, f, w.schema.Types[t.NamedType])
}

func (w *writer) wrapperField(dst []byte, t *ast.Type, f *ast.Field) []byte {
	switch {
	case f.Name == "kind" && t.NonNull:
		return append(dst, `"NON_NULL"`...)
	case f.Name == "kind":
		return append(dst, `"LIST"`...)
	case f.Name == "ofType" && t.NonNull:
		inner := *t
		inner.NonNull = false
		return w.reference(dst, f, &inner)
	case f.Name == "ofType":
		return w.reference(dst, f, t.Elem)
	}
	return null(dst)
}
