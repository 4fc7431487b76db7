package mapping

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/value"
)

// maxProblems is how many groups [Problems] keeps. Messages may quote data, so that there may be one for every row.
const maxProblems = 100

// Problems collects what did not work out in applications of mappings, grouped, and bounded. The zero value is empty
// and ready. It is not safe for concurrent use.
type Problems struct {
	groups []group
	byHash map[uint64]int // indexes into groups
	seed   maphash.Seed   // valid if byHash is not nil
}

// Problem is one group: a message at a path.
type Problem struct {
	Message string
	Path    []string // keys, "@" for any index, "->name" for a method
	Offset  int      // in the text of the mapping
	Count   int
}

type group struct {
	Problem
	last uint64 // of the latest place, to count a place once
}

// List returns the groups in the order in which each was first met.
func (p *Problems) List() []Problem {
	out := make([]Problem, len(p.groups))
	for i, g := range p.groups {
		out[i] = g.Problem
	}
	return out
}

// Len returns the number of groups.
func (p *Problems) Len() int { return len(p.groups) }

// Reset empties p for another use.
func (p *Problems) Reset() {
	clear(p.groups)
	p.groups = p.groups[:0]
	clear(p.byHash)
}

// String returns the problem on one line: path, message, and how often it occurred if more than once.
func (p Problem) String() string {
	var b strings.Builder
	if len(p.Path) > 0 {
		b.WriteString(strings.Join(p.Path, ".") + ": ")
	}
	b.WriteString(p.Message)
	if p.Count > 1 {
		fmt.Fprintf(&b, " (%d times)", p.Count)
	}
	return b.String()
}

// remark is a problem before it is grouped. The frequent kind, a key that is not there, is kept in parts: its sentence
// is made once for a group and not for every row.
type remark struct {
	off  int
	text string     // the message; empty: the key was not found in a value of the kind
	key  string     // the last element of the path, too
	kind value.Kind // what the key was looked for in
	path []element
}

// element is one step of the way to a problem.
type element struct {
	kind  elementKind
	key   string
	index int
}

type elementKind uint8

const (
	elementKey elementKind = iota
	elementIndex
	elementMethod
)

func (r *remark) message() string {
	if r.text != "" {
		return r.text
	}
	return "Property ." + keyText(r.key) + " not found in " + r.kind.String()
}

// add counts a remark. The same remark at the same place, twice in a row, is one: a path from a variable inside a list
// is taken for every item, but missing only once.
func (p *Problems) add(r *remark) {
	grouped, exact := p.hash(r)
	if i, ok := p.byHash[grouped]; ok {
		if g := &p.groups[i]; g.last != exact {
			g.last = exact
			g.Count++
		}
		return
	}
	if len(p.groups) >= maxProblems {
		return
	}
	p.byHash[grouped] = len(p.groups)
	path := make([]string, 0, len(r.path)+1)
	for _, e := range r.path {
		switch e.kind {
		case elementKey:
			path = append(path, e.key)
		case elementIndex:
			path = append(path, "@")
		case elementMethod:
			path = append(path, "->"+e.key)
		}
	}
	if r.text == "" {
		path = append(path, r.key)
	}
	p.groups = append(p.groups, group{last: exact,
		Problem: Problem{Message: r.message(), Path: slices.Clip(path), Offset: r.off, Count: 1}})
}

// hash identifies the group of a remark, and its place. Two groups that share 64 bits of a seeded hash are counted as
// one, which is no harm.
func (p *Problems) hash(r *remark) (grouped, exact uint64) {
	if p.byHash == nil {
		p.seed, p.byHash = maphash.MakeSeed(), map[uint64]int{}
	}
	var h maphash.Hash
	h.SetSeed(p.seed)
	maphash.WriteComparable(&h, r.off)
	h.WriteString(r.text)
	h.WriteByte(byte(r.kind))
	h.WriteString(r.key)
	exact = 14695981039346656037
	for _, e := range r.path {
		h.WriteByte(byte(e.kind))
		h.WriteString(e.key)
		h.WriteByte(0)
		exact = (exact ^ uint64(e.index)) * 1099511628211
	}
	grouped = h.Sum64()
	return grouped, exact
}
