package rest

import (
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/value"
)

// records changes the layout of a selection so that it makes records of the slots that the answers of a fetch go to:
// execution then need not lay them out. It returns nil where the two do not fit, as where a type is abstract.
func records(f *value.Filter, t *plan.Tree) *value.Filter {
	if f == nil || t == nil || t.Place == nil {
		return nil
	}
	out := &value.Filter{Keys: make([]value.FilterKey, len(f.Keys)), Layout: &value.Layout{Required: f.Layout.Required, Only: f.Layout.Only}}
	for i, k := range f.Keys {
		out.Keys[i] = value.FilterKey{Key: k.Key}
	}
	if f.Layout.Only {
		out.Keys[0].Want = records(f.Keys[0].Want, t)
		if out.Keys[0].Want == nil {
			return nil
		}
		return out
	}
	r := &recorder{from: f, out: out, parts: map[int]value.LayoutPart{}, targets: map[int]int{}}
	for _, p := range f.Layout.Parts {
		r.parts[p.At] = p
	}
	for i, k := range f.Keys {
		for _, to := range k.To {
			r.targets[to.At] = i
		}
	}
	base := r.grow(t.Place)
	out.Layout.Size = len(out.Layout.Slots)
	if !r.object(0, f.Layout.Size, t, base) {
		return nil
	}
	return out
}

// recorder changes the layout of one place.
type recorder struct {
	from, out *value.Filter
	parts     map[int]value.LayoutPart // of from, by the member
	targets   map[int]int              // the key that fills each member of from
}

// grow makes room for a record and returns where it begins.
func (r *recorder) grow(p *plan.Place) int {
	l := r.out.Layout
	base := len(l.Slots)
	l.Slots = append(l.Slots, make([]value.Value, len(p.Slots))...)
	return base
}

// object places the members from…to of the old layout in the record that begins at base.
func (r *recorder) object(from, to int, t *plan.Tree, base int) bool {
	if len(t.On) > 0 {
		return false
	}
	slots := map[string]plan.TreeField{}
	if t.Typename >= 0 {
		slots["__typename"] = plan.TreeField{Slot: t.Typename}
	}
	for _, f := range t.Fields {
		if _, twice := slots[f.Name]; twice {
			return false
		}
		slots[f.Name] = f
	}
	for i := from; i < to; i++ {
		if f, ok := slots[r.from.Layout.Make[i].Key]; ok && !r.member(i, f, base) {
			return false
		}
	}
	return true
}

// member places one member in its slot.
func (r *recorder) member(i int, f plan.TreeField, base int) bool {
	l, at := r.out.Layout, base+f.Slot
	if p, ok := r.parts[i]; ok {
		if f.Sub == nil || f.Sub.Place == nil {
			return false
		}
		below := r.grow(f.Sub.Place)
		l.Parts = append(l.Parts, value.LayoutPart{At: at, From: below, To: len(l.Slots)})
		return r.object(p.From, p.To, f.Sub, below)
	}
	n, ok := r.targets[i]
	if !ok { // a constant
		l.Slots[at] = r.from.Layout.Make[i].Value
		return f.Sub == nil
	}
	k := &r.out.Keys[n]
	for _, to := range r.from.Keys[n].To {
		if to.At == i {
			k.To = append(k.To, value.Target{At: at, Optional: to.Optional})
		}
	}
	want := r.from.Keys[n].Want
	if (want == nil) != (f.Sub == nil) {
		return false
	}
	if want != nil {
		k.Want = records(want, f.Sub)
		return k.Want != nil
	}
	return true
}
