package execute

import (
	"slices"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/value"
)

// markErrors marks what the errors of a fetch concern.
func (r *run) markErrors(id int, errs []SourceError) {
	f, s := &r.program.fetches[id], &r.states[id]
	byRep := s.byRep()
	// A representation can stand for many objects and have many errors. Their product is bounded: what is over it is
	// reported, but not at the exact place.
	budget := marksPerObject * len(s.targets)
	for _, e := range errs {
		n, path, placed := r.fail(id, e), e.Path, false
		to := s.targets
		if e.Rep >= 0 && e.Rep+1 < len(byRep.start) {
			to = byRep.targets[byRep.start[e.Rep]:byRep.start[e.Rep+1]]
		} else if len(to) > 1 {
			path = nil // it does not say in which of the objects
		}
		if budget -= len(to); budget >= 0 {
			for _, to := range to {
				placed = r.markPath(to.object.Slots(), s.want(f, to.rep), path, n) || placed
			}
		}
		switch {
		case !placed:
			if len(f.path) == 0 {
				n = r.leading(n, f.entries[0].want, path)
			}
			r.unplaced = append(r.unplaced, n)
		case e.Once: // what it kept away may be nothing that is to be seen
			r.effaced = append(r.effaced, n)
		}
	}
}

// marksPerObject is how many errors an object may have, on average over the objects of a fetch.
const marksPerObject = 100

// targetsByRep lists targets in the order of their representations.
type targetsByRep struct {
	start   []int // where the targets of each representation begin, and where the last one's end
	targets []target
}

func (s *state) byRep() targetsByRep {
	b := targetsByRep{make([]int, max(1, len(s.inputs.Reps))+1), make([]target, len(s.targets))}
	for _, to := range s.targets {
		b.start[to.rep+1]++
	}
	for i := 1; i < len(b.start); i++ {
		b.start[i] += b.start[i-1]
	}
	at := slices.Clone(b.start)
	for _, to := range s.targets {
		b.targets[at[to.rep]] = to
		at[to.rep]++
	}
	return b
}

// abandon marks what a fetch would have brought that the operation has no time left for.
func (r *run) abandon(id int) {
	f, n := &r.program.fetches[id], -1
	r.objects = collect(r.objects[:0], r.root, f.path)
	defer clear(r.objects)
	for _, o := range r.objects {
		for i := range f.entries {
			if e := &f.entries[i]; e.on.holds(o.Slots()) {
				if n < 0 {
					n = r.fail(id, SourceError{Message: "The operation's time is over.", Code: string(fault.GatewayTimeout)})
				}
				r.markTree(o.Slots(), e.want, n)
			}
		}
	}
}

// markPath marks what stands at a path below an object, or the nearest thing above it that is not there. It reports
// whether there was something to mark.
func (r *run) markPath(object []value.Value, t *tree, path []any, n int) bool {
	if len(path) == 0 {
		return r.markTree(object, t, n)
	}
	name, _ := path[0].(string) //nolint:errcheck // no field has an empty name
	f := t.field(object, name)
	if f == nil {
		return r.markTree(object, t, n)
	}
	return r.markBelow(&object[f.slot], f.sub, path[1:], n)
}

// markBelow is markPath for the value of a slot, or of an item of the list in it.
func (r *run) markBelow(slot *value.Value, t *tree, path []any, n int) bool {
	switch {
	case vacant(*slot):
		return r.mark(slot, r.leading(n, t, path))
	case t == nil:
		return false // there is a value, and it is whole
	case slot.Kind() == value.Record:
		return r.markPath(slot.Slots(), t, path, n)
	case slot.Kind() == value.List && len(path) > 0:
		items := slot.Items()
		if i, ok := path[0].(int); ok && i >= 0 && i < len(items) {
			return r.markBelow(&items[i], t, path[1:], n)
		}
	}
	return r.markValue(slot, t, n)
}

// field finds the field that the answer has under a name.
func (t *tree) field(object []value.Value, name string) *treeField {
	find := func(list []treeField) *treeField {
		for i := range list {
			if list[i].name == name {
				return &list[i]
			}
		}
		return nil
	}
	if f := find(t.fields); f != nil || len(t.on) == 0 {
		return f
	}
	runtime := object[t.place.typename]
	for i := range t.on {
		if runtime.Kind() == value.String && t.on[i].name == runtime.Text() {
			if f := find(t.on[i].fields); f != nil {
				return f
			}
		}
	}
	return nil
}

// markTree marks everything that a tree asks for and that is not there. It reports whether there was such a thing.
func (r *run) markTree(object []value.Value, t *tree, n int) (placed bool) {
	if t.typename >= 0 {
		placed = r.markValue(&object[t.typename], nil, n)
	}
	fields := func(list []treeField) {
		for i := range list {
			placed = r.markValue(&object[list[i].slot], list[i].sub, n) || placed
		}
	}
	fields(t.fields)
	for i := range t.on {
		if v := object[t.place.typename]; v.Kind() != value.String || v.Text() == t.on[i].name {
			fields(t.on[i].fields)
		}
	}
	return placed
}

// markValue marks a value if it is not there, or else what is not there of the objects in it.
func (r *run) markValue(slot *value.Value, t *tree, n int) (placed bool) {
	switch {
	case vacant(*slot):
		return r.mark(slot, n)
	case t == nil:
		return false
	case slot.Kind() == value.Record:
		return r.markTree(slot.Slots(), t, n)
	}
	items := slot.Items()
	for i := range items {
		placed = r.markValue(&items[i], t, n) || placed
	}
	return placed
}

// mark puts a mark where there is no value. Where several fetches failed, the first one of the plan is told, whichever
// ended first. It reports false for a further error of the same fetch, which has to be told elsewhere.
func (r *run) mark(slot *value.Value, n int) bool {
	if slot.Kind() == value.Mark {
		have := slot.MarkNumber()
		if by, before := r.failures[n].fetch, r.failures[have].fetch; by >= before {
			return have == n || by > before // copies of one error do not meet: they lead on from different places
		}
	}
	*slot = value.MarkOf(n)
	return true
}
