package execute

import (
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/value"
)

const typenameKey = "__typename"

// fetch is a [plan.Fetch] made ready to run.
type fetch struct {
	source  string
	path    []step
	entries []entry
	runner  Runner
	// contextual are the variables of its query that come from objects around those it is entered with.
	contextual []contextual
	at         ast.Path // where the client sees its objects, up to the first list: for failures that fit nowhere better
}

type step struct {
	slot int
	on   condition
}

type entry struct {
	on    condition
	needs *needs // nil: the objects are entered without a representation
	want  *tree
}

// condition holds for objects of some runtime types. Its zero value holds for all.
type condition struct {
	slot  int // of the runtime type's name
	names []string
}

func (c *condition) holds(object []value.Value) bool {
	if c.names == nil {
		return true
	}
	v := object[c.slot]
	if v.Kind() != value.String {
		return false
	}
	name := v.Text()
	for _, n := range c.names {
		if n == name {
			return true
		}
	}
	return false
}

// needs is a [plan.Needs] made ready.
type needs struct {
	typename int
	fields   []need
	on       []needsOn
	size     int  // the most members a representation can have
	keyed    bool // some of fields are parts of a key
}

type need struct {
	name string
	slot int
	key  bool
	sub  *needs
}

type needsOn struct {
	name   string
	fields []need
}

// tree is a [plan.Tree] made ready.
type tree struct {
	place    *place
	typename int // the slot that takes the answer's __typename; -1: none does
	fields   []treeField
	on       []treeOn
}

type treeField struct {
	name string
	slot int
	sub  *tree
}

type treeOn struct {
	name   string
	fields []treeField
}

// place is how the objects at a [plan.Place] are laid out.
type place struct {
	slots    int // how many there are
	typename int // the one of the runtime type's name; -1: there is none
}

// compiler makes a [Program] of a plan. It checks whatever the run relies on, so that a defect of a plan is an error
// here and not a panic there.
type compiler struct {
	api     *ast.Schema
	places  map[*plan.Place]*place
	outputs map[*plan.Output]*output
}

// Compile binds a plan to the drivers of its sources and prepares everything that does not depend on the request. It
// does no I/O. driver is called once for each source of the plan. An error means a defect of the plan or of a driver.
func Compile(p *plan.Plan, sg *schema.Supergraph, driver func(*schema.Source) Driver) (*Program, error) {
	c := &compiler{api: sg.API, places: map[*plan.Place]*place{}, outputs: map[*plan.Output]*output{}}
	prog := &Program{fetches: make([]fetch, len(p.Fetches)), api: sg.API, seed: maphash.MakeSeed()}
	prog.root = c.place(p.Root)
	for i, f := range p.Fetches {
		if err := c.fetch(p, i, &prog.fetches[i]); err != nil {
			return nil, fmt.Errorf("execute: fetch %d from %s: %w", i, f.Source.Name, err)
		}
	}
	out, err := c.output(p.Output, p.Root)
	if err != nil {
		return nil, fmt.Errorf("execute: output: %w", err)
	}
	if out.one == nil {
		return nil, fmt.Errorf("execute: output: the root is not of one type")
	}
	prog.output = out.one
	drivers, err := bind(p, prog.fetches, driver)
	if err != nil {
		return nil, fmt.Errorf("execute: %w", err)
	}
	if prog.tasks, err = schedule(p, prog.fetches, drivers); err != nil {
		return nil, fmt.Errorf("execute: %w", err)
	}
	for i := range prog.tasks {
		if prog.tasks[i].waits == 0 {
			prog.initial = append(prog.initial, i)
		}
	}
	return prog, nil
}

// bind has each driver compile its fetches, together, and returns the driver of each fetch.
func bind(p *plan.Plan, fetches []fetch, driver func(*schema.Source) Driver) ([]Driver, error) {
	var order []Driver
	drivers := make([]Driver, len(p.Fetches))
	byDriver := map[Driver][]*plan.Fetch{}
	bySource := map[*schema.Source]Driver{}
	for i, f := range p.Fetches {
		d := bySource[f.Source]
		if d == nil {
			if d = driver(f.Source); d == nil {
				return nil, fmt.Errorf("source %s has no driver", f.Source.Name)
			}
			bySource[f.Source] = d
			if byDriver[d] == nil {
				order = append(order, d)
			}
		}
		drivers[i] = d
		byDriver[d] = append(byDriver[d], f)
	}
	for _, d := range order {
		list := byDriver[d]
		runners, err := d.Compile(p, list)
		if err != nil {
			return nil, err
		}
		if len(runners) != len(list) {
			return nil, fmt.Errorf("the driver of source %s made %d runners for %d fetches", list[0].Source.Name, len(runners), len(list))
		}
		for i, f := range list {
			if runners[i] == nil {
				return nil, fmt.Errorf("the driver of source %s made no runner", f.Source.Name)
			}
			fetches[f.ID].runner = runners[i]
			if n := len(f.Contextual); n > 0 {
				fetches[f.ID].runner = &contextRunner{runners[i], n}
			}
		}
	}
	return drivers, nil
}

func (c *compiler) fetch(p *plan.Plan, id int, f *fetch) error {
	pf := p.Fetches[id]
	if pf.ID != id {
		return fmt.Errorf("its id is %d", pf.ID)
	}
	f.source = pf.Source.Name
	for _, d := range pf.Deps {
		if d < 0 || d >= id {
			return fmt.Errorf("it depends on fetch %d, which does not come before it", d)
		}
	}
	at := p.Root
	for _, s := range pf.Path {
		sub, err := subOf(at, s.Slot, true)
		if err != nil {
			return err
		}
		on, err := c.condition(at, s.On)
		if err != nil {
			return err
		}
		f.path = append(f.path, step{s.Slot, on})
		at = sub
	}
	f.at = responsePath(p.Output, pf.Path)
	var err error
	if f.contextual, err = c.contextual(p, pf); err != nil {
		return err
	}
	if len(pf.Entries) == 0 {
		return fmt.Errorf("it has no entries")
	}
	for _, pe := range pf.Entries {
		e, err := c.entry(pe, at)
		if err != nil {
			return err
		}
		if e.needs == nil && len(pf.Entries) > 1 {
			return fmt.Errorf("an entry without representations stands beside others")
		}
		f.entries = append(f.entries, e)
	}
	return nil
}

func (c *compiler) entry(pe *plan.Entry, at *plan.Place) (e entry, err error) {
	if e.on, err = c.condition(at, pe.On); err != nil {
		return e, err
	}
	if pe.Needs != nil {
		if e.needs, err = c.needs(pe.Needs, at); err != nil {
			return e, err
		}
	}
	if pe.Want == nil {
		return e, fmt.Errorf("an entry wants nothing")
	}
	e.want, err = c.tree(pe.Want, at)
	return e, err
}

func (c *compiler) place(p *plan.Place) *place {
	if have := c.places[p]; have != nil {
		return have
	}
	n := &place{len(p.Slots), slices.IndexFunc(p.Slots, func(s plan.Slot) bool { return s.Key == typenameKey })}
	c.places[p] = n
	return n
}

func (c *compiler) condition(at *plan.Place, on []*schema.Type) (condition, error) {
	if on == nil {
		return condition{}, nil
	}
	slot := c.place(at).typename
	if slot < 0 {
		return condition{}, fmt.Errorf("there is a type condition where no slot holds the runtime type")
	}
	names := make([]string, len(on))
	for i, t := range on {
		names[i] = t.Name
	}
	return condition{slot, names}, nil
}

func (c *compiler) needs(pn *plan.Needs, at *plan.Place) (*needs, error) {
	if pn.Place != at {
		return nil, fmt.Errorf("needs are read at another place")
	}
	if pn.Typename < 0 && len(pn.On) > 0 {
		return nil, fmt.Errorf("fields of one runtime type are needed where no slot holds the runtime type")
	}
	err := typenameSlot(at, pn.Typename)
	if err != nil {
		return nil, err
	}
	n := &needs{typename: pn.Typename}
	if n.fields, err = c.needFields(pn.Fields, at); err != nil {
		return nil, err
	}
	for _, f := range n.fields {
		n.keyed = n.keyed || f.key
	}
	n.size = 1 + len(n.fields)
	for _, o := range pn.On {
		fields, err := c.needFields(o.Fields, at)
		if err != nil {
			return nil, err
		}
		n.on = append(n.on, needsOn{o.Type.Name, fields})
		n.size += len(fields)
	}
	return n, nil
}

func (c *compiler) needFields(list []plan.Need, at *plan.Place) ([]need, error) {
	out := make([]need, len(list))
	for i, f := range list {
		sub, err := subOf(at, f.Slot, f.Sub != nil)
		if err != nil {
			return nil, err
		}
		out[i] = need{name: f.Name, slot: f.Slot, key: f.Key}
		if f.Sub != nil {
			if out[i].sub, err = c.needs(f.Sub, sub); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (c *compiler) tree(pt *plan.Tree, at *plan.Place) (*tree, error) {
	if pt.Place != at {
		return nil, fmt.Errorf("an answer goes to another place")
	}
	t := &tree{place: c.place(at), typename: pt.Typename}
	if len(pt.On) > 0 && t.place.typename < 0 {
		return nil, fmt.Errorf("fields of one runtime type are wanted where no slot holds the runtime type")
	}
	err := typenameSlot(at, t.typename)
	if err != nil {
		return nil, err
	}
	if t.fields, err = c.treeFields(pt.Fields, at); err != nil {
		return nil, err
	}
	for _, o := range pt.On {
		fields, err := c.treeFields(o.Fields, at)
		if err != nil {
			return nil, err
		}
		t.on = append(t.on, treeOn{o.Type.Name, fields})
	}
	return t, nil
}

func (c *compiler) treeFields(list []plan.TreeField, at *plan.Place) ([]treeField, error) {
	out := make([]treeField, len(list))
	for i, f := range list {
		sub, err := subOf(at, f.Slot, f.Sub != nil)
		if err != nil {
			return nil, err
		}
		out[i] = treeField{name: f.Name, slot: f.Slot}
		if f.Sub != nil {
			if out[i].sub, err = c.tree(f.Sub, sub); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// subOf returns the place below a slot. Whoever treats a slot as one of objects or of leaves must agree with everybody
// else: what stands in a slot of leaves is whatever a source sent, not laid out by a place.
func subOf(at *plan.Place, slot int, composite bool) (*plan.Place, error) {
	if slot < 0 || slot >= len(at.Slots) {
		return nil, fmt.Errorf("there is no slot %d", slot)
	}
	if s := at.Slots[slot]; (s.Sub != nil) != composite {
		return nil, fmt.Errorf("slot %d, %s, is used for leaves and for objects", slot, s.Key)
	}
	return at.Slots[slot].Sub, nil
}

// typenameSlot checks the slot of a runtime type's name; a negative one stands for none.
func typenameSlot(at *plan.Place, slot int) error {
	if slot < 0 {
		return nil
	}
	_, err := subOf(at, slot, false)
	return err
}
