package worlds

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// breakSome makes some of the data values that their types do not have. Data that others are found by stay as they are,
// and so does what other
// sources than services give.
func (w *World) breakSome() {
	for _, t := range append(slices.Clone(w.Entities), w.Query) {
		var fields []*Field
		for _, f := range t.Fields {
			if f.How == Plain && !t.isKey(f) && f.FK == nil && !w.special(t, f) && w.dice.chance(25) {
				fields = append(fields, f)
			}
		}
		rows := t.Rows
		if t == w.Query {
			rows = []*Object{w.root}
		}
		for _, o := range rows {
			for _, f := range fields {
				if !o.Missing && w.dice.chance(50) {
					o.Fields[f.Name] = w.broken(f.Type, f.Of, o.Fields[f.Name])
				}
			}
		}
	}
}

// special reports whether a field is read to find something, or given by more than services or as a key alone.
func (w *World) special(t *Type, f *Field) bool {
	if f.alien || t.identifies(f) || slices.ContainsFunc(t.Fields, func(k *Field) bool { return k.FK == f }) || f.Type.Name() == customName || f.Type.Elem != nil && f.Type.Name() == enumName {
		return true
	}
	for _, s := range w.Subgraphs {
		if s.open() && slices.Contains(s.fields[t], f) || slices.Contains(s.needed[t], f) {
			return true
		}
	}
	return false
}

// broken makes a value of a type wrong, or something in it.
func (w *World) broken(t *ast.Type, of *Type, v any) any {
	d := w.dice
	list, isList := v.([]any)
	switch {
	case isList && len(list) > 0 && d.chance(70):
		list = slices.Clone(list)
		i := d.n(len(list))
		list[i] = w.broken(t.Elem, of, list[i])
		return list
	case of != nil && (of.entity() || of.abstract()):
		return v // its shape may be a key
	case t.NonNull && d.chance(60):
		return nil
	case of != nil:
		return v
	case t.Elem != nil:
		return broken(pick(d, []string{`"no list"`, `7`, `{"a": []}`}))
	}
	wrong := []string{`{"x": 1}`, `[[]]`, `[7]`}
	switch t.NamedType {
	case "String":
		wrong = append(wrong, "7", "true")
	case "Int":
		wrong = append(wrong, `"7"`, "2147483648", "1.5", "1e99", "true")
	case "Float":
		wrong = append(wrong, `"1.5"`, "false")
	case "Boolean":
		wrong = append(wrong, `"true"`, "1", "0")
	case "ID":
		wrong = append(wrong, "1.5", "true")
	case enumName:
		return v // what is no value is none of the codes either
	}
	return broken(pick(d, wrong))
}
