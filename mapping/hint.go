package mapping

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// operators are what people write who know other languages, and what to write instead. Longer ones come first.
var operators = [...]struct{ token, hint string }{
	{"===", "there is no === operator: write a->eq(b)"},
	{"==", "there is no == operator: write a->eq(b)"},
	{"=>", "there are no functions: an argument like that of ->map runs once per element, which it sees as @"},
	{"=", "there is no = operator: a name is followed by a colon, and values are compared with a->eq(b)"},
	{"!=", "there is no != operator: write a->ne(b)"},
	{"&&", "there is no && operator: write a->and(b)"},
	{"||", "there is no || operator: write a->or(b), or ?? for a default value"},
	{"<=", "there is no <= operator: write a->lte(b)"},
	{">=", "there is no >= operator: write a->gte(b)"},
	{"<", "there is no < operator: write a->lt(b)"},
	{">", "there is no > operator: write a->gt(b)"},
	{"!", "there is no ! operator: write a->not"},
	{"+", "there is no + operator: write a->add(b) for numbers, and $([a, b])->joinNotNull('') for text"},
	{"-", "there is no - operator: write a->sub(b) for numbers; a key with a dash is quoted, as in $.\"x-ray\""},
	{"*", "there is no * operator: write a->mul(b)"},
	{"/", "there is no / operator: write a->div(b)"},
	{"%", "there is no % operator: write a->mod(b)"},
}

const ternaryHint = "there is no ? : operator: write a->match([true, b], [false, c])"

// unexpected records that what stands here cannot stand here, with what was probably meant.
func (p *parser) unexpected() {
	off := p.at()
	if p.end() {
		p.fail(off, "unexpected end: something is missing here")
		return
	}
	if p.afterOptional() && !p.has("}") && !p.has(")") && !p.has(",") {
		p.fail(off, ternaryHint)
		return
	}
	p.fail(off, p.hint())
}

func (p *parser) hint() string {
	first := strings.TrimSpace(p.src[:p.i]) == ""
	switch {
	case p.has("..."):
		if p.version < V04 {
			return "spreading with ... needs connect v0.4"
		}
	case p.has("."):
		return "a key cannot begin with a dot: write $." + strings.TrimLeft(p.excerpt(), ". ")
	case p.has("??"), p.has("?!"):
		op := p.src[p.i : p.i+2]
		if p.version < V03 {
			return op + " needs connect v0.3"
		}
		if p.version < V04 {
			return op + " needs $(…) around it before connect v0.4: write $(a " + op + " b)"
		}
	case p.has("?"):
		if p.version < V03 {
			if strings.Contains(p.src[p.i:], ":") && p.i > 0 && p.src[p.i-1] == ' ' {
				return ternaryHint
			}
			return "? needs connect v0.3"
		}
	case p.has(","):
		if p.version < V04 {
			return "commas between selections need connect v0.4: put white space between them"
		}
		return "a comma can only stand between selections"
	case p.has("["):
		if !first {
			return "an element of a list is taken with ->get(0)"
		}
		return "a list needs $([…]) before connect v0.4"
	case p.has("("):
		return "methods are called with an arrow: value->method(…)"
	case p.has("{"):
		if first && p.version < V04 {
			return "an object needs $({…}) before connect v0.4; or leave the braces off"
		}
		return "braces need a name or a path before them, as in \"name: { … }\""
	case p.has("}"), p.has(")"), p.has("]"):
		return "\"" + p.src[p.i:p.i+1] + "\" closes nothing that is open"
	case p.has(":"):
		return "a colon can only stand behind a name"
	case p.has(";"):
		return "there are no semicolons: put white space between selections"
	case isDigit(p.peek()), p.has("-") && p.i+1 < len(p.src) && isDigit(p.src[p.i+1]) && first:
		if p.version < V04 {
			return "a constant needs a name and $(…), as in \"name: $(" + p.excerpt() + ")\""
		}
		return "a constant needs a name, as in \"name: " + p.excerpt() + "\""
	}
	for _, o := range operators {
		if p.has(o.token) {
			return o.hint
		}
	}
	return "unexpected " + p.excerptQuoted()
}

// afterOptional reports whether nothing but white space stands between the last ? and this place, and a space before
// that ?: the way a conditional is written in other languages.
func (p *parser) afterOptional() bool {
	return p.optional > 1 && p.optional <= p.i && strings.TrimSpace(p.src[p.optional:p.i]) == "" &&
		p.src[p.optional-2] == ' '
}

// excerpt is the word that stands here, for a message.
func (p *parser) excerpt() string {
	rest := p.src[p.i:]
	n := 0
	for n < len(rest) && n < 24 && !strings.ContainsRune(" \t\r\n,})]", rune(rest[n])) {
		n++
	}
	if strings.HasPrefix(rest, "[") {
		return "[…]"
	}
	for n < len(rest) && n > 0 && !utf8.RuneStart(rest[n]) {
		n--
	}
	return strings.ToValidUTF8(rest[:n], "\uFFFD")
}

func (p *parser) excerptQuoted() string {
	r, size := utf8.DecodeRuneInString(p.src[p.i:])
	if size > 1 {
		return fmt.Sprintf("%q", r)
	}
	if word := p.excerpt(); word != "" && isLetter(p.peek()) {
		return quote(word)
	}
	return quote(strings.ToValidUTF8(p.src[p.i:p.i+1], "\uFFFD"))
}

// quote writes a key or a word as a message shows it.
func quote(s string) string { return fmt.Sprintf("%q", s) }

// keyText is a key as one writes it behind a dot.
func keyText(key string) string {
	if isName(key) {
		return key
	}
	return quote(key)
}
