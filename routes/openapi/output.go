package openapi

import (
	"bytes"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/vektah/gqlparser/v2/ast"
)

// mostTypes is how many object types of an abstract one are told apart. Beyond that their answer is any object.
const mostTypes = 20

// selected is one member of an answer: all selections of the fields with its key.
type selected struct {
	field    *ast.Field
	sets     []ast.SelectionSet
	optional bool // a condition may leave it out
}

// output returns the schema of the answer to a selection on a type.
func (b *builder) output(def *ast.Definition, sets ...ast.SelectionSet) object {
	if def == nil {
		return object{}
	}
	if def.Kind == ast.Object {
		return b.fields(def, sets)
	}
	possible := b.schema.PossibleTypes[def.Name]
	if len(possible) > mostTypes {
		return object{"type": "object"}
	}
	var choices []any
	var texts [][]byte
	for _, p := range possible {
		s := b.fields(p, sets)
		text, err := json.Marshal(s, json.Deterministic(true))
		if err != nil || slices.ContainsFunc(texts, func(t []byte) bool { return bytes.Equal(t, text) }) {
			continue
		}
		choices, texts = append(choices, s), append(texts, text)
	}
	switch len(choices) {
	case 0:
		return object{"type": "object"}
	case 1:
		return choices[0].(object) //nolint:forcetypeassert // put in above
	}
	return object{"anyOf": choices}
}

// fields returns the schema of an object of one type.
func (b *builder) fields(def *ast.Definition, sets []ast.SelectionSet) object {
	var order []string
	members := map[string]*selected{}
	for _, set := range sets {
		b.collect(def, set, false, members, &order, nil)
	}
	properties, required := object{}, []string{}
	for _, key := range order {
		m := members[key]
		properties[key] = b.member(def, m)
		if !m.optional {
			required = append(required, key)
		}
	}
	out := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

func (b *builder) member(def *ast.Definition, m *selected) object {
	if m.field.Name == "__typename" {
		return object{"type": "string", "const": def.Name}
	}
	field := m.field.Definition
	if own := def.Fields.ForName(m.field.Name); own != nil { // of the type itself, which may say more than its interface
		field = own
	}
	if field == nil {
		return object{}
	}
	s := b.value(field.Type, m.sets)
	if field.Description != "" {
		s = withDescription(s, field.Description)
	}
	return s
}

// value returns the schema of a value of a field.
func (b *builder) value(t *ast.Type, sets []ast.SelectionSet) object {
	var s object
	if t.Elem != nil {
		s = object{"type": "array", "items": b.value(t.Elem, sets)}
	} else if def := b.schema.Types[t.NamedType]; def != nil && def.IsCompositeType() {
		s = b.output(def, sets...)
	} else {
		s = b.named(t.NamedType)
	}
	if !t.NonNull {
		return orNull(s)
	}
	return s
}

// collect gathers the fields of a selection that objects of a type have.
func (b *builder) collect(def *ast.Definition, set ast.SelectionSet, optional bool, into map[string]*selected, order *[]string, above []*ast.FragmentDefinition) {
	for _, sel := range set {
		switch s := sel.(type) {
		case *ast.Field:
			may := optional || conditional(s.Directives)
			m := into[s.Alias]
			if m == nil {
				m = &selected{field: s, optional: may}
				into[s.Alias] = m
				*order = append(*order, s.Alias)
			}
			m.optional = m.optional && may
			m.sets = append(m.sets, s.SelectionSet)
		case *ast.InlineFragment:
			if b.applies(s.TypeCondition, def) {
				b.collect(def, s.SelectionSet, optional || conditional(s.Directives), into, order, above)
			}
		case *ast.FragmentSpread:
			if f := s.Definition; f != nil && !slices.Contains(above, f) && b.applies(f.TypeCondition, def) {
				b.collect(def, f.SelectionSet, optional || conditional(s.Directives), into, order, append(slices.Clone(above), f))
			}
		}
	}
}

func (b *builder) applies(condition string, def *ast.Definition) bool {
	return condition == "" || condition == def.Name ||
		slices.ContainsFunc(b.schema.PossibleTypes[condition], func(p *ast.Definition) bool { return p.Name == def.Name })
}

func conditional(list ast.DirectiveList) bool {
	return list.ForName("skip") != nil || list.ForName("include") != nil
}
