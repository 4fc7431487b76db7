package worlds

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

const (
	enumName   = "Color"
	customName = "Any"
	inputName  = "Filter"
)

var enumValues = []string{"RED", "GREEN", "BLUE"}

// New makes the world of a seed.
func New(seed uint64) *World {
	r := rand.New(rand.NewPCG(seed, 1))
	w := &World{Seed: seed, dice: &dice{n: r.IntN}}
	w.Broken = w.dice.chance(25)
	w.makeSubgraphs()
	w.makeTypes()
	w.makeAbstract()
	w.makeReferences()
	w.makeWays()
	w.makeRoot()
	w.addAliens()
	w.makeMutation()
	w.makeRows()
	w.split()
	w.fillRows()
	if w.Broken {
		w.breakSome()
	}
	return w
}

func named(name string, nonNull bool) *ast.Type { return &ast.Type{NamedType: name, NonNull: nonNull} }

func listOf(elem *ast.Type, nonNull bool) *ast.Type { return &ast.Type{Elem: elem, NonNull: nonNull} }

// listing is a random kind of list of named values.
func (d *dice) listing(name string) *ast.Type {
	return listOf(named(name, d.chance(50)), d.chance(40))
}

func (w *World) makeTypes() {
	d := w.dice
	for i := range d.between(1, 3) {
		t := &Type{Name: fmt.Sprintf("V%d", i), Kind: ast.Object, letter: string(rune('u' + i))}
		for j := range d.between(2, 4) {
			t.Fields = append(t.Fields, w.leaf(fmt.Sprintf("%s%d", t.letter, j)))
		}
		w.Values = append(w.Values, t)
	}
	for _, t := range w.Values {
		t.Fields[0].Hidden = false // something must be there to see
	}
	for i, t := range w.Values { // values in values, without cycles
		if i+1 < len(w.Values) && d.chance(50) {
			w.addValue(t, w.Values[i+1])
		}
	}
	for i := range d.between(3, 6) {
		t := &Type{Name: fmt.Sprintf("E%d", i), Kind: ast.Object, letter: string(rune('a' + i))}
		t.Fields = w.key()
		t.Keys = append(t.Keys, slices.Clone(t.Fields))
		if d.chance(25) {
			code := &Field{Name: t.letter + "Code", Type: named(pick(d, []string{"String", "Int", "ID"}), true)}
			t.Fields = append(t.Fields, code)
			t.Keys = append(t.Keys, []*Field{code})
		}
		for range d.between(2, 5) {
			t.Fields = append(t.Fields, w.leaf(t.next()))
		}
		for range d.n(3) {
			w.addValue(t, pick(d, w.Values))
		}
		for range d.n(3) {
			t.Fields = append(t.Fields, &Field{Name: t.next(), Type: named("String", d.chance(20)), How: Echo, Args: w.args()})
		}
		w.Entities = append(w.Entities, t)
	}
}

func (t *Type) next() string { return fmt.Sprintf("%s%d", t.letter, len(t.Fields)) }

func (w *World) addValue(t, v *Type) {
	f := &Field{Name: t.next(), Type: named(v.Name, w.dice.chance(25)), Of: v}
	if w.dice.chance(35) {
		f.Type = w.dice.listing(v.Name)
	}
	t.Fields = append(t.Fields, f)
}

// key makes the fields of a primary key.
func (w *World) key() []*Field {
	switch n := w.dice.n(10); {
	case n < 6 || w.home != nil:
		return []*Field{{Name: "id", Type: named("ID", true)}}
	case n < 8:
		return []*Field{{Name: "no", Type: named("Int", true)}}
	}
	return []*Field{{Name: "no", Type: named("Int", true)}, {Name: "part", Type: named("String", true)}}
}

// leaf makes a field without fields of its own.
func (w *World) leaf(name string) *Field {
	d := w.dice
	scalar := pick(d, []string{"String", "String", "Int", "Int", "Float", "Boolean", "ID", enumName, customName})
	f := &Field{Name: name, Type: named(scalar, d.chance(25) && scalar != customName), Hidden: d.chance(5)}
	if scalar == customName {
		return f
	}
	switch n := d.n(20); {
	case n < 3:
		f.Type = d.listing(scalar)
	case n < 4:
		f.Type = listOf(d.listing(scalar), false)
	}
	return f
}

// args makes the arguments of an [Echo].
func (w *World) args() (args []*Arg) {
	d := w.dice
	for i := range d.between(1, 3) {
		a := &Arg{Name: fmt.Sprintf("x%d", i)}
		name := pick(d, []string{"Int", "Float", "String", "Boolean", "ID", enumName, inputName})
		a.Type = named(name, d.chance(30))
		if name == inputName {
			a.Fields = inputFields
		}
		if d.chance(20) {
			a.Type = d.listing(name)
		}
		if d.chance(30) {
			a.Default = literal(d, a.Type)
		}
		args = append(args, a)
	}
	return args
}

// inputFields are the fields of the one input object.
var inputFields = []*Arg{
	{Name: "min", Type: named("Int", false), Default: "3"},
	{Name: "tags", Type: listOf(named("String", true), false)},
	{Name: "of", Type: named("ID", true)},
	{Name: "color", Type: named(enumName, false), Default: "GREEN"},
}

// literal makes a literal of an input type; null only for items of lists.
func literal(d *dice, t *ast.Type) string {
	if t.Elem != nil {
		text := "["
		for i := range d.n(4) {
			if i > 0 {
				text += ", "
			}
			if !t.Elem.NonNull && d.chance(15) {
				text += "null"
				continue
			}
			text += literal(d, t.Elem)
		}
		return text + "]"
	}
	switch t.NamedType {
	case "Int":
		return strconv.Itoa(d.between(-3, 40))
	case "Float":
		return pick(d, []string{"1", "2.5", "-0.25", "1e3", "100.0"})
	case "Boolean":
		return pick(d, []string{"true", "false"})
	case "ID":
		return pick(d, []string{"7", `"7"`, `"x y"`})
	case enumName:
		return pick(d, enumValues)
	case inputName:
		text := "{of: " + literal(d, named("ID", true))
		if d.chance(40) {
			text += ", min: " + pick(d, []string{"null", "8"})
		}
		if d.chance(40) {
			text += ", tags: " + literal(d, inputFields[1].Type)
		}
		if d.chance(30) {
			text += ", color: BLUE"
		}
		return text + "}"
	}
	text, _ := json.Marshal(pick(d, texts)) //nolint:errchkjson // strings
	return string(text)
}

// texts are worth trying: they need escapes in JSON, in URLs, or in both.
var texts = []string{"plain", "two words", "", "a/b?c=d&e#f", "50% + 1", `say "hi"`, `back\slash`, "line\nbreak", "Grüße 🚢", "null", "\u2028", "{x}", "..", "a,b"}

// makeAbstract makes an interface and a union over some of the entities. What the interface shows is decided when it is
// known which subgraphs know it.
func (w *World) makeAbstract() {
	d := w.dice
	if w.home != nil || d.chance(70) {
		i := &Type{Name: "I", Kind: ast.Interface, letter: "i", Members: w.members()}
		if w.home != nil {
			w.shared = i
			i.Fields = append(i.Fields, i.Members[0].field("id"))
		}
		for j := range d.between(1, 3) {
			f := w.leaf(fmt.Sprintf("i%d", j))
			f.Hidden = false
			for _, m := range i.Members {
				own := *f
				own.shown = true
				m.Fields = append(m.Fields, &own)
			}
			i.Fields = append(i.Fields, f)
		}
		w.Abstract = append(w.Abstract, i)
	}
	if d.chance(50) {
		w.Abstract = append(w.Abstract, &Type{Name: "U", Kind: ast.Union, letter: "x", Members: w.members()})
	}
}

func (w *World) members() []*Type {
	n := w.dice.between(2, min(3, len(w.Entities)))
	m := shuffled(w.dice, w.Entities)[:n]
	slices.SortFunc(m, func(a, b *Type) int { return slices.Index(w.Entities, a) - slices.Index(w.Entities, b) })
	return m
}

// targets are the types that a field can refer to.
func (w *World) targets() []*Type { return append(slices.Clone(w.Entities), w.Abstract...) }

func (w *World) makeReferences() {
	d := w.dice
	for _, t := range w.Entities {
		for range d.between(1, 3) {
			to := pick(d, w.targets())
			f := &Field{Name: t.next(), Type: named(to.Name, d.chance(15)), Of: to}
			if d.chance(45) {
				f.Type = d.listing(to.Name)
				if d.chance(25) {
					f.How, f.Args = Slice, sliceArgs(d)
				}
			}
			f.narrow(d)
			t.Fields = append(t.Fields, f)
			if f.Type.Elem == nil && !f.Type.NonNull && to.entity() && len(to.Keys[0]) == 1 && d.chance(50) {
				key := named(to.Keys[0][0].Type.NamedType, false)
				t.Fields = append(t.Fields, &Field{Name: f.Name + "Key", Type: key, FK: f, Hidden: d.chance(40)})
			}
		}
	}
	for _, v := range w.Values {
		if d.chance(25) {
			to := pick(d, w.Entities)
			v.Fields = append(v.Fields, &Field{Name: v.next(), Type: named(to.Name, false), Of: to})
		}
	}
}

// makeWays adds keys that lie deeper in the objects: in a value, or in the objects that they refer to.
func (w *World) makeWays() {
	d := w.dice
	for _, t := range w.Entities {
		for _, key := range t.Keys {
			t.Ways = append(t.Ways, plainSet(key))
		}
		if w.home == nil && d.chance(20) {
			set := plainSet(w.tag().Fields[:d.between(1, 2)])
			f := &Field{Name: t.next() + "Tag", Type: named(w.tag().Name, true), Of: w.tag()}
			t.Fields = append(t.Fields, f)
			t.Ways = append(t.Ways, FieldSet{{Field: f, Sub: set}})
		}
		for _, f := range t.Fields {
			if len(t.Ways) < 4 && f.Of != nil && f.Of.entity() && f.How == Plain && d.chance(10) {
				t.Ways = append(t.Ways, append(plainSet(t.Keys[0]), &Use{Field: f, Sub: plainSet(f.Of.Keys[0])}))
			}
		}
	}
}

// tag is the type of values that no two objects have.
func (w *World) tag() *Type {
	if w.tags == nil {
		w.tags = &Type{Name: "Tag", Kind: ast.Object, letter: "t"}
		for _, scalar := range []string{"Int", "String", "Float"} {
			w.tags.Fields = append(w.tags.Fields, &Field{Name: w.tags.next(), Type: named(scalar, scalar != "Float")})
		}
		w.Values = append(w.Values, w.tags)
	}
	return w.tags
}

func sliceArgs(d *dice) []*Arg {
	args := []*Arg{{Name: "from", Type: named("Int", false)}, {Name: "first", Type: named("Int", false)}}
	if d.chance(40) {
		args[1].Default = "2"
	}
	return args
}

func (w *World) makeRoot() {
	d := w.dice
	w.Query = &Type{Name: "Query", Kind: ast.Object, letter: "q"}
	add := func(f *Field) {
		f.Name = w.Query.next() + f.Name
		f.narrow(d)
		w.Query.Fields = append(w.Query.Fields, f)
	}
	for _, t := range w.Entities {
		if d.chance(60) {
			f := &Field{Name: "One", Type: named(t.Name, false), Of: t, How: Lookup}
			for _, k := range pick(d, t.Keys) {
				f.Args = append(f.Args, &Arg{Name: k.Name, Type: k.Type})
			}
			add(f)
		}
		if d.chance(60) {
			add(&Field{Name: "All", Type: d.listing(t.Name), Of: t})
		}
		if d.chance(25) {
			add(&Field{Name: "Some", Type: d.listing(t.Name), Of: t, How: Slice, Args: sliceArgs(d)})
		}
		if d.chance(20) && len(t.Keys[0]) == 1 {
			keys := &Arg{Name: "keys", Type: listOf(t.Keys[0][0].Type, true)}
			add(&Field{Name: "Pick", Type: listOf(named(t.Name, false), d.chance(50)), Of: t, How: Pick, Args: []*Arg{keys}})
		}
	}
	for _, t := range w.Abstract {
		add(&Field{Name: "Any", Type: d.listing(t.Name), Of: t})
		if d.chance(50) {
			add(&Field{Name: "Nth", Type: named(t.Name, false), Of: t, How: Nth, Args: []*Arg{{Name: "n", Type: named("Int", true), Default: "1"}}})
		}
	}
	add(&Field{Name: "Value", Type: named(w.Values[0].Name, false), Of: w.Values[0]})
	add(&Field{Name: "Echo", Type: named("String", false), How: Echo, Args: w.args()})
	f := w.leaf("Leaf")
	f.Hidden = false
	add(f)
}

// narrow has one type alone stand where an abstract one is declared, perhaps.
func (f *Field) narrow(d *dice) {
	if f.Of != nil && f.Of.abstract() && d.chance(25) {
		f.Only = pick(d, f.Of.Members)
	}
}

// makeMutation makes fields that change something.
func (w *World) makeMutation() {
	d := w.dice
	if d.chance(50) {
		return
	}
	w.Mutation = &Type{Name: "Mutation", Kind: ast.Object, letter: "m"}
	for _, t := range shuffled(d, w.Entities)[:d.between(1, 2)] {
		var targets []*Field
		for _, f := range t.Fields {
			switch f.Type.NamedType {
			case "Int", "Float", "String", "Boolean":
				if f.How == Plain && !t.isKey(f) && f.FK == nil && !f.Type.NonNull {
					targets = append(targets, f)
				}
			}
		}
		if len(targets) == 0 {
			continue
		}
		f := &Field{Name: w.Mutation.next() + "Set", Type: named(t.Name, d.chance(20)), Of: t, How: Set, Target: pick(d, targets)}
		for _, k := range t.Keys[0] {
			f.Args = append(f.Args, &Arg{Name: k.Name, Type: k.Type})
		}
		f.Args = append(f.Args, &Arg{Name: "to", Type: f.Target.Type})
		w.Mutation.Fields = append(w.Mutation.Fields, f)
	}
	w.Mutation.Fields = append(w.Mutation.Fields, &Field{
		Name: w.Mutation.next() + "Count", Type: named("Int", true), How: Count, Args: []*Arg{{Name: "by", Type: named("Int", false), Default: "1"}},
	})
}
