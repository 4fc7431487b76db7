package plan

import "github.com/sluice-gateway/sluice/schema"

// state says where a value was obtained: its type, the source it came from, and the shape that limits or widens what
// the source gives of it.
type state struct {
	typ *schema.Type // nil for leaves
	src *schema.Source
	// shape is what a closed entrance gives here, or what a @provides adds to an open source.
	shape *schema.Shape
	// stand: the source knows an interface as an object type only (@interfaceObject), and not what its objects are.
	stand bool
}

// closed reports whether nothing but the shape can be had.
func (s state) closed() bool { return s.shape != nil && !s.shape.Open }

type nodeKind uint8

const (
	kindStart nodeKind = iota // the root object, of no source
	kindField
	kindCast
	kindJump // an entrance into a source
)

// node is one step of a way to some datum. Nodes are interned: the same step from the same parent is the same node, so
// that the price of a set of ways is the sum over its distinct nodes.
type node struct {
	id     int
	kind   nodeKind
	parent *node
	state  state
	sel    *schema.Select // of a field; of a jump into an entrance that answers one field
	target *target        // of a jump
	enter  *schema.Entrance
	needs  *schema.Selection // of a jump: the entrance's needs and what the field entered for requires
	deps   []*node           // of a jump: the leaves that give needs, those of the entrance first
	// requires of a jump is the part of needs that the field entered for requires, and keys how many of deps the entrance needs.
	requires *schema.Selection
	keys     int
	// contexts of a jump are the arguments of the field entered for that come from objects around it.
	contexts []contextValue
	price    int
	alive    bool // a field that only keeps its object in the fetch

	set  idset // the node, its parent's set and its deps' sets
	cost int   // the sum of the prices of set
}

// opener is the node that opens the fetch to which n belongs: the nearest jump.
func (n *node) opener() *node {
	for n.kind == kindField || n.kind == kindCast {
		n = n.parent
	}
	return n
}

// leaf are the ways to get one datum.
type leaf []*node

// idset is a set of node ids, in rising order. A node's set holds what is on the way to it, some dozens of nodes, while
// ids go into the ten thousands: a set of bits would be made of zeros and grow with the square of the search.
type idset []int32

// union returns the members of both, in memory of its own unless one of them has all.
func (a idset) union(b idset) idset {
	if a.has(b) {
		return a
	}
	if b.has(a) {
		return b
	}
	out := make(idset, 0, len(a)+len(b))
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch x, y := a[i], b[j]; {
		case x < y:
			out = append(out, x)
			i++
		case x > y:
			out = append(out, y)
			j++
		default:
			out = append(out, x)
			i++
			j++
		}
	}
	return append(append(out, a[i:]...), b[j:]...)
}

// has reports whether all members of b are in a.
func (a idset) has(b idset) bool {
	if len(b) > len(a) {
		return false
	}
	i := 0
	for _, id := range b {
		for i < len(a) && a[i] < id {
			i++
		}
		if i == len(a) || a[i] != id {
			return false
		}
		i++
	}
	return true
}

// each calls f for the members of a that are not in not.
func (a idset) each(not idset, f func(id int32)) {
	i := 0
	for _, id := range a {
		for i < len(not) && not[i] < id {
			i++
		}
		if i < len(not) && not[i] == id {
			continue
		}
		f(id)
	}
}
