package mapping

import "strings"

// lexer walks over a text. It knows the tokens of the language, not which may stand where.
type lexer struct {
	src  string
	i    int
	base int // what offsets are shifted by: the place of a hole in its template
	err  *SyntaxError
}

// at is the offset of the current place, as errors and nodes have it.
func (l *lexer) at() int { return l.base + l.i }

// fail records an error, if none is recorded yet.
func (l *lexer) fail(off int, message string) {
	if l.err == nil {
		l.err = &SyntaxError{Offset: off, Message: message}
	}
}

// space skips white space and comments.
func (l *lexer) space() {
	for l.i < len(l.src) {
		switch l.src[l.i] {
		case ' ', '\t', '\r', '\n':
			l.i++
		case '#':
			if n := strings.IndexByte(l.src[l.i:], '\n'); n >= 0 {
				l.i += n + 1
			} else {
				l.i = len(l.src)
			}
		default:
			return
		}
	}
}

func (l *lexer) end() bool { return l.i >= len(l.src) }

// peek returns the current byte, 0 at the end.
func (l *lexer) peek() byte {
	if l.end() {
		return 0
	}
	return l.src[l.i]
}

func (l *lexer) has(token string) bool { return strings.HasPrefix(l.src[l.i:], token) }

// eat skips white space, and then the token if it is there.
func (l *lexer) eat(token string) bool {
	l.space()
	if !l.has(token) {
		return false
	}
	l.i += len(token)
	return true
}

func isLetter(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// isName reports whether s can be written as a key without quotes.
func isName(s string) bool {
	if s == "" || !isLetter(s[0]) {
		return false
	}
	for i := range len(s) {
		if !isLetter(s[i]) && !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// name reads a name, "" if none stands here.
func (l *lexer) name() string {
	start := l.i
	if !isLetter(l.peek()) {
		return ""
	}
	for l.i < len(l.src) && (isLetter(l.src[l.i]) || isDigit(l.src[l.i])) {
		l.i++
	}
	return l.src[start:l.i]
}

// word reads a whole name if it is w.
func (l *lexer) word(w string) bool {
	start := l.i
	if l.name() == w {
		return true
	}
	l.i = start
	return false
}

// quoted reads a string in either kind of quotes, which must stand here. A backslash takes the next character as it is,
// except that \n is a line feed.
func (l *lexer) quoted() (string, bool) {
	start, quote := l.i, l.src[l.i]
	l.i++
	from := l.i
	var b []byte
	for l.i < len(l.src) {
		switch c := l.src[l.i]; {
		case c == quote:
			text := l.src[from:l.i]
			l.i++
			if b == nil {
				return text, true
			}
			return string(append(b, text...)), true
		case c == '\\' && l.i+1 < len(l.src):
			b = append(b, l.src[from:l.i]...)
			c = l.src[l.i+1]
			if c == 'n' {
				c = '\n'
			}
			b = append(b, c)
			l.i += 2
			from = l.i
		default:
			l.i++
		}
	}
	l.fail(l.base+start, "the string that begins here has no end")
	return "", false
}

// number reads the text of a number in the form that JSON has for it: 007 is 7, 5. is 5.0, .25 is 0.25. ok is false,
// and nothing is read, if no number stands here.
func (l *lexer) number() (text string, ok bool) {
	start := l.i
	negative := l.has("-") && !l.has("->")
	if negative {
		l.i++
		l.space()
	}
	whole := l.digits()
	fraction, dotted := "", false
	mark := l.i
	l.space()
	if l.has(".") && !l.has("..") {
		l.i++
		l.space()
		fraction = l.digits()
		dotted = true
		if fraction == "" {
			l.i = mark
			l.space()
			l.i++ // a dot with nothing behind it: leave the white space that follows alone
		}
	}
	if whole == "" && fraction == "" {
		l.i = start
		return "", false
	}
	if !dotted {
		l.i = mark
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if negative && (whole != "0" || dotted) {
		whole = "-" + whole
	}
	if !dotted {
		return whole, true
	}
	fraction = strings.TrimRight(fraction, "0")
	if fraction == "" {
		fraction = "0"
	}
	return whole + "." + fraction, true
}

func (l *lexer) digits() string {
	start := l.i
	for l.i < len(l.src) && isDigit(l.src[l.i]) {
		l.i++
	}
	return l.src[start:l.i]
}
