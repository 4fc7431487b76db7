package mapping

import "github.com/sluice-gateway/sluice/value"

// block applies braces to a value: to each item of a list, else to the value itself, which then is $ and @ inside. What
// is no object and of which nothing is made comes out as it was.
func (m *machine) block(b *block, v value.Value) value.Value {
	if v.Kind() == value.List {
		return m.blockOfItems(b, v)
	}
	if !m.spend(1 + len(b.items)) {
		return value.Value{}
	}
	dollarStart, dollarEnd := m.dollarStart, m.dollarEnd
	m.dollarStart, m.dollarEnd = m.start, len(m.path)
	got := m.build(b, v, v)
	if v.Kind() != value.Object && (got.IsMissing() || got.Kind() == value.Object && got.Len() <= b.added) {
		switch {
		case !m.makes(b.makers, v):
			got = v
		case got.IsMissing():
			got = value.OfMembers(nil)
		}
	}
	m.dollarStart, m.dollarEnd = dollarStart, dollarEnd
	return got
}

// makes reports whether one of several expressions has a value. Nobody asked for it, so nobody is told of problems.
func (m *machine) makes(makers []expr, at value.Value) (made bool) {
	collect := m.collect
	m.collect = false
	for i := 0; i < len(makers) && !made; i++ {
		made = !m.eval(makers[i], at, at).IsMissing()
	}
	m.collect = collect
	return made
}

// blockOfItems applies braces to the items of a list. A list whose items all come out as they went in is not copied.
func (m *machine) blockOfItems(b *block, v value.Value) value.Value {
	from := v.Items()
	var out []value.Value
	for i, e := range from {
		m.push(i)
		got := orNull(m.block(b, e))
		m.pop()
		if m.stopped {
			return value.Value{}
		}
		if out == nil {
			if got == e {
				continue
			}
			out = m.arena.Values(len(from))
			copy(out, from[:i])
		}
		out[i] = got
	}
	if out == nil {
		return v
	}
	return value.OfItems(out)
}

// build evaluates the items of a block and puts their outputs together.
func (m *machine) build(b *block, at, dollar value.Value) value.Value {
	if b.simple {
		return m.buildSimple(b, at, dollar)
	}
	return m.buildMerged(b, at, dollar)
}

// buildSimple is build for fields of which none repeats. If $ is an object that has nothing but these fields, with
// their values, it is the result itself: a body that was scanned for this mapping is not copied.
func (m *machine) buildSimple(b *block, at, dollar value.Value) value.Value {
	var from []value.Member
	isObject := dollar.Kind() == value.Object
	if isObject {
		from = dollar.Members()
	}
	var out []value.Member // nil as long as all that was made stands in from
	n, guess := 0, 0
	for i := range b.items {
		it := &b.items[i]
		var got value.Value
		if it.direct && isObject {
			k := find(from, it.from, guess)
			if k < 0 {
				if !it.optional {
					m.notFound(it.keyOff, it.from, value.Object)
				}
				continue
			}
			guess = k + 1
			got = from[k].Value
			if it.optional && got.IsNull() {
				continue
			}
			same := !it.renamed
			if it.sub != nil {
				got = m.subBlock(it, got)
				same = same && got == from[k].Value
			}
			if out == nil && same {
				n++
				continue
			}
		} else {
			got = m.eval(it.value, at, dollar)
		}
		if out == nil {
			out = m.members(b, i, n, from)
		}
		if !got.IsMissing() {
			out = append(out, value.Member{Key: it.key, Value: got})
		}
	}
	if out == nil {
		if isObject && n == len(from) {
			return dollar
		}
		out = m.members(b, len(b.items), n, from)
	}
	return value.OfMembers(out)
}

func (m *machine) subBlock(it *item, v value.Value) value.Value {
	if !m.collect {
		return m.block(it.sub, v)
	}
	start, length := m.start, len(m.path)
	if m.start != m.dollarStart || length != m.dollarEnd {
		m.start = length
		m.path = append(m.path, m.path[m.dollarStart:m.dollarEnd]...)
	}
	m.path = append(m.path, element{key: it.from})
	v = m.block(it.sub, v)
	m.start, m.path = start, m.path[:length]
	return v
}

// members returns room for the members of a block, filled with the n members that the first count items have taken from
// an object as they were.
func (m *machine) members(b *block, count, n int, from []value.Member) []value.Member {
	out := m.arena.Members(len(b.items))[:0]
	guess := 0
	for i := 0; i < count && len(out) < n; i++ {
		it := &b.items[i]
		k := find(from, it.from, guess)
		if k < 0 || it.optional && from[k].Value.IsNull() {
			continue
		}
		guess = k + 1
		out = append(out, value.Member{Key: it.key, Value: from[k].Value})
	}
	return out
}

// buildMerged is build for any items.
func (m *machine) buildMerged(b *block, at, dollar value.Value) value.Value {
	var o merger
	for i := range b.items {
		it := &b.items[i]
		got := m.eval(it.value, at, dollar)
		switch it.kind {
		case itemAnonymous:
			return got // it stands alone
		case itemField:
			if !got.IsMissing() {
				o.add(m, it.off, it.key, got)
			}
		case itemSpread:
			switch got.Kind() {
			case value.Object:
				for _, e := range got.Members() {
					if !e.Value.IsMissing() {
						o.add(m, it.off, e.Key, e.Value)
					}
				}
			case value.Null:
				o.null = true
			case value.Missing:
				m.problem(it.off, "Inlined path produced no value")
			default:
				m.problem(it.off, "Expected object or null, not "+got.Kind().String())
			}
		}
	}
	if o.null {
		return value.NullValue
	}
	return value.OfMembers(o.members)
}

// merger puts an object together out of members whose keys may repeat.
type merger struct {
	members []value.Member
	index   map[string]int // by key, once there are many members
	null    bool           // something null was spread: the whole object is null
}

// indexed is how many members are looked through one by one.
const indexed = 16

// add merges one member in.
func (o *merger) add(m *machine, off int, key string, v value.Value) {
	if !m.spend(1) {
		return
	}
	at := -1
	if o.index != nil {
		if i, ok := o.index[key]; ok {
			at = i
		}
	} else {
		for i := range o.members {
			if o.members[i].Key == key {
				at = i
				break
			}
		}
	}
	if at >= 0 {
		o.members[at].Value = m.merge(off, o.members[at].Value, v)
		return
	}
	if len(o.members) == cap(o.members) {
		grown := m.arena.Members(max(8, 2*len(o.members)))[:len(o.members)]
		copy(grown, o.members)
		o.members = grown
	}
	o.members = append(o.members, value.Member{Key: key, Value: v})
	switch {
	case o.index != nil:
		o.index[key] = len(o.members) - 1
	case len(o.members) > indexed:
		o.index = make(map[string]int, 2*len(o.members))
		for i, e := range o.members {
			o.index[e.Key] = i
		}
	}
}

// merge puts two values under one key together: objects key by key, lists index by index. Otherwise the later value
// counts, and a null on either side is null.
func (m *machine) merge(off int, a, b value.Value) value.Value {
	if !m.spend(1 + b.Len()) {
		return value.Value{}
	}
	x, y := a.Kind(), b.Kind()
	switch {
	case x == value.Null || y == value.Null:
		return value.NullValue
	case x == value.Object && y == value.Object:
		var o merger
		for _, e := range a.Members() {
			o.add(m, off, e.Key, e.Value)
		}
		for _, e := range b.Members() {
			o.add(m, off, e.Key, e.Value)
		}
		return value.OfMembers(o.members)
	case x == value.List && y == value.List:
		long, short := a.Items(), b.Items()
		out := m.arena.Values(max(len(long), len(short)))
		n := copy(out, long)
		for i, e := range short {
			if i < n {
				e = m.merge(off, out[i], e)
			}
			out[i] = e
		}
		return value.OfItems(out)
	case x.String() != y.String():
		m.problem(off, "Lossy merge replacing "+x.String()+" with "+y.String())
	}
	return b
}
