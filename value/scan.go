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
	s.space()
	v, ok := s.value(want, true, 0)
	switch {
	case s.unlike:
		return Value{}, ErrLayout
	case !ok:
		return Value{}, s.err
	}
	s.space()
	if s.i != len(s.b) {
		s.fail("text after the end of the document")
		return Value{}, s.err
	}
	return v, nil
}

type scanner struct {
	b   []byte
	i   int
	a   *Arena
	err *SyntaxError

	room   int  // for how many more values layouts may take memory
	unlike bool // the document is not as a layout has it
}

func (s *scanner) fail(reason string) bool {
	if s.err == nil {
		s.err = &SyntaxError{Offset: s.i, Reason: reason}
	}
	return false
}

// space skips white space.
func (s *scanner) space() {
	if s.i < len(s.b) && s.b[s.i] <= ' ' {
		s.spaces()
	}
}

// spaces is space where there is some: often a line break and many blanks.
func (s *scanner) spaces() {
	b, i := s.b, s.i
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
		for len(b)-i >= 8 {
			other := binary.LittleEndian.Uint64(b[i:]) ^ ' '*ones
			i += bits.TrailingZeros64(other) >> 3 // 8 if all are blanks
			if other != 0 {
				break
			}
		}
	}
	s.i = i
}

// value reads one value. With keep unset it only checks it.
func (s *scanner) value(want *Filter, keep bool, depth int) (Value, bool) {
	if s.i >= len(s.b) {
		return Value{}, s.fail("unexpected end")
	}
	c := s.b[s.i]
	if want != nil && want.Layout != nil && keep && c != '{' && (c != '[' || want.Layout.Only) {
		return s.differs()
	}
	switch {
	case c == '"':
		return s.str()
	case c == '{':
		return s.object(want, keep, depth)
	case c == '[':
		return s.list(want, keep, depth)
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	case c == 't':
		return OfBool(true), s.word("true")
	case c == 'f':
		return OfBool(false), s.word("false")
	case c == 'n':
		return NullValue, s.word("null")
	}
	return Value{}, s.fail("unexpected character")
}

func (s *scanner) word(w string) bool {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return s.fail("unexpected character")
	}
	s.i += len(w)
	return true
}

func (s *scanner) number() (Value, bool) {
	start, k := s.i, Int
	if s.b[s.i] == '-' {
		s.i++
	}
	switch {
	case s.i < len(s.b) && s.b[s.i] == '0':
		s.i++
	case !s.digits():
		return Value{}, s.fail("a number needs a digit here")
	}
	if s.i < len(s.b) && s.b[s.i] == '.' {
		k = Float
		s.i++
		if !s.digits() {
			return Value{}, s.fail("a number needs a digit here")
		}
	}
	if s.i < len(s.b) && s.b[s.i]|0x20 == 'e' {
		k = Float
		s.i++
		if s.i < len(s.b) && (s.b[s.i] == '+' || s.b[s.i] == '-') {
			s.i++
		}
		if !s.digits() {
			return Value{}, s.fail("a number needs a digit here")
		}
	}
	return Value{ptr: unsafe.Pointer(&s.b[start]), n: uint32(s.i - start), kind: k}, true
}

func (s *scanner) digits() bool {
	start := s.i
	for s.i < len(s.b) && s.b[s.i]-'0' <= 9 {
		s.i++
	}
	return s.i > start
}

// Constants for looking at eight bytes at a time (SIMD within a register).
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special sets the high bit of each byte of w that may not simply stand in a string: of control characters, quotes and
// backslashes, each of which is the only ASCII byte from which one of the subtractions borrows. It also borrows from the
// bytes above, so only the lowest bit that is set is sure, which is the first such byte in memory.
func special(w uint64) uint64 {
	control, quote, backslash := w-' '*ones, (w^'"'*ones)-ones, (w^'\\'*ones)-ones
	return (control | quote | backslash) &^ w & highs
}

// str reads a string and leaves its escapes as they are.
func (s *scanner) str() (Value, bool) {
	b, i := s.b, s.i+1
	start, f := i, plain
	high := uint64(0) // the high bits of all bytes that were looked at, some after the end included
	for {
		for len(b)-i >= 8 {
			w := binary.LittleEndian.Uint64(b[i:])
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
			s.i = i
			return Value{}, s.fail("a string without end")
		}
	found:
		switch b[i] {
		case '"':
			text := b[start:i]
			if high&highs != 0 && !utf8.Valid(text) {
				s.i = start
				return Value{}, s.fail("a string with invalid UTF-8")
			}
			s.i = i + 1
			return Value{ptr: unsafe.Pointer(unsafe.SliceData(text)), n: uint32(len(text)), kind: String, form: f}, true
		case '\\':
			f = escaped
			n := escape(b[i:])
			if n == 0 {
				s.i = i
				return Value{}, s.fail("a bad escape in a string")
			}
			i += n
		default:
			s.i = i
			return Value{}, s.fail("a control character in a string")
		}
	}
}

// escape returns the length of the escape that b begins with; 0 if it is none.
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

func (s *scanner) list(want *Filter, keep bool, depth int) (Value, bool) {
	if depth >= MaxDepth {
		return Value{}, s.fail("nested too deeply")
	}
	s.i++
	base := len(s.a.stackV.items)
	s.space()
	if s.i < len(s.b) && s.b[s.i] == ']' {
		s.i++
		return OfItems(nil), true
	}
	for {
		v, ok := s.value(want, keep, depth+1)
		if !ok {
			return v, false
		}
		if keep {
			s.a.stackV.items = append(s.a.stackV.items, v)
		}
		s.space()
		if s.i >= len(s.b) {
			return Value{}, s.fail("unexpected end")
		}
		switch s.b[s.i] {
		case ',':
			s.i++
			s.space()
			continue
		case ']':
			s.i++
			items := s.a.Values(len(s.a.stackV.items) - base)
			copy(items, s.a.stackV.items[base:])
			s.a.stackV.pop(base)
			return OfItems(items), true
		}
		return Value{}, s.fail("a comma or a closing bracket is missing")
	}
}

func (s *scanner) object(want *Filter, keep bool, depth int) (Value, bool) {
	if depth >= MaxDepth {
		return Value{}, s.fail("nested too deeply")
	}
	s.i++
	base, guess := len(s.a.stackM.items), 0
	var laid laying
	if keep && want != nil && want.Layout != nil && !s.lay(&laid, want.Layout) {
		return s.differs()
	}
	s.space()
	if s.i < len(s.b) && s.b[s.i] == '}' {
		s.i++
		if laid.layout != nil {
			return s.laid(&laid)
		}
		return OfMembers(nil), true
	}
	for {
		if s.i >= len(s.b) || s.b[s.i] != '"' {
			return Value{}, s.fail("a key is missing")
		}
		var key string
		var sub *Filter
		at, kept := -1, keep // at: in want.Keys
		if keep && want != nil && guess < len(want.Keys) && s.ahead(want.Keys[guess].Key) {
			at = guess
		} else {
			kv, ok := s.str()
			if !ok {
				return kv, false
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
			key, sub, guess = want.Keys[at].Key, want.Keys[at].Want, at+1
		}
		s.space()
		if s.i >= len(s.b) || s.b[s.i] != ':' {
			return Value{}, s.fail("a colon is missing")
		}
		s.i++
		s.space()
		if sub != nil && laid.layout != nil && s.i < len(s.b) && s.b[s.i] == 'n' && optional(want.Keys[at].To) {
			sub = nil
		}
		v, ok := s.value(sub, kept, depth+1)
		if !ok {
			return v, false
		}
		switch {
		case !kept:
		case laid.layout != nil:
			laid.put(v, at, want.Keys[at].To)
		default:
			s.a.stackM.items = append(s.a.stackM.items, Member{key, v})
		}
		s.space()
		if s.i >= len(s.b) {
			return Value{}, s.fail("unexpected end")
		}
		switch s.b[s.i] {
		case ',':
			s.i++
			s.space()
			continue
		case '}':
			s.i++
			if laid.layout != nil {
				return s.laid(&laid)
			}
			found := dropRepeated(s.a.stackM.items[base:])
			members := s.a.Members(len(found))
			copy(members, found)
			s.a.stackM.pop(base)
			return OfMembers(members), true
		}
		return Value{}, s.fail("a comma or a closing brace is missing")
	}
}

// ahead reads a key that is written as the given name, without escapes, and does nothing if another one comes.
func (s *scanner) ahead(name string) bool {
	end := s.i + 1 + len(name)
	if end >= len(s.b) || s.b[end] != '"' || string(s.b[s.i+1:end]) != name {
		return false
	}
	s.i = end + 1
	return true
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
