package worlds

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Object is a row, a value that has no identity, or the root.
type Object struct {
	Type    *Type
	Fields  map[string]any // nil, string, bool, json.Number, []any, *Object or, for custom scalars, json.RawMessage
	Missing bool           // referred to, but not there: only its key is known

	// What the subgraph that is being asked knows of this object at this place: the fields that the field above it
	// provides, and what the gateway represented the object with.
	provided       FieldSet
	representation map[string]any
}

// broken is a value that its field cannot have: JSON text.
type broken string

// find returns the row with a key, nil if there is none.
func (t *Type) find(key []*Field, value func(*Field) any) *Object {
	for _, row := range t.Rows {
		same := true
		for _, k := range key {
			same = same && canonical(k.Type, nil, row.Fields[k.Name]) == canonical(k.Type, nil, value(k))
		}
		if same {
			return row
		}
	}
	return nil
}

// resolve returns the value of a field of an object. Arguments are as coerced; those that are not there are null.
func (w *World) resolve(o *Object, f *Field, args map[string]any) any {
	stored := o.Fields[f.Name]
	switch f.How {
	case Slice:
		list, ok := stored.([]any)
		if !ok {
			return stored
		}
		from := min(max(number(args["from"], 0), 0), len(list))
		return list[from:min(from+max(number(args["first"], len(list)), 0), len(list))]
	case Nth:
		list, _ := stored.([]any) //nolint:errcheck // generated as a list
		if n := number(args["n"], 0); n >= 0 && n < len(list) {
			return list[n]
		}
		return nil
	case Lookup:
		row := f.Of.find(keyOf(f), func(k *Field) any { return args[k.Name] })
		if row == nil || row.Missing {
			return nil
		}
		return row
	case Pick:
		keys, _ := args["keys"].([]any) //nolint:errcheck // by its type
		out := []any{}
		for _, k := range keys {
			row := f.Of.find(f.Of.Keys[0], func(*Field) any { return k })
			if row == nil || row.Missing {
				out = append(out, nil)
			} else {
				out = append(out, row)
			}
		}
		return out
	case Echo:
		if o.Missing {
			return nil
		}
		return echo(o, f, args)
	case Calc:
		if o.Missing {
			return nil
		}
		return calc(o, f, func(u *Use) string {
			text, _ := w.told(o, u)
			return text
		})
	case Set:
		row := f.Of.find(f.Of.Keys[0], func(k *Field) any { return args[k.Name] })
		if row == nil || row.Missing {
			return nil
		}
		w.change(row, f.Target.Name, args["to"])
		return row
	case Count:
		sum := json.Number(strconv.Itoa(number(stored, 0) + number(args["by"], 0)))
		w.change(o, f.Name, sum)
		return sum
	}
	return stored
}

// change sets a field of an object, until [World.Undo]. Mutations have the data to themselves.
func (w *World) change(o *Object, name string, v any) {
	was := o.Fields[name]
	w.undo = append(w.undo, func() { o.Fields[name] = was })
	o.Fields[name] = v
}

// Undo takes back what mutations have changed.
func (w *World) Undo() {
	w.data.Lock()
	defer w.data.Unlock()
	for i := len(w.undo) - 1; i >= 0; i-- {
		w.undo[i]()
	}
	w.undo = nil
}

// calc is a text of what a field is made of.
func calc(o *Object, f *Field, value func(*Use) string) any {
	text := f.Name
	for _, k := range o.Type.Keys[0] {
		text += fmt.Sprintf(" %v", o.Fields[k.Name])
	}
	for _, u := range f.Uses {
		text += " " + value(u)
	}
	return text
}

// keyOf is the key that the arguments of a lookup make.
func keyOf(f *Field) (key []*Field) {
	for _, a := range f.Args {
		key = append(key, f.Of.field(a.Name))
	}
	return key
}

// echo is a text that tells which object was asked for what.
func echo(o *Object, f *Field, args map[string]any) any {
	var b strings.Builder
	b.WriteString(f.Name)
	if o.Type.entity() {
		for _, k := range o.Type.Keys[0] {
			fmt.Fprintf(&b, " %v", o.Fields[k.Name])
		}
	}
	for _, a := range f.Args {
		b.WriteString(" " + a.Name + "=" + canonical(a.Type, a.Fields, args[a.Name]))
	}
	if h := hash(b.String()); h%8 == 0 && !f.Type.NonNull {
		return nil
	}
	return b.String()
}

func hash(text string) (h uint32) {
	for i := range len(text) {
		h = h*16777619 ^ uint32(text[i])
	}
	return h ^ h>>15
}

func number(v any, otherwise int) int {
	n, ok := v.(json.Number)
	if !ok {
		return otherwise
	}
	i, err := strconv.Atoi(n.String())
	if err != nil {
		return otherwise
	}
	return i
}

// canonical is one text for all forms of a value of an input type.
func canonical(t *ast.Type, fields []*Arg, v any) string {
	if v == nil {
		return "null"
	}
	if t.Elem != nil {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		parts := make([]string, len(list))
		for i, item := range list {
			parts[i] = canonical(t.Elem, fields, item)
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	if object, ok := v.(map[string]any); ok {
		parts := make([]string, len(fields))
		for i, f := range fields {
			parts[i] = f.Name + ":" + canonical(f.Type, f.Fields, object[f.Name])
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	if t.NamedType == "Float" {
		if f, err := strconv.ParseFloat(fmt.Sprint(v), 64); err == nil {
			return strconv.FormatFloat(f, 'g', -1, 64)
		}
	}
	return fmt.Sprint(v)
}
