package mapping

import (
	"strings"

	"github.com/sluice-gateway/sluice/value"
)

// expr reads an expression: an operand, or from v0.3 on several joined by ?? or by ?!.
func (p *parser) expr() (expr, bool) {
	if !p.enter() {
		return nil, false
	}
	p.space()
	off := p.at()
	first, ok := p.operand()
	if !ok {
		return nil, false
	}
	p.leave()
	if p.version < V03 {
		return first, true
	}
	c := &chain{off: off, operands: []expr{first}}
	for {
		mark := p.i
		p.space()
		keepNull := p.has("?!")
		if !keepNull && !p.has("??") {
			p.i = mark
			break
		}
		if len(c.operands) > 1 && keepNull != c.keepNull {
			p.fail(p.at(), "?? and ?! cannot be mixed: put one of them into $(…)")
			return nil, false
		}
		c.keepNull = keepNull
		p.i += 2
		if !p.enter() {
			return nil, false
		}
		next, ok := p.operand()
		if !ok {
			return nil, false
		}
		p.leave()
		c.operands = append(c.operands, next)
	}
	if len(c.operands) == 1 {
		return first, true
	}
	return c, true
}

// operand reads a literal, perhaps with steps, or a path.
func (p *parser) operand() (expr, bool) {
	p.space()
	start, off := p.i, p.at()
	e, ok := p.literal()
	if !ok {
		return nil, false
	}
	if e == nil {
		return p.path(false)
	}
	if _, scalar := e.(*literal); scalar && p.version >= V04 {
		mark := p.i
		p.space()
		if p.peek() == '{' {
			// Text with braces behind it is a property, as it was before v0.4.
			p.i = start
			return p.path(false)
		}
		p.i = mark
	}
	steps, ok := p.steps(nil)
	if !ok {
		return nil, false
	}
	if len(steps) == 0 {
		return e, true
	}
	return &path{off: off, head: headExpr, base: e, steps: steps}, true
}

// literal reads a literal, nil if none stands here.
func (p *parser) literal() (expr, bool) {
	off := p.at()
	switch c := p.peek(); {
	case c == '"' || c == '\'':
		s, ok := p.quoted()
		return newLiteral(off, value.OfString(s)), ok
	case c == '{':
		return p.object()
	case c == '[':
		p.i++
		items, ok := p.exprs("]", off)
		return &list{off: off, items: items}, ok
	case p.word("true"):
		return newLiteral(off, value.OfBool(true)), true
	case p.word("false"):
		return newLiteral(off, value.OfBool(false)), true
	case p.word("null"):
		return newLiteral(off, value.NullValue), true
	}
	if text, ok := p.number(); ok {
		v := value.OfNumber(text)
		if v.Kind() == value.Float {
			v = value.OfFloat(v.Float64()) // finite: there are no exponents, but there may be 400 digits
			if isInf(v) {
				p.fail(off, "the number is too large")
				return nil, false
			}
		}
		return newLiteral(off, v), true
	}
	return nil, true
}

// object reads an object literal. From v0.4 on its inside is that of any block; before, it is keys with expressions.
func (p *parser) object() (expr, bool) {
	off := p.at()
	if p.version >= V04 {
		b, ok := p.block()
		return &object{off: off, block: b}, ok
	}
	p.i++
	var items []item
	for !p.eat("}") {
		keyOff := p.at()
		key, ok := p.alias()
		if !ok {
			if p.err == nil {
				p.objectKey()
			}
			return nil, false
		}
		v, ok := p.expr()
		if !ok {
			return nil, false
		}
		items = append(items, item{kind: itemField, off: keyOff, key: key, value: v})
		if p.eat("}") {
			break
		}
		if !p.eat(",") {
			p.missing("}", "the brace that opens the object is not closed", off)
			return nil, false
		}
	}
	return &object{off: off, block: newBlock(off, items)}, true
}

// objectKey records why no key with a colon stands in an object literal.
func (p *parser) objectKey() {
	switch {
	case p.end():
		p.fail(p.at(), "unexpected end inside an object")
	case p.has("..."):
		p.fail(p.at(), "spreading with ... needs connect v0.4")
	case isLetter(p.peek()):
		p.fail(p.at(), "a key of an object needs a value before connect v0.4: write \"key: …\"")
	default:
		p.unexpected()
	}
}

// exprs reads expressions separated by commas, up to and with the closing token.
func (p *parser) exprs(closing string, open int) ([]expr, bool) {
	var out []expr
	for !p.eat(closing) {
		e, ok := p.expr()
		if !ok {
			return nil, false
		}
		out = append(out, e)
		if p.eat(closing) {
			break
		}
		if !p.eat(",") {
			p.missing(closing, "what opens here is not closed", open)
			return nil, false
		}
	}
	return out, true
}

// missing records that neither a comma nor a closing token stands here.
func (p *parser) missing(closing, unclosed string, open int) {
	p.space()
	if p.end() {
		p.fail(open, unclosed)
		return
	}
	if (isLetter(p.peek()) || p.has("'") || p.has(`"`)) && !p.afterOptional() {
		p.fail(p.at(), "a comma or \""+closing+"\" is missing before "+p.excerptQuoted())
		return
	}
	p.unexpected()
}

// startsPath reports whether a path can begin here.
func (p *parser) startsPath() bool {
	c := p.peek()
	return c == '$' || c == '@' || c == '"' || c == '\'' || isLetter(c)
}

// startsItem reports whether a selection can begin here.
func (p *parser) startsItem() bool { return p.startsPath() || p.has("...") }

// path reads a path. Before v0.3 a single key is one only where it may be a field.
func (p *parser) path(field bool) (*path, bool) {
	p.space()
	e := &path{off: p.at()}
	switch {
	case p.has("$("):
		p.i += 2
		open := p.at() - 1
		e.head = headExpr
		base, ok := p.expr()
		if !ok {
			return nil, false
		}
		e.base = base
		if !p.eat(")") {
			p.missing(")", "the parenthesis that opens here is not closed", open)
			return nil, false
		}
	case p.has("$"):
		p.i++
		e.head = headDollar
		if name := p.name(); name != "" {
			e.head, e.name = headVar, "$"+name
		}
	case p.has("@"):
		p.i++
		e.head = headAt
	case p.startsPath():
		off := p.at()
		key, ok := p.key()
		if !ok {
			return nil, false
		}
		e.steps = []step{{kind: stepKey, off: off, key: key}}
	default:
		p.unexpected()
		return nil, false
	}
	steps, ok := p.steps(e.steps)
	if !ok {
		return nil, false
	}
	e.steps = steps
	if p.version <= V02 && !field && isField(e) {
		p.space()
		if !p.end() && !strings.ContainsRune(",)]}", rune(p.peek())) {
			p.unexpected() // what follows the key says more about what was meant
			return nil, false
		}
		p.fail(e.off, "before connect v0.3 a single key is written $."+keyText(e.steps[0].key)+" here")
		return nil, false
	}
	return e, true
}

// key reads a name or a string, one of which must stand here.
func (p *parser) key() (string, bool) {
	if c := p.peek(); c == '"' || c == '\'' {
		return p.quoted()
	}
	name := p.name()
	if name == "" {
		p.unexpected()
	}
	return name, name != ""
}

// steps reads the steps of a path behind those that it has.
func (p *parser) steps(steps []step) ([]step, bool) {
	for {
		mark := p.i
		p.space()
		off := p.at()
		switch {
		case p.has("??"), p.has("?!"), p.has("..."):
			p.i = mark
			return steps, true
		case p.has("?") && p.version >= V03:
			if n := len(steps); n > 0 {
				if steps[n-1].kind == stepOptional {
					p.fail(off, "? cannot follow ?")
					return nil, false
				}
				steps[n-1].quiet = steps[n-1].kind == stepKey
			}
			p.i++
			p.optional = p.i
			steps = append(steps, step{kind: stepOptional, off: off})
		case p.has("->"):
			s, ok := p.call()
			if !ok {
				return nil, false
			}
			steps = append(steps, s)
		case p.has("."):
			p.i++
			p.space()
			key, ok := p.key()
			if !ok {
				return nil, false
			}
			steps = append(steps, step{kind: stepKey, off: off, key: key})
		case p.has("{"):
			b, ok := p.block()
			if !ok {
				return nil, false
			}
			return append(steps, step{kind: stepBlock, off: off, block: b}), true
		default:
			p.i = mark
			return steps, true
		}
	}
}

// call reads a method with its arguments.
func (p *parser) call() (step, bool) {
	off := p.at()
	p.i += 2
	p.space()
	s := step{kind: stepMethod, off: off, key: p.name()}
	if s.key == "" {
		p.fail(p.at(), "the name of a method is missing behind ->")
		return s, false
	}
	s.method = methods[s.key]
	mark := p.i
	p.space()
	if p.peek() != '(' {
		p.i = mark
		return s, true
	}
	open := p.at()
	p.i++
	s.parens = true
	var ok bool
	s.args, ok = p.exprs(")", open)
	return s, ok
}
