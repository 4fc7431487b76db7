package worlds

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
)

// World is an API, its data, and who answers for what of it.
type World struct {
	Seed     uint64
	Entities []*Type
	Values   []*Type
	Abstract []*Type
	Query    *Type
	Mutation *Type // nil without
	// Shared is the interface that one subgraph knows as an object type; nil without.
	Shared    *Type
	Subgraphs []*Subgraph
	// Broken: some data are not as the schema has them.
	Broken bool

	dice    *dice
	root    *Object
	traffic traffic
	// data guards the data against mutations. undo takes those back that were made.
	data sync.RWMutex
	undo []func()
}

// Type is an object type, an interface or a union.
type Type struct {
	Name    string
	Kind    ast.DefinitionKind
	Keys    [][]*Field // of entities; the first is how references are told, as a rule
	Fields  []*Field   // of an interface: those that clients may see
	Members []*Type    // of abstract types
	Rows    []*Object  // of entities, those that do not exist included: other rows refer to them
	letter  string     // begins the names of the fields, so that those of different types do not clash
}

// entity reports whether objects of the type have an identity.
func (t *Type) entity() bool { return len(t.Keys) > 0 }

func (t *Type) abstract() bool { return t.Members != nil }

// flat reports whether nothing below a value has an identity. Else it could stand inside itself, in part, and composition
// does not look for a way round.
func (t *Type) flat() bool {
	return !slices.ContainsFunc(t.Fields, func(f *Field) bool { return f.Of != nil && (f.Of.entity() || !f.Of.flat()) })
}

// objects are the object types that a value of the type can be.
func (t *Type) objects() []*Type {
	if t.abstract() {
		return t.Members
	}
	return []*Type{t}
}

func (t *Type) field(name string) *Field {
	for _, f := range t.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// isKey reports whether a field is part of a key.
func (t *Type) isKey(f *Field) bool {
	return slices.ContainsFunc(t.Keys, func(key []*Field) bool { return slices.Contains(key, f) })
}

// ghosts reports whether rows of the type are referred to that do not exist.
func (t *Type) ghosts() bool {
	return slices.ContainsFunc(t.Rows, func(o *Object) bool { return o.Missing })
}

// How says how the value of a field comes from the data.
type How uint8

// The kinds of field.
const (
	Plain  How = iota // as it is stored
	Slice             // a part of the list that is stored: arguments from and first
	Nth               // one item of the list that is stored: argument n
	Lookup            // the row with the key in the arguments
	Pick              // the rows with the keys in the one argument
	Echo              // a text of the object and the arguments
	Calc              // a text of other fields of the object
	Set               // changes a field of the row with the key in the arguments
	Count             // adds the argument to what is stored
)

// Field is a field of a type.
type Field struct {
	Name   string
	Type   *ast.Type
	Of     *Type // the composite type inside Type; nil for leaves
	How    How
	Args   []*Arg
	Hidden bool    // @inaccessible
	FK     *Field  // the reference whose key this field is
	Only   *Type   // the one object type that stands here, where Of is abstract; nil: any
	Uses   []*Deep // what a Calc is made of
	Target *Field  // what a Set changes
	shown  bool    // an interface may show it
}

// Deep is a field of an object or, if Field is not nil, of a value in it.
type Deep struct{ Value, Field *Field }

// String returns the field as a field set.
func (d *Deep) String() string {
	if d.Field == nil {
		return d.Value.Name
	}
	return d.Value.Name + " { " + d.Field.Name + " }"
}

// Arg is an argument of a field, or a field of an input object.
type Arg struct {
	Name    string
	Type    *ast.Type
	Default string // a literal, or none
	Fields  []*Arg // of an input object
}

// Object is a row, a value that has no identity, or the root.
type Object struct {
	Type    *Type
	Fields  map[string]any // nil, string, bool, json.Number, []any, *Object or, for custom scalars, json.RawMessage
	Missing bool           // referred to, but not there: only its key is known
}

// broken is a value that its field cannot have: JSON text.
type broken string

// find returns the row that a function says is the right one, nil if there is none.
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
		return calc(o, f, func(u *Deep) (any, error) { return o.deep(u), nil })
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

// deep is what stands at a field of an object, or of a value in it.
func (o *Object) deep(d *Deep) any {
	v := o.Fields[d.Value.Name]
	if d.Field == nil {
		return v
	}
	if o, ok := v.(*Object); ok {
		return o.Fields[d.Field.Name]
	}
	return nil
}

// calc is a text of what a field is made of.
func calc(o *Object, f *Field, value func(*Deep) (any, error)) any {
	text := f.Name
	for _, k := range o.Type.Keys[0] {
		text += fmt.Sprintf(" %v", o.Fields[k.Name])
	}
	for _, u := range f.Uses {
		v, err := value(u)
		if err != nil {
			return broken(err.Error())
		}
		t := u.Value.Type
		if u.Field != nil {
			t = u.Field.Type
		}
		text += " " + canonical(t, nil, v)
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

// dice is where everything random comes from.
type dice struct{ n func(n int) int }

func (d *dice) chance(percent int) bool { return d.n(100) < percent }

// between returns a number from low to high, both included.
func (d *dice) between(low, high int) int { return low + d.n(high-low+1) }

func pick[T any](d *dice, list []T) T { return list[d.n(len(list))] }

// some returns a part of a list, in its order.
func some[T any](d *dice, list []T, percent int) (out []T) {
	for _, x := range list {
		if d.chance(percent) {
			out = append(out, x)
		}
	}
	return out
}

func shuffled[T any](d *dice, list []T) []T {
	out := slices.Clone(list)
	for i := len(out) - 1; i > 0; i-- {
		j := d.n(i + 1)
		out[i], out[j] = out[j], out[i]
	}
	return out
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
