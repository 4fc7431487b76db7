package mapping

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/value"
)

func (m *machine) joinNotNull(s *step, v, dollar value.Value) value.Value {
	if !m.oneArgument(s) {
		return value.Value{}
	}
	sep := m.arg(s, 0, v, dollar)
	if sep.IsMissing() {
		return sep
	}
	if sep.Kind() != value.String {
		return m.fail(s, "requires a string argument, not "+sep.Kind().String())
	}
	if v.Kind() != value.List {
		text, ok := textOf(v)
		if !ok {
			return m.fail(s, "requires an array of scalar values as input")
		}
		return m.made(text)
	}
	glue := m.str(sep)
	var b strings.Builder
	joined := 0
	for _, e := range v.Items() {
		if e.IsNull() || e.IsMissing() {
			continue
		}
		text, ok := textOf(e)
		if !ok {
			return m.fail(s, "requires an array of scalar values as input")
		}
		if !m.spend(1) || !m.write(len(glue)+len(text)) {
			return value.Value{}
		}
		if joined > 0 {
			b.WriteString(glue)
		}
		b.WriteString(text)
		joined++
	}
	return value.OfString(b.String())
}

func (m *machine) split(s *step, v, dollar value.Value) value.Value {
	if !m.oneArgument(s) {
		return value.Value{}
	}
	if v.Kind() != value.String {
		return m.fail(s, "requires a string input, not "+v.Kind().String())
	}
	sep := m.arg(s, 0, v, dollar)
	if sep.IsMissing() {
		return sep
	}
	if sep.Kind() != value.String {
		return m.fail(s, "requires a string separator, not "+sep.Kind().String())
	}
	most := int64(-1)
	if len(s.args) > 1 {
		n := m.arg(s, 1, v, dollar)
		if n.IsMissing() {
			return n
		}
		var ok bool
		if most, ok = n.Int64(); !ok || most < 0 {
			return m.fail(s, "requires a limit that is an integer and not negative. Found: "+shown(n))
		}
	}
	text, cutter := m.str(v), m.str(sep)
	if most == 0 || text == "" && cutter == "" {
		return value.OfItems(nil)
	}
	count := utf8.RuneCountInString(text)
	if cutter != "" {
		count = strings.Count(text, cutter) + 1
	}
	if most > 0 {
		count = int(min(int64(count), most))
	}
	if !m.spend(count) || !m.write(len(text)) {
		return value.Value{}
	}
	out := m.arena.Values(count)
	for i := range out {
		end, next := len(text), len(text)
		if cutter == "" {
			_, end = utf8.DecodeRuneInString(text)
			next = end
		} else if at := strings.Index(text, cutter); at >= 0 {
			end, next = at, at+len(cutter)
		}
		out[i] = value.OfString(text[:end])
		text = text[next:]
	}
	return value.OfItems(out)
}

func (m *machine) trim(s *step, v, _ value.Value) value.Value {
	return m.trimmed(s, v, strings.TrimSpace)
}

func (m *machine) trimStart(s *step, v, _ value.Value) value.Value {
	return m.trimmed(s, v, func(t string) string { return strings.TrimLeftFunc(t, unicode.IsSpace) })
}

func (m *machine) trimEnd(s *step, v, _ value.Value) value.Value {
	return m.trimmed(s, v, func(t string) string { return strings.TrimRightFunc(t, unicode.IsSpace) })
}

func (m *machine) trimmed(s *step, v value.Value, trim func(string) string) value.Value {
	if !m.noArguments(s) {
		return value.Value{}
	}
	if v.Kind() != value.String {
		return m.fail(s, "requires a string input, not "+v.Kind().String())
	}
	return m.made(trim(m.str(v)))
}

func (m *machine) keysToCamelCase(s *step, v, _ value.Value) value.Value {
	return m.camelKeys(s, v, false)
}

func (m *machine) keysToCamelCaseDeep(s *step, v, _ value.Value) value.Value {
	return m.camelKeys(s, v, true)
}

func (m *machine) camelKeys(s *step, v value.Value, deep bool) value.Value {
	if !m.noArguments(s) {
		return value.Value{}
	}
	if v.Kind() != value.Object {
		return m.fail(s, "requires an object input, not "+v.Kind().String())
	}
	return m.camelObject(s, v, deep)
}

func (m *machine) camelObject(s *step, v value.Value, deep bool) value.Value {
	from := v.Members()
	if !m.spend(len(from)) {
		return value.Value{}
	}
	out := m.arena.Members(len(from))[:0]
	at := make(map[string]int, len(from))
	for _, e := range from {
		if e.Value.IsMissing() {
			continue
		}
		key, got := camelCase(e.Key), e.Value
		if deep {
			got = m.camelInside(s, got)
		}
		if i, ok := at[key]; ok {
			m.problemf(s.off, "Method ->%s gives more than one property the name %s", s.key, cut(key, 80))
			out[i].Value = got
			continue
		}
		at[key] = len(out)
		out = append(out, value.Member{Key: key, Value: got})
	}
	return value.OfMembers(out)
}

// camelInside renames the keys of the objects in a value.
func (m *machine) camelInside(s *step, v value.Value) value.Value {
	switch v.Kind() {
	case value.Object:
		return m.camelObject(s, v, true)
	case value.List:
		from := v.Items()
		if !m.spend(len(from)) {
			return value.Value{}
		}
		out := m.arena.Values(len(from))
		for i, e := range from {
			out[i] = orNull(m.camelInside(s, e))
		}
		return value.OfItems(out)
	}
	return v
}

// camelCase writes a key in lower camel case. Words end at _, - and white space, before an upper-case letter that
// follows another letter or digit, and before the last of several upper-case letters if a lower-case one follows:
// HTTPServer_id is httpServerId. A key without words stays as it is.
func camelCase(key string) string {
	runes := []rune(key)
	var b strings.Builder
	b.Grow(len(key))
	begins := true // the next letter begins a word
	for i, r := range runes {
		if r == '_' || r == '-' || unicode.IsSpace(r) {
			begins = true
			continue
		}
		if unicode.IsUpper(r) && i > 0 {
			before := runes[i-1]
			if !unicode.IsUpper(before) || i+1 < len(runes) && unicode.IsLower(runes[i+1]) {
				begins = true
			}
		}
		switch {
		case begins && b.Len() > 0:
			b.WriteRune(unicode.ToUpper(r))
		default:
			b.WriteRune(unicode.ToLower(r))
		}
		begins = false
	}
	if b.Len() == 0 {
		return key
	}
	return b.String()
}
