package mapping

import (
	"fmt"
	"math"

	"github.com/sluice-gateway/sluice/value"
)

// An application of a mapping is bounded, whatever the mapping and the data: by the number of values it looks at or
// makes, and by the bytes of text it makes. Both are far beyond what the largest useful body needs.
const (
	maxWork = 4 << 20
	maxText = 32 << 20
)

// machine evaluates mappings. It lives in an [Env], so that an application allocates nothing of its own.
type machine struct {
	env     *Env
	arena   *value.Arena
	collect bool // problems are wanted
	work    int  // what is left of maxWork
	text    int  // what is left of maxText
	stopped bool // one of them is used up

	names []binding // bound by ->as, the innermost last

	// The way to the current value, for problems, is path[start:]; that of $ is path[dollarStart:dollarEnd]. Nothing is
	// kept there unless problems are collected.
	path                          []element
	start, dollarStart, dollarEnd int

	// While an operand of ?? or ?! runs, problems wait: they vanish if another operand is taken.
	waiting []remark
	holds   int
}

// binding is a name bound by ->as.
type binding struct {
	name  string
	value value.Value
}

// run evaluates a mapping.
func (m *machine) run(env *Env, root expr, in value.Value) value.Value {
	m.env, m.arena, m.collect = env, env.Arena, env.Problems != nil
	m.work, m.text, m.stopped = maxWork, maxText, false
	m.names, m.path = m.names[:0], m.path[:0]
	m.start, m.dollarStart, m.dollarEnd = 0, 0, 0
	m.waiting, m.holds = m.waiting[:0], 0
	v := m.eval(root, in, in)
	if m.stopped {
		return value.Value{}
	}
	return v
}

// spend takes n from the work that is left, and reports whether evaluation may go on.
func (m *machine) spend(n int) bool {
	if m.work -= n; m.work < 0 {
		m.stop()
	}
	return !m.stopped
}

// write takes n bytes from the text that may be made, and reports whether evaluation may go on.
func (m *machine) write(n int) bool {
	if m.text -= n; m.text < 0 {
		m.stop()
	}
	return !m.stopped
}

func (m *machine) stop() {
	if m.stopped {
		return
	}
	m.stopped = true
	if m.collect {
		m.env.Problems.add(&remark{text: "The mapping was stopped: it asks for too much work"})
	}
}

// eval evaluates an expression where @ is at and $ is dollar.
func (m *machine) eval(e expr, at, dollar value.Value) value.Value {
	if !m.spend(1) {
		return value.Value{}
	}
	switch e := e.(type) {
	case *literal:
		return e.value
	case *path:
		return m.evalPath(e, at, dollar)
	case *object:
		return m.build(e.block, at, dollar)
	case *list:
		items := m.arena.Values(len(e.items))
		for i, x := range e.items {
			items[i] = orNull(m.eval(x, at, dollar))
		}
		return value.OfItems(items)
	case *chain:
		return m.evalChain(e, at, dollar)
	}
	return value.Value{}
}

func orNull(v value.Value) value.Value {
	if v.IsMissing() {
		return value.NullValue
	}
	return v
}

// evalChain evaluates a ?? b and a ?! b: the first operand that has a value, lazily. Problems of operands that were
// passed over vanish, unless none had a value and the last had nothing at all.
func (m *machine) evalChain(e *chain, at, dollar value.Value) value.Value {
	mark := len(m.waiting)
	m.holds++
	var v value.Value
	for i, operand := range e.operands {
		before := len(m.waiting)
		v = m.eval(operand, at, dollar)
		if !v.IsMissing() && (e.keepNull || !v.IsNull()) {
			m.waiting = append(m.waiting[:mark], m.waiting[before:]...)
			break
		}
		if i == len(e.operands)-1 && !v.IsMissing() {
			m.waiting = m.waiting[:mark]
		}
	}
	m.holds--
	if m.holds == 0 {
		for i := range m.waiting {
			m.env.Problems.add(&m.waiting[i])
		}
		m.waiting = m.waiting[:0]
	}
	return v
}

// evalPath finds where a path starts, and takes its steps from there.
func (m *machine) evalPath(p *path, at, dollar value.Value) value.Value {
	from := at
	switch p.head {
	case headAt:
	case headKey, headDollar:
		from = dollar
	case headVar:
		var bound bool
		if from, bound = m.variable(p.name); !bound {
			m.problem(p.off, "Variable "+p.name+" not found")
			return from
		}
	case headExpr:
		if from = m.eval(p.base, at, dollar); from.IsMissing() {
			return from
		}
	}
	if len(p.steps) == 0 {
		return from
	}
	if !m.collect {
		return m.walk(p.steps, from, dollar)
	}
	start, length := m.start, len(m.path)
	switch {
	case p.head == headVar:
		m.start = length
		m.path = append(m.path, element{key: p.name})
	case (p.head == headKey || p.head == headDollar) && (m.start != m.dollarStart || length != m.dollarEnd):
		m.start = length
		m.path = append(m.path, m.path[m.dollarStart:m.dollarEnd]...)
	}
	v := m.walk(p.steps, from, dollar)
	m.start, m.path = start, m.path[:length]
	return v
}

// variable looks a name up: those bound by ->as first, the innermost first.
func (m *machine) variable(name string) (v value.Value, bound bool) {
	for i := len(m.names) - 1; i >= 0; i-- {
		if m.names[i].name == name {
			return m.names[i].value, true
		}
	}
	switch name {
	case "$args":
		v = m.env.Args
	case "$this":
		v = m.env.This
	case "$batch":
		v = m.env.Batch
	case "$config":
		v = m.env.Config
	case "$context":
		v = m.env.Context
	case "$env":
		v = m.env.Environ
	case "$request":
		v = m.env.Request
	case "$response":
		v = m.env.Response
	case "$status":
		v = m.env.Status
	}
	return v, !v.IsMissing()
}

// walk takes the steps of a path. Names that it binds end with it.
func (m *machine) walk(steps []step, v, dollar value.Value) value.Value {
	names, length := len(m.names), len(m.path)
	for i := range steps {
		s := &steps[i]
		switch s.kind {
		case stepKey:
			v = m.key(s, v)
			if m.collect {
				m.path = append(m.path, element{key: s.key})
			}
		case stepOptional:
			if v.IsNull() {
				v = value.Value{}
			}
		case stepMethod:
			if m.collect {
				m.path = append(m.path, element{kind: elementMethod, key: s.key})
			}
			v = m.call(s, v, dollar)
		case stepBlock:
			v = m.block(s.block, v)
		}
		if v.IsMissing() {
			break
		}
	}
	m.names = m.names[:names]
	m.path = m.path[:length]
	return v
}

// key looks a key up in an object, or in all objects of a list.
func (m *machine) key(s *step, v value.Value) value.Value {
	switch v.Kind() {
	case value.Object:
		if got := v.Get(s.key); !got.IsMissing() {
			return got
		}
		if !s.quiet {
			m.notFound(s.off, s.key, value.Object)
		}
		return value.Value{}
	case value.List:
		return m.keyOfItems(s, v)
	}
	m.notFound(s.off, s.key, v.Kind())
	return value.Value{}
}

// keyOfItems maps a key over a list, and over lists in it. A ? behind the key is about the list as a whole: it hides
// nothing of the items.
func (m *machine) keyOfItems(s *step, v value.Value) value.Value {
	from := v.Items()
	if !m.spend(len(from)) {
		return value.Value{}
	}
	out := m.arena.Values(len(from))
	guess := 0
	for i, e := range from {
		got := value.NullValue
		switch e.Kind() {
		case value.Object:
			members := e.Members()
			if at := find(members, s.key, guess); at >= 0 {
				got, guess = members[at].Value, at
			} else {
				m.notFoundAt(i, s.off, s.key, value.Object)
			}
		case value.List:
			m.push(i)
			got = orNull(m.keyOfItems(s, e))
			m.pop()
		default:
			m.notFoundAt(i, s.off, s.key, e.Kind())
		}
		out[i] = got
	}
	return value.OfItems(out)
}

// find returns the index of a key among members, looked for first at guess: objects of one list keep their order. It is
// negative if the key is not there.
func find(members []value.Member, key string, guess int) int {
	if guess < len(members) && members[guess].Key == key && !members[guess].Value.IsMissing() {
		return guess
	}
	for i := range members {
		if members[i].Key == key && !members[i].Value.IsMissing() {
			return i
		}
	}
	return -1
}

// call runs a method.
func (m *machine) call(s *step, v, dollar value.Value) value.Value {
	if s.method == nil {
		m.problem(s.off, "Method ->"+s.key+" not found")
		return value.Value{}
	}
	m.charge(v)
	return s.method.apply(m, s, v, dollar)
}

// push adds an index to the way to the current value; pop takes the last element away.
func (m *machine) push(index int) {
	if m.collect {
		m.path = append(m.path, element{kind: elementIndex, index: index})
	}
}

func (m *machine) pop() {
	if m.collect {
		m.path = m.path[:len(m.path)-1]
	}
}

// notFound reports a key that is not there.
func (m *machine) notFound(off int, key string, in value.Kind) {
	if m.collect {
		m.report(remark{off: off, key: key, kind: in})
	}
}

// notFoundAt is notFound for an item of the current list.
func (m *machine) notFoundAt(index, off int, key string, in value.Kind) {
	if m.collect {
		m.push(index)
		m.report(remark{off: off, key: key, kind: in})
		m.pop()
	}
}

// problem reports a problem at the current place.
func (m *machine) problem(off int, text string) {
	if m.collect {
		m.report(remark{off: off, text: text})
	}
}

// problemf is problem with a message that is only made if somebody wants it.
func (m *machine) problemf(off int, format string, args ...any) {
	if m.collect {
		m.report(remark{off: off, text: fmt.Sprintf(format, args...)})
	}
}

func (m *machine) report(r remark) {
	if m.stopped {
		return // what follows from being stopped is not worth telling
	}
	r.path = m.path[m.start:]
	if m.holds == 0 {
		m.env.Problems.add(&r)
		return
	}
	if len(m.waiting) < maxProblems {
		r.path = append([]element(nil), r.path...)
		m.waiting = append(m.waiting, r)
	}
}

func isInf(v value.Value) bool { return math.IsInf(v.Float64(), 0) }
