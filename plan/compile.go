package plan

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/schema"
)

// compiler gives every datum its slot and turns drafts and the client's selection into a [Plan].
type compiler struct {
	p         *Planner
	op        *operation.Prepared
	budget    *budget
	variables ast.VariableDefinitionList
	slots     map[*Place]map[slotKey]int // index of the places that have many slots
	outputs   map[string]*Output
	// untyped are the places to which objects come from sources that know no more of them than an interface.
	untyped map[*Place]bool
}

// slotKey names a slot of a place. The types of one place can have a field in common that is a leaf in some of them and an
// object in others: these are two data.
type slotKey struct {
	key       string
	composite bool
}

func (c *compiler) compile(root *schema.Type, drafts []*draft) (*Plan, error) {
	plan := &Plan{Operation: c.op.Definition.Operation, Variables: c.variables, Root: &Place{}}
	ids := map[*draft]int{}
	for i, d := range order(drafts) {
		ids[d] = i
		plan.Fetches = append(plan.Fetches, c.fetch(plan.Root, d, i, plan.Operation))
		f := plan.Fetches[i]
		for dep := range d.deps {
			f.Deps = append(f.Deps, ids[dep])
		}
		slices.Sort(f.Deps)
	}
	out, err := c.output(plan.Root, root, []ast.SelectionSet{c.op.Definition.SelectionSet}, plan.Operation == ast.Mutation)
	if err != nil {
		return nil, err
	}
	plan.Output = out
	return plan, nil
}

// order sorts drafts so that each comes after those it depends on, and otherwise leaves them as they are.
func order(drafts []*draft) []*draft {
	out := make([]*draft, 0, len(drafts))
	at := make(map[*draft]int, len(drafts))
	for i, d := range drafts {
		at[d] = i
	}
	done := make([]bool, len(drafts))
	var visit func(d *draft)
	visit = func(d *draft) {
		if done[at[d]] {
			return
		}
		done[at[d]] = true
		deps := make([]int, 0, len(d.deps))
		for dep := range d.deps {
			deps = append(deps, at[dep])
		}
		slices.Sort(deps) // the order must not depend on that of the map
		for _, i := range deps {
			visit(drafts[i])
		}
		out = append(out, d)
	}
	for _, d := range drafts {
		visit(d)
	}
	return out
}

// slot returns the slot of a datum at a place, and makes it if there is none.
func (c *compiler) slot(p *Place, key string, composite bool) int {
	i := -1
	if index := c.slots[p]; index != nil {
		if at, ok := index[slotKey{key, composite}]; ok {
			i = at
		}
	} else {
		i = slices.IndexFunc(p.Slots, func(s Slot) bool { return s.Key == key && (s.Sub != nil) == composite })
	}
	if i >= 0 {
		return i
	}
	i = len(p.Slots)
	p.Slots = append(p.Slots, Slot{Key: key})
	if composite {
		p.Slots[i].Sub = &Place{}
	}
	switch index := c.slots[p]; {
	case index != nil:
		index[slotKey{key, composite}] = i
	case len(p.Slots) >= indexFrom:
		index = make(map[slotKey]int, 2*len(p.Slots))
		for at, s := range p.Slots {
			index[slotKey{s.Key, s.Sub != nil}] = at
		}
		if c.slots == nil {
			c.slots = map[*Place]map[slotKey]int{}
		}
		c.slots[p] = index
	}
	return i
}

func (c *compiler) fetch(root *Place, d *draft, id int, kind ast.Operation) *Fetch {
	f := &Fetch{ID: id, Source: d.entries[0].enter.Source}
	at := root
	var on []*schema.Type
	for _, h := range d.path {
		if h.on != nil {
			on = h.on
			c.slot(at, typenameKey, false)
			continue
		}
		slot := c.slot(at, h.key, true)
		f.Path = append(f.Path, Step{Slot: slot, Key: h.key, On: on, List: h.list})
		at, on = at.Slots[slot].Sub, nil
	}
	if f.Source.Open != nil {
		f.Query = c.query(d, kind)
		f.Contextual = c.contextual(root, f, d)
	}
	for _, e := range d.entries {
		entry := &Entry{Entrance: e.enter, On: e.on, Call: e.call}
		if e.on != nil {
			c.slot(at, typenameKey, false)
		}
		if e.needs != nil || len(d.path) > 0 {
			key := e.enter.Needs
			if e.enter.Virtual {
				key = nil
			}
			entry.Needs = c.needs(at, e.needs, key)
		}
		entry.Want = c.tree(at, e.tree)
		f.Entries = append(f.Entries, entry)
	}
	return f
}

// needs compiles a selection into what reads it from an object at a place. key is the part of it that identifies.
func (c *compiler) needs(at *Place, set, key *schema.Selection) *Needs {
	n := &Needs{Place: at, Typename: -1}
	if set == nil {
		return n
	}
	fields := func(list []*schema.Select) (out []Need) {
		for _, s := range list {
			if s.Field == nil {
				continue
			}
			f := Need{Name: s.Name, Slot: c.slot(at, s.Key, s.Sub != nil)}
			f.Key = key != nil && find(key.Fields, s.Key) != nil
			if s.Sub != nil {
				f.Sub = c.needs(at.Slots[f.Slot].Sub, s.Sub, nil)
			}
			out = append(out, f)
		}
		return out
	}
	n.Fields = fields(set.Fields)
	for _, o := range set.On {
		n.On = append(n.On, NeedsOn{Type: o.Type, Fields: fields(o.Fields)})
	}
	if set.Type.Abstract() {
		n.Typename = c.slot(at, typenameKey, false)
	}
	return n
}

func (c *compiler) tree(at *Place, d *draftTree) *Tree {
	t := &Tree{Place: at, Type: d.state.typ, Typename: -1}
	switch {
	case d.unsure():
		t.Typename = c.slot(at, typenameKey, false)
	case d.state.stand:
		c.untyped[at] = true
	}
	t.Fields = c.treeFields(at, d)
	for _, o := range d.on {
		t.On = append(t.On, TreeOn{Type: o.typ, Fields: c.treeFields(at, o.tree)})
	}
	return t
}

func (c *compiler) treeFields(at *Place, d *draftTree) (out []TreeField) {
	for _, f := range d.fields {
		tf := TreeField{Select: f.sel, Name: f.out, Slot: c.slot(at, f.sel.Key, f.sub != nil)}
		if tf.Name == "" {
			tf.Name = f.sel.Name
		}
		if f.sub != nil {
			tf.Sub = c.tree(at.Slots[tf.Slot].Sub, f.sub)
		}
		out = append(out, tf)
	}
	return out
}
