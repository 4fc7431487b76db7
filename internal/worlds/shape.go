package worlds

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Shape is what the JSON of a service has for a value of a composite type.
type Shape struct {
	Type   *Type
	Fields []*ShapeField
	Arms   []*Shape // of an abstract type, for each member
	kind   []string // where an abstract value tells what it is
}

// ShapeField is a field of the API in the JSON of a service.
type ShapeField struct {
	*Field
	Path  []string // from the object to the value
	Style Style
	Omit  bool // where it is null it is not there
	Stale bool // another subgraph has taken the field over: what is here is wrong
	Sub   *Shape
}

// Style says in which form a field is in the JSON.
type Style uint8

// The forms of a field.
const (
	AsIs  Style = iota // a leaf, an object or a list of them
	Codes              // an enum under other names
	Keys               // a reference, or a list of them, by the key alone
	Texts              // a number as text, or an ID of digits as number
)

// codes are what services call the values of the enum.
var codes = map[string]string{"RED": "red-1", "GREEN": "g", "BLUE": "the blue"}

// shaper makes shapes for one subgraph.
type shaper struct {
	*dice
	sub *Subgraph
}

// reference makes the shape of a value that has an identity, or may have one: its key and perhaps more.
func (s *shaper) reference(t *Type, depth int) *Shape {
	out := &Shape{Type: t}
	if t.abstract() {
		out.kind = []string{pick(s.dice, []string{"kind", "__type", "k-d"})}
		for _, m := range s.sub.members[t] {
			arm := s.reference(m, depth)
			for _, f := range t.common(m) {
				if s.sub.always[f.Name] || s.chance(30) {
					s.add(arm, f, depth)
				}
			}
			out.Arms = append(out.Arms, arm)
		}
		return out
	}
	if !t.entity() {
		return s.fields(t, some(s.dice, t.Fields, 60), depth)
	}
	for _, k := range t.Keys[s.sub.stub[t]] {
		s.add(out, k, depth)
	}
	if depth > 0 && s.chance(50) {
		for _, f := range some(s.dice, t.Fields, 35) {
			s.add(out, f, depth)
		}
	}
	return out
}

// common are the fields of a member that an interface can show.
func (t *Type) common(member *Type) (out []*Field) {
	if t.Kind == ast.Interface {
		for _, f := range t.Fields {
			out = append(out, member.field(f.Name))
		}
	}
	return out
}

// fields makes a shape with the given fields, at least one.
func (s *shaper) fields(t *Type, fields []*Field, depth int) *Shape {
	out := &Shape{Type: t}
	if len(fields) == 0 {
		fields = t.Fields[:1]
	}
	for _, f := range fields {
		s.add(out, f, depth)
	}
	return out
}

// value makes a shape with everything of a value that has no identity, as nobody can fetch the rest: or with the part of
// it that is left to this subgraph.
func (s *shaper) value(f *Field, depth int) *Shape {
	if part := s.sub.parts[f]; part != nil {
		return s.fields(f.Of, part, depth)
	}
	return s.fields(f.Of, f.Of.Fields, depth)
}

// add adds a field to a shape if it is not there. Fields with arguments cannot be part of one, and what is computed of
// others is in no service.
func (s *shaper) add(out *Shape, f *Field, depth int) *ShapeField {
	if len(f.Args) > 0 || f.How == Calc || f.alien {
		return nil
	}
	if have := out.field(f); have != nil {
		return have
	}
	sf := &ShapeField{Field: f, Path: s.path(f.Name), Omit: s.chance(20), Stale: s.sub.stale[f]}
	switch {
	case f.Of != nil && (f.Of.entity() || f.Of.abstract()):
		sf.Sub = s.reference(s.sub.of(f), depth-1)
		if sf.Sub.onlyKey() && s.chance(60) && !(f.Type.Elem != nil && !f.Type.Elem.NonNull) {
			sf.Style = Keys
		}
	case f.Of != nil:
		sf.Sub = s.value(f, depth)
	case f.Type.Name() == enumName && (f.Type.Elem == nil || f.Type.Elem.Elem == nil) && s.chance(50):
		sf.Style = Codes
	case f.Type.Name() == "ID" && s.chance(30):
		sf.Style = Texts
	}
	out.Fields = append(out.Fields, sf)
	return sf
}

func (s *Shape) onlyKey() bool { return len(s.Fields) == 1 && len(s.Arms) == 0 && s.Type.entity() }

func (s *Shape) field(f *Field) *ShapeField {
	for _, sf := range s.Fields {
		if sf.Field == f {
			return sf
		}
	}
	return nil
}

// path makes up where a service has a field.
func (s *shaper) path(name string) []string {
	switch s.n(8) {
	case 0, 1, 2:
		return []string{name}
	case 3:
		return []string{name + "-x"}
	case 4:
		return []string{"meta", name}
	case 5:
		return []string{"at " + name, "in"}
	}
	return []string{"_" + strings.ToLower(name)}
}

// with returns a part of a shape: the given fields, as they are in it.
func (s *Shape) with(fields []*Field) *Shape {
	out := &Shape{Type: s.Type}
	for _, sf := range s.Fields {
		if slices.Contains(fields, sf.Field) {
			out.Fields = append(out.Fields, sf)
		}
	}
	return out
}

// appendJSON appends a value as a service with this shape writes it.
func (s *Shape) appendJSON(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case broken:
		return append(dst, v...)
	case []any:
		return appendList(dst, v, s.appendJSON)
	case *Object:
		if s.Arms != nil {
			i := slices.IndexFunc(s.Arms, func(arm *Shape) bool { return arm.Type == v.Type })
			return s.Arms[i].object(dst, v, s.kind)
		}
		return s.object(dst, v, nil)
	}
	return append(dst, "null"...)
}

func appendList(dst []byte, list []any, item func([]byte, any) []byte) []byte {
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = item(dst, v)
	}
	return append(dst, ']')
}

// member is a member of a JSON object that is being made.
type member struct {
	key  string
	text []byte
	sub  []*member
}

func (m *member) put(path []string, text []byte) {
	for _, key := range path {
		i := slices.IndexFunc(m.sub, func(s *member) bool { return s.key == key })
		if i < 0 {
			i = len(m.sub)
			m.sub = append(m.sub, &member{key: key})
		}
		m = m.sub[i]
	}
	m.text = text
}

func (m *member) append(dst []byte) []byte {
	if m.text != nil {
		return append(dst, m.text...)
	}
	dst = append(dst, '{')
	for i, s := range m.sub {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(appendString(dst, s.key), ": "...)
		dst = s.append(dst)
	}
	return append(dst, '}')
}

// object appends an object, with members that nobody asked for.
func (s *Shape) object(dst []byte, o *Object, kind []string) []byte {
	m := &member{}
	m.put([]string{"junk"}, []byte(`{"id": [1, "x"], "meta": null}`))
	if kind != nil {
		m.put(kind, appendString(nil, "is:"+o.Type.Name))
	}
	for _, f := range s.Fields {
		if v := o.Fields[f.Name]; v != nil || !f.Omit {
			m.put(f.Path, f.appendJSON(nil, v))
		}
	}
	m.put([]string{"last"}, []byte("1e400"))
	return m.append(dst)
}

func (f *ShapeField) appendJSON(dst []byte, v any) []byte {
	switch {
	case f.Stale:
		return append(dst, `"stale"`...)
	case f.Style == Keys:
		return f.keys(dst, v)
	case f.Sub != nil:
		return f.Sub.appendJSON(dst, v)
	}
	return appendLeaf(dst, v, f.Style)
}

// keys appends the key of a row, or those of a list of rows.
func (f *ShapeField) keys(dst []byte, v any) []byte {
	switch v := v.(type) {
	case []any:
		return appendList(dst, v, f.keys)
	case *Object:
		k := f.Sub.Fields[0]
		return appendLeaf(dst, v.Fields[k.Name], k.Style)
	}
	return append(dst, "null"...)
}

// appendLeaf appends a scalar or a list of them.
func appendLeaf(dst []byte, v any, style Style) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case []any:
		return appendList(dst, v, func(dst []byte, v any) []byte { return appendLeaf(dst, v, style) })
	case json.RawMessage:
		return append(dst, v...)
	case broken:
		return append(dst, v...)
	case string:
		if style == Codes {
			v = codes[v]
		}
		return appendString(dst, v)
	case json.Number:
		if style == Texts {
			return appendString(dst, v.String())
		}
		return append(dst, v...)
	}
	return fmt.Append(dst, v)
}

func appendString(dst []byte, text string) []byte {
	b, _ := json.Marshal(text) //nolint:errchkjson // a string
	return append(dst, b...)
}
