package mapping

import (
	"strings"

	"github.com/sluice-gateway/sluice/value"
)

// equal compares two values, strictly or so that a number equals any number of the same size. Two integers are compared
// as they are, for a float has no room for every identifier of 64 bits.
func (m *machine) equal(a, b value.Value, loose bool) bool {
	if loose && a.IsNumber() && b.IsNumber() && a.Kind() != b.Kind() {
		return a.Float64() == b.Float64()
	}
	if a.Kind() != b.Kind() || a.Len() != b.Len() {
		return false
	}
	switch a.Kind() {
	case value.String:
		return m.str(a) == m.str(b)
	case value.List:
		x, y := a.Items(), b.Items()
		for i := range x {
			if !m.spend(1) || !m.equal(x[i], y[i], false) {
				return false
			}
		}
		return true
	case value.Object:
		return m.equalObjects(a.Members(), b.Members())
	}
	return value.Equal(a, b)
}

// equalObjects compares members in any order.
func (m *machine) equalObjects(x, y []value.Member) bool {
	var index map[string]int
	for i, e := range x {
		if !m.spend(1) {
			return false
		}
		at := i
		if y[i].Key != e.Key {
			if index == nil {
				index = make(map[string]int, len(y))
				for j, o := range y {
					index[o.Key] = j
				}
			}
			var ok bool
			if at, ok = index[e.Key]; !ok {
				return false
			}
		}
		if !m.equal(e.Value, y[at].Value, false) {
			return false
		}
	}
	return true
}

// exactlyOne evaluates the one argument of a comparison.
func (m *machine) exactlyOne(s *step, v, dollar value.Value) value.Value {
	if len(s.args) != 1 {
		return m.fail(s, "requires exactly one argument")
	}
	return m.arg(s, 0, v, dollar)
}

func (m *machine) eq(s *step, v, dollar value.Value) value.Value {
	x := m.exactlyOne(s, v, dollar)
	if x.IsMissing() {
		return x
	}
	return value.OfBool(m.equal(v, x, true))
}

func (m *machine) ne(s *step, v, dollar value.Value) value.Value {
	x := m.exactlyOne(s, v, dollar)
	if x.IsMissing() {
		return x
	}
	return value.OfBool(!m.equal(v, x, true))
}

func (m *machine) gt(s *step, v, dollar value.Value) value.Value {
	return m.ordered(s, v, dollar, ">", func(c int) bool { return c > 0 })
}

func (m *machine) gte(s *step, v, dollar value.Value) value.Value {
	return m.ordered(s, v, dollar, ">=", func(c int) bool { return c >= 0 })
}

func (m *machine) lt(s *step, v, dollar value.Value) value.Value {
	return m.ordered(s, v, dollar, "<", func(c int) bool { return c < 0 })
}

func (m *machine) lte(s *step, v, dollar value.Value) value.Value {
	return m.ordered(s, v, dollar, "<=", func(c int) bool { return c <= 0 })
}

func (m *machine) ordered(s *step, v, dollar value.Value, sign string, holds func(int) bool) value.Value {
	x := m.exactlyOne(s, v, dollar)
	switch {
	case x.IsMissing():
		return x
	case v.IsNumber() && x.IsNumber():
		return value.OfBool(holds(compareNumbers(v, x)))
	case v.Kind() == value.String && x.Kind() == value.String:
		return value.OfBool(holds(strings.Compare(m.str(v), m.str(x))))
	}
	if m.collect {
		m.fail(s, "can only compare numbers and strings. Found: "+shown(v)+" "+sign+" "+shown(x))
	}
	return value.Value{}
}

// compareNumbers compares two integers as integers, and other numbers as floats.
func compareNumbers(a, b value.Value) int {
	if i, ok := a.Int64(); ok {
		if j, ok := b.Int64(); ok {
			switch {
			case i < j:
				return -1
			case i > j:
				return 1
			}
			return 0
		}
	}
	switch x, y := a.Float64(), b.Float64(); {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

func (m *machine) in(s *step, v, dollar value.Value) value.Value {
	x := m.exactlyOne(s, v, dollar)
	if x.IsMissing() {
		return x
	}
	if x.Kind() != value.List {
		return m.fail(s, "requires an array argument, not "+x.Kind().String())
	}
	return m.has(x.Items(), v)
}

func (m *machine) contains(s *step, v, dollar value.Value) value.Value {
	if v.Kind() != value.List {
		return m.fail(s, "requires an array input, not "+v.Kind().String())
	}
	x := m.exactlyOne(s, v, dollar)
	if x.IsMissing() {
		return x
	}
	return m.has(v.Items(), x)
}

// has reports whether one of the items equals v.
func (m *machine) has(items []value.Value, v value.Value) value.Value {
	for _, e := range items {
		if !m.spend(1) {
			return value.Value{}
		}
		if m.equal(e, v, true) {
			return value.OfBool(true)
		}
	}
	return value.OfBool(false)
}

func (m *machine) and(s *step, v, dollar value.Value) value.Value {
	return m.logic(s, v, dollar, false)
}

func (m *machine) or(s *step, v, dollar value.Value) value.Value {
	return m.logic(s, v, dollar, true)
}

// logic is ->and and ->or, which end at the first false or true. An argument that is no boolean is a problem, and
// otherwise as if it were not there.
func (m *machine) logic(s *step, v, dollar value.Value, decisive bool) value.Value {
	if v.Kind() != value.Bool {
		return m.fail(s, "can only be applied to boolean values.")
	}
	if !s.parens {
		return m.fail(s, "requires arguments")
	}
	result := v
	for i := range s.args {
		if result.Bool() == decisive {
			break
		}
		x := m.arg(s, i, v, dollar)
		if x.IsMissing() {
			return x
		}
		if x.Kind() != value.Bool {
			m.fail(s, "can only accept boolean arguments.")
			continue
		}
		result = x
	}
	return result
}

func (m *machine) not(s *step, v, _ value.Value) value.Value {
	if !m.noArguments(s) {
		return value.Value{}
	}
	if v.Kind() != value.Bool {
		return m.fail(s, "can only be applied to boolean values.")
	}
	return value.OfBool(!v.Bool())
}
