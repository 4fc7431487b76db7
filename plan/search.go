package plan

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema"
)

const typenameKey = "__typename"

// ErrNoPlan is the cause of every error that says that an operation cannot be planned.
var ErrNoPlan = errors.New("no plan")

// requiresPrice is what an entrance costs that serves a @requires, relative to a plain one: such an entrance often
// shares the fetch of a plain one.
const requiresPrice = 0.6

// target is a place that can be entered from objects of one type: a closed entrance, or all the keys by which one open
// source takes objects of one type.
type target struct {
	id    int
	land  string // the landing, for exclusion
	on    *schema.Type
	src   *schema.Source
	stand bool
	enter []*schema.Entrance // alternatives, by price and id
}

func (t *target) first() *schema.Entrance { return t.enter[0] }

// takes reports whether objects of a type can be entered as the abstract type that the target is on: where that is all
// the source knows, or where a closed entrance says what it gives of them.
func (t *target) takes(object *schema.Type) bool {
	if t.stand {
		return true
	}
	e := t.first()
	return t.src.Open == nil && e.Gives != nil && e.Field == nil && e.Gives.On[object] != nil
}

// landing is the state of an object of type from that was entered.
func (t *target) landing(s *search, from *schema.Type, e *schema.Entrance) state {
	st := state{typ: t.on, src: t.src, shape: e.Gives, stand: t.stand}
	if t.on != from && !t.stand {
		st.typ, st.shape = from, s.narrowShape(e.Gives, from)
	}
	return st
}

// condition is what has to be known to ask a source for a field, beside a key.
type condition struct {
	requires   *schema.Selection
	contextual []schema.ContextualArgument
}

// none reports whether the field can be had wherever its source is entered.
func (c condition) none() bool { return c.requires == nil && len(c.contextual) == 0 }

func conditionOf(f *schema.OpenField) condition { return condition{f.Requires, f.Contextual} }

// gives reports whether the target's source has a field on what is entered, and on what condition.
func (t *target) gives(name string, l *labels) (c condition, ok bool) {
	e := t.first()
	if e.Gives != nil {
		_, ok := e.Gives.Fields[name]
		if !ok && t.on.Abstract() {
			for _, s := range e.Gives.On {
				if _, ok = s.Fields[name]; ok {
					break
				}
			}
		}
		return c, ok && (e.Field == nil || e.Field.Name == name)
	}
	ot := t.src.Open.Types[t.on]
	if ot == nil {
		return c, false
	}
	f := ot.Fields[name]
	if !l.resolves(f) {
		return c, false
	}
	return conditionOf(f), true
}

// search finds the ways to the data of one operation. It lives for one planning and is not safe for concurrent use.
type search struct {
	p      *Planner
	budget *budget
	labels *labels
	nodes  []*node
	byKey  map[nodeKey]*node
	active map[guard]bool
	memo   map[jumpKey]*node
	casts  map[castKey]*schema.Shape
	refs   []int32 // scratch of choose, by the id of a node: zero between two choices
}

type nodeKey struct {
	parent int
	kind   nodeKind
	target int
	name   string
}

type guard struct {
	node, target int
	field        string
}

type jumpKey struct {
	node, target int
	field        string
	excluded     string
}

type castKey struct {
	shape *schema.Shape
	typ   *schema.Type
}

func newSearch(p *Planner, b *budget, l *labels) *search {
	return &search{p: p, budget: b, labels: l, byKey: map[nodeKey]*node{}, active: map[guard]bool{}, memo: map[jumpKey]*node{}, casts: map[castKey]*schema.Shape{}}
}

// add interns a node.
func (s *search) add(key nodeKey, n node) *node {
	if have := s.byKey[key]; have != nil {
		return have
	}
	c := &n
	c.id = len(s.nodes)
	s.nodes = append(s.nodes, c)
	s.byKey[key] = c
	var below idset
	if n.parent != nil {
		below = n.parent.set
		c.cost = n.parent.cost
	}
	for _, d := range n.deps {
		all := below.union(d.set)
		all.each(below, func(id int32) { c.cost += s.nodes[id].price })
		below = all
	}
	c.cost += c.price
	c.set = append(below[:len(below):len(below)], int32(c.id)) // the highest there is
	s.budget.charge(1 + len(c.set)/16)
	return c
}

func (s *search) start(root *schema.Type) *node {
	return s.add(nodeKey{parent: -1, kind: kindStart}, node{kind: kindStart, state: state{typ: root}})
}

// landing is what a field of the given type leads to.
func landing(src *schema.Source, t *schema.Type, shape *schema.Shape) state {
	if !t.Composite() {
		return state{src: src}
	}
	st := state{typ: t, src: src, shape: shape}
	if src.Open != nil && !st.closed() {
		if ot := src.Open.Types[t]; ot != nil {
			st.stand = ot.InterfaceObject
		}
	}
	return st
}

// edge takes a field without leaving the source and without requirements. It returns nil if that is not possible.
func (s *search) edge(n *node, sel *schema.Select) *node {
	if n.kind == kindStart || n.state.typ == nil {
		return nil
	}
	if n.kind == kindJump && n.enter.Field != nil && n.sel.Key != sel.Key {
		return nil // the call was made for another field, or for other arguments
	}
	field := func(st state, price int) *node {
		return s.add(nodeKey{parent: n.id, kind: kindField, name: sel.Key}, node{kind: kindField, parent: n, state: st, sel: sel, price: price})
	}
	if sel.Field == nil { // __typename
		if n.state.stand {
			return nil
		}
		return field(state{src: n.state.src}, 0)
	}
	t := n.state.typ
	f := t.Fields[sel.Name]
	if f == nil {
		return nil
	}
	var open *schema.OpenField
	if o := n.state.src.Open; o != nil {
		if ot := o.Types[t]; ot != nil {
			open = ot.Fields[sel.Name]
		}
	}
	named := f.Named
	if open != nil {
		if own := s.p.sg.Types[open.Type.Name()]; own != nil {
			named = own
		}
	}
	if n.state.shape != nil {
		if sub, ok := n.state.shape.Fields[sel.Name]; ok {
			return field(landing(n.state.src, named, sub), 1)
		}
	}
	if n.state.closed() || !s.direct(open) {
		return nil
	}
	if t.Kind == ast.Interface && !n.state.stand { // only if every object type of this source resolves it as it stands
		for _, m := range n.state.src.Open.Types[t].Members {
			mt := n.state.src.Open.Types[m]
			if mt == nil || !s.direct(mt.Fields[sel.Name]) {
				return nil
			}
		}
	}
	return field(landing(n.state.src, named, open.Provides), 1)
}

// direct reports whether a source resolves a field without being entered for it. f may be nil.
func (s *search) direct(f *schema.OpenField) bool {
	return s.labels.resolves(f) && conditionOf(f).none()
}

// can reports whether an abstract value can be a t where it was obtained.
func (s *search) can(st state, t *schema.Type) bool {
	if !st.closed() {
		return slices.Contains(s.members(st), t)
	}
	if len(st.shape.On) == 0 {
		return st.typ.CanBe(t)
	}
	_, ok := st.shape.On[t]
	return ok && st.typ.CanBe(t)
}

// members are the object types that an abstract value can be where it was obtained.
func (s *search) members(st state) []*schema.Type {
	if st.closed() {
		if len(st.shape.On) == 0 {
			return st.typ.Possible
		}
		var out []*schema.Type
		for _, t := range st.typ.Possible {
			if _, ok := st.shape.On[t]; ok {
				out = append(out, t)
			}
		}
		return out
	}
	if ot := st.src.Open.Types[st.typ]; ot != nil {
		return ot.Members
	}
	return nil
}

// cast narrows a value to an object type; nil if its source can never return that type here.
func (s *search) cast(n *node, t *schema.Type) *node {
	if !n.state.typ.Abstract() {
		if n.state.typ == t {
			return n
		}
		return nil
	}
	if !s.can(n.state, t) {
		return nil
	}
	return s.add(nodeKey{parent: n.id, kind: kindCast, name: t.Name},
		node{kind: kindCast, parent: n, state: state{typ: t, src: n.state.src, shape: s.narrowShape(n.state.shape, t)}})
}

// narrowShape is a shape for objects of one type.
func (s *search) narrowShape(shape *schema.Shape, t *schema.Type) *schema.Shape {
	if shape == nil || len(shape.On) == 0 {
		return shape
	}
	key := castKey{shape, t}
	if have := s.casts[key]; have != nil {
		return have
	}
	out := &schema.Shape{Open: shape.Open, Fields: make(map[string]*schema.Shape, len(shape.Fields))}
	for k, v := range shape.Fields {
		out.Fields[k] = v
	}
	if arm := shape.On[t]; arm != nil {
		for k, v := range arm.Fields {
			out.Fields[k] = v
		}
	}
	s.casts[key] = out
	return out
}

// exclusion is a set of landings that may not be entered while the key of one of them is gathered: four bytes for each,
// in rising order, so that one set is one text in whichever order it came about.
type exclusion string

// find returns where a landing stands, or would stand.
func (e exclusion) find(land string) (at int, ok bool) {
	for at < len(e) && string(e[at:at+4]) < land {
		at += 4
	}
	return at, at < len(e) && string(e[at:at+4]) == land
}

func (e exclusion) has(land string) bool {
	_, ok := e.find(land)
	return ok
}

func (e exclusion) with(land string) exclusion {
	at, ok := e.find(land)
	if ok {
		return e
	}
	return e[:at] + exclusion(land) + e[at:]
}

// landingOf identifies what is entered by a target: an open source is one landing whatever the type and the key.
func landingOf(t *target) string {
	id := uint32(2 * t.id)
	if t.src.Open != nil {
		id = uint32(2*t.src.ID + 1)
	}
	return string(binary.BigEndian.AppendUint32(nil, id))
}

// here reports whether n already stands where the target leads.
func (t *target) here(n *node) bool {
	if t.src.Open != nil {
		return n.state.src == t.src
	}
	return n.kind == kindJump && n.target == t
}

// jump enters a target from n, with what the field entered for has as its condition. It returns nil if that or the needs
// cannot be gathered.
func (s *search) jump(n *node, t *target, sel *schema.Select, cond condition, excl exclusion) *node {
	name := ""
	if t.first().Field != nil {
		name = sel.Key
	} else if !cond.none() {
		name = sel.Name
	}
	mk := jumpKey{n.id, t.id, name, string(excl)}
	if j, ok := s.memo[mk]; ok {
		return j
	}
	g := guard{n.id, t.id, name}
	if s.active[g] {
		return nil
	}
	s.active[g] = true
	j := s.enter(n, t, name, sel, cond, excl)
	delete(s.active, g)
	if len(s.active) == 0 || j != nil { // what a guard cut short must not be remembered
		s.memo[mk] = j
	}
	return j
}

func (s *search) enter(n *node, t *target, name string, sel *schema.Select, cond condition, excl exclusion) *node {
	contexts, more, ok := s.contexts(n, cond.contextual)
	if !ok {
		return nil
	}
	if cond.requires != nil {
		deps, ok := s.satisfy(n, cond.requires, excl)
		if !ok {
			return nil
		}
		more = append(more, deps...)
	}
	var best []*node
	var enter *schema.Entrance
	cost := 0
	for _, e := range t.enter {
		var deps []*node
		if e.Needs != nil {
			var ok bool
			if deps, ok = s.satisfy(n, e.Needs, excl.with(t.land)); !ok {
				continue
			}
		}
		deps = append(deps, more...)
		if c := s.extra(n, deps); enter == nil || c < cost {
			best, enter, cost = deps, e, c
		}
	}
	if enter == nil {
		return nil
	}
	price := enter.Price
	if !cond.none() {
		price = int(requiresPrice * float64(price))
	}
	var key strings.Builder
	key.WriteString(name)
	fmt.Fprintf(&key, "#%d", enter.ID)
	for _, d := range best {
		fmt.Fprintf(&key, ";%d", d.id)
	}
	st := t.landing(s, n.state.typ, enter)
	j := node{kind: kindJump, parent: n, state: st, target: t, enter: enter, needs: merge(enter.Needs, cond.requires), requires: cond.requires,
		contexts: contexts, deps: best, keys: len(best) - len(more), price: price}
	if enter.Field != nil {
		j.sel = sel
	}
	return s.add(nodeKey{parent: n.id, kind: kindJump, target: t.id, name: key.String()}, j)
}

// extra is what deps cost on top of n.
func (s *search) extra(n *node, deps []*node) (sum int) {
	var all idset
	for _, d := range deps {
		all = all.union(d.set)
	}
	all.each(n.set, func(id int32) { sum += s.nodes[id].price })
	return sum
}

// satisfy finds, from one place, the cheapest ways to every leaf of a selection.
func (s *search) satisfy(n *node, set *schema.Selection, excl exclusion) ([]*node, bool) {
	leaves, err := s.expand([]*node{n}, set, excl)
	if err != nil {
		return nil, false
	}
	return s.choose(leaves, n.set), true
}

// next lists every way to take a field from n.
func (s *search) next(n *node, sel *schema.Select, excl exclusion, reached *landings) (out []*node) {
	if d := s.edge(n, sel); d != nil {
		out = append(out, d)
		if sel.Sub == nil {
			return out
		}
	}
	if n.state.typ == nil {
		return out
	}
	for _, t := range s.p.targets[n.state.typ] {
		if (t.first().Needs == nil) != (n.kind == kindStart) || excl.has(t.land) {
			continue
		}
		if sel.Field == nil { // only a source that knows the real type can tell it
			if !t.stand && t.src.Open != nil && t.src != n.state.src {
				if j := s.jump(n, t, sel, condition{}, excl); j != nil {
					if d := s.edge(j, sel); d != nil {
						out = append(out, d)
					}
				}
			}
			continue
		}
		cond, ok := t.gives(sel.Name, s.labels)
		if !ok || cond.none() && t.here(n) {
			continue
		}
		if cond.none() && reached.dear(n, t) {
			continue
		}
		j := s.jump(n, t, sel, cond, excl)
		if j == nil {
			continue
		}
		if cond.none() {
			reached.note(n, t, j)
			if d := s.edge(j, sel); d != nil {
				out = append(out, d)
			}
			continue
		}
		f := t.src.Open.Types[t.on].Fields[sel.Name]
		named := sel.Field.Named
		if own := s.p.sg.Types[f.Type.Name()]; own != nil {
			named = own
		}
		out = append(out, s.add(nodeKey{parent: j.id, kind: kindField, name: sel.Key},
			node{kind: kindField, parent: j, state: landing(t.src, named, f.Provides), sel: sel, price: 1}))
	}
	return out
}
