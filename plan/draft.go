package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/schema"
)

// draft is a fetch under construction.
type draft struct {
	opener  *node
	path    []hop
	entries []*draftEntry
	deps    map[*draft]bool
	into    *draft // merged away
	rank    int    // above that of every draft in deps, as of the last look
	nodes   []*node
	// contexts are the values that its query takes from objects around those that are entered with.
	contexts []contextValue
}

// hop is one part of the way from the root object to some position: into a datum, or on with objects of some types.
type hop struct {
	key  string
	list bool
	on   []*schema.Type
}

type draftEntry struct {
	enter *schema.Entrance
	typ   *schema.Type   // what is entered
	on    []*schema.Type // only objects of these types; nil: all
	call  *schema.Select
	needs *schema.Selection
	tree  *draftTree
	by    []*node // the jumps that enter
}

// draftTree is what a fetch asks for at one position.
type draftTree struct {
	state    state
	abstract bool // the supergraph has an abstract type here, even if the source declares an object type
	fields   []*draftField
	on       []draftOn // by the name of the type
}

// unsure reports whether the source has to tell the runtime type of what is here.
func (t *draftTree) unsure() bool {
	return (t.abstract || t.state.typ.Abstract()) && !t.state.stand
}

type draftOn struct {
	typ  *schema.Type
	tree *draftTree
}

type draftField struct {
	sel  *schema.Select
	decl string     // the type an open source declares
	out  string     // the name in the source's answer, once the request is written
	sub  *draftTree // nil for leaves
	// contexts are further arguments, which only its source knows of.
	contexts []contextValue
}

func (t *draftTree) field(key string) *draftField {
	for _, f := range t.fields {
		if f.sel.Key == key {
			return f
		}
	}
	return nil
}

func (t *draftTree) cast(typ *schema.Type) *draftTree {
	for _, o := range t.on {
		if o.typ == typ {
			return o.tree
		}
	}
	return nil
}

func (t *draftTree) addCast(typ *schema.Type, tree *draftTree) {
	i, _ := slices.BinarySearchFunc(t.on, typ, func(o draftOn, typ *schema.Type) int { return strings.Compare(o.typ.Name, typ.Name) })
	t.on = slices.Insert(t.on, i, draftOn{typ, tree})
}

// final is the draft into which d was merged, or d.
func (d *draft) final() *draft {
	for d.into != nil {
		d = d.into
	}
	return d
}

// where is the position of a node.
func where(n *node) []hop {
	var out []hop
	for ; n != nil; n = n.parent {
		switch n.kind {
		case kindField:
			out = append(out, hop{key: n.sel.Key, list: n.sel.Field != nil && n.sel.Field.Type.Elem != nil})
		case kindCast:
			out = append(out, hop{on: []*schema.Type{n.state.typ}})
		}
	}
	slices.Reverse(out)
	return out
}

// maxRekeyings is how often drafts are made anew because objects were to be sent with two keys. One round nearly always
// is enough; more are needed where a choice of keys lets other drafts share a request.
const maxRekeyings = 4

// draft turns chosen nodes into fetches and merges those that can share one request.
func (p *Planner) draft(s *search, chosen []*node) ([]*draft, error) {
	for round := 0; ; round++ {
		share := &sharing{steps: s.budget, list: s.drafts(chosen), apart: round == maxRekeyings}
		out := p.share(share)
		if !share.rekeyed {
			return out, nil
		}
	}
}

// drafts makes a draft for each jump that chosen nodes take.
func (s *search) drafts(chosen []*node) (list []*draft) {
	wanted := make([]bool, len(s.nodes))
	var want func(n *node)
	want = func(n *node) {
		for ; n != nil && !wanted[n.id]; n = n.parent {
			wanted[n.id] = true
			for _, dep := range n.deps {
				want(dep)
			}
		}
	}
	for _, n := range chosen {
		want(n)
	}
	byOpener := map[*node]*draft{}
	for id, n := range s.nodes { // in the order of ids, so parents come first
		if !wanted[id] || n.kind == kindStart {
			continue
		}
		o := n.opener()
		d := byOpener[o]
		if d == nil {
			d = &draft{opener: o, path: where(o), deps: map[*draft]bool{}}
			byOpener[o] = d
			list = append(list, d)
		}
		d.nodes = append(d.nodes, n)
	}
	for _, d := range list {
		if from := d.opener.parent.opener(); from.kind == kindJump {
			d.deps[byOpener[from]] = true
		}
		for _, dep := range d.opener.deps {
			d.deps[byOpener[dep.opener()]] = true
		}
		d.build()
	}
	return list
}

// build makes the one entry of a draft out of its nodes.
func (d *draft) build() {
	o := d.opener
	tree := &draftTree{state: o.state}
	at := map[*node]*draftTree{o: tree}
	for _, n := range d.nodes {
		switch n.kind {
		case kindCast:
			parent := at[n.parent]
			t := parent.cast(n.state.typ)
			if t == nil {
				t = &draftTree{state: n.state}
				parent.addCast(n.state.typ, t)
			}
			at[n] = t
		case kindField:
			parent := at[n.parent]
			if n.sel.Field == nil { // the type's name is asked for wherever it is not known
				continue
			}
			f := parent.field(n.sel.Key)
			if f == nil {
				f = &draftField{sel: n.sel, decl: declared(parent.state, n.sel)}
				if n.sel.Sub != nil {
					f.sub = &draftTree{state: n.state, abstract: n.sel.Field.Named.Abstract()}
				}
				if n.parent == o {
					f.contexts = o.contexts
				}
				parent.fields = append(parent.fields, f)
			}
			at[n] = f.sub
		}
	}
	d.contexts = o.contexts
	e := &draftEntry{enter: o.enter, typ: o.state.typ, call: o.sel, needs: o.needs, tree: tree, by: []*node{o}}
	if o.enter.Field == nil {
		e.call = nil
	}
	if k := len(d.path); k > 0 && d.path[k-1].on != nil {
		e.on = d.path[k-1].on
		d.path = d.path[:k-1]
	}
	d.entries = []*draftEntry{e}
}

// declared is the type that an open source declares for a field.
func declared(st state, sel *schema.Select) string {
	if st.src.Open == nil {
		return ""
	}
	if ot := st.src.Open.Types[st.typ]; ot != nil && ot.Fields[sel.Name] != nil {
		return ot.Fields[sel.Name].Type.String()
	}
	return ""
}

// absorb adds what o asks for.
func (t *draftTree) absorb(o *draftTree) {
	for _, f := range o.fields {
		if have := t.field(f.sel.Key); have == nil {
			t.fields = append(t.fields, f)
		} else if have.sub != nil && f.sub != nil {
			have.sub.absorb(f.sub)
		}
	}
	for _, c := range o.on {
		if have := t.cast(c.typ); have == nil {
			t.addCast(c.typ, c.tree)
		} else {
			have.absorb(c.tree)
		}
	}
}

// share merges fetches that can go in one request. Only fetches of entities at one path can: those into one open
// source, or into one closed entrance.
func (p *Planner) share(s *sharing) []*draft {
	s.order()
	groups := map[string][]*draft{}
	for _, d := range s.list {
		if d.opener.parent.kind == kindStart { // one node for each call of the root object already
			continue
		}
		k := d.landing() + pathText(d.path)
		i := slices.IndexFunc(groups[k], func(g *draft) bool { return p.compatible(g, d, s.apart) && !s.cyclic(g, d) })
		if i < 0 {
			groups[k] = append(groups[k], d)
			continue
		}
		s.stale = s.stale || groups[k][i].rank != d.rank
		s.merge(groups[k][i], d)
	}
	s.acrossTypes()
	var out []*draft
	for _, d := range s.list {
		if d.into != nil {
			continue
		}
		deps := map[*draft]bool{}
		for x := range d.deps {
			if f := x.final(); f != d {
				deps[f] = true
			}
		}
		d.deps = deps
		out = append(out, d)
	}
	return out
}

// landing names what a draft enters.
func (d *draft) landing() string {
	e := d.entries[0]
	if e.enter.Source.Open != nil {
		return fmt.Sprintf("s%d|", e.enter.Source.ID)
	}
	if e.call != nil {
		return fmt.Sprintf("e%d|%s|", e.enter.ID, e.call.Key)
	}
	return fmt.Sprintf("e%d|", e.enter.ID)
}

// compatible reports whether the entries of both can stand in one request: one's fragment must not apply to objects
// of the other's entry that were sent without what it requires. If apart, one object may not be entered by two keys.
func (p *Planner) compatible(a, b *draft, apart bool) bool {
	if len(a.contexts)+len(b.contexts) > 0 && !oneKind(a, b) {
		return false // all entries of a query share its variables
	}
	for _, x := range a.entries {
		for _, y := range b.entries {
			if x.typ == y.typ && slices.Equal(x.on, y.on) {
				if differ(x.needs, y.needs) || apart && x.enter != y.enter {
					return false
				}
			} else if overlap(x, y) && selectionText(x.needs) != selectionText(y.needs) {
				return false
			}
		}
	}
	return true
}

// oneKind reports whether both have one entry, for the same objects.
func oneKind(a, b *draft) bool {
	return len(a.entries) == 1 && len(b.entries) == 1 && a.entries[0].typ == b.entries[0].typ && slices.Equal(a.entries[0].on, b.entries[0].on)
}

// overlap reports whether an object entered as one type can match a fragment on the other in their source.
func overlap(x, y *draftEntry) bool {
	set := func(e *draftEntry) []*schema.Type {
		if e.enter.Source.Open == nil {
			return []*schema.Type{e.typ}
		}
		switch ot := e.enter.Source.Open.Types[e.enter.On]; {
		case ot != nil && ot.InterfaceObject:
			return []*schema.Type{e.enter.On} // whatever the type: that is what the source takes it for
		case ot != nil && e.typ.Abstract():
			return ot.Members
		}
		return []*schema.Type{e.typ}
	}
	xs := set(x)
	return slices.ContainsFunc(set(y), func(t *schema.Type) bool { return slices.Contains(xs, t) })
}

// differ reports whether two selections need different data under one field name.
func differ(a, b *schema.Selection) bool {
	if a == nil || b == nil {
		return false
	}
	both := func(x, y []*schema.Select) bool {
		for _, i := range x {
			for _, j := range y {
				if i.Name == j.Name && (i.Key != j.Key || differ(i.Sub, j.Sub)) {
					return true
				}
			}
		}
		return false
	}
	if both(a.Fields, b.Fields) {
		return true
	}
	for _, x := range a.On {
		if both(x.Fields, b.Fields) {
			return true
		}
		for _, y := range b.On {
			if x.Type == y.Type && both(x.Fields, y.Fields) {
				return true
			}
		}
	}
	for _, y := range b.On {
		if both(y.Fields, a.Fields) {
			return true
		}
	}
	return false
}

// text is what a draft asks for, as text to compare.
func (d *draft) text() string {
	var b strings.Builder
	for _, e := range d.entries {
		fmt.Fprintf(&b, "%d|%s|%s|%s", e.enter.ID, e.typ.Name, names(e.on, ","), selectionText(e.needs))
		e.tree.write(&b)
	}
	for i := range d.contexts {
		b.WriteString("|" + d.contexts[i].key())
	}
	return b.String()
}

func (t *draftTree) write(b *strings.Builder) {
	b.WriteByte('{')
	for _, f := range t.fields {
		b.WriteString(f.sel.Key)
		b.WriteByte(' ')
		if f.sub != nil {
			f.sub.write(b)
		}
	}
	for _, o := range t.on {
		b.WriteString("|" + o.typ.Name)
		o.tree.write(b)
	}
	b.WriteByte('}')
}

func pathText(path []hop) string {
	var b strings.Builder
	for _, h := range path {
		b.WriteString("/" + h.key)
		if h.list {
			b.WriteString("[]")
		}
		if h.on != nil {
			b.WriteString("|" + names(h.on, ","))
		}
	}
	return b.String()
}

// selectionText is a selection as text to compare; the order of fields does not matter.
func selectionText(s *schema.Selection) string {
	if s == nil {
		return ""
	}
	list := func(fields []*schema.Select) string {
		var out []string
		for _, f := range fields {
			out = append(out, f.Key+selectionText(f.Sub))
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	text := "{" + list(s.Fields)
	for _, o := range s.On {
		text += "|" + o.Type.Name + ":" + list(o.Fields)
	}
	return text + "}"
}
