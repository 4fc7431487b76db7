package execute

import (
	"hash/maphash"
	"math"

	"github.com/sluice-gateway/sluice/value"
)

// prepare finds the objects that a fetch enters its source with and reads their representations. It reports whether
// there is anything to ask for.
func (r *run) prepare(id int) bool {
	f, s := &r.program.fetches[id], &r.states[id]
	s.inputs.Variables, s.inputs.Caller, s.inputs.Scope = r.in.Variables, r.in.Caller, r.scope
	if len(f.contextual) == 0 {
		r.objects = collect(r.objects[:0], r.root, f.path)
	} else {
		r.objects, r.around = r.objects[:0], r.around[:0]
		r.collectWithin(r.root, f, 0, make([]value.Value, len(f.contextual)))
	}
	defer clear(r.objects)
	if f.entries[0].needs == nil {
		for _, o := range r.objects {
			if f.entries[0].on.holds(o.Slots()) {
				s.targets = append(s.targets, target{object: o})
			}
		}
		return len(s.targets) > 0
	}
	for i := range f.entries {
		r.enter(s, f, i)
	}
	return len(s.inputs.Reps) > 0
}

// collect appends the objects at the end of a path that begins at v.
func collect(dst []value.Value, v value.Value, path []step) []value.Value {
	switch v.Kind() {
	case value.List:
		for _, item := range v.Items() {
			dst = collect(dst, item, path)
		}
	case value.Record:
		if len(path) == 0 {
			return append(dst, v)
		}
		if slots := v.Slots(); path[0].on.holds(slots) {
			return collect(dst, slots[path[0].slot], path[1:])
		}
	}
	return dst
}

// enter reads the representations of the objects in r.objects for one entry of a fetch. Objects with equal ones share
// one.
func (r *run) enter(s *state, f *fetch, number int) {
	e, variables := &f.entries[number], len(f.contextual)
	r.index.reset(len(r.objects))
	first := len(s.inputs.Reps)
	for i, o := range r.objects {
		object := o.Slots()
		if !e.on.holds(object) {
			continue
		}
		rd := reader{arena: r.arena, mark: -1}
		r.members = rd.object(r.members[:0], object, e.needs)
		known := true
		if variables > 0 {
			r.members, known = rd.within(r.members, f.contextual, r.around[i*variables:])
		}
		switch {
		case rd.mark >= 0:
			// What the source needs to know could not be found out: what it would have brought is missing for the
			// same reason.
			r.markTree(object, e.want, rd.mark)
			continue
		case !known || rd.untyped || e.needs.keyed && nullKey(r.members, e.needs):
			continue
		}
		rep := value.OfMembers(r.members)
		var hash uint64 // of the values alone: the keys are those of the entry
		for i := range r.members {
			hash = mix(hash, hashOf(r.program.seed, r.members[i].Value))
		}
		at, found := r.index.find(hash, s.inputs.Reps[first:], rep)
		if !found {
			kept := r.arena.Members(len(r.members))
			copy(kept, r.members)
			s.inputs.Reps = append(s.inputs.Reps, Rep{Entry: number, Object: value.OfMembers(kept)})
		}
		s.targets = append(s.targets, target{object: o, rep: first + at})
	}
	clear(r.members[:cap(r.members)])
}

// nullKey reports whether every part of the key is null: then there is nothing to look up by.
func nullKey(rep []value.Member, n *needs) bool {
	for i := range n.fields {
		if n.fields[i].key && !rep[i].Value.IsNull() {
			return false
		}
	}
	return true
}

// reader reads representations. A value that its source left out is null, as it is for clients.
type reader struct {
	arena   *value.Arena
	mark    int  // the failure of a value that is needed; -1: none
	untyped bool // what is needed depends on a runtime type that is not known
}

// object appends the members of an object's representation: the fields in their order, and the runtime type last.
func (rd *reader) object(dst []value.Member, object []value.Value, n *needs) []value.Member {
	dst = rd.fields(dst, object, n.fields)
	if n.typename < 0 {
		return dst
	}
	typename := object[n.typename]
	if typename.Kind() != value.String {
		if len(n.on) > 0 {
			rd.read(typename)
			rd.untyped = true
		}
		return dst
	}
	for i := range n.on {
		if n.on[i].name == typename.Text() {
			dst = rd.fields(dst, object, n.on[i].fields)
		}
	}
	return append(dst, value.Member{Key: typenameKey, Value: typename})
}

func (rd *reader) fields(dst []value.Member, object []value.Value, list []need) []value.Member {
	for i := range list {
		f := &list[i]
		v := rd.read(object[f.slot])
		if f.sub != nil {
			v = rd.nested(v, f.sub)
		}
		dst = append(dst, value.Member{Key: f.name, Value: v})
	}
	return dst
}

// nested copies what is needed of objects below the one that is represented.
func (rd *reader) nested(v value.Value, n *needs) value.Value {
	switch v.Kind() {
	case value.List:
		items := rd.arena.Values(v.Len())
		for i, item := range v.Items() {
			items[i] = rd.nested(rd.read(item), n)
		}
		return value.OfItems(items)
	case value.Record:
		return value.OfMembers(rd.object(rd.arena.Members(n.size)[:0], v.Slots(), n))
	}
	return v
}

func (rd *reader) read(v value.Value) value.Value {
	switch v.Kind() {
	case value.Missing:
		return value.NullValue
	case value.Mark:
		if rd.mark < 0 {
			rd.mark = v.MarkNumber()
		}
	}
	return v
}

// repIndex finds equal representations. It is a hash table with open addressing.
type repIndex struct {
	slots  []int32  // 1 + the index of a representation; 0: free
	hashes []uint64 // of the representations
}

// reset empties the index and makes room for n representations.
func (x *repIndex) reset(n int) {
	size := 4
	for size < 2*n {
		size *= 2
	}
	if cap(x.slots) < size {
		x.slots = make([]int32, size)
	}
	x.slots, x.hashes = x.slots[:size], x.hashes[:0]
	clear(x.slots)
}

// find returns the index of the one of reps that equals rep. If there is none, it is the index that rep has once it
// was appended.
func (x *repIndex) find(hash uint64, reps []Rep, rep value.Value) (at int, found bool) {
	mask := uint64(len(x.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		at := int(x.slots[i]) - 1
		if at < 0 {
			x.hashes = append(x.hashes, hash)
			x.slots[i] = int32(len(reps) + 1)
			return len(reps), false
		}
		if x.hashes[at] == hash && value.Equal(reps[at].Object, rep) {
			return at, true
		}
	}
}

// hashOf returns equal numbers for values that are equal by [value.Equal]. The seed keeps upstreams from choosing keys
// that collide.
func hashOf(seed maphash.Seed, v value.Value) uint64 {
	h := uint64(v.Kind()) + 1
	switch v.Kind() {
	case value.Bool:
		if v.Bool() {
			h++
		}
	case value.Int:
		if t := v.Text(); t != "-0" {
			return mix(h, maphash.String(seed, t))
		}
		return mix(h, maphash.String(seed, "0"))
	case value.Float:
		if f := v.Float64(); f != 0 { // zero has two forms, which are equal
			return mix(h, math.Float64bits(f))
		}
	case value.String:
		return mix(h, maphash.String(seed, v.Text()))
	case value.List:
		for _, item := range v.Items() {
			h = mix(h, hashOf(seed, item))
		}
	case value.Object:
		for _, m := range v.Members() { // in any order
			h += mix(maphash.String(seed, m.Key), hashOf(seed, m.Value))
		}
	}
	return mix(h, 0)
}

// mix joins two hashes (the finalizer of MurmurHash3 over their sum, one of them spread).
func mix(a, b uint64) uint64 {
	h := a*0x9e3779b97f4a7c15 + b
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
