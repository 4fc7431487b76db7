package worlds

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// makeRows makes the data.
func (w *World) makeRows() {
	d := w.dice
	for _, t := range w.Entities {
		texts := d.chance(35) // keys that are no numbers
		for i := range d.between(2, 6) {
			o := &Object{Type: t, Fields: map[string]any{}}
			for _, key := range t.Keys {
				for _, k := range key {
					o.Fields[k.Name] = w.keyValue(k, i, len(key) > 1, texts)
				}
			}
			o.Missing = i > 1 && len(t.Keys) == 1 && d.chance(15)
			t.Rows = append(t.Rows, o)
		}
	}
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
		return fmt.Sprintf([]string{"k%d", "k %d", "é/%d", "a%%%d?", "%d&b=\"c\"", "0%d"}[row], row)
	case composite:
		return json.Number(strconv.Itoa(row / 2))
	}
	return json.Number(strconv.Itoa(10*row + 3))
}

// fill makes the values of an object's fields but for its keys.
func (w *World) fill(o *Object) {
	for _, f := range o.Type.Fields {
		switch {
		case o.Type.isKey(f) || f.How == Echo || f.How == Calc || f.How == Lookup || f.How == Pick:
		case f.FK != nil:
			o.Fields[f.Name] = nil
			if to, ok := o.Fields[f.FK.Name].(*Object); ok {
				o.Fields[f.Name] = to.Fields[to.Type.Keys[0][0].Name]
			}
		case f.How == Nth:
			o.Fields[f.Name] = w.value(listOf(named(f.Of.Name, true), true), cmp.Or(f.Only, f.Of))
		case f.Only != nil:
			o.Fields[f.Name] = w.value(f.Type, f.Only)
		default:
			o.Fields[f.Name] = w.value(f.Type, f.Of)
		}
	}
}

// value makes a value of a type.
func (w *World) value(t *ast.Type, of *Type) any {
	d := w.dice
	if !t.NonNull && d.chance(20) {
		return nil
	}
	if t.Elem != nil {
		list := []any{}
		for range d.n(5) {
			list = append(list, w.value(t.Elem, of))
		}
		return list
	}
	if of == nil {
		return w.scalar(t.NamedType)
	}
	of = pick(d, of.objects())
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
