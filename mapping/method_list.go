package mapping

import (
	"strconv"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/value"
)

// Text is counted in code points here, where the reference counts bytes: no method ever gives half a character.

func (m *machine) first(s *step, v, _ value.Value) value.Value { return m.endOf(s, v, false) }
func (m *machine) last(s *step, v, _ value.Value) value.Value  { return m.endOf(s, v, true) }

// endOf returns the first or last item or character.
func (m *machine) endOf(s *step, v value.Value, last bool) value.Value {
	if !m.noArguments(s) {
		return value.Value{}
	}
	switch v.Kind() {
	case value.List:
		items := v.Items()
		if len(items) == 0 {
			return value.Value{}
		}
		if last {
			return items[len(items)-1]
		}
		return items[0]
	case value.String:
		text := m.str(v)
		if text == "" {
			return value.Value{}
		}
		if last {
			_, n := utf8.DecodeLastRuneInString(text)
			return m.made(text[len(text)-n:])
		}
		_, n := utf8.DecodeRuneInString(text)
		return m.made(text[:n])
	}
	m.fail(s, "requires an array or string input")
	return v
}

func (m *machine) slice(s *step, v, dollar value.Value) value.Value {
	var length int
	var text string
	switch v.Kind() {
	case value.List:
		length = v.Len()
	case value.String:
		text = m.str(v)
		length = utf8.RuneCountInString(text)
	default:
		return m.fail(s, "requires an array or string input")
	}
	from := m.bound(s, 0, v, dollar, 0, length)
	to := m.bound(s, 1, v, dollar, length, length)
	to = max(from, to)
	if v.Kind() == value.List {
		return value.OfItems(v.Items()[from:to:to])
	}
	start := runeOffset(text, from)
	return m.made(text[start : start+runeOffset(text[start:], to-from)])
}

// bound evaluates an argument of ->slice and brings it into 0…length. What is no integer is as if it were not given.
func (m *machine) bound(s *step, i int, v, dollar value.Value, otherwise, length int) int {
	n, ok := m.arg(s, i, v, dollar).Int64()
	if !ok {
		return otherwise
	}
	return int(min(max(n, 0), int64(length)))
}

// runeOffset returns the offset of the n-th code point of s, its length if there are not so many.
func runeOffset(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

func (m *machine) size(s *step, v, _ value.Value) value.Value {
	if !m.noArguments(s) {
		return value.Value{}
	}
	switch v.Kind() {
	case value.List:
		return value.OfInt(int64(v.Len()))
	case value.Object:
		n := int64(0)
		for _, e := range v.Members() {
			if !e.Value.IsMissing() {
				n++
			}
		}
		return value.OfInt(n)
	case value.String:
		return value.OfInt(int64(utf8.RuneCountInString(m.str(v))))
	}
	return m.fail(s, "requires an array, string, or object input, not "+v.Kind().String())
}

func (m *machine) entries(s *step, v, _ value.Value) value.Value {
	if !m.noArguments(s) {
		return value.Value{}
	}
	if v.Kind() != value.Object {
		return m.fail(s, "requires an object input, not "+v.Kind().String())
	}
	from := v.Members()
	if !m.spend(len(from)) {
		return value.Value{}
	}
	out := m.arena.Values(len(from))[:0]
	for _, e := range from {
		if e.Value.IsMissing() {
			continue
		}
		pair := m.arena.Members(2)
		pair[0] = value.Member{Key: "key", Value: value.OfString(e.Key)}
		pair[1] = value.Member{Key: "value", Value: e.Value}
		out = append(out, value.OfMembers(pair))
	}
	return value.OfItems(out)
}

func (m *machine) get(s *step, v, dollar value.Value) value.Value {
	if !m.oneArgument(s) {
		return value.Value{}
	}
	at := m.arg(s, 0, v, dollar)
	if at.IsMissing() {
		return at
	}
	switch v.Kind() {
	case value.Object:
		if at.Kind() != value.String {
			return m.fail(s, "requires a string to get a property of an object. Found: "+shown(at))
		}
		got := v.Get(at.Text())
		if got.IsMissing() {
			return m.fail(s, "property "+cut(at.Text(), 80)+" not found in object")
		}
		return got
	case value.List:
		if i, ok := m.index(s, at, v, v.Len()); ok {
			return v.Items()[i]
		}
	case value.String:
		text := m.str(v)
		if i, ok := m.index(s, at, v, utf8.RuneCountInString(text)); ok {
			start := runeOffset(text, i)
			return m.made(text[start : start+runeOffset(text[start:], 1)])
		}
	default:
		return m.fail(s, "requires an array, string, or object input, not "+v.Kind().String())
	}
	return value.Value{}
}

// index turns the argument of ->get into an index; a negative one counts from the end.
func (m *machine) index(s *step, at, v value.Value, length int) (int, bool) {
	if at.Kind() != value.Int {
		m.fail(s, "requires an integer index for "+v.Kind().String()+". Found: "+shown(at))
		return 0, false
	}
	i, ok := at.Int64()
	if i < 0 {
		i += int64(length)
	}
	if !ok || i < 0 || i >= int64(length) {
		m.fail(s, "index "+cut(at.Text(), 80)+" out of bounds in "+v.Kind().String()+" of length "+strconv.Itoa(length))
		return 0, false
	}
	return int(i), true
}

func (m *machine) filter(s *step, v, dollar value.Value) value.Value {
	if !m.oneArgument(s) {
		return value.Value{}
	}
	if v.Kind() != value.List {
		c := m.arg(s, 0, v, dollar)
		if c.Kind() != value.Bool {
			if !c.IsMissing() {
				m.problem(s.off, "->filter condition must return a boolean value")
			}
			return value.Value{}
		}
		if !c.Bool() {
			return value.OfItems(nil)
		}
		out := m.arena.Values(1)
		out[0] = v
		return value.OfItems(out)
	}
	from := v.Items()
	if !m.spend(len(from)) {
		return value.Value{}
	}
	out := m.arena.Values(len(from))[:0]
	failed := false
	for i, e := range from {
		m.push(i)
		c := m.arg(s, 0, e, dollar)
		switch {
		case c.Kind() != value.Bool:
			m.problem(s.off, "->filter condition must return a boolean value")
			failed = true
		case c.Bool():
			out = append(out, e)
		}
		m.pop()
		if m.stopped {
			return value.Value{}
		}
	}
	if failed {
		return value.Value{}
	}
	return value.OfItems(out)
}

func (m *machine) findItem(s *step, v, dollar value.Value) value.Value {
	if !m.oneArgument(s) {
		return value.Value{}
	}
	if v.Kind() != value.List {
		found, _ := m.isFound(s, v, dollar)
		return found
	}
	for i, e := range v.Items() {
		m.push(i)
		found, done := m.isFound(s, e, dollar)
		m.pop()
		if done || m.stopped {
			return found
		}
	}
	return value.Value{}
}

// isFound returns the element if the condition of ->find holds for it. done is true if the search ends here.
func (m *machine) isFound(s *step, e, dollar value.Value) (found value.Value, done bool) {
	c := m.arg(s, 0, e, dollar)
	if c.Kind() != value.Bool {
		m.problem(s.off, "->find condition must return a boolean value")
		return value.Value{}, true
	}
	if c.Bool() {
		return e, true
	}
	return value.Value{}, false
}
