package operation

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/value"
)

// inputKind says how a value of an input type is checked.
type inputKind uint8

const (
	anyInput inputKind = iota // a custom scalar, or a type that is not known: every value fits
	intInput
	floatInput
	stringInput
	booleanInput
	idInput
	enumInput
	objectInput
)

var builtins = map[string]inputKind{
	"Int": intInput, "Float": floatInput, "String": stringInput, "Boolean": booleanInput, "ID": idInput,
}

// inputType is a named input type in the form that values are checked against.
type inputType struct {
	name   string
	def    *ast.Definition // nil if the type is not known
	kind   inputKind
	values map[string]bool // of an enum
	names  []string        // of an enum's values or an object's fields, in the order of the schema
	fields []inputField    // of an input object
	index  map[string]int  // of fields by name
	oneOf  bool
}

// inputField is a field of an input object.
type inputField struct {
	name     string
	typ      typeRef
	fallback value.Value // the default; missing if there is none
}

// typeRef is an input type with its list and non-null wrappers.
type typeRef struct {
	named   *inputType // nil for a list
	elem    *typeRef   // nil for a named type
	nonNull bool
	text    string // as GraphQL writes it
}

// inputs compiles input types, each once. One goroutine uses it while there are types it has not met; what it made is
// immutable.
type inputs struct {
	lookup   func(name string) *ast.Definition
	types    map[string]*inputType
	pending  []*inputType // object types whose fields have no defaults yet
	settling map[*ast.FieldDefinition]bool
	settled  map[*ast.FieldDefinition]value.Value
}

func newInputs(lookup func(name string) *ast.Definition) *inputs {
	return &inputs{
		lookup:   lookup,
		types:    map[string]*inputType{},
		settling: map[*ast.FieldDefinition]bool{},
		settled:  map[*ast.FieldDefinition]value.Value{},
	}
}

// schemaInputs compiles all input types of a schema. With types of that schema only, the result is read and not
// written, and thus safe for concurrent use.
func schemaInputs(schema *ast.Schema) *inputs {
	in := newInputs(func(name string) *ast.Definition { return schema.Types[name] })
	for name, def := range schema.Types {
		if def.IsInputType() {
			in.named(name)
		}
	}
	in.settle()
	return in
}

func (in *inputs) ref(t *ast.Type) typeRef {
	r := typeRef{nonNull: t.NonNull, text: t.String()}
	if t.Elem != nil {
		elem := in.ref(t.Elem)
		r.elem = &elem
		return r
	}
	r.named = in.named(t.NamedType)
	return r
}

func (in *inputs) named(name string) *inputType {
	if t, ok := in.types[name]; ok {
		return t
	}
	t := &inputType{name: name, kind: builtins[name]}
	in.types[name] = t
	if def := in.lookup(name); def != nil {
		in.define(t, def)
	}
	return t
}

func (in *inputs) define(t *inputType, def *ast.Definition) {
	t.def = def
	switch def.Kind {
	case ast.Enum:
		t.kind = enumInput
		t.values = make(map[string]bool, len(def.EnumValues))
		for _, v := range def.EnumValues {
			t.values[v.Name] = true
			t.names = append(t.names, v.Name)
		}
	case ast.InputObject:
		t.kind = objectInput
		t.oneOf = def.Directives.ForName("oneOf") != nil
		t.index = make(map[string]int, len(def.Fields))
		t.fields = make([]inputField, len(def.Fields))
		for i, f := range def.Fields {
			t.names = append(t.names, f.Name)
			t.index[f.Name] = i
			t.fields[i] = inputField{name: f.Name, typ: in.ref(f.Type)}
		}
		// Defaults are values of types that may refer back to this one, so they come last.
		in.pending = append(in.pending, t)
	}
}

// settle gives the fields of all object types their defaults.
func (in *inputs) settle() {
	for len(in.pending) > 0 {
		t := in.pending[len(in.pending)-1]
		in.pending = in.pending[:len(in.pending)-1]
		for i := range t.fields {
			t.fields[i].fallback = in.fallback(t, i)
		}
	}
}

// fallback is the default of a field, itself completed with the defaults of the fields that it leaves out. A default
// that contains itself, which the specification forbids, ends with a null.
func (in *inputs) fallback(t *inputType, i int) value.Value {
	f := t.def.Fields[i]
	if f.DefaultValue == nil {
		return value.Value{}
	}
	if v, ok := in.settled[f]; ok {
		return v
	}
	if in.settling[f] {
		return value.NullValue
	}
	in.settling[f] = true
	v := in.literal(t.fields[i].typ, f.DefaultValue).constant
	delete(in.settling, f)
	in.settled[f] = v
	return v
}
