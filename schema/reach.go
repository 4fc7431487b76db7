package schema

import (
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
		// The object's own context is for what is below it, as the planner takes it.
		ways := r.withContext(r.advanceAll(giving(f.Name), p.on, f), p.on, f, p.above)
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
