package subgraphtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

// object is one object of the data.
type object struct {
	typ     string         // as the schema knows it; "" if its place tells
	members map[string]any // JSON values with the notations of the package
	rep     map[string]any // of the entity it belongs to in this request; nil outside of one
}

// member finds what a field or a key is made of; keyed allows those that only find the object.
func (o *object) member(name string, keyed bool) (any, bool) {
	v, ok := o.members[name]
	if !ok && keyed {
		if k, isMap := o.members["$key"].(map[string]any); isMap {
			v, ok = k[name]
		}
	}
	return v, ok
}

// store holds all objects.
type store map[string][]*object

// null prints as null, and is false, in templates.
type null []any

func (null) String() string               { return "null" }
func (null) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

func readData(text []byte) (store, error) {
	top, err := decode(text)
	if err != nil {
		return nil, err
	}
	types, ok := top.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("want an object of types")
	}
	s := store{}
	for name, v := range types {
		list, isList := v.([]any)
		if !isList {
			list = []any{v}
		}
		s[name] = nil
		for i, item := range list {
			m, ok := item.(map[string]any)
			if !ok {
				return nil, fmt.Errorf("%s: item %d is no object", name, i)
			}
			s[name] = append(s[name], &object{typ: name, members: m})
		}
	}
	return s, nil
}

func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("there is more than one value")
	}
	return v, nil
}

// refer finds the object of a reference, as in User:7.
func (s store) refer(sc *schema, reference string) *object {
	typ, key, _ := strings.Cut(reference, ":")
	names := map[string]bool{"id": true}
	for _, set := range sc.keys[typ] {
		for _, f := range fields(set) {
			names[f.Name] = true
		}
	}
	for _, o := range s[typ] {
		for _, name := range slices.Sorted(maps.Keys(names)) {
			if v, ok := o.member(name, true); ok && fmt.Sprint(v) == key {
				return o
			}
		}
	}
	return nil
}

// fault is what a gateway may not ask, or a mistake in the data.
type fault string

func (f fault) Error() string { return string(f) }

// evaluation is what notations may depend on.
type evaluation struct {
	schema *schema
	store  store
	object *object
	args   map[string]any
	text   bool // the field is a String or an ID
}

// value resolves the notations at the top of a value of the data. An error is a fault if it is one of that type, else an
// error for the client.
func (e *evaluation) value(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return e.notation(v)
	case map[string]any:
		if c, ok := v["$case"].(string); ok {
			name, err := e.template(c)
			if err != nil {
				return nil, err
			}
			for _, n := range []string{name, "*"} {
				if w, ok := v[n]; ok {
					return e.value(w)
				}
			}
			return nil, fault(fmt.Sprintf("there is no case for %q", name))
		}
		if set, ok := v["$set"].(map[string]any); ok {
			if err := e.set(set); err != nil {
				return nil, err
			}
			return e.value(v["$give"])
		}
		typ, _ := v["__typename"].(string)
		return &object{typ: typ, members: v, rep: e.object.rep}, nil
	}
	return v, nil
}

func (e *evaluation) notation(text string) (any, error) {
	if text, ok := strings.CutPrefix(text, "$error "); ok {
		return nil, fmt.Errorf("%s", text)
	}
	if text, ok := strings.CutPrefix(text, "$= "); ok {
		made, err := e.template(text)
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(made, "$") {
			return e.notation(made)
		}
		if v, err := decode([]byte(made)); err == nil && !e.text {
			return e.value(v)
		}
		return made, nil
	}
	reference, ok := strings.CutPrefix(text, "$")
	switch {
	case !ok:
		return text, nil
	case text == "$never":
		return nil, fault("this may never be asked")
	case strings.HasPrefix(reference, "$"):
		return reference, nil
	}
	if o := e.store.refer(e.schema, reference); o != nil {
		return o, nil
	}
	return nil, fault(fmt.Sprintf("there is no object %s", text))
}

func (e *evaluation) template(text string) (string, error) {
	functions := template.FuncMap{
		"json": func(v any) (string, error) {
			b, err := json.Marshal(v)
			return string(b), err
		},
		"mul": func(a, b any) (int, error) {
			x, err := strconv.Atoi(fmt.Sprint(a))
			if err != nil {
				return 0, err
			}
			y, err := strconv.Atoi(fmt.Sprint(b))
			return x * y, err
		},
	}
	t, err := template.New("").Option("missingkey=error").Funcs(functions).Parse(text)
	if err != nil {
		return "", fault(err.Error())
	}
	var b strings.Builder
	in := map[string]any{"args": printable(e.args), "rep": printable(e.object.rep), "this": printable(e.object.members)}
	if err := t.Execute(&b, in); err != nil {
		return "", fault(err.Error())
	}
	return b.String(), nil
}

// printable is a copy of a value in which null prints as such.
func printable(v any) any {
	switch v := v.(type) {
	case nil:
		return null{}
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, w := range v {
			m[k] = printable(w)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i, w := range v {
			l[i] = printable(w)
		}
		return l
	}
	return v
}

// set changes the objects that references name.
func (e *evaluation) set(changes map[string]any) error {
	for _, reference := range slices.Sorted(maps.Keys(changes)) {
		name, err := e.template(reference)
		if err != nil {
			return err
		}
		typ, _, _ := strings.Cut(name, ":")
		o := e.store.refer(e.schema, name)
		members, ok := changes[reference].(map[string]any)
		if !ok {
			e.store[typ] = slices.DeleteFunc(e.store[typ], func(p *object) bool { return p == o })
			continue
		}
		if o == nil {
			o = &object{typ: typ, members: map[string]any{}}
			e.store[typ] = append(e.store[typ], o)
		}
		for k, v := range members {
			if text, isText := v.(string); isText && strings.HasPrefix(text, "$= ") {
				if v, err = e.notation(text); err != nil {
					return err
				}
			}
			o.members[k] = v
		}
	}
	return nil
}
