package worlds

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// makeRows makes the objects, with nothing but their keys.
func (w *World) makeRows() {
	d := w.dice
	for n, t := range w.Entities {
		texts := d.chance(35) // keys that are no numbers
		ghosts := len(t.Ways) == 1 && (len(w.connectors()) > 0 || w.harmless(t))
		if w.shared != nil && slices.Contains(w.shared.Members, t) {
			ghosts = false // of what a reference to the interface is, one must ask
		}
		for i := range d.between(2, 6) {
			o := &Object{Type: t, Fields: map[string]any{}}
			for _, key := range t.Keys {
				for _, k := range key {
					o.Fields[k.Name] = w.keyValue(k, 10*n+i, len(key) > 1, texts)
				}
			}
			for _, way := range t.Ways {
				if u := way[0]; u.Field.Of == w.tags && w.tags != nil {
					tag := &Object{Type: w.tags, Fields: map[string]any{}}
					w.fill(tag)
					tag.Fields[w.tags.Fields[0].Name] = json.Number(strconv.Itoa(100*n + i))
					o.Fields[u.Field.Name] = tag
				}
			}
			o.Missing = ghosts && i > 1 && d.chance(15)
			t.Rows = append(t.Rows, o)
		}
	}
}

// harmless reports whether nobody must answer for objects of a type that do not exist.
func (w *World) harmless(t *Type) bool {
	return !slices.ContainsFunc(t.Fields, func(f *Field) bool { return f.Type.NonNull && !t.isKey(f) }) &&
		!slices.ContainsFunc(w.Abstract, func(a *Type) bool { return slices.Contains(a.Members, t) })
}

// fillRows makes the rest of the data, when it is known who gives what.
func (w *World) fillRows() {
	for _, t := range w.Entities {
		for _, o := range t.Rows {
			if !o.Missing {
				w.fill(o)
			}
		}
	}
	w.root = &Object{Type: w.Query, Fields: map[string]any{}}
	w.fill(w.root)
}

// keyValue makes a part of a key of one row. No two rows have the same key, but they may share a part of it.
func (w *World) keyValue(k *Field, row int, composite, texts bool) any {
	switch {
	case k.Type.NamedType == "String" || k.Type.NamedType == "ID" && texts:
		return fmt.Sprintf([]string{"k%d", "k %d", "é/%d", "a%%%d?", "%d&b=\"c\"", "0%d"}[row%10], row)
	case composite:
		return json.Number(strconv.Itoa(row / 2))
	}
	return json.Number(strconv.Itoa(10*row + 3))
}

// fill makes the values of an object's fields but for its keys.
func (w *World) fill(o *Object) {
	for _, f := range o.Type.Fields {
		switch {
		case o.Type.isKey(f) || f.Of != nil && f.Of == w.tags && o.Type.identifies(f) || f.How == Echo || f.How == Calc || f.How == Lookup || f.How == Pick:
		case f.FK != nil:
			o.Fields[f.Name] = nil
			if to, ok := o.Fields[f.FK.Name].(*Object); ok {
				o.Fields[f.Name] = to.Fields[to.Type.Keys[0][0].Name]
			}
		case f.How == Nth:
			o.Fields[f.Name] = w.value(listOf(named(f.Of.Name, true), true), f.objects())
		default:
			o.Fields[f.Name] = w.value(f.Type, f.objects())
		}
	}
}

// objects are the object types that stand at a field; nil for leaves.
func (f *Field) objects() []*Type {
	switch {
	case f.Of == nil:
		return nil
	case f.can != nil:
		return f.can
	case f.Only != nil:
		return []*Type{f.Only}
	}
	return f.Of.objects()
}

// value makes a value of a type, with objects of some types.
func (w *World) value(t *ast.Type, objects []*Type) any {
	d := w.dice
	if !t.NonNull && d.chance(20) {
		return nil
	}
	if t.Elem != nil {
		list := []any{}
		for range d.n(5) {
			list = append(list, w.value(t.Elem, objects))
		}
		return list
	}
	if objects == nil {
		return w.scalar(t.NamedType)
	}
	of := pick(d, objects)
	if of.entity() {
		return pick(d, of.Rows)
	}
	o := &Object{Type: of, Fields: map[string]any{}}
	w.fill(o)
	return o
}

func (w *World) scalar(name string) any {
	d := w.dice
	switch name {
	case "Int":
		return json.Number(pick(d, []string{"0", "7", "-12", "2147483647", "-2147483648", "40"}))
	case "Float":
		return json.Number(pick(d, []string{"0", "1.5", "-2.25", "1e3", "12345678.9", "3", "0.1"}))
	case "Boolean":
		return d.chance(50)
	case "ID":
		if d.chance(50) {
			return json.Number(strconv.Itoa(d.n(1000)))
		}
	case enumName:
		return pick(d, enumValues)
	case customName:
		return json.RawMessage(pick(d, []string{`{"a":[1,{"b":null}],"c":"ö"}`, `[]`, `"text"`, `12.50`, `{}`, `true`, `[[{"a":1}]]`}))
	}
	return pick(d, texts)
}
