package worlds

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Operation is a request of a client.
type Operation struct {
	Query     string
	Variables string // JSON
}

// Operation makes one of the operations of a world. It may be invalid: the same name for different fields.
func (w *World) Operation(number int) Operation {
	r := rand.New(rand.NewPCG(w.Seed, uint64(number)+1000))
	o := &operation{world: w, dice: &dice{n: r.IntN}, fragments: map[*Type][]string{}, left: 60}
	root, head := w.Query, "query"
	if w.Mutation != nil && o.chance(30) {
		root, head = w.Mutation, "mutation"
	}
	body := o.selection(root, o.between(2, 6))
	if len(o.declared) > 0 {
		head += "(" + strings.Join(o.declared, ", ") + ")"
	}
	return Operation{
		Query:     head + " " + body + "\n" + strings.Join(o.definitions, "\n"),
		Variables: "{" + strings.Join(o.values, ", ") + "}",
	}
}

// operation is an operation that is being made.
type operation struct {
	*dice
	world       *World
	fragments   map[*Type][]string // names by the type they are on
	definitions []string
	declared    []string // variables
	values      []string
	names       int
	left        int // fields that may still be asked for
}

func (o *operation) name(prefix string) string {
	o.names++
	return fmt.Sprintf("%s%d", prefix, o.names)
}

// selection writes what is asked of a value, in braces.
func (o *operation) selection(t *Type, depth int) string {
	var parts []string
	for range o.between(1, 5) {
		if part := o.part(t, depth); part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 || o.chance(8) {
		parts = append(parts, "__typename")
	}
	if o.chance(10) {
		parts = append(parts, pick(o.dice, parts))
	}
	return "{ " + strings.Join(parts, " ") + " }"
}

func (o *operation) part(t *Type, depth int) string {
	switch n := o.n(100); {
	case n < 4:
		return pick(o.dice, []string{"__typename", "kind: __typename"})
	case n < 10 && depth > 0:
		return "..." + o.condition() + " " + o.selection(t, depth-1)
	case n < 16 && depth > 0:
		return o.spread(t, depth-1)
	case n < 24 && depth > 0 || t.abstract() && n < 70:
		return o.narrowed(t, depth)
	}
	fields := slices.DeleteFunc(slices.Clone(t.Fields), func(f *Field) bool { return f.Hidden || f.Of != nil && depth <= 0 })
	if o.left <= 0 || len(fields) == 0 || t.Kind == ast.Union {
		return ""
	}
	o.left--
	return o.field(pick(o.dice, fields), depth)
}

// narrowed writes a fragment on another type that a value may be.
func (o *operation) narrowed(t *Type, depth int) string {
	var types []*Type
	for _, other := range append(slices.Clone(o.world.Entities), o.world.Abstract...) {
		if other != t && slices.ContainsFunc(t.objects(), func(m *Type) bool { return slices.Contains(other.objects(), m) }) && o.visible(other) {
			types = append(types, other)
		}
	}
	if len(types) == 0 {
		return ""
	}
	to := pick(o.dice, types)
	if o.chance(30) {
		return o.spread(to, depth-1)
	}
	return "... on " + to.Name + o.condition() + " " + o.selection(to, depth-1)
}

// visible reports whether the API has a type at all.
func (o *operation) visible(t *Type) bool {
	return slices.ContainsFunc(o.world.Subgraphs, func(s *Subgraph) bool { return s.knows(t) })
}

// spread writes the spread of a named fragment, a new one or not.
func (o *operation) spread(t *Type, depth int) string {
	names := o.fragments[t]
	if len(names) > 0 && o.chance(50) {
		return "..." + pick(o.dice, names) + o.condition()
	}
	name := o.name("F")
	o.definitions = append(o.definitions, "fragment "+name+" on "+t.Name+" "+o.selection(t, depth))
	o.fragments[t] = append(o.fragments[t], name) // not before: fragments must not contain themselves
	return "..." + name + o.condition()
}

func (o *operation) field(f *Field, depth int) string {
	text := f.Name
	if o.chance(15) || len(f.Args) > 0 && o.chance(70) {
		text = o.name("x") + ": " + text
	}
	var args []string
	for _, a := range f.Args {
		switch {
		case a.Type.NonNull && a.Default == "" || o.chance(70):
			args = append(args, a.Name+": "+o.argument(f, a))
		case !a.Type.NonNull && o.chance(20):
			args = append(args, a.Name+": null")
		}
	}
	if len(args) > 0 {
		text += "(" + strings.Join(args, ", ") + ")"
	}
	text += o.condition()
	if f.Of != nil {
		text += " " + o.selection(f.Of, depth-1)
	}
	return text
}

// argument writes the value of an argument, or a variable for it.
func (o *operation) argument(f *Field, a *Arg) string {
	value := o.value(f, a)
	if !o.chance(40) {
		return value
	}
	name, typ := o.name("v"), *a.Type
	declared := "$" + name + ": "
	given := o.chance(75)
	switch {
	case typ.NonNull && a.Default != "" && o.chance(50):
		typ.NonNull = false // allowed, as the argument has a default
		given = true        // but null is not
		fallthrough
	case typ.NonNull && given:
		declared += typ.String()
	case o.chance(50):
		typ.NonNull = typ.NonNull || o.chance(30)
		declared += typ.String() + " = " + o.value(f, a)
	case typ.NonNull:
		declared += typ.String()
		given = true
	default:
		declared += typ.String()
		if given && o.chance(20) {
			value = "null"
		}
	}
	o.declared = append(o.declared, declared)
	if given {
		o.values = append(o.values, `"`+name+`": `+asJSON(value))
	}
	return "$" + name
}

// value writes a literal for an argument: one that finds something, as a rule, where something is looked up.
func (o *operation) value(f *Field, a *Arg) string {
	key := func(k *Field) string {
		if o.chance(8) { // of nothing
			return map[string]string{"Int": "77", "ID": `"k/?x"`, "String": `"k&c=d"`}[k.Type.NamedType]
		}
		return string(appendLeaf(nil, pick(o.dice, f.Of.Rows).Fields[k.Name], AsIs))
	}
	switch f.How {
	case Set:
		if a.Name != "to" {
			return key(f.Of.field(a.Name))
		}
	case Lookup:
		return key(f.Of.field(a.Name))
	case Pick:
		var keys []string
		for range o.n(4) {
			keys = append(keys, key(f.Of.Keys[0][0]))
		}
		return "[" + strings.Join(keys, ", ") + "]"
	case Slice, Nth:
		return fmt.Sprint(o.between(-1, 4))
	case Plain, Echo, Calc, Count:
	}
	return literal(o.dice, a.Type)
}

// condition writes a @skip or @include, most often none.
func (o *operation) condition() string {
	if !o.chance(8) {
		return ""
	}
	value := pick(o.dice, []string{"true", "false"})
	text := pick(o.dice, []string{"skip", "include", "include"})
	if o.chance(20) {
		return " @" + text + "(if: " + value + ")"
	}
	name := o.name("b")
	if o.chance(30) {
		o.declared = append(o.declared, "$"+name+": Boolean! = "+value)
	} else {
		o.declared = append(o.declared, "$"+name+": Boolean!")
		o.values = append(o.values, `"`+name+`": `+value)
	}
	return " @" + text + "(if: $" + name + ")"
}

// asJSON turns a literal into JSON: names of members and values of enums get quotes.
func asJSON(literal string) string {
	var b strings.Builder
	for i := 0; i < len(literal); {
		c := literal[i]
		j := i + 1
		switch {
		case c == '"':
			for ; literal[j] != '"'; j++ {
				if literal[j] == '\\' {
					j++
				}
			}
			j++
			b.WriteString(literal[i:j])
		case isName(literal[i:j]):
			for j < len(literal) && isName(literal[i:j+1]) {
				j++
			}
			switch word := literal[i:j]; word {
			case "true", "false", "null":
				b.WriteString(word)
			default:
				b.WriteString(`"` + word + `"`)
			}
		case c == '-' || c >= '0' && c <= '9': // an exponent is no name
			for j < len(literal) && strings.IndexByte("0123456789.e+-", literal[j]) >= 0 {
				j++
			}
			b.WriteString(literal[i:j])
		default:
			b.WriteByte(c)
		}
		i = j
	}
	return b.String()
}
