package rest

import (
	"math"
	"strconv"

	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/value"
)

// keyFields are the fields that identify an object for a connector. Two objects are the same if the texts of their keys
// are: values are compared as the types of the fields have them, so that the ID 1 is the ID "1" and the Float 1 is 1.0.
type keyFields struct {
	fields []keyField
	whole  bool // the fields depend on the runtime type: all members count, as they are
}

type keyField struct {
	name string
	kind keyKind
	sub  *keyFields
}

type keyKind uint8

const (
	keyPlain keyKind = iota
	keyID
	keyNumber
)

func newKeyFields(s *schema.Selection) *keyFields {
	k := &keyFields{}
	if s == nil {
		return k
	}
	k.whole = len(s.On) > 0
	for _, f := range s.Fields {
		if f.Field == nil {
			continue
		}
		out := keyField{name: f.Name}
		switch f.Field.Type.Name() {
		case "ID":
			out.kind = keyID
		case "Int", "Float":
			out.kind = keyNumber
		}
		if f.Sub != nil {
			out.sub = newKeyFields(f.Sub)
		}
		k.fields = append(k.fields, out)
	}
	return k
}

// append appends the text of the key of an object.
func (k *keyFields) append(dst []byte, object value.Value) []byte {
	if k.whole {
		return object.AppendJSON(dst)
	}
	dst = append(dst, '{')
	for i := range k.fields {
		dst = append(dst, ',')
		dst = k.fields[i].append(dst, object.Get(k.fields[i].name))
	}
	return append(dst, '}')
}

func (f *keyField) append(dst []byte, v value.Value) []byte {
	switch v.Kind() {
	case value.List:
		dst = append(dst, '[')
		for _, item := range v.Items() {
			dst = append(f.append(dst, item), ',')
		}
		return append(dst, ']')
	case value.Object:
		if f.sub != nil {
			return f.sub.append(dst, v)
		}
	case value.String:
		return value.AppendString(dst, v.Text()) // one form, whatever was escaped
	case value.Int, value.Float:
		switch f.kind {
		case keyID:
			return value.AppendString(dst, v.Text())
		case keyNumber:
			return appendNumber(dst, v)
		}
	}
	return v.AppendJSON(dst)
}

// appendNumber gives equal numbers one form. Integers beyond what a float holds exactly keep their text.
func appendNumber(dst []byte, v value.Value) []byte {
	const exact = 1 << 53
	if f := v.Float64(); math.Abs(f) < exact && f == math.Trunc(f) {
		return strconv.AppendInt(dst, int64(f), 10)
	} else if v.Kind() == value.Float && !math.IsInf(f, 0) {
		return strconv.AppendFloat(dst, f, 'g', -1, 64)
	}
	return v.AppendJSON(dst)
}

// hasNull reports whether a part of the key of an object is null: a service has nothing under such a key.
func (k *keyFields) hasNull(object value.Value) bool {
	for i := range k.fields {
		f := &k.fields[i]
		switch v := object.Get(f.name); v.Kind() {
		case value.Null, value.Missing:
			return true
		case value.Object:
			if f.sub != nil && f.sub.hasNull(v) {
				return true
			}
		}
	}
	return false
}
