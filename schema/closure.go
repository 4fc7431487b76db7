package schema

import (
	"cmp"
	"slices"
)

// closure returns the landings at a position of objects and all those that entrances add to them, ones that need no
// call for each object first.
//
// What can be gathered at one position depends on what can be had at those below, which may be of the same kind. So the
// closures that one leads to grow together, each from what the others have so far, until none grows.
func (r *reach) closure(on *Type, given []landing, below bool) []landing {
	key := r.key(on, given, below)
	if c := r.closures[key]; c != nil {
		return slices.Clip(c.landings)
	}
	c := &closure{reach: r, on: on, below: below, landings: slices.Clone(given), entered: map[*Entrance]bool{}, resolved: map[*OpenField]bool{}}
	r.closures[key] = c
	r.growing = append(r.growing, c)
	if len(r.growing) > 1 {
		c.grow(false)
		if r.each {
			c.grow(true)
		}
		return slices.Clip(c.landings)
	}
	for _, r.each = range []bool{false, true} {
		for grown := true; grown && r.steps < maxReach; {
			grown = false
			for i := 0; i < len(r.growing); i++ { // there may come more
				grown = r.growing[i].grow(r.each) || grown
			}
		}
	}
	for _, g := range r.growing {
		slices.SortStableFunc(g.landings, func(a, b landing) int { return cmp.Compare(eachRank(a), eachRank(b)) })
	}
	r.growing, r.each = nil, false
	return c.landings
}

// closure is one computation of [reach.closure].
type closure struct {
	*reach
	on       *Type
	below    bool
	landings []landing
	entered  map[*Entrance]bool
	resolved map[*OpenField]bool // fields with requirements that were gathered
}

// grow adds landings until there are no more, and reports whether there were any. Without each, only such as need no
// call for each object of a list. What is required is gathered last, when most is there that it may come from.
func (c *closure) grow(each bool) (any bool) {
	for grown := true; grown && c.steps < maxReach; any = any || grown {
		grown = false
		for _, e := range c.doorsOf(c.on) {
			c.steps++
			if !c.entered[e] && c.enter(e, each) {
				grown = true
			}
		}
		if grown {
			continue
		}
		for _, e := range c.doorsOf(c.on) {
			if c.entered[e] && c.addRequired(e, each) {
				grown = true
			}
		}
	}
	return any
}

// enter adds the landing of an entrance if what it needs can be gathered.
func (c *closure) enter(e *Entrance, each bool) bool {
	l := landing{source: e.Source, on: e.On, shape: e.Gives}
	if e.Needs != nil {
		if len(c.landings) == 0 {
			return false
		}
		by, ok := c.gather(c.landings, c.on, e.Needs, c.below)
		if !ok {
			return false
		}
		l.each = by
		if e.Batch == 1 && !e.Virtual && c.below {
			l.each = e
		}
	}
	if l.each != nil && !each {
		return false
	}
	l, ok := narrow(l, c.on)
	if ok {
		c.landings = append(c.landings, l)
	}
	c.entered[e] = true
	return ok
}

// addRequired adds the fields of an open source whose requirements can be gathered, once it was entered.
func (c *closure) addRequired(e *Entrance, each bool) bool {
	if e.Source.Open == nil || e.Needs == nil {
		return false
	}
	open := e.Source.Open.Types[e.On]
	if e.On != c.on && (open == nil || !open.InterfaceObject) {
		open = e.Source.Open.Types[c.on]
	}
	if open == nil {
		return false
	}
	grown := false
	for _, name := range c.requiringIn(open) {
		f := open.Fields[name]
		if f.External || c.resolved[f] || !c.usable(f) {
			continue
		}
		by, ok := c.gather(c.landings, c.on, f.Requires, c.below)
		if !ok || by != nil && !each {
			continue
		}
		if c.required[f] == nil {
			c.required[f] = &Shape{Fields: map[string]*Shape{name: f.Provides}}
		}
		c.resolved[f] = true
		c.landings = append(c.landings, landing{source: e.Source, on: c.on, shape: c.required[f], each: by})
		grown = true
	}
	return grown
}

// requiringIn returns the names of the fields that require something.
func (r *reach) requiringIn(t *OpenType) []string {
	names, ok := r.requiring[t]
	if !ok {
		for _, name := range sortedKeys(t.Fields) {
			if t.Fields[name].Requires != nil {
				names = append(names, name)
			}
		}
		r.requiring[t] = names
	}
	return names
}

// gather reports whether a selection can be had of objects of a type that were had by the given landings, and which
// entrance it takes that is called once an object, if it takes one.
func (r *reach) gather(landings []landing, on *Type, sel *Selection, below bool) (*Entrance, bool) {
	if on.Abstract() {
		var each *Entrance
		for _, o := range on.Possible {
			narrowed, _ := narrowed(landings, o)
			if len(narrowed) == 0 {
				continue
			}
			by, ok := r.gatherObject(r.closure(o, narrowed, below), o, sel, below)
			if !ok {
				return nil, false
			}
			each = cmp.Or(each, by)
		}
		return each, true
	}
	return r.gatherObject(landings, on, sel, below)
}

func (r *reach) gatherObject(landings []landing, on *Type, sel *Selection, below bool) (*Entrance, bool) {
	var each *Entrance
	fields := sel.Fields
	for _, part := range sel.On {
		if part.Type == on {
			fields = append(slices.Clone(fields), part.Fields...)
		}
	}
	for _, f := range fields {
		if f.Field == nil {
			continue
		}
		// The selection may be on an interface: the object's own field counts.
		own := on.Fields[f.Name]
		if own == nil {
			return nil, false
		}
		if f.Sub == nil {
			by, ok := r.leaf(landings, on, own)
			if !ok {
				return nil, false
			}
			each = cmp.Or(each, by)
			continue
		}
		ways := r.advanceAll(landings, on, own)
		if len(ways) == 0 {
			return nil, false
		}
		each = cmp.Or(each, ways[0].each)
		deeper := below || isList(own.Type)
		if !own.Named.Abstract() {
			ways = r.closure(own.Named, ways, deeper)
		}
		by, ok := r.gather(ways, own.Named, f.Sub, deeper)
		if !ok {
			return nil, false
		}
		each = cmp.Or(each, by)
	}
	return each, true
}

// leaf reports whether a leaf can be had of an object, and which entrance it takes that is called once an object. It stops
// at the first way that takes none: an entity may have hundreds.
func (r *reach) leaf(landings []landing, on *Type, f *Field) (each *Entrance, ok bool) {
	for _, l := range landings {
		if _, had := r.advance(l, on, f); had {
			if l.each == nil {
				return nil, true
			}
			each, ok = cmp.Or(each, l.each), true
		}
	}
	return each, ok
}

// doorsOf returns the entrances that an object of a type can be taken to: those on the type, and on the abstract types
// it is part of.
func (r *reach) doorsOf(o *Type) []*Entrance {
	if doors, ok := r.doors[o]; ok {
		return doors
	}
	doors := slices.Clone(o.Entrances)
	for _, e := range r.abstract {
		if e.On != o && e.On.CanBe(o) {
			doors = append(doors, e)
		}
	}
	slices.SortFunc(doors, func(a, b *Entrance) int { return cmp.Compare(a.ID, b.ID) })
	r.doors[o] = doors
	return doors
}
