package plan

import (
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/schema"
)

// sharing is the merging of drafts that can go in one request.
type sharing struct {
	steps *budget
	list  []*draft
	stale bool // drafts of different ranks were merged since the ranks were set
	// rekeyed: drafts were merged that enter with different keys, and a key was chosen for both.
	rekeyed bool
	apart   bool // no such drafts are merged
}

// order sets the ranks of all drafts. As long as they hold, drafts of one rank do not wait for each other.
func (s *sharing) order() {
	for _, d := range s.list {
		d.rank = 0
	}
	var visit func(d *draft) int
	visit = func(d *draft) int {
		if d.rank == 0 {
			s.steps.charge(1 + len(d.deps))
			d.rank = 1
			for dep := range d.deps {
				if dep = dep.final(); dep != d {
					d.rank = max(d.rank, 1+visit(dep))
				}
			}
		}
		return d.rank
	}
	for _, d := range s.list {
		if d.into == nil {
			visit(d)
		}
	}
	s.stale = false
}

// cyclic reports whether one of two drafts must run after the other, through however many between.
func (s *sharing) cyclic(a, b *draft) bool {
	if a.rank == b.rank && !s.stale {
		return false
	}
	return s.waits(b, a, map[*draft]bool{}) || s.waits(a, b, map[*draft]bool{})
}

// waits reports whether d must run after o. seen are those that need not.
func (s *sharing) waits(d, o *draft, seen map[*draft]bool) bool {
	s.steps.charge(1 + len(d.deps))
	seen[d] = true
	for dep := range d.deps {
		dep = dep.final()
		if dep == o || !seen[dep] && s.waits(dep, o, seen) {
			return true
		}
	}
	return false
}

// merge merges o into d.
func (s *sharing) merge(d, o *draft) {
	for x := range o.deps {
		d.deps[x] = true
	}
	for _, e := range o.entries {
		i := slices.IndexFunc(d.entries, func(h *draftEntry) bool { return h.typ == e.typ && slices.Equal(h.on, e.on) })
		if i < 0 {
			d.entries = append(d.entries, e)
			continue
		}
		h := d.entries[i]
		if h.enter != e.enter && h.enter.On == e.enter.On {
			s.rekey(h, e)
		}
		h.needs = merge(h.needs, e.needs)
		h.by = append(slices.Clip(h.by), e.by...)
		h.tree.absorb(e.tree)
	}
	d.contexts = append(slices.Clip(d.contexts), o.contexts...)
	o.into = d
}

// rekey has the jumps of two entries for the same objects enter by one key: a source wants to be told one, and what only
// the other was needed for need not be asked for.
func (s *sharing) rekey(a, b *draftEntry) {
	s.rekeyed = true
	from, to := a, b
	if burden(a, b) <= burden(b, a) {
		from, to = b, a
	}
	key := to.by[0]
	for _, n := range from.by {
		n.enter, n.needs = key.enter, merge(key.enter.Needs, n.requires)
		n.deps = slices.Concat(key.deps[:key.keys], n.deps[n.keys:])
		n.keys = key.keys
	}
	from.enter = to.enter
}

// burden is what has to be known for the key of an entry alone, if others for the same objects enter by it too: other
// fetches first, then fields.
func burden(e, other *draftEntry) (sum int) {
	needed := map[*node]bool{}
	for _, n := range slices.Concat(e.by, other.by) {
		needed[n.parent.opener()] = true
		for _, dep := range n.deps[n.keys:] {
			needed[dep.opener()] = true
		}
	}
	key := e.by[0]
	seen := map[*node]bool{}
	for _, dep := range key.deps[:key.keys] {
		if o := dep.opener(); !needed[o] && !seen[o] {
			seen[o] = true
			sum += dep.opener().price
		}
		sum++
	}
	return sum
}

// acrossTypes merges drafts that ask the same of the same place but came through different types on the way, as
// products|Book.author and products|Film.author.
func (s *sharing) acrossTypes() {
	var open []*draft
	longest := 0
	ask := map[*draft]string{}
	for _, d := range s.list {
		if d.into == nil && len(d.path) > 0 {
			open = append(open, d)
			longest = max(longest, len(d.path))
			ask[d] = d.landing() + d.text()
		}
	}
	// Short paths first: what a draft waits for has been merged then, so that there is little to look through for cycles.
	slices.SortStableFunc(open, func(a, b *draft) int { return len(a.path) - len(b.path) })
	for again := true; again; {
		again = false
		for at := range longest { // those that differ in the types at one place of their paths
			if s.stale {
				s.order()
			}
			alike := map[string][]*draft{}
			for _, d := range open {
				if d.into != nil || at >= len(d.path) || d.path[at].on == nil {
					continue
				}
				if s.steps.charge(1 + len(d.path)/4); s.steps.left < 0 {
					return
				}
				on := d.path[at].on
				d.path[at].on = nil
				key := ask[d] + "\x00" + pathText(d.path)
				d.path[at].on = on
				i := slices.IndexFunc(alike[key], func(g *draft) bool { return !s.cyclic(g, d) })
				if i < 0 {
					alike[key] = append(alike[key], d)
					continue
				}
				g := alike[key][i]
				s.stale = s.stale || g.rank != d.rank
				for x := range d.deps {
					g.deps[x.final()] = true
				}
				g.path = slices.Clone(g.path)
				g.path[at].on = unite(g.path[at].on, on)
				d.into, again = g, true
			}
		}
	}
}

func unite(a, b []*schema.Type) []*schema.Type {
	out := append(slices.Clone(a), b...)
	slices.SortFunc(out, func(x, y *schema.Type) int { return strings.Compare(x.Name, y.Name) })
	return slices.Compact(out)
}
