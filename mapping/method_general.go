package mapping

import (
	"math"
	"strconv"

	"github.com/sluice-gateway/sluice/value"
)

func (m *machine) echo(s *step, v, dollar value.Value) value.Value {
	if !m.oneArgument(s) {
		return value.Value{}
	}
	return m.arg(s, 0, v, dollar)
}

// boundName returns the name that ->as binds, "" if its first argument is not a bare variable.
func boundName(s *step) string {
	if len(s.args) == 0 || len(s.args) > 2 {
		return ""
	}
	if p, ok := s.args[0].(*path); ok && p.head == headVar && len(p.steps) == 0 {
		return p.name
	}
	return ""
}

// as binds a name for the rest of the path; [machine.walk] takes it away again. The value flows on as it is.
func (m *machine) as(s *step, v, dollar value.Value) value.Value {
	name := boundName(s)
	if name == "" {
		return m.fail(s, "requires a variable like $name as its first argument, and at most one more")
	}
	bound := v
	if len(s.args) == 2 {
		bound = m.arg(s, 1, v, dollar)
	}
	if !bound.IsMissing() {
		m.names = append(m.names, binding{name, bound})
	}
	return v
}

func (m *machine) mapItems(s *step, v, dollar value.Value) value.Value {
	if !m.oneArgument(s) {
		return value.Value{}
	}
	if v.Kind() != value.List {
		got := m.arg(s, 0, v, dollar)
		if got.IsMissing() {
			return got
		}
		out := m.arena.Values(1)
		out[0] = got
		return value.OfItems(out)
	}
	from := v.Items()
	if !m.spend(len(from)) {
		return value.Value{}
	}
	out := m.arena.Values(len(from))
	for i, e := range from {
		m.push(i)
		out[i] = orNull(m.arg(s, 0, e, dollar))
		m.pop()
		if m.stopped {
			return value.Value{}
		}
	}
	return value.OfItems(out)
}

// armOf returns the two sides of an argument of ->match; ok is false for what is no list literal of two.
func armOf(e expr) (candidate, result expr, ok bool) {
	l, ok := e.(*list)
	if !ok || len(l.items) != 2 {
		return nil, nil, false
	}
	return l.items[0], l.items[1], true
}

func (m *machine) match(s *step, v, dollar value.Value) value.Value {
	for _, a := range s.args {
		candidate, result, ok := armOf(a)
		if !ok {
			continue
		}
		if c := m.eval(candidate, v, dollar); !c.IsMissing() && m.equal(c, v, false) {
			return m.eval(result, v, dollar)
		}
	}
	return m.fail(s, "did not match any [candidate, value] pair")
}

func (m *machine) jsonStringify(s *step, v, _ value.Value) value.Value {
	if !m.noArguments(s) || !m.write(jsonSize(v)) {
		return value.Value{}
	}
	return m.made(string(v.AppendJSON(nil)))
}

// jsonSize is a lower bound of the JSON text of v, cheap to have, so that a text that is too long is not made first.
func jsonSize(v value.Value) int {
	switch v.Kind() {
	case value.String:
		return len(v.Text())
	case value.List, value.Object:
		return v.Len()
	}
	return 0
}

func (m *machine) jsonParse(s *step, v, _ value.Value) value.Value {
	if !m.noArguments(s) {
		return value.Value{}
	}
	if v.Kind() != value.String {
		return m.fail(s, "requires a string input, got "+v.Kind().String())
	}
	text := m.str(v)
	if !m.write(len(text)) || !m.spend(len(text)/8) {
		return value.Value{}
	}
	got, err := value.Scan([]byte(text), nil, m.arena)
	if err != nil {
		return m.fail(s, "failed to parse JSON string: "+err.Error())
	}
	return got
}

func (m *machine) toString(s *step, v, _ value.Value) value.Value {
	if len(s.args) > 0 {
		m.problemf(s.off, "Method ->%s does not accept any arguments, but %d were provided", s.key, len(s.args))
		return value.Value{}
	}
	if v.Kind() == value.String {
		return v
	}
	text, ok := textOf(v)
	if !ok {
		return m.fail(s, "cannot convert arrays or objects to strings. Use ->jsonStringify or ->joinNotNull instead")
	}
	return m.made(text)
}

func (m *machine) parseInt(s *step, v, dollar value.Value) value.Value {
	base := int64(10)
	if len(s.args) > 0 {
		var ok bool
		arg := m.arg(s, 0, v, dollar)
		if base, ok = arg.Int64(); !ok || base < 2 || base > 36 {
			if !arg.IsMissing() {
				return m.fail(s, "requires a base between 2 and 36. Found: "+shown(arg))
			}
			return arg
		}
	}
	var text string
	switch v.Kind() {
	case value.String:
		text = m.str(v)
	case value.Int:
		text = v.Text()
	case value.Float:
		f := math.Trunc(v.Float64())
		text = strconv.FormatFloat(f, 'f', 0, 64)
	default:
		return m.fail(s, "can only parse strings and numbers. Found: "+shown(v))
	}
	// ParseInt takes underscores only with base 0, and no spaces or dots: just what is wanted.
	i, err := strconv.ParseInt(text, int(base), 64)
	if err != nil {
		m.problemf(s.off, "Method ->%s failed to parse '%s' as integer with base %d", s.key, cut(text, 80), base)
		return value.Value{}
	}
	return value.OfInt(i)
}
