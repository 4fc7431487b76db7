package mapping

import "github.com/sluice-gateway/sluice/value"

// expr is something with a value: *literal, *object, *list, *chain or *path.
type expr interface {
	pos() int // in bytes from the start of the text
}

// literal is a constant scalar.
type literal struct {
	off   int
	value value.Value
}

// object is an object literal: its items see the $ and @ around it.
type object struct {
	off   int
	block *block
}

// list is a list literal.
type list struct {
	off   int
	items []expr
}

// chain is a ?? b ?? c or, with keepNull, a ?! b ?! c.
type chain struct {
	off      int
	keepNull bool
	operands []expr
}

// path is a start and the steps from there.
type path struct {
	off   int
	head  head
	name  string // of a headVar, with its dollar
	base  expr   // of a headExpr
	steps []step
}

func (e *literal) pos() int { return e.off }
func (e *object) pos() int  { return e.off }
func (e *list) pos() int    { return e.off }
func (e *chain) pos() int   { return e.off }
func (e *path) pos() int    { return e.off }

// head says where a path starts.
type head uint8

const (
	headKey    head = iota // at $, the first step being the key that stands there
	headDollar             // at $
	headAt                 // at @
	headVar                // at a variable
	headExpr               // at the value of $( … ), or of a literal that steps follow
)

type stepKind uint8

const (
	stepKey stepKind = iota
	stepOptional
	stepMethod
	stepBlock
)

// step is one step of a path.
type step struct {
	kind  stepKind
	quiet bool // stepKey: a ? follows, so an object without the key is no problem
	off   int

	key    string  // stepKey: the key; stepMethod: the method's name
	method *method // stepMethod: nil if there is no such method
	parens bool    // stepMethod: arguments were given, perhaps none
	args   []expr
	block  *block // stepBlock
}

// block is what stands between braces, or the items of a whole mapping.
type block struct {
	off   int
	items []item
	// simple: every item is a field and no key repeats, so that nothing is ever merged.
	simple bool
	// makers are the values of items that narrowing has left out and that make something of a value that is no object:
	// it then comes out as an object nevertheless.
	makers []expr
	// added is how many constants narrowing has put in front. They alone make no object of what is none.
	added int
}

type itemKind uint8

const (
	itemField     itemKind = iota // contributes {key: value}
	itemSpread                    // merges its value into the object
	itemAnonymous                 // stands alone and is the value
)

// item is one selection of a block.
type item struct {
	kind  itemKind
	off   int
	key   string // itemField
	value expr

	// direct: value is one key, perhaps with ? and braces, so that evaluation need not look at it.
	direct   bool
	renamed  bool // from is not key
	from     string
	keyOff   int
	optional bool
	sub      *block // nil without braces
}

// newBlock finishes a block: what evaluation wants to know of the items is found out once.
func newBlock(off int, items []item) *block {
	b := &block{off: off, items: items, simple: true}
	seen := make(map[string]bool, len(items))
	for i := range items {
		it := &items[i]
		if it.kind != itemField || seen[it.key] {
			b.simple = false
		}
		seen[it.key] = true
		it.direct, it.optional, it.sub = false, false, nil
		p, ok := it.value.(*path)
		if it.kind != itemField || !ok {
			continue
		}
		if it.from, ok = soleKey(p); !ok {
			continue
		}
		it.direct, it.renamed, it.keyOff = true, it.from != it.key, p.steps[0].off
		for _, s := range p.steps[1:] {
			if s.kind == stepOptional {
				it.optional = true
			} else {
				it.sub = s.block
			}
		}
	}
	return b
}

// soleKey returns the key of a path that is one key, perhaps with ? and braces.
func soleKey(p *path) (string, bool) {
	if p.head != headKey {
		return "", false
	}
	for _, s := range p.steps[1:] {
		if s.kind != stepOptional && s.kind != stepBlock {
			return "", false
		}
	}
	return p.steps[0].key, true
}

// blockOf returns the expression that applies a block to the current value, as braces and whole mappings do.
func blockOf(b *block) *path {
	return &path{off: b.off, head: headAt, steps: []step{{kind: stepBlock, off: b.off, block: b}}}
}
