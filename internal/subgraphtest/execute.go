package subgraphtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// run executes one operation. What it writes is JSON text; a part that is nil is a null that may not stand where it is.
type run struct {
	schema *schema
	store  store
	sdl    string
	vars   map[string]any
	errors gqlerror.List
	faults []string
}

// group is what a selection asks under one response name.
type group struct {
	name  string
	field *ast.Field
	below ast.SelectionSet
}

// fail takes down an error of a value, and whether it is a fault.
func (r *run) fail(path ast.Path, err error) {
	var f fault
	if errors.As(err, &f) {
		r.faults = append(r.faults, fmt.Sprintf("%s: %s", path, err))
	}
	r.errors = append(r.errors, &gqlerror.Error{Message: err.Error(), Path: slices.Clone(path)})
}

// collect groups what a selection asks of an object of a type, in order.
func (r *run) collect(groups []*group, typ string, set ast.SelectionSet) []*group {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if !r.included(sel.Directives) {
				continue
			}
			i := slices.IndexFunc(groups, func(g *group) bool { return g.name == sel.Alias })
			if i < 0 {
				i, groups = len(groups), append(groups, &group{name: sel.Alias, field: sel})
			}
			groups[i].below = append(groups[i].below, sel.SelectionSet...)
		case *ast.InlineFragment:
			if r.included(sel.Directives) && r.schema.is(typ, sel.TypeCondition) {
				groups = r.collect(groups, typ, sel.SelectionSet)
			}
		case *ast.FragmentSpread:
			if r.included(sel.Directives) && r.schema.is(typ, sel.Definition.TypeCondition) {
				groups = r.collect(groups, typ, sel.Definition.SelectionSet)
			}
		}
	}
	return groups
}

func (r *run) included(list ast.DirectiveList) bool {
	for name, want := range map[string]bool{"include": true, "skip": false} {
		if d := list.ForName(name); d != nil && d.ArgumentMap(r.vars)["if"] != want {
			return false
		}
	}
	return true
}

// object answers what is asked of an object of a type.
func (r *run) object(o *object, typ string, set ast.SelectionSet, path ast.Path) []byte {
	out := []byte{'{'}
	whole := true
	for i, g := range r.collect(nil, typ, set) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(strconv.AppendQuote(out, g.name), ':')
		text := r.field(o, typ, g, append(path, ast.PathName(g.name)))
		out, whole = append(out, text...), whole && text != nil
	}
	if !whole {
		return nil
	}
	return append(out, '}')
}

func (r *run) field(o *object, typ string, g *group, path ast.Path) []byte {
	f := g.field
	if f.Name == "__typename" {
		if _, ok := o.members["__typename"]; !ok {
			return strconv.AppendQuote(nil, typ)
		}
	}
	if typ == r.schema.Query.Name {
		switch f.Name {
		case "_service":
			return r.object(&object{members: map[string]any{"sdl": "$= {{.rep.sdl}}"}, rep: map[string]any{"sdl": r.sdl}}, "_Service", g.below, path)
		case "_entities":
			return r.entities(f.ArgumentMap(r.vars)["representations"], g.below, path)
		}
	}
	concrete := *f // an interface may say less of the field than the type of the object
	if def := r.schema.Types[typ].Fields.ForName(f.Name); def != nil {
		concrete.Definition = def
	}
	e := &evaluation{schema: r.schema, store: r.store, object: o, args: map[string]any{}}
	for _, a := range concrete.Definition.Arguments {
		e.args[a.Name] = nil
	}
	for k, v := range concrete.ArgumentMap(r.vars) {
		e.args[k] = v
	}
	want := concrete.Definition.Type
	e.text = want.Elem == nil && (want.NamedType == "String" || want.NamedType == "ID")
	v, ok := o.member(f.Name, false)
	if !ok {
		r.fail(path, fault(fmt.Sprintf("%s.%s may not be asked here, there are no data for it", typ, f.Name)))
		return r.null(want)
	}
	return r.complete(e, want, v, g.below, path)
}

// null is what stands for a value that could not be had.
func (r *run) null(t *ast.Type) []byte {
	if t.NonNull {
		return nil
	}
	return []byte("null")
}

// complete makes JSON text of a value of the data.
func (r *run) complete(e *evaluation, t *ast.Type, v any, below ast.SelectionSet, path ast.Path) []byte {
	v, err := e.value(v)
	if err == nil && v == nil && t.NonNull {
		err = fmt.Errorf("Cannot return null for a non-nullable field.") //nolint:revive,staticcheck // for clients
	}
	if err != nil {
		r.fail(path, err)
		return r.null(t)
	}
	if v == nil {
		return []byte("null")
	}
	var text []byte
	if t.Elem != nil {
		text, err = r.list(e, t, v, below, path)
	} else {
		text, err = r.named(e, t, v, below, path)
	}
	if err != nil {
		r.fail(path, err)
	}
	if text == nil {
		return r.null(t)
	}
	return text
}

func (r *run) list(e *evaluation, t *ast.Type, v any, below ast.SelectionSet, path ast.Path) ([]byte, error) {
	items, ok := v.([]any)
	if !ok {
		return nil, fault("the value is no list")
	}
	out := []byte{'['}
	whole := true
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		text := r.complete(e, t.Elem, item, below, append(path, ast.PathIndex(i)))
		out, whole = append(out, text...), whole && text != nil
	}
	if !whole {
		return nil, nil
	}
	return append(out, ']'), nil
}

func (r *run) named(e *evaluation, t *ast.Type, v any, below ast.SelectionSet, path ast.Path) ([]byte, error) {
	def := r.schema.Types[t.NamedType]
	o, isObject := v.(*object)
	if !def.IsCompositeType() {
		if isObject {
			v = o.members
		}
		return leaf(def, v)
	}
	if !isObject {
		return nil, fault("the value is no object")
	}
	typ := o.typ
	if def.Kind == ast.Object {
		typ = def.Name
	}
	if typ == "" || !r.schema.is(typ, def.Name) {
		return nil, fmt.Errorf("%q is no type of a %s", typ, def.Name)
	}
	if o.rep == nil && e.object.rep != nil {
		o = &object{typ: o.typ, members: o.members, rep: e.object.rep}
	}
	return r.object(o, typ, below, path), nil
}

// leaf writes a scalar or an enum value, if it is one.
func leaf(def *ast.Definition, v any) ([]byte, error) {
	ok := true
	switch def.Name {
	case "String":
		_, ok = v.(string)
	case "ID":
		if n, isNumber := v.(json.Number); isNumber {
			v = n.String()
		}
		_, ok = v.(string)
	case "Boolean":
		_, ok = v.(bool)
	case "Int":
		n, isNumber := v.(json.Number)
		if ok = isNumber; ok {
			_, err := strconv.ParseInt(n.String(), 10, 32)
			ok = err == nil
		}
	case "Float":
		_, ok = v.(json.Number)
	default:
		if name, isText := v.(string); def.Kind == ast.Enum {
			ok = isText && def.EnumValues.ForName(name) != nil
		}
	}
	if !ok {
		return nil, fmt.Errorf("%v is no %s", v, def.Name)
	}
	return encode(v)
}

// encode writes JSON without care for HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
