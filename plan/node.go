package plan

import (
	"math/bits"

	"github.com/sluice-gateway/sluice/schema"
)

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
	deps   []*node           // of a jump: the leaves that give needs
	price  int
	alive  bool // a field that only keeps its object in the fetch

	set  bitset // the node, its parent's set and its deps' sets
	cost int    // the sum of the prices of set
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

// bitset is a set of node ids.
type bitset []uint64

func (b *bitset) add(i int) {
	for i>>6 >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[i>>6] |= 1 << (i & 63)
}

func (b *bitset) union(o bitset) {
	for len(*b) < len(o) {
		*b = append(*b, 0)
	}
	for i, w := range o {
		(*b)[i] |= w
	}
}

// each calls f for the members of b that are not in not.
func (b bitset) each(not bitset, f func(id int)) {
	for i, w := range b {
		if i < len(not) {
			w &^= not[i]
		}
		for w != 0 {
			f(i<<6 + bits.TrailingZeros64(w))
			w &= w - 1
		}
	}
}
