package value

import (
	"math"
	"strconv"
	"strings"
	"unsafe"
)

// Kind says what a [Value] is.
type Kind uint8

// The kinds. Missing is the zero value: no value at all, which is not null.
const (
	Missing Kind = iota
	Null
	Bool
	Int
	Float
	String
	List
	Object
	// Mark is not JSON: the holder of a tree of values may put a mark in the place of one, see [MarkOf]. It is
	// written as null and no function of this package makes one otherwise.
	Mark
	// Record is not JSON either: an object without keys, for a holder that knows the place of each of its values. It
	// takes half the memory of an object. It is written as null, and only [OfSlots] makes one.
	Record
)

var kindNames = [...]string{"missing", "null", "boolean", "number", "number", "string", "array", "object", "mark", "record"}

// String returns the JSON name of the kind: null, boolean, number, string, array or object.
func (k Kind) String() string { return kindNames[k] }

// form says how the text of a string value relates to JSON.
type form uint8

const (
	plain   form = iota // the content is its own JSON text: nothing in it needs an escape
	escaped             // the text is JSON with escapes
	decoded             // the text is the content, and writing it needs escapes
)

// Value is one JSON value, or [Missing]. Values are small and passed by copy. Reading one is safe from several
// goroutines; the slices that Items and Members return are the value's own, and writing to them changes it.
//
// A Value that was scanned is good for as long as its body and its [Arena] are.
type Value struct {
	ptr  unsafe.Pointer // string, number: the first byte; list: *Value; object: *Member
	n    uint32         // bytes, items, members; Bool: 0 or 1; Mark: the number
	kind Kind
	form form
}

// Member is one entry of an object. The key is decoded.
type Member struct {
	Key   string
	Value Value
}

// NullValue is the JSON null.
var NullValue = Value{kind: Null}

// OfBool returns a JSON boolean.
func OfBool(b bool) Value {
	v := Value{kind: Bool}
	if b {
		v.n = 1
	}
	return v
}

// OfInt returns an integer.
func OfInt(i int64) Value { return number(Int, strconv.FormatInt(i, 10)) }

// OfFloat returns a floating point number in its shortest form that reads back the same, always with a fraction or
// an exponent, so that it stays a float: 2.0, 0.1, 1e+16. f must be finite.
func OfFloat(f float64) Value { return number(Float, FormatFloat(f)) }

// FormatFloat is the text of [OfFloat].
func FormatFloat(f float64) string {
	abs := math.Abs(f)
	if abs != 0 && (abs < 1e-5 || abs >= 1e16) {
		s := strconv.FormatFloat(f, 'e', -1, 64)
		if n := len(s); s[n-2] == '0' && (s[n-3] == '-' || s[n-3] == '+') {
			s = s[:n-2] + s[n-1:] // Go writes at least two digits: 1e-07
		}
		return s
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// OfNumber returns the number with the given JSON text, which is taken as it is. It is an integer if the text has
// neither fraction nor exponent.
func OfNumber(text string) Value {
	if strings.ContainsAny(text, ".eE") {
		return number(Float, text)
	}
	return number(Int, text)
}

func number(k Kind, text string) Value {
	return Value{ptr: unsafe.Pointer(unsafe.StringData(text)), n: uint32(len(text)), kind: k}
}

// OfString returns a string with the given content. Invalid UTF-8 in it is replaced when it is written.
func OfString(s string) Value {
	v := Value{ptr: unsafe.Pointer(unsafe.StringData(s)), n: uint32(len(s)), kind: String}
	if needsEscape(s) {
		v.form = decoded
	}
	return v
}

// OfItems returns a list that owns items.
func OfItems(items []Value) Value {
	return Value{ptr: unsafe.Pointer(unsafe.SliceData(items)), n: uint32(len(items)), kind: List}
}

// OfMembers returns an object that owns members. Keys should not repeat; of repeated ones [Value.Get] finds the last.
func OfMembers(members []Member) Value {
	return Value{ptr: unsafe.Pointer(unsafe.SliceData(members)), n: uint32(len(members)), kind: Object}
}

// OfSlots returns a record that owns slots.
func OfSlots(slots []Value) Value {
	return Value{ptr: unsafe.Pointer(unsafe.SliceData(slots)), n: uint32(len(slots)), kind: Record}
}

// MarkOf returns a mark that carries a number.
func MarkOf(n int) Value { return Value{kind: Mark, n: uint32(n)} }

// Kind returns what v is.
func (v Value) Kind() Kind { return v.kind }

// IsMissing reports whether v is no value at all.
func (v Value) IsMissing() bool { return v.kind == Missing }

// IsNull reports whether v is the JSON null. A missing value is not null.
func (v Value) IsNull() bool { return v.kind == Null }

// IsNumber reports whether v is an integer or a float.
func (v Value) IsNumber() bool { return v.kind == Int || v.kind == Float }

// Bool returns the boolean v is; false if it is none.
func (v Value) Bool() bool { return v.kind == Bool && v.n != 0 }

// MarkNumber returns the number a mark carries; 0 if v is none.
func (v Value) MarkNumber() int {
	if v.kind != Mark {
		return 0
	}
	return int(v.n)
}

// text is the span v points to.
func (v Value) text() string { return unsafe.String((*byte)(v.ptr), int(v.n)) }

// Text returns the content of a string, without escapes, or the text of a number as it was read or made. It is empty
// for every other kind. It allocates only if the string had escapes.
func (v Value) Text() string {
	switch v.kind {
	case Int, Float:
		return v.text()
	case String:
		if v.form == escaped {
			return unescape(v.text())
		}
		return v.text()
	}
	return ""
}

// Int64 returns the integer v is. ok is false if v is no integer or does not fit.
func (v Value) Int64() (i int64, ok bool) {
	if v.kind != Int {
		return 0, false
	}
	i, err := strconv.ParseInt(v.text(), 10, 64)
	return i, err == nil
}

// Float64 returns the number nearest to v; infinite if it is out of range, 0 if v is no number.
func (v Value) Float64() float64 {
	if !v.IsNumber() {
		return 0
	}
	f, _ := strconv.ParseFloat(v.text(), 64) // out of range gives an infinity, as documented
	return f
}

// Len returns the number of items of a list or of members of an object; 0 for every other kind.
func (v Value) Len() int {
	if v.kind == List || v.kind == Object {
		return int(v.n)
	}
	return 0
}

// Items returns the items of a list, nil for every other kind.
func (v Value) Items() []Value {
	if v.kind != List {
		return nil
	}
	return unsafe.Slice((*Value)(v.ptr), int(v.n))
}

// Members returns the members of an object, nil for every other kind.
func (v Value) Members() []Member {
	if v.kind != Object {
		return nil
	}
	return unsafe.Slice((*Member)(v.ptr), int(v.n))
}

// Slots returns the values of a record, nil for every other kind.
func (v Value) Slots() []Value {
	if v.kind != Record {
		return nil
	}
	return unsafe.Slice((*Value)(v.ptr), int(v.n))
}

// Get returns the member of an object with the given key, the last of several; [Missing] if there is none or v is no
// object.
func (v Value) Get(key string) Value {
	m := v.Members()
	for i := len(m) - 1; i >= 0; i-- {
		if m[i].Key == key {
			return m[i].Value
		}
	}
	return Value{}
}

// Equal reports whether a and b are the same JSON value: numbers of the same kind and the same number, objects
// with the same members in any order. An integer never equals a float; a missing value equals only a missing one.
func Equal(a, b Value) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case Bool, Mark:
		return a.n == b.n
	case Int:
		return a.text() == b.text() || normalInt(a.text()) == normalInt(b.text())
	case Float:
		return a.text() == b.text() || a.Float64() == b.Float64()
	case String:
		return a.form == b.form && a.text() == b.text() || a.Text() == b.Text()
	case List:
		x, y := a.Items(), b.Items()
		if len(x) != len(y) {
			return false
		}
		for i := range x {
			if !Equal(x[i], y[i]) {
				return false
			}
		}
	case Object:
		x, y := a.Members(), b.Members()
		if len(x) != len(y) {
			return false
		}
		var index map[string]Value // of y, if it is large and in another order
		for i := range x {
			if x[i].Key == y[i].Key { // the usual case: the same order
				if !Equal(x[i].Value, y[i].Value) {
					return false
				}
				continue
			}
			if index == nil && len(y) > 16 {
				index = make(map[string]Value, len(y))
				for _, m := range y {
					index[m.Key] = m.Value
				}
			}
			o := index[x[i].Key]
			if index == nil {
				o = b.Get(x[i].Key)
			}
			if o.kind == Missing || !Equal(x[i].Value, o) {
				return false
			}
		}
	}
	return true
}

func normalInt(s string) string {
	if s == "-0" {
		return "0"
	}
	return s
}
