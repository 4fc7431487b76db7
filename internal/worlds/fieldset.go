package worlds

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// FieldSet is what a key consists of, what a field requires, or what it provides.
type FieldSet []*Use

// Use is a field in a [FieldSet].
type Use struct {
	On    *Type // the type of the fragment that it is in; nil: in none
	Field *Field
	Args  map[string]string // literals
	Sub   FieldSet
	// Sure: nothing but what the fragment is for can stand there, and the type need not be told.
	Sure bool
}

// String returns the field set as a schema has it.
func (s FieldSet) String() string {
	var parts []string
	for _, u := range s {
		text := u.Field.Name
		var args []string
		for _, a := range u.Field.Args {
			if literal, ok := u.Args[a.Name]; ok {
				args = append(args, a.Name+": "+literal)
			}
		}
		if args != nil {
			text += "(" + strings.Join(args, ", ") + ")"
		}
		if u.Sub != nil {
			text += " { " + u.Sub.String() + " }"
		}
		if u.On != nil {
			text = "... on " + u.On.Name + " { " + text + " }"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

// plainSet is a field set of fields alone.
func plainSet(fields []*Field) (s FieldSet) {
	for _, f := range fields {
		s = append(s, &Use{Field: f})
	}
	return s
}

func (s FieldSet) has(f *Field) bool {
	return slices.ContainsFunc(s, func(u *Use) bool { return u.Field == f })
}

// reads reports whether a field is somewhere in the field set.
func (s FieldSet) reads(f *Field) bool {
	return slices.ContainsFunc(s, func(u *Use) bool { return u.Field == f || u.Sub.reads(f) })
}

// names are those of the fields, once each.
func (s FieldSet) names() (out []string) {
	for _, u := range s {
		if !slices.Contains(out, u.Field.Name) {
			out = append(out, u.Field.Name)
		}
	}
	return out
}

// arguments are the values of the arguments, with the defaults.
func (u *Use) arguments() map[string]any {
	args := map[string]any{}
	for _, a := range u.Field.Args {
		literal, ok := u.Args[a.Name]
		if !ok {
			literal = a.Default
		}
		if literal != "" {
			args[a.Name] = a.value(literal)
		}
	}
	return args
}

// value is the value of a literal.
func (a *Arg) value(literal string) (v any) {
	dec := json.NewDecoder(strings.NewReader(asJSON(literal)))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return broken(err.Error())
	}
	return a.complete(v)
}

// complete adds the defaults of input objects.
func (a *Arg) complete(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = a.complete(v[i])
		}
	case map[string]any:
		for _, f := range a.Fields {
			if _, ok := v[f.Name]; !ok && f.Default != "" {
				v[f.Name] = f.value(f.Default)
			}
		}
	}
	return v
}

// text writes what stands at the field. Below a composite value, member writes a field of it; false if that is for other types.
func (u *Use) text(v any, member func(v any, sub *Use) (string, bool)) string {
	list, isList := v.([]any)
	switch {
	case v == nil:
		return "null"
	case !isList && u.Sub == nil:
		return canonical(&ast.Type{NamedType: u.Field.Type.Name()}, nil, v)
	}
	var parts []string
	for _, item := range list {
		parts = append(parts, u.text(item, member))
	}
	if isList {
		return "[" + strings.Join(parts, ",") + "]"
	}
	for _, sub := range u.Sub {
		if text, ok := member(v, sub); ok {
			parts = append(parts, sub.Field.Name+":"+text)
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// told is what the world has at a field of an object, as text; false if it is a field of other types.
func (w *World) told(v any, u *Use) (string, bool) {
	o, ok := v.(*Object)
	if !ok || u.On != nil && !slices.Contains(u.On.objects(), o.Type) {
		return "", false
	}
	return u.text(w.resolve(o, o.Type.field(u.Field.Name), u.arguments()), w.told), true
}

// represented is the same of an object that a request represents. What is missing is reported.
func represented(v any, u *Use, missing func(what string)) (string, bool) {
	o, ok := v.(map[string]any)
	if !ok {
		missing(fmt.Sprintf("an object above %s", u.Field.Name))
		return "", false
	}
	if u.On != nil {
		name, ok := o["__typename"].(string)
		switch {
		case !ok && u.Sure:
			name = u.On.Name
		case !ok:
			missing("the type beside " + u.Field.Name)
		}
		if !slices.ContainsFunc(u.On.objects(), func(t *Type) bool { return t.Name == name }) {
			return "", false
		}
	}
	value, ok := o[u.Field.Name]
	if !ok {
		missing(u.Field.Name)
	}
	return u.text(value, func(v any, sub *Use) (string, bool) { return represented(v, sub, missing) }), true
}
