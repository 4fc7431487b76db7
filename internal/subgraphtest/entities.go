package subgraphtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// entities answers a list of representations.
func (r *run) entities(list any, set ast.SelectionSet, path ast.Path) []byte {
	items, _ := list.([]any)
	seen := map[string]bool{}
	out := []byte{'['}
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		at := append(path, ast.PathIndex(i))
		text, _ := json.Marshal(item) // sorts members
		if seen[string(text)] {
			r.fail(at, fault(fmt.Sprintf("the representation %s comes twice", text)))
		}
		seen[string(text)] = true
		rep, _ := item.(map[string]any)
		o, err := r.find(rep, set)
		if err != nil {
			r.fail(at, fmt.Errorf("the representation %s: %w", text, err))
		}
		var answer []byte
		if o != nil {
			answer = r.object(&object{typ: o.typ, members: o.members, rep: rep}, o.typ, set, at)
		}
		if answer == nil {
			answer = []byte("null")
		}
		out = append(out, answer...)
	}
	return append(out, ']')
}

// find returns the object that a representation means, nil if there is none.
func (r *run) find(rep map[string]any, set ast.SelectionSet) (*object, error) {
	typ, ok := rep["__typename"].(string)
	switch {
	case !ok:
		return nil, fault("has no __typename")
	case r.schema.Types[typ] == nil:
		return nil, fault(typ + " is no type of this subgraph")
	case len(r.schema.keys[typ]) == 0:
		return nil, fault(typ + " has no key to be found by")
	}
	var wrong error
	fits := false
	for _, key := range r.schema.keys[typ] {
		o, asked := r.byKey(typ, key, rep), typ
		if o != nil {
			asked = o.typ
		}
		switch err := r.conforms(rep, slices.Concat(key, r.required(asked, typ, set)), typ); {
		case err != nil && (wrong == nil || o != nil):
			wrong = err
		case err != nil:
		case empty(key, rep):
			wrong = fault("has a key of nulls")
		case o != nil:
			return o, nil
		default:
			fits = true
		}
	}
	if fits {
		return nil, nil //nolint:nilnil // no such object, which is no error
	}
	return nil, wrong
}

// empty reports whether all members of a key are null.
func empty(key ast.SelectionSet, rep map[string]any) bool {
	return !slices.ContainsFunc(fields(key), func(f *ast.Field) bool { return rep[f.Name] != nil })
}

// byKey finds the object whose key is that of the representation.
func (r *run) byKey(typ string, key ast.SelectionSet, rep map[string]any) *object {
	for _, name := range slices.Sorted(maps.Keys(r.store)) {
		if !r.schema.is(name, typ) {
			continue
		}
		for _, o := range r.store[name] {
			if r.equal(o, key, rep) {
				return o
			}
		}
	}
	return nil
}

// equal reports whether what a key names is the same in an object and in a representation.
func (r *run) equal(o *object, key ast.SelectionSet, rep map[string]any) bool {
	e := &evaluation{schema: r.schema, store: r.store, object: o}
	for _, f := range fields(key) {
		v, ok := o.member(f.Name, true)
		w, sent := rep[f.Name]
		if !ok || !sent || !r.same(e, v, f.SelectionSet, w) {
			return false
		}
	}
	return true
}

func (r *run) same(e *evaluation, v any, below ast.SelectionSet, w any) bool {
	v, err := e.value(v)
	if err != nil {
		return false
	}
	switch v := v.(type) {
	case *object:
		m, ok := w.(map[string]any)
		return ok && r.equal(v, below, m)
	case []any:
		l, ok := w.([]any)
		if !ok || len(l) != len(v) {
			return false
		}
		for i := range v {
			if !r.same(e, v[i], below, l[i]) {
				return false
			}
		}
		return true
	}
	return fmt.Sprint(v) == fmt.Sprint(w)
}

// required is what the fields that are asked of an object require; nominal is the type of the representation.
func (r *run) required(typ, nominal string, set ast.SelectionSet) ast.SelectionSet {
	var out ast.SelectionSet
	for _, g := range r.collect(nil, typ, set) {
		for _, t := range slices.Compact([]string{typ, nominal}) {
			out = append(out, r.schema.requires[t][g.field.Name]...)
		}
	}
	return out
}

// conforms checks that a value has the members that are wanted, and no others.
func (r *run) conforms(v any, want ast.SelectionSet, typ string) error {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if err := r.conforms(item, want, typ); err != nil {
				return err
			}
		}
	case map[string]any:
		return r.members(v, want, typ)
	case nil:
	default:
		if len(want) > 0 {
			return fault(fmt.Sprintf("has %v in the place of an object", v))
		}
	}
	return nil
}

func (r *run) members(m map[string]any, want ast.SelectionSet, typ string) error {
	name, typed := m["__typename"].(string)
	if !typed {
		name = typ
	}
	below := map[string]ast.SelectionSet{}
	types := map[string]string{}
	var missing []string
	var visit func(set ast.SelectionSet, typ string, certain bool)
	visit = func(set ast.SelectionSet, typ string, certain bool) {
		for _, sel := range set {
			switch sel := sel.(type) {
			case *ast.Field:
				below[sel.Name] = append(below[sel.Name], sel.SelectionSet...)
				if def := r.schema.Types[typ].Fields.ForName(sel.Name); def != nil {
					types[sel.Name] = def.Type.Name()
				}
				if _, ok := m[sel.Name]; !ok && certain {
					missing = append(missing, sel.Name)
				}
			case *ast.InlineFragment:
				condition := sel.TypeCondition
				if condition == "" {
					condition = typ
				}
				object := r.schema.Types[name] != nil && r.schema.Types[name].Kind == ast.Object
				switch {
				case r.schema.is(name, condition):
					visit(sel.SelectionSet, condition, certain)
				case !object: // the type is not told
					visit(sel.SelectionSet, condition, false)
				}
			}
		}
	}
	visit(want, typ, true)
	if len(missing) > 0 {
		return fault("lacks " + strings.Join(missing, ", "))
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if k == "__typename" {
			continue
		}
		set, ok := below[k]
		if !ok {
			return fault("has " + k + ", which belongs neither to one key nor to what is required")
		}
		if err := r.conforms(m[k], set, types[k]); err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
	}
	return nil
}

// fields are those of a key, in which fragments change nothing.
func fields(set ast.SelectionSet) []*ast.Field {
	var out []*ast.Field
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			out = append(out, sel)
		case *ast.InlineFragment:
			out = append(out, fields(sel.SelectionSet)...)
		}
	}
	return out
}

// compact is JSON text without white space.
func compact(text []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return string(text)
	}
	return b.String()
}
