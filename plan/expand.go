package plan

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sluice-gateway/sluice/schema"
)

// reals are the ways from a value of an interface object's type to sources that know the real types.
func (s *search) reals(n *node, excl exclusion) (out []*node) {
	for _, t := range s.p.targets[n.state.typ] {
		if t.stand || t.src.Open == nil || t.src == n.state.src || t.first().Needs == nil || excl.has(t.land) {
			continue
		}
		if j := s.jump(n, t, nil, condition{}, excl); j != nil {
			out = append(out, j)
		}
	}
	return out
}

// expand lists the ways to every leaf of a selection, starting from any of the given nodes at one position.
func (s *search) expand(base []*node, set *schema.Selection, excl exclusion) (out []leaf, err error) {
	for _, sel := range set.Fields {
		l, err := s.field(base, sel, excl)
		if err != nil {
			return nil, err
		}
		out = append(out, l...)
	}
	for _, o := range set.On {
		casts := s.castAll(base, o.Type, excl)
		if casts == nil { // nothing of that type can come back here: keep the object, ask no more
			if l := s.typename(base); l != nil {
				out = append(out, l)
			}
			continue
		}
		for _, sel := range o.Fields {
			l, err := s.field(casts, sel, excl)
			if err != nil {
				return nil, err
			}
			out = append(out, l...)
		}
	}
	return out, nil
}

// landings are the least costs at which the targets of one position were entered so far. A dearer way into a target would
// be pruned, whatever it leads to, so it need not be looked for.
type landings struct {
	base    []*node
	targets map[landed]int
}

// landed is a target that was entered, and the type that was known of the objects before.
type landed struct {
	target int
	from   *schema.Type
}

// byCost puts the nodes of a position in the order of their costs, so that dear ways come last.
func byCost(base []*node) ([]*node, *landings) {
	if len(base) < 2 {
		return base, nil
	}
	cheaper := func(a, b *node) int { return a.cost - b.cost }
	if !slices.IsSortedFunc(base, cheaper) {
		base = slices.Clone(base)
		slices.SortStableFunc(base, cheaper)
	}
	return base, &landings{base, map[landed]int{}}
}

// dear reports whether the target can be had for less than by entering it from n.
func (l *landings) dear(n *node, t *target) bool {
	if l == nil {
		return false
	}
	least := t.first().Price
	for _, e := range t.enter[1:] {
		least = min(least, e.Price)
	}
	if cost, ok := l.targets[landed{t.id, n.state.typ}]; ok && cost < n.cost+least {
		return true
	}
	if t.src.Open == nil || t.stand {
		return false
	}
	for _, b := range l.base { // where a value stands already
		if b.cost >= n.cost+least {
			break
		}
		if st := b.state; st.src == t.src && st.typ == t.on && st.shape == nil && b.kind != kindStart {
			return true
		}
	}
	return false
}

// note remembers a way into a target.
func (l *landings) note(n *node, t *target, j *node) {
	if l == nil {
		return
	}
	at := landed{t.id, n.state.typ}
	if cost, ok := l.targets[at]; !ok || j.cost < cost {
		l.targets[at] = j.cost
	}
}

func (s *search) field(base []*node, sel *schema.Select, excl exclusion) ([]leaf, error) {
	if err := s.budget.spend(len(base)); err != nil {
		return nil, err
	}
	var ways []*node
	base, reached := byCost(base)
	for _, b := range base {
		ways = append(ways, s.next(b, sel, excl, reached)...)
	}
	if len(ways) > 0 {
		ways = prune(ways)
		if sel.Sub == nil {
			return []leaf{dominant(ways)}, nil
		}
		l, err := s.expand(ways, sel.Sub, "")
		if err == nil {
			if len(l) == 0 { // everything below was left out, or only the type's name is wanted
				l = append(l, s.typename(ways))
			}
			return l, nil
		}
		if errors.Is(err, errBudget) || !slices.ContainsFunc(base, func(n *node) bool { return n.state.typ.Abstract() }) {
			return nil, err
		}
	}
	return s.explode(base, sel, excl)
}

// typename is a leaf that keeps the objects of base in their fetches and learns what they are.
func (s *search) typename(base []*node) (l leaf) {
	sel := &schema.Select{Name: typenameKey, Key: typenameKey}
	for _, b := range base {
		if e := s.edge(b, sel); e != nil {
			l = append(l, e)
			continue
		}
		l = append(l, s.add(nodeKey{parent: b.id, kind: kindField}, node{kind: kindField, parent: b, sel: sel, state: state{src: b.state.src}, alive: true}))
	}
	return l
}

// castAll narrows every node to a type. If one of them could not return that type, by the contract of shared fields
// none does, and the result is nil.
func (s *search) castAll(base []*node, t *schema.Type, excl exclusion) (out []*node) {
	for _, b := range base {
		if b.state.stand {
			if !b.state.typ.CanBe(t) {
				return nil
			}
			for _, j := range s.reals(b, excl) {
				if c := s.cast(j, t); c != nil {
					out = append(out, c)
				}
			}
			continue
		}
		c := s.cast(b, t)
		if c == nil {
			return nil
		}
		out = append(out, c)
	}
	return out
}

// explode takes a field of an interface through the object types. All of them must be served from the same place, so
// only places that serve every one of their types count.
func (s *search) explode(base []*node, sel *schema.Select, excl exclusion) ([]leaf, error) {
	fail := func() error {
		if sel.Field == nil {
			return fmt.Errorf("%w for %s", ErrNoPlan, sel.Name)
		}
		return fmt.Errorf("%w for field %s.%s", ErrNoPlan, sel.Field.Parent.Name, sel.Name)
	}
	var real []*node
	for _, b := range base {
		switch {
		case b.state.typ == nil || b.kind == kindStart:
		case b.state.stand:
			real = append(real, s.reals(b, excl)...)
		case b.state.typ.Abstract():
			real = append(real, b)
		}
	}
	if len(real) == 0 {
		return nil, fail()
	}
	var types []*schema.Type
	for _, t := range s.members(real[0].state) {
		if !slices.ContainsFunc(real[1:], func(r *node) bool { return !s.can(r.state, t) }) {
			types = append(types, t)
		}
	}
	if len(types) == 0 { // an interface that nothing implements here: there is no way to the field
		return nil, fail()
	}
	concrete := func(t *schema.Type) *schema.Select {
		f := t.Fields[sel.Name]
		if sel.Field == nil || f == nil || f == sel.Field {
			return sel
		}
		c := *sel
		c.Field = f
		return &c
	}
	var out []leaf
	var fit []*node
	for _, r := range real {
		out = out[:0]
		if !slices.ContainsFunc(types, func(t *schema.Type) bool {
			l, err := s.field([]*node{s.cast(r, t)}, concrete(t), excl)
			out = append(out, l...)
			return err != nil
		}) {
			fit = append(fit, r)
		}
	}
	switch {
	case len(fit) == 0:
		return nil, fail()
	case len(real) == 1: // as most often: what was found for it is all there is
		types = nil
	default:
		out = nil
	}
	for _, t := range types {
		var casts []*node
		for _, r := range fit {
			casts = append(casts, s.cast(r, t))
		}
		l, err := s.field(casts, concrete(t), excl)
		if err != nil {
			return nil, err
		}
		out = append(out, l...)
	}
	if len(out) == 0 {
		out = append(out, s.typename(fit))
	}
	return out, nil
}

// prune keeps, for each resulting state, the cheapest ways; ties stay.
func prune(ways []*node) []*node {
	best := make(map[state]int, len(ways))
	for _, n := range ways {
		if b, ok := best[n.state]; !ok || n.cost < b {
			best[n.state] = n.cost
		}
	}
	out := ways[:0:0]
	for _, n := range ways {
		if n.cost == best[n.state] && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// dominant drops ways that leave a source where another way, equal up to there, stays.
func dominant(ways []*node) leaf {
	if len(ways) < 2 {
		return ways
	}
	lines := make([][]*node, len(ways))
	for i, n := range ways {
		for ; n != nil; n = n.parent {
			lines[i] = append(lines[i], n)
		}
		slices.Reverse(lines[i])
	}
	jumps := func(line []*node) bool {
		return slices.ContainsFunc(line, func(n *node) bool { return n.kind == kindJump })
	}
	var out leaf
	for i := range ways {
		worse := false
		for j := range ways {
			if i == j {
				continue
			}
			k := 0
			for k < len(lines[i]) && k < len(lines[j]) && lines[i][k] == lines[j][k] {
				k++
			}
			if k > 0 && !jumps(lines[j][k:]) && jumps(lines[i][k:]) {
				worse = true
				break
			}
		}
		if !worse {
			out = append(out, ways[i])
		}
	}
	return out
}
