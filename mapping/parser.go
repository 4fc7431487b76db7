package mapping

import (
	"fmt"

	"github.com/sluice-gateway/sluice/value"
)

// maxDepth is how deeply a mapping may nest. What people write stays below ten.
const maxDepth = 100

// parser reads a mapping by recursive descent. Its methods return false once an error is recorded.
type parser struct {
	lexer
	version Version
	depth   int
	// optional is where the last ? ended: a beginner's "a ? b : c" is recognised by it.
	optional int
}

// parse reads a whole mapping whose text stands at base of a larger one.
func parse(src string, v Version, base int) (*Mapping, error) {
	p := &parser{lexer: lexer{src: src, base: base}, version: v, optional: -1}
	root, ok := p.mapping()
	if !ok {
		return nil, p.err
	}
	return newMapping(src, v, root), nil
}

// mapping reads the whole text. Before v0.3 it is a path if it can be read as one, from v0.4 on an expression; only
// then it is a list of items.
func (p *parser) mapping() (expr, bool) {
	var first *SyntaxError // of the first of two readings
	var reached int
	switch {
	case p.version <= V02:
		if e, ok := p.path(false); ok && p.finished() {
			return e, true
		}
		first, reached = p.restart()
	case p.version >= V04:
		if e, ok := p.expr(); ok && p.finished() {
			if o, ok := e.(*object); ok {
				return blockOf(o.block), true // braces around the whole text are cosmetic
			}
			// A key by itself is a field all the same.
			if q, ok := e.(*path); !ok || !isField(q) {
				return e, true
			}
		}
		first, reached = p.restart()
	}
	items, ok := p.items(0)
	if ok && !p.finished() {
		ok = false
	}
	if !ok {
		if first != nil && reached > p.i {
			p.err = first // the reading that got further is the one that was meant
		}
		return nil, false
	}
	if p.version >= V03 && len(items) == 1 && items[0].kind != itemField && !p.explicit(items[0]) {
		return items[0].value, true
	}
	return blockOf(newBlock(p.base, items)), true
}

// explicit reports whether a spread was written with dots: standing alone it is a spread still, and not its value.
func (p *parser) explicit(it item) bool {
	return it.kind == itemSpread && p.src[it.off-p.base:][0] == '.'
}

// restart goes back to the start for another reading, and returns the error of the first and where it came to.
func (p *parser) restart() (*SyntaxError, int) {
	err, reached := p.err, p.i
	p.i, p.err, p.depth, p.optional = 0, nil, 0, -1
	return err, reached
}

// finished reports whether the text ends here, and records an error if not.
func (p *parser) finished() bool {
	p.space()
	if !p.end() {
		p.unexpected()
	}
	return p.err == nil
}

// enter counts one level of nesting; leave takes it back.
func (p *parser) enter() bool {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.at(), fmt.Sprintf("nested more than %d levels deep", maxDepth))
		return false
	}
	return true
}

func (p *parser) leave() { p.depth-- }

// items reads selections up to a closing byte, which is left, or with 0 up to the end of the text.
func (p *parser) items(closing byte) ([]item, bool) {
	var items []item
	commas, spaces := false, false
	for {
		p.space()
		if p.end() || closing != 0 && p.peek() == closing {
			break
		}
		if len(items) > 0 {
			off := p.at()
			if p.version >= V04 && p.eat(",") {
				commas = true
				p.space()
				if p.end() || closing != 0 && p.peek() == closing {
					break
				}
			} else {
				spaces = true
			}
			if commas && spaces {
				p.fail(off, "commas stand between all selections of a block or between none")
				return nil, false
			}
		}
		it, ok := p.item()
		if !ok {
			return nil, false
		}
		items = append(items, it)
	}
	if len(items) > 1 {
		for _, it := range items {
			if it.kind == itemAnonymous {
				p.fail(it.off, "a path without a name and without braces can only stand alone: put a name before it, as in \"name: …\"")
				return nil, false
			}
		}
	}
	return items, true
}

// item reads one selection.
func (p *parser) item() (item, bool) {
	off := p.at()
	if key, ok := p.alias(); ok {
		v, ok := p.aliased(key)
		return item{kind: itemField, off: off, key: key, value: v}, ok
	}
	if p.err != nil {
		return item{}, false
	}
	if p.has("...") {
		if p.version < V04 {
			p.fail(off, "spreading with ... needs connect v0.4")
			return item{}, false
		}
		p.i += 3
		v, ok := p.expr()
		return item{kind: itemSpread, off: off, value: v}, ok
	}
	if !p.startsPath() {
		p.unexpected()
		return item{}, false
	}
	v, ok := p.path(true)
	if !ok {
		return item{}, false
	}
	it := item{off: off, value: v}
	switch {
	case isField(v):
		it.kind, it.key = itemField, v.steps[0].key
	case len(v.steps) > 0 && v.steps[len(v.steps)-1].kind == stepBlock:
		it.kind = itemSpread
	case p.version <= V02:
		p.space()
		if !p.end() && p.peek() != '}' && !p.startsItem() {
			p.unexpected() // what follows the path says more about what was meant
			return item{}, false
		}
		p.fail(off, "a path needs a name before it or braces behind it here, as in \"name: …\"")
		return item{}, false
	default:
		it.kind = itemAnonymous
	}
	return it, true
}

// alias reads a key and the colon after it, or nothing.
func (p *parser) alias() (string, bool) {
	start := p.i
	var key string
	switch c := p.peek(); {
	case c == '"' || c == '\'':
		var ok bool
		if key, ok = p.quoted(); !ok {
			return "", false
		}
	case isLetter(c):
		key = p.name()
	default:
		return "", false
	}
	if p.eat(":") {
		return key, true
	}
	p.i = start
	return "", false
}

// aliased reads what may stand behind an alias.
func (p *parser) aliased(key string) (expr, bool) {
	p.space()
	if p.version >= V04 {
		return p.expr()
	}
	if p.peek() == '{' {
		b, ok := p.block()
		if !ok {
			return nil, false
		}
		return blockOf(b), true
	}
	if c := p.peek(); isDigit(c) || c == '[' || (c == '-' || c == '.') && p.i+1 < len(p.src) && isDigit(p.src[p.i+1]) {
		written := key
		if !isName(key) {
			written = quote(key)
		}
		p.fail(p.at(), fmt.Sprintf("a constant needs $(…) before connect v0.4: write %s: $(%s)", written, p.excerpt()))
		return nil, false
	}
	return p.path(true)
}

// block reads braces and what is between them.
func (p *parser) block() (*block, bool) {
	if !p.enter() {
		return nil, false
	}
	off := p.at()
	p.i++
	items, ok := p.items('}')
	if !ok {
		return nil, false
	}
	if !p.eat("}") {
		p.fail(off, "the brace that opens here is not closed")
		return nil, false
	}
	p.leave()
	return newBlock(off, items), true
}

// isField reports whether a path that stands as an item is a field: a key, perhaps with ? and braces.
func isField(p *path) bool {
	_, ok := soleKey(p)
	return ok
}

func newLiteral(off int, v value.Value) *literal { return &literal{off: off, value: v} }
