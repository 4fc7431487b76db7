package execute

import (
	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/value"
)

// Merging follows the tree of what a fetch asked for; whatever else an answer holds is ignored. What is in the store
// stays: sources agree on what they share, and a null never erases a value that another source brought. Answers may be
// shared with other fetches and other operations, and are never written to: objects are laid out anew, leaves are
// taken as they are. Records alone, which a driver has laid out for this plan and this operation, become part of the store.

// absorb merges what a fetch brought into the store, and marks what its errors concern.
func (r *run) absorb(id int, out *Outcome) {
	f, s := &r.program.fetches[id], &r.states[id]
	odd := -1
	for _, to := range s.targets {
		if to.rep >= len(out.Values) {
			continue
		}
		if r.excess {
			return
		}
		switch v := out.Values[to.rep]; v.Kind() {
		case value.Object:
			r.mergeObject(to.object.Slots(), v.Members(), s.want(f, to.rep))
		case value.Missing, value.Null: // there is no such object
		default:
			if len(out.Errors) > 0 {
				continue // they will say what is wrong with it
			}
			if odd < 0 {
				odd = r.fail(id, SourceError{Message: "The answer is not an object.", Code: string(fault.InvalidResult)})
			}
			r.markTree(to.object.Slots(), s.want(f, to.rep), odd)
		}
	}
	if len(out.Errors) > 0 {
		r.markErrors(id, out.Errors)
	}
}

// want is the tree that the answer to a representation follows.
func (s *state) want(f *fetch, rep int) *tree {
	if len(s.inputs.Reps) == 0 {
		return f.entries[0].want
	}
	return f.entries[s.inputs.Reps[rep].Entry].want
}

// take makes room in the store for n values, and reports false if there is none: then nothing more is merged.
func (r *run) take(n int) bool {
	r.room -= n
	r.excess = r.excess || r.room < 0
	return !r.excess
}

// fresh returns an object of the store with nothing in it.
func (r *run) fresh(p *place) value.Value {
	return value.OfSlots(r.arena.Values(p.slots))
}

// mergeObject merges the members of an answer into an object of the store.
func (r *run) mergeObject(object []value.Value, answer []value.Member, t *tree) {
	guess := 0
	if t.typename >= 0 {
		if i := lookup(answer, 0, typenameKey); i >= 0 {
			keep(&object[t.typename], answer[i].Value)
			guess = i + 1
		}
	}
	guess = r.mergeFields(object, answer, t.fields, guess)
	if len(t.on) == 0 {
		return
	}
	name := object[t.place.typename]
	if name.Kind() != value.String {
		return
	}
	for i := range t.on {
		if t.on[i].name == name.Text() {
			guess = r.mergeFields(object, answer, t.on[i].fields, guess)
		}
	}
}

// mergeFields merges the members for a list of fields. guess is where the first of them may be found, and what it
// returns where the one after the last.
func (r *run) mergeFields(object []value.Value, answer []value.Member, fields []treeField, guess int) int {
	for i := range fields {
		f := &fields[i]
		at := guess
		if at >= len(answer) || answer[at].Key != f.name {
			if at = lookup(answer, guess, f.name); at < 0 {
				continue
			}
		}
		guess = at + 1
		if f.sub == nil {
			keep(&object[f.slot], answer[at].Value)
		} else {
			r.mergeValue(&object[f.slot], answer[at].Value, f.sub)
		}
	}
	return guess
}

// lookup finds a member, first from where it stands if the answer keeps the order of the tree.
func lookup(members []value.Member, guess int, key string) int {
	for i := range members {
		at := guess + i
		if at >= len(members) {
			at -= len(members)
		}
		if members[at].Key == key {
			return at
		}
	}
	return -1
}

// keep puts a value where there is none.
func keep(slot *value.Value, v value.Value) {
	switch v.Kind() {
	case value.Missing, value.Mark, value.Record: // no source has marks or records to give
	case value.Null:
		if slot.Kind() == value.Missing {
			*slot = v
		}
	default:
		if vacant(*slot) {
			*slot = v
		}
	}
}

// vacant reports whether a place of the store is still to be filled.
func vacant(v value.Value) bool {
	switch v.Kind() {
	case value.Missing, value.Null, value.Mark:
		return true
	}
	return false
}

// mergeRecord merges an answer that was laid out as objects of the store are.
func (r *run) mergeRecord(object, answer []value.Value, t *tree) {
	if len(answer) != len(object) {
		return
	}
	if t.typename >= 0 {
		keep(&object[t.typename], answer[t.typename])
	}
	fields := func(list []treeField) {
		for i := range list {
			if f := &list[i]; f.sub == nil {
				keep(&object[f.slot], answer[f.slot])
			} else {
				r.mergeValue(&object[f.slot], answer[f.slot], f.sub)
			}
		}
	}
	fields(t.fields)
	for i := range t.on {
		if v := object[t.place.typename]; v.Kind() == value.String && v.Text() == t.on[i].name {
			fields(t.on[i].fields)
		}
	}
}

// adopt reports whether a value is made of records alone, down to the leaves, so that it can be a part of the store as it
// is. It takes the room for them.
func (r *run) adopt(v value.Value, t *tree) bool {
	switch v.Kind() {
	case value.List:
		for _, item := range v.Items() {
			if !r.adopt(item, t) {
				return false
			}
		}
		return r.take(v.Len())
	case value.Record:
		slots := v.Slots()
		if len(slots) != t.place.slots || len(t.on) > 0 || !r.take(1+len(slots)) {
			return false
		}
		for i := range t.fields {
			if f := &t.fields[i]; f.sub != nil && !slots[f.slot].IsMissing() && !r.adopt(slots[f.slot], f.sub) {
				return false
			}
		}
		return true
	}
	return false
}

// mergeValue merges an object, a list of objects, or what an answer has in their place.
func (r *run) mergeValue(slot *value.Value, v value.Value, t *tree) {
	if slot.IsMissing() && r.adopt(v, t) {
		*slot = v
		return
	}
	switch v.Kind() {
	case value.List:
		if vacant(*slot) {
			if !r.take(v.Len()) {
				return
			}
			items := r.arena.Values(v.Len())
			was := r.inherit(*slot)
			for i := range items {
				items[i] = was
			}
			*slot = value.OfItems(items)
		}
		// Lists of different length cannot be of the same objects: the first one stays, and is not made longer.
		items := slot.Items()
		for i, item := range v.Items()[:min(len(items), v.Len())] {
			r.mergeValue(&items[i], item, t)
		}
	case value.Object, value.Record:
		if vacant(*slot) {
			if !r.take(1 + t.place.slots) {
				return
			}
			was := r.inherit(*slot)
			*slot = r.fresh(t.place)
			if was.Kind() == value.Mark {
				for i, slots := 0, slot.Slots(); i < len(slots); i++ {
					slots[i] = was
				}
			}
		}
		switch {
		case slot.Kind() != value.Record:
		case v.Kind() == value.Record:
			r.mergeRecord(slot.Slots(), v.Slots(), t)
		default:
			r.mergeObject(slot.Slots(), v.Members(), t)
		}
	default:
		keep(slot, v)
	}
}

// inherit is what the parts of a value begin with that takes the place of slot: when one source failed to bring an
// object and another one brings it, what only the first would have brought is missing because of its failure.
func (r *run) inherit(slot value.Value) value.Value {
	if slot.Kind() == value.Mark {
		// What is to be seen of the parts may be there, all of it, and nobody would hear of the failure.
		if n := slot.MarkNumber(); len(r.effaced) == 0 || r.effaced[len(r.effaced)-1] != n {
			r.effaced = append(r.effaced, n)
		}
		return slot
	}
	return value.Value{}
}
