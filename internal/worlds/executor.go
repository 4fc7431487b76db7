package worlds

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Answer is what a plain executor makes of an operation.
type Answer struct {
	Data []byte
	// Errors are the paths of everything that is wrong, as text. Where an error takes a whole object away, a gateway need
	// not find the others below it.
	Errors []string
	// Nulls are the paths of the nulls in Data that errors made.
	Nulls []string
}

// Execute runs an operation on the whole world. The variables are as a client sends them.
func (w *World) Execute(schema *ast.Schema, doc *ast.QueryDocument, variables map[string]any) *Answer {
	op := doc.Operations[0]
	x := &executor{source: plain{w}, schema: schema, doc: doc, variables: map[string]any{}}
	for _, def := range op.VariableDefinitions {
		v, ok := variables[def.Variable]
		if !ok && def.DefaultValue != nil {
			v, ok = x.literal(def.DefaultValue)
		}
		if ok {
			x.variables[def.Variable] = x.coerce(def.Type, v)
		}
	}
	w.data.Lock()
	defer w.data.Unlock()
	root := *w.root
	if op.Operation == ast.Mutation {
		root.Type = w.Mutation // fields in their order, each with all that is below it
	}
	data, ok := x.object(&root, []ast.SelectionSet{op.SelectionSet}, nil)
	if !ok {
		data = nil
		x.nulls = []string{""}
	}
	a := &Answer{Data: appendOrdered(nil, data), Errors: x.errors}
	for _, n := range x.nulls { // those below another one are not to be seen
		if !slices.ContainsFunc(x.nulls, func(above string) bool { return above != n && strings.HasPrefix(n, above) }) {
			a.Nulls = append(a.Nulls, n)
		}
	}
	return a
}

// executor follows the GraphQL specification, chapter 6, in the plainest way: field by field, from the data.
type executor struct {
	source    source
	schema    *ast.Schema
	doc       *ast.QueryDocument
	variables map[string]any
	all       bool // whatever conditions say
	errors    []string
	nulls     []string
}

// source is where the values of fields come from.
type source interface {
	// name is the type of an object in the schema.
	name(o *Object) string
	// value is what a field of an object is. The selections are those below it.
	value(x *executor, o *Object, f *ast.Field, args map[string]any, sets []ast.SelectionSet, path []string) any
}

// plain knows everything.
type plain struct{ world *World }

func (p plain) name(o *Object) string { return o.Type.Name }

func (p plain) value(_ *executor, o *Object, f *ast.Field, args map[string]any, _ []ast.SelectionSet, _ []string) any {
	return p.world.resolve(o, o.Type.field(f.Name), args)
}

// ordered is an object of the answer.
type ordered struct {
	keys   []string
	values []any
}

func (x *executor) object(o *Object, sets []ast.SelectionSet, path []string) (any, bool) {
	c := &collected{fields: map[string][]*ast.Field{}}
	for _, set := range sets {
		x.collect(c, x.source.name(o), set)
	}
	out, whole := &ordered{}, true
	for _, key := range c.order {
		f := c.fields[key][0]
		var subs []ast.SelectionSet
		for _, same := range c.fields[key] {
			subs = append(subs, same.SelectionSet)
		}
		at := append(slices.Clip(path), key)
		v, ok := x.field(o, f, subs, at)
		whole = whole && ok
		out.keys, out.values = append(out.keys, key), append(out.values, v)
	}
	return out, whole
}

type collected struct {
	order  []string
	fields map[string][]*ast.Field
}

func (x *executor) collect(c *collected, typ string, set ast.SelectionSet) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if x.included(sel.Directives) {
				if c.fields[sel.Alias] == nil {
					c.order = append(c.order, sel.Alias)
				}
				c.fields[sel.Alias] = append(c.fields[sel.Alias], sel)
			}
		case *ast.InlineFragment:
			if x.included(sel.Directives) && x.applies(typ, sel.TypeCondition) {
				x.collect(c, typ, sel.SelectionSet)
			}
		case *ast.FragmentSpread:
			def := x.doc.Fragments.ForName(sel.Name)
			if x.included(sel.Directives) && x.applies(typ, def.TypeCondition) {
				x.collect(c, typ, def.SelectionSet)
			}
		}
	}
}

func (x *executor) included(list ast.DirectiveList) bool {
	if x.all {
		return true
	}
	holds := func(d *ast.Directive) bool {
		v, _ := x.argument(d.Arguments.ForName("if").Value)
		return v == true
	}
	if d := list.ForName("skip"); d != nil && holds(d) {
		return false
	}
	d := list.ForName("include")
	return d == nil || holds(d)
}

func (x *executor) applies(typ, condition string) bool {
	if condition == "" || condition == typ {
		return true
	}
	return slices.ContainsFunc(x.schema.GetPossibleTypes(x.schema.Types[condition]), func(d *ast.Definition) bool { return d.Name == typ })
}

func (x *executor) field(o *Object, f *ast.Field, sets []ast.SelectionSet, path []string) (any, bool) {
	if f.Name == "__typename" {
		return x.source.name(o), true
	}
	def := x.schema.Types[x.source.name(o)].Fields.ForName(f.Name)
	args := map[string]any{}
	for _, a := range def.Arguments {
		v, ok := any(nil), false
		if given := f.Arguments.ForName(a.Name); given != nil {
			v, ok = x.argument(given.Value)
		}
		if !ok && a.DefaultValue != nil {
			v, ok = x.literal(a.DefaultValue)
		}
		if ok {
			args[a.Name] = x.coerce(a.Type, v)
		}
	}
	return x.complete(def.Type, x.source.value(x, o, f, args, sets, path), sets, path)
}

// complete makes a value of the answer. It returns false if there is none though there must be one.
func (x *executor) complete(t *ast.Type, v any, sets []ast.SelectionSet, path []string) (any, bool) {
	out, ok := x.value(t, v, sets, path)
	switch {
	case ok && out == nil && t.NonNull:
		x.fail(path)
		return nil, false
	case !ok && t.NonNull:
		return nil, false
	case !ok:
		x.nulls = append(x.nulls, text(path))
		return nil, true
	}
	return out, true
}

func (x *executor) fail(path []string) { x.errors = append(x.errors, text(path)) }

// text is a path as one text, in which a path begins with those above it.
func text(path []string) string { return strings.Join(path, "/") + "/" }

func (x *executor) value(t *ast.Type, v any, sets []ast.SelectionSet, path []string) (any, bool) {
	if v == nil {
		return nil, true
	}
	if t.Elem != nil {
		list, ok := v.([]any)
		if !ok {
			x.fail(path)
			return nil, false
		}
		out, whole := make([]any, len(list)), true
		for i, item := range list {
			at := append(slices.Clip(path), strconv.Itoa(i))
			if out[i], ok = x.complete(t.Elem, item, sets, at); !ok {
				whole = false
			}
		}
		return out, whole
	}
	if o, ok := v.(*Object); ok {
		return x.object(o, sets, path)
	}
	out, ok := leafOf(t.NamedType, v)
	if !ok {
		x.fail(path)
	}
	return out, ok
}

// leafOf is a scalar as the answer has it.
func leafOf(name string, v any) (any, bool) {
	if name == customName {
		return v, true
	}
	switch v := v.(type) {
	case json.Number:
		if name == "ID" {
			return v.String(), true
		}
		return v, name == "Int" || name == "Float"
	case string:
		return v, name == "String" || name == "ID" || slices.Contains(enumValues, v) && name == enumName
	case bool:
		return v, name == "Boolean"
	}
	return nil, false
}

// argument is the value of a literal or a variable; false for a variable that is not there.
func (x *executor) argument(v *ast.Value) (any, bool) {
	if v.Kind == ast.Variable {
		out, ok := x.variables[v.Raw]
		return out, ok
	}
	return x.literal(v)
}

func (x *executor) literal(v *ast.Value) (any, bool) {
	switch v.Kind {
	case ast.IntValue, ast.FloatValue:
		return json.Number(v.Raw), true
	case ast.BooleanValue:
		return v.Raw == "true", true
	case ast.NullValue:
		return nil, true
	case ast.ListValue:
		list := []any{}
		for _, c := range v.Children {
			item, _ := x.argument(c.Value)
			list = append(list, item)
		}
		return list, true
	case ast.ObjectValue:
		object := map[string]any{}
		for _, c := range v.Children {
			if field, ok := x.argument(c.Value); ok {
				object[c.Name] = field
			}
		}
		return object, true
	}
	return v.Raw, true
}

// coerce makes lists of single values, texts of IDs, and adds the defaults of input objects.
func (x *executor) coerce(t *ast.Type, v any) any {
	if v == nil {
		return nil
	}
	if t.Elem != nil {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		out := make([]any, len(list))
		for i, item := range list {
			out[i] = x.coerce(t.Elem, item)
		}
		return out
	}
	def := x.schema.Types[t.NamedType]
	if object, ok := v.(map[string]any); ok && def.Kind == ast.InputObject {
		out := map[string]any{}
		for _, f := range def.Fields {
			if field, ok := object[f.Name]; ok {
				out[f.Name] = x.coerce(f.Type, field)
			} else if f.DefaultValue != nil {
				field, _ := x.literal(f.DefaultValue)
				out[f.Name] = x.coerce(f.Type, field)
			}
		}
		return out
	}
	if n, ok := v.(json.Number); ok && t.NamedType == "ID" {
		return n.String()
	}
	return v
}

// appendOrdered appends the JSON of an answer.
func appendOrdered(dst []byte, v any) []byte {
	switch v := v.(type) {
	case *ordered:
		dst = append(dst, '{')
		for i, key := range v.keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, key), ':')
			dst = appendOrdered(dst, v.values[i])
		}
		return append(dst, '}')
	case []any:
		dst = append(dst, '[')
		for i, item := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendOrdered(dst, item)
		}
		return append(dst, ']')
	case nil:
		return append(dst, "null"...)
	case json.Number:
		return append(dst, v...)
	case json.RawMessage:
		return append(dst, v...)
	case string:
		return appendString(dst, v)
	}
	return fmt.Append(dst, v)
}
