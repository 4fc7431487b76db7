package schema

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/sluice-gateway/sluice/problem"
)

// maxReach bounds the work of [checkReachable]: steps of one entrance tried at one position. Schemas that people write
// need a small part of it.
const maxReach = 5_000_000

// position is a kind of place in answers: objects of one type, and all ways in which they were had.
type position struct {
	on       *Type
	landings []landing
	below    bool   // a list
	above    uint64 // the contexts that enclosing objects set, a bit for each of reach.contexts
	path     *step
}

// step is one field or fragment on the way to a position.
type step struct {
	above    *step
	field    *Field // nil for a fragment
	fragment *Type
}

// checkReachable verifies that every field clients see can be had wherever clients can ask for it, and warns of
// entrances that a list makes the gateway call once for each of its objects.
//
// It walks the API schema from the root types. At each position it knows in which ways the objects there were had,
// and adds every entrance whose needs can be gathered from them, until there are no more. Positions that were had in
// the same ways are visited once, the nearest to the root first, so that what is reported is told with the smallest
// query that shows it.
//
// With labels of progressive overrides, it walks once for each of the combinations that [forks] gives.
func checkReachable(s *Supergraph) problem.List {
	var problems problem.List
	seen := map[string]bool{}
	for _, on := range forks(s.Labels) {
		for _, p := range walk(s, on) {
			// What one walk has told is not told again.
			if key := p.Code + " " + p.Coordinate; !seen[key] {
				seen[key] = true
				problems = append(problems, p)
			}
		}
	}
	return problems
}

// walk verifies that every field can be had while the given labels are on, and no others.
func walk(s *Supergraph, on map[string]bool) problem.List {
	r := newReach(s, on)
	for _, root := range []*Type{s.Query, s.Mutation, s.Subscription} {
		if root != nil && !root.Hidden {
			r.queue = append(r.queue, position{on: root})
		}
	}
	r.run()
	if r.steps >= maxReach {
		r.problems = append(r.problems, problem.Problem{
			Severity: problem.Warning, Code: "SATISFIABILITY_UNKNOWN",
			Message: "The schema is too large or too entangled to check that every field can be reached.",
		})
	}
	return r.problems
}

func newReach(s *Supergraph, on map[string]bool) *reach {
	r := &reach{
		labels:     on,
		supergraph: s,
		doors:      map[*Type][]*Entrance{},
		ids:        map[landing]uint32{},
		closures:   map[string]*closure{},
		requiring:  map[*OpenType][]string{},
		required:   map[*OpenField]*Shape{},
		seen:       map[string]bool{},
		missing:    map[*Field]bool{},
		unknown:    map[*Type]bool{},
		warned:     map[*Entrance]bool{},
	}
	for _, e := range s.Entrances {
		if e.On.Abstract() {
			r.abstract = append(r.abstract, e)
		}
	}
	r.contexts = contextsOf(s)
	return r
}

func (r *reach) run() {
	for len(r.queue) > 0 && r.steps < maxReach {
		p := r.queue[0]
		r.queue = r.queue[1:]
		r.visit(p)
	}
}

type reach struct {
	supergraph *Supergraph
	labels     map[string]bool // those that are on
	contexts   []contextUse
	queue      []position
	abstract   []*Entrance           // entrances on abstract types
	doors      map[*Type][]*Entrance // entrances that an object of a type can be taken to
	ids        map[landing]uint32
	closures   map[string]*closure
	growing    []*closure             // those that are being computed, as each may depend on the others
	each       bool                   // they may need a call for each object of a list
	requiring  map[*OpenType][]string // the names of the fields that require something, sorted
	required   map[*OpenField]*Shape
	seen       map[string]bool
	missing    map[*Field]bool
	unknown    map[*Type]bool // interfaces whose objects cannot be told apart somewhere
	warned     map[*Entrance]bool
	steps      int
	problems   problem.List
}

// visit checks the fields at a position and queues the positions below.
func (r *reach) visit(p position) {
	if !p.on.Abstract() {
		r.visitObject(p)
		return
	}
	if r.typeless(p) {
		return
	}
	for _, o := range p.on.Possible {
		if o.Hidden {
			continue
		}
		narrowed, all := narrowed(p.landings, o)
		// Where one source cannot return a type, planning leaves it out: values that sources share are the same.
		if !all || len(narrowed) == 0 {
			continue
		}
		r.visitObject(position{on: o, landings: narrowed, below: p.below, above: p.above, path: &step{above: p.path, fragment: o}})
	}
}

func (r *reach) visitObject(p position) {
	key := r.key(p.on, p.landings, p.below) + contextKey(p.above)
	if r.seen[key] {
		return
	}
	r.seen[key] = true
	all := r.closure(p.on, p.landings, p.below)
	if r.steps >= maxReach {
		return // what is missing may only not have been found yet
	}
	// However objects were had, it is mostly the same that can be had of them in the end.
	key = "=" + r.key(p.on, all, p.below) + contextKey(p.above)
	if r.seen[key] {
		return
	}
	r.seen[key] = true
	giving := byField(all, p.on)
	above := r.enclosed(p, all)
	for _, f := range visibleFields(r.supergraph, p.on) {
		ways := r.withContext(r.advanceAll(giving(f.Name), p.on, f), p.on, f, above)
		if p.on == r.supergraph.Mutation {
			ways = r.single(ways, f)
		}
		if len(ways) == 0 {
			if !r.missing[f] {
				r.missing[f] = true
				r.reportUnreachable(p, f, all)
			}
			continue
		}
		if each := ways[0].each; each != nil && !r.warned[each] {
			r.warned[each] = true
			r.warnEach(p, f, each)
		}
		if f.Named.Composite() {
			r.queue = append(r.queue, position{
				on: f.Named, landings: ways, below: p.below || isList(f.Type), above: above, path: &step{above: p.path, field: f},
			})
		}
	}
}

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

// key names a position by its type and the ways in which its objects were had.
func (r *reach) key(on *Type, landings []landing, below bool) string {
	ids := make([]uint32, 0, len(landings))
	for _, l := range landings {
		id, ok := r.ids[l]
		if !ok {
			id = uint32(len(r.ids))
			r.ids[l] = id
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	key := append(make([]byte, 0, len(on.Name)+2+4*len(ids)), on.Name...)
	if below {
		key = append(key, '[')
	}
	key = append(key, 0)
	for _, id := range slices.Compact(ids) {
		key = binary.LittleEndian.AppendUint32(key, id)
	}
	return string(key)
}
