package value

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

// MaxDepth is how deeply lists and objects may nest in a scanned document.
const MaxDepth = 512

// Filter names the members that are wanted of the objects at one place of a document; everything else there is
// checked and skipped. It applies alike to an object and, through lists of any depth, to the objects of a list. A nil
// Filter wants everything; one without keys wants only to know what kind of value is there.
type Filter struct {
	Keys []FilterKey
	// Layout is what the objects become; nil: objects of the wanted members. A document that is not as the layout has it
	// ends the scan with [ErrLayout].
	Layout *Layout
}

// FilterKey is one wanted member, and what is wanted of its value.
type FilterKey struct {
	Key  string
	Want *Filter
	To   []Target // where the value goes, if the filter has a layout
}

// SyntaxError says where and why a document is not JSON. It quotes nothing of the document.
type SyntaxError struct {
	Offset int // in bytes from the start
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("invalid JSON at byte %d: %s", e.Offset, e.Reason)
}

// Scan reads one JSON document (RFC 8259) in a single pass and returns what want asks of it. The whole document is
// checked, skipped parts too: grammar, UTF-8, control characters, escapes, nesting to [MaxDepth], nothing but white
// space after the end. Of a repeated key the last one counts. Surrogate escapes without their other half are accepted;
// they read as U+FFFD.
//
// The result points into body and into memory of a: both must outlive it, and body must not be changed. The error is
// a *[SyntaxError] or [ErrLayout].
func Scan(body []byte, want *Filter, a *Arena) (Value, error) {
	// A document that failed may have left something.
	a.stackV.pop(0)
	a.stackM.pop(0)
	s := scanner{b: body, a: a, room: maxLaid}
	v, i := s.value(skip(body, 0), want, true, 0)
	if i >= 0 {
		if i = skip(body, i); i == len(body) {
			return v, nil
		}
		s.fail(i, "text after the end of the document")
	}
	if s.unlike {
		return Value{}, ErrLayout
	}
	return Value{}, s.err
}

// scanner reads one document. Its methods take the place in the document where they begin and return the one after what
// they read, or failed: in registers, and not in a field, it costs least.
type scanner struct {
	b   []byte
	a   *Arena
	err *SyntaxError

	room   int  // for how many more values layouts may take memory
	unlike bool // the document is not as a layout has it
}

// failed is the place after what could not be read.
const failed = -1

// fail notes what is wrong at i.
func (s *scanner) fail(i int, reason string) (Value, int) {
	if s.err == nil {
		s.err = &SyntaxError{Offset: i, Reason: reason}
	}
	return Value{}, failed
}

// skip returns the place after the white space at i.
func skip(b []byte, i int) int {
	if i < len(b) && b[i] <= ' ' {
		return blanks(b, i)
	}
	return i
}

// blanks is skip where there is some: one blank, or a line break and many.
func blanks(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
		if i < len(b) && b[i] > ' ' {
			return i
		}
		for len(b)-i >= 8 {
			other := word(b, i) ^ ' '*ones
			i += bits.TrailingZeros64(other) >> 3 // 8 if all are blanks
			if other != 0 {
				break
			}
		}
	}
	return i
}

// word returns the eight bytes at i, of which the first is the lowest. There must be as many.
func word(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i : i+8 : len(b)]) }

// value reads one value. With keep unset it only checks it.
func (s *scanner) value(i int, want *Filter, keep bool, depth int) (Value, int) {
	if i >= len(s.b) {
		return s.fail(i, "unexpected end")
	}
	c := s.b[i]
	if want != nil && want.Layout != nil && keep && c != '{' && (c != '[' || want.Layout.Only) {
		return s.differs()
	}
	switch {
	case c == '"':
		return s.str(i)
	case c == '{':
		return s.object(i, want, keep, depth)
	case c == '[':
		return s.list(i, want, keep, depth)
	case c == '-' || c-'0' <= 9:
		return s.number(i)
	case c == 't':
		return s.name(i, "true", OfBool(true))
	case c == 'f':
		return s.name(i, "false", OfBool(false))
	case c == 'n':
		return s.name(i, "null", NullValue)
	}
	return s.fail(i, "unexpected character")
}

func (s *scanner) name(i int, text string, v Value) (Value, int) {
	if len(s.b)-i < len(text) || string(s.b[i:i+len(text)]) != text {
		return s.fail(i, "unexpected character")
	}
	return v, i + len(text)
}

func (s *scanner) number(i int) (Value, int) {
	b, start, k := s.b, i, Int
	if b[i] == '-' {
		i++
	}
	first := i
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	switch {
	case i == first:
		return s.fail(i, "a number needs a digit here")
	case b[first] == '0':
		i = first + 1 // what follows a zero is not part of the number
	}
	if i < len(b) && (b[i] == '.' || b[i]|0x20 == 'e') {
		if k, i = Float, s.fraction(i); i == failed {
			return Value{}, failed
		}
	}
	return Value{ptr: unsafe.Pointer(&b[start]), n: uint32(i - start), kind: k}, i
}

// fraction reads what follows the digits of an integer.
func (s *scanner) fraction(i int) int {
	b := s.b
	digits := func() bool {
		first := i
		for i < len(b) && b[i]-'0' <= 9 {
			i++
		}
		return i > first
	}
	if b[i] == '.' {
		if i++; !digits() {
			s.fail(i, "a number needs a digit here")
			return failed
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			s.fail(i, "a number needs a digit here")
			return failed
		}
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special has the high bit set in the first byte of w, and possibly in later ones, that is a quote, a backslash or a
// control character; it is 0 if there is none. Flipping 0x02 puts the quote right above the control characters, so that one
// comparison finds both.
func special(w uint64) uint64 {
	quote, backslash := (w^0x02*ones)-0x21*ones, (w^'\\'*ones)-ones
	return (quote | backslash) &^ w & highs
}

// str reads the string whose quote is at i.
func (s *scanner) str(i int) (Value, int) {
	b := s.b
	i++
	start, f := i, plain
	high := uint64(0) // the high bits of all bytes that were looked at, some after the end included
	for {
		for len(b)-i >= 8 {
			w := word(b, i)
			high |= w
			if hit := special(w); hit != 0 {
				i += bits.TrailingZeros64(hit) >> 3
				goto found
			}
			i += 8
		}
		for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' {
			high |= uint64(b[i])
			i++
		}
		if i == len(b) {
			return s.fail(i, "a string without end")
		}
	found:
		switch b[i] {
		case '"':
			text := b[start:i]
			if high&highs != 0 && !utf8.Valid(text) {
				return s.fail(start, "a string with invalid UTF-8")
			}
			return Value{ptr: unsafe.Pointer(unsafe.SliceData(text)), n: uint32(len(text)), kind: String, form: f}, i + 1
		case '\\':
			f = escaped
			n := escape(b[i:])
			if n == 0 {
				return s.fail(i, "a bad escape in a string")
			}
			i += n
		default:
			return s.fail(i, "a control character in a string")
		}
	}
}

// escape returns the length of the escape that b begins with, or 0 if it is none.
func escape(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) >= 6 && isHex(b[2]) && isHex(b[3]) && isHex(b[4]) && isHex(b[5]) {
			return 6
		}
	}
	return 0
}

func isHex(c byte) bool { return c-'0' <= 9 || (c|0x20)-'a' <= 5 }

func (s *scanner) list(i int, want *Filter, keep bool, depth int) (Value, int) {
	if depth >= MaxDepth {
		return s.fail(i, "nested too deeply")
	}
	b := s.b
	base := len(s.a.stackV.items)
	i = skip(b, i+1)
	if i < len(b) && b[i] == ']' {
		return OfItems(nil), i + 1
	}
	for {
		var v Value
		if v, i = s.value(i, want, keep, depth+1); i == failed {
			return v, failed
		}
		if keep {
			s.a.stackV.items = append(s.a.stackV.items, v)
		}
		i = skip(b, i)
		switch {
		case i >= len(b):
			return s.fail(i, "unexpected end")
		case b[i] == ',':
			i = skip(b, i+1)
		case b[i] == ']':
			items := s.a.Values(len(s.a.stackV.items) - base)
			copy(items, s.a.stackV.items[base:])
			s.a.stackV.pop(base)
			return OfItems(items), i + 1
		default:
			return s.fail(i, "a comma or a closing bracket is missing")
		}
	}
}

func (s *scanner) object(i int, want *Filter, keep bool, depth int) (Value, int) {
	if depth >= MaxDepth {
		return s.fail(i, "nested too deeply")
	}
	b := s.b
	base, guess := len(s.a.stackM.items), 0
	var laid laying
	var keys []FilterKey
	if keep && want != nil {
		if keys = want.Keys; want.Layout != nil && !s.lay(&laid, want.Layout) {
			return s.differs()
		}
	}
	i = skip(b, i+1)
	if i < len(b) && b[i] == '}' {
		if laid.layout != nil {
			return s.laid(&laid, i+1)
		}
		return OfMembers(nil), i + 1
	}
	for {
		if i >= len(b) || b[i] != '"' {
			return s.fail(i, "a key is missing")
		}
		var key string
		var sub *Filter
		at, kept := -1, keep // at: in keys
		if guess < len(keys) && ahead(b, i, keys[guess].Key) {
			at = guess
			i += len(keys[at].Key) + 2
		} else {
			var kv Value
			if kv, i = s.str(i); i == failed {
				return kv, failed
			}
			switch {
			case !keep:
			case want == nil:
				key = kv.Text()
			default:
				at = want.find(kv, guess)
				kept = at >= 0
			}
		}
		if at >= 0 {
			key, sub, guess = keys[at].Key, keys[at].Want, at+1
		}
		if i = skip(b, i); i >= len(b) || b[i] != ':' {
			return s.fail(i, "a colon is missing")
		}
		i = skip(b, i+1)
		if sub != nil && laid.layout != nil && i < len(b) && b[i] == 'n' && optional(keys[at].To) {
			sub = nil // null need not be as a layout has it
		}
		var v Value
		if v, i = s.value(i, sub, kept, depth+1); i == failed {
			return v, failed
		}
		switch {
		case !kept:
		case laid.layout != nil:
			laid.put(v, at, keys[at].To)
		default:
			s.a.stackM.items = append(s.a.stackM.items, Member{key, v})
		}
		i = skip(b, i)
		switch {
		case i >= len(b):
			return s.fail(i, "unexpected end")
		case b[i] == ',':
			i = skip(b, i+1)
		case b[i] == '}':
			if laid.layout != nil {
				return s.laid(&laid, i+1)
			}
			found := dropRepeated(s.a.stackM.items[base:])
			members := s.a.Members(len(found))
			copy(members, found)
			s.a.stackM.pop(base)
			return OfMembers(members), i + 1
		default:
			return s.fail(i, "a comma or a closing brace is missing")
		}
	}
}

// ahead reports whether the string at i is name, written without escapes.
func ahead(b []byte, i int, name string) bool {
	end := i + 1 + len(name)
	return end < len(b) && b[end] == '"' && string(b[i+1:end]) == name
}

// find returns the index of a key, negative if it is not wanted. It is looked for first behind the last one: documents
// keep their order.
func (f *Filter) find(kv Value, guess int) int {
	k := kv.text()
	if kv.form == escaped {
		k = kv.Text()
	}
	for i := range f.Keys {
		j := guess + i
		if j >= len(f.Keys) {
			j -= len(f.Keys)
		}
		if f.Keys[j].Key == k {
			return j
		}
	}
	return -1
}

// dropRepeated keeps the last of members with one key, at the place of the first.
func dropRepeated(m []Member) []Member {
	if len(m) <= 16 {
		for i := 1; i < len(m); i++ {
			for j := range i {
				if m[i].Key == m[j].Key {
					return compact(m)
				}
			}
		}
		return m
	}
	return compact(m)
}

func compact(m []Member) []Member {
	at := make(map[string]int, len(m))
	out := m[:0]
	for _, e := range m {
		if i, ok := at[e.Key]; ok {
			out[i].Value = e.Value
			continue
		}
		at[e.Key] = len(out)
		out = append(out, e)
	}
	return out
}
