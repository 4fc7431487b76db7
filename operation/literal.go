package operation

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/value"
)

// expression is a literal of the language, compiled: a constant, or a tree with variables in it.
type expression struct {
	kind     expressionKind
	constant value.Value
	variable string
	items    []expression
	fields   []fieldExpression
}

type expressionKind uint8

const (
	constantExpression expressionKind = iota
	variableExpression
	listExpression
	objectExpression
)

// fieldExpression is one entry of an object.
type fieldExpression struct {
	key string
	expression
	// fallback takes the place of a variable that has no value; if it is missing too, the entry is left out.
	fallback value.Value
}

// literal compiles a literal that passed validation as a value of type t: enum values become strings, integers become
// strings where an ID belongs, single values become lists, and input objects get their defaults.
func (in *inputs) literal(t typeRef, v *ast.Value) expression {
	if t.named != nil && t.named.def == nil && v.Definition != nil && v.Definition.Name == t.named.name {
		in.define(t.named, v.Definition)
	}
	switch {
	case v.Kind == ast.Variable:
		return expression{kind: variableExpression, variable: v.Raw}
	case v.Kind == ast.NullValue:
		return expression{constant: value.NullValue}
	case t.elem != nil:
		if v.Kind != ast.ListValue {
			return list([]expression{in.literal(*t.elem, v)})
		}
		items := make([]expression, len(v.Children))
		for i, c := range v.Children {
			items[i] = in.literal(*t.elem, c.Value)
		}
		return list(items)
	case t.named != nil && t.named.kind == objectInput && v.Kind == ast.ObjectValue:
		return in.object(t.named, v)
	}
	return in.plain(t, v)
}

// object compiles an object literal of an input type. Its fields are in the order of the type.
func (in *inputs) object(t *inputType, v *ast.Value) expression {
	fields := make([]fieldExpression, 0, len(t.fields))
	for i := range t.fields {
		f := &t.fields[i]
		fallback := in.fallback(t, i)
		if given := v.Children.ForName(f.name); given != nil {
			fields = append(fields, fieldExpression{key: f.name, expression: in.literal(f.typ, given), fallback: fallback})
		} else if !fallback.IsMissing() {
			fields = append(fields, fieldExpression{key: f.name, expression: expression{constant: fallback}})
		}
	}
	return object(fields)
}

// plain compiles what is no list and no input object. Inside a custom scalar the literal's own form says what it is.
func (in *inputs) plain(t typeRef, v *ast.Value) expression {
	switch v.Kind {
	case ast.IntValue, ast.FloatValue:
		if t.named != nil && t.named.kind == idInput {
			return expression{constant: value.OfString(v.Raw)}
		}
		return expression{constant: value.OfNumber(v.Raw)}
	case ast.BooleanValue:
		return expression{constant: value.OfBool(v.Raw == "true")}
	case ast.ListValue:
		items := make([]expression, len(v.Children))
		for i, c := range v.Children {
			items[i] = in.literal(typeRef{}, c.Value)
		}
		return list(items)
	case ast.ObjectValue:
		fields := make([]fieldExpression, len(v.Children))
		for i, c := range v.Children {
			fields[i] = fieldExpression{key: c.Name, expression: in.literal(typeRef{}, c.Value)}
		}
		return object(fields)
	}
	return expression{constant: value.OfString(v.Raw)}
}

// list and object are constants if all that is in them is.
func list(items []expression) expression {
	constants := make([]value.Value, len(items))
	for i, e := range items {
		if e.kind != constantExpression {
			return expression{kind: listExpression, items: items}
		}
		constants[i] = e.constant
	}
	return expression{constant: value.OfItems(constants)}
}

func object(fields []fieldExpression) expression {
	constants := make([]value.Member, len(fields))
	for i, f := range fields {
		if f.kind != constantExpression {
			return expression{kind: objectExpression, fields: fields}
		}
		constants[i] = value.Member{Key: f.key, Value: f.constant}
	}
	return expression{constant: value.OfMembers(constants)}
}

// evaluate gives the value of e, missing for a variable without one.
func (e *expression) evaluate(variables value.Value, a *value.Arena) value.Value {
	switch e.kind {
	case variableExpression:
		return variables.Get(e.variable)
	case listExpression:
		items := a.Values(len(e.items))
		for i := range e.items {
			// The specification: a variable without a value in a list is null.
			if items[i] = e.items[i].evaluate(variables, a); items[i].IsMissing() {
				items[i] = value.NullValue
			}
		}
		return value.OfItems(items)
	case objectExpression:
		members, n := a.Members(len(e.fields)), 0
		for i := range e.fields {
			f := &e.fields[i]
			v := f.evaluate(variables, a)
			if v.IsMissing() {
				v = f.fallback
			}
			if !v.IsMissing() {
				members[n] = value.Member{Key: f.key, Value: v}
				n++
			}
		}
		return value.OfMembers(members[:n])
	}
	return e.constant
}
