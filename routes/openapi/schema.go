package openapi

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// scalar returns the schema of one of GraphQL's own scalars; of others nothing is known.
func scalar(name string) object {
	switch name {
	case "Int":
		return object{"type": "integer", "format": "int32"}
	case "Float":
		return object{"type": "number"}
	case "Boolean":
		return object{"type": "boolean"}
	case "String", "ID":
		return object{"type": "string"}
	}
	return object{}
}

// orNull returns a schema that takes null too.
func orNull(s object) object {
	switch t := s["type"].(type) {
	case string:
		out := object{}
		for k, v := range s {
			out[k] = v
		}
		out["type"] = []string{t, "null"}
		if values, ok := s["enum"].([]any); ok {
			out["enum"] = append(slices.Clone(values), nil)
		}
		return out
	case nil:
		if len(s) == 0 { // anything
			return s
		}
	}
	return object{"anyOf": []any{s, object{"type": "null"}}}
}

// input returns the schema of a value that clients give. Input objects and enums become components.
func (b *builder) input(t *ast.Type) object {
	var s object
	if t.Elem != nil {
		s = object{"type": "array", "items": b.input(t.Elem)}
	} else {
		s = b.named(t.NamedType)
	}
	if !t.NonNull {
		return orNull(s)
	}
	return s
}

func (b *builder) named(name string) object {
	def := b.schema.Types[name]
	switch {
	case def == nil:
		return object{}
	case def.Kind == ast.Enum, def.Kind == ast.InputObject:
		b.component(def)
		return ref(def.Name)
	}
	s := scalar(name)
	if def.Description != "" && !def.BuiltIn {
		s["description"] = def.Description
	}
	return s
}

// component adds an enum or an input object to the components.
func (b *builder) component(def *ast.Definition) {
	if b.schemas[def.Name] != nil {
		return
	}
	out := object{}
	b.schemas[def.Name] = out // before its fields, which may refer to it
	if def.Description != "" {
		out["description"] = def.Description
	}
	if def.Kind == ast.Enum {
		var values []any
		for _, v := range def.EnumValues {
			values = append(values, v.Name)
		}
		out["type"], out["enum"] = "string", values
		return
	}
	properties, required := object{}, []string{}
	for _, f := range def.Fields {
		s := b.input(f.Type)
		if f.DefaultValue != nil {
			if v, err := f.DefaultValue.Value(nil); err == nil && v != nil {
				s = withDefault(s, v)
			}
		} else if f.Type.NonNull {
			required = append(required, f.Name)
		}
		if f.Description != "" {
			s = withDescription(s, f.Description)
		}
		properties[f.Name] = s
	}
	out["type"], out["properties"], out["additionalProperties"] = "object", properties, false
	if len(required) > 0 {
		out["required"] = required
	}
	if def.Directives.ForName("oneOf") != nil {
		out["minProperties"], out["maxProperties"] = 1, 1
	}
}

func withDescription(s object, text string) object {
	out := object{"description": text}
	for k, v := range s {
		if k != "description" {
			out[k] = v
		}
	}
	return out
}
