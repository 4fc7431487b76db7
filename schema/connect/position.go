package connect

import (
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
)

// place is a position in a file as authors count: lines and columns from 1, columns in characters.
type place struct {
	file         string
	line, column int
}

// placeOf is the place of a node that is not a string literal. The parser's own line and column are right for those.
func placeOf(p *ast.Position) place {
	if p == nil {
		return place{}
	}
	at := place{line: p.Line, column: p.Column}
	if p.Src != nil {
		at.file = p.Src.Name
	}
	return at
}

// places finds the characters of a string literal in the file. A mapping is checked in its decoded form, in which
// escapes are replaced and the indentation of block strings is gone; a problem must point at what the author sees. The
// parser keeps only where a literal starts, so the literal is decoded a second time here, for problems only.
type places struct {
	files map[*ast.Source]*file
	last  literal // problems of one literal come one after the other
}

// file is the index of the lines of a source.
type file struct {
	lines []lineStart
}

type lineStart struct{ byte, rune int }

// literal is a decoded string literal: the offset in the source of each byte of its value, and of its end.
type literal struct {
	value   *ast.Value
	offsets []int
}

// in returns the place of the byte at offset in the value of a string literal.
func (p *places) in(v *ast.Value, offset int) place {
	pos := v.Position
	if pos == nil || pos.Src == nil {
		return placeOf(pos)
	}
	f := p.file(pos.Src)
	if p.last.value != v {
		p.last = literal{v, decode(pos.Src.Input, f.byteAt(pos.Src.Input, pos.Start))}
	}
	offsets := p.last.offsets
	if len(offsets) != len(v.Raw)+1 { // not the text this value was read from
		return placeOf(pos)
	}
	line, column := f.at(pos.Src.Input, offsets[min(max(offset, 0), len(v.Raw))])
	return place{pos.Src.Name, line, column}
}

// start returns the place of a value: of the quotes, for a string literal. The parser's line and column of a block
// string are those of its end.
func (p *places) start(v *ast.Value) place {
	pos := v.Position
	if pos == nil || pos.Src == nil || v.Kind != ast.StringValue && v.Kind != ast.BlockValue {
		return placeOf(pos)
	}
	f := p.file(pos.Src)
	line, column := f.at(pos.Src.Input, f.byteAt(pos.Src.Input, pos.Start))
	return place{pos.Src.Name, line, column}
}

func (p *places) file(src *ast.Source) *file {
	if f, ok := p.files[src]; ok {
		return f
	}
	if p.files == nil {
		p.files = map[*ast.Source]*file{}
	}
	f := newFile(src.Input)
	p.files[src] = f
	return f
}

func newFile(input string) *file {
	f := &file{lines: []lineStart{{}}}
	runes := 0
	for i := 0; i < len(input); runes++ {
		_, size := utf8.DecodeRuneInString(input[i:])
		c := input[i]
		i += size
		if c == '\n' || c == '\r' && (i == len(input) || input[i] != '\n') {
			f.lines = append(f.lines, lineStart{i, runes + 1})
		}
	}
	return f
}

// byteAt returns the byte offset of the character with number rune, which is how the parser counts.
func (f *file) byteAt(input string, rune int) int {
	n := max(sort.Search(len(f.lines), func(i int) bool { return f.lines[i].rune > rune })-1, 0)
	i := f.lines[n].byte
	for range rune - f.lines[n].rune {
		if i == len(input) {
			break
		}
		_, size := utf8.DecodeRuneInString(input[i:])
		i += size
	}
	return i
}

func (f *file) at(input string, offset int) (line, column int) {
	for offset > 0 && offset < len(input) && !utf8.RuneStart(input[offset]) {
		offset--
	}
	n := sort.Search(len(f.lines), func(i int) bool { return f.lines[i].byte > offset }) - 1
	return n + 1, utf8.RuneCountInString(input[f.lines[n].byte:offset]) + 1
}

// decode returns the source offsets of the bytes of the string literal that starts at byte start, and of its end. It
// assumes what the parser has accepted.
func decode(input string, start int) []int {
	switch {
	case strings.HasPrefix(input[start:], `"""`):
		return decodeBlock(input, start+3)
	case strings.HasPrefix(input[start:], `"`):
		return decodeString(input, start+1)
	}
	return nil
}

func decodeString(input string, i int) []int {
	var offsets []int
	for i < len(input) && input[i] != '"' {
		at, n := i, 1
		switch {
		case input[i] != '\\':
			i++
		case i+1 < len(input) && input[i+1] == 'u':
			i, n = decodeUnicode(input, i)
		default:
			i += 2
		}
		for range n {
			offsets = append(offsets, at)
		}
	}
	return append(offsets, min(i, len(input)))
}

// decodeUnicode reads the escape \uXXXX, a pair of them that is one character, or \u{X…} at i. It returns where the
// escape ends and how many bytes its character has.
func decodeUnicode(input string, i int) (end, size int) {
	if strings.HasPrefix(input[i:], `\u{`) {
		n := strings.IndexByte(input[i:], '}')
		if n < 0 {
			return len(input), 0
		}
		return i + n + 1, runeLen(hex(input[i+3 : i+n]))
	}
	if i+6 > len(input) {
		return len(input), 0
	}
	r := hex(input[i+2 : i+6])
	end = i + 6
	if r >= 0xD800 && r < 0xDC00 && end+6 <= len(input) && strings.HasPrefix(input[end:], `\u`) {
		if low := hex(input[end+2 : end+6]); low >= 0xDC00 && low < 0xE000 {
			return end + 6, 4
		}
	}
	return end, runeLen(r)
}

func hex(digits string) (r rune) {
	for _, c := range []byte(digits) {
		switch {
		case c >= 'a':
			c -= 'a' - 10
		case c >= 'A':
			c -= 'A' - 10
		default:
			c -= '0'
		}
		r = r<<4 | rune(c&15)
	}
	return r
}

// runeLen is the length of r in UTF-8; what is no character is written as U+FFFD.
func runeLen(r rune) int {
	if n := utf8.RuneLen(r); n > 0 {
		return n
	}
	return utf8.RuneLen(utf8.RuneError)
}

// decodeBlock does what the parser does for BlockStringValue() of the GraphQL specification: the indentation common to
// all lines goes away from all but the first, and so do blank lines at both ends.
func decodeBlock(input string, i int) []int {
	lines, end := blockLines(input, i)
	indent := -1
	for _, l := range lines {
		if n := l.indent(input); n < len(l) && (indent < 0 || n < indent) {
			indent = n
		}
	}
	for n, l := range lines {
		if n > 0 && indent >= 0 {
			lines[n] = l[min(indent, len(l)):]
		}
	}
	for len(lines) > 0 && lines[0].indent(input) == len(lines[0]) {
		lines = lines[1:]
	}
	for len(lines) > 0 && lines[len(lines)-1].indent(input) == len(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	var offsets []int
	for n, l := range lines {
		if n > 0 {
			offsets = append(offsets, offsets[len(offsets)-1]+1) // the line feed
		}
		offsets = append(offsets, l...)
	}
	return append(offsets, end)
}

// blockLine is a line of a block string: the source offset of each byte.
type blockLine []int

// indent counts the white space a line begins with. A line of white space alone is all indent.
func (l blockLine) indent(input string) int {
	for n, at := range l {
		if input[at] != ' ' && input[at] != '\t' {
			return n
		}
	}
	return len(l)
}

func blockLines(input string, i int) (lines []blockLine, end int) {
	var line blockLine
	for i < len(input) {
		switch {
		case strings.HasPrefix(input[i:], `\"""`):
			line = append(line, i+1, i+2, i+3)
			i += 4
		case strings.HasPrefix(input[i:], `"""`) && !strings.HasPrefix(input[i:], `""""`):
			return append(lines, line), i
		case input[i] == '\n' || input[i] == '\r':
			if strings.HasPrefix(input[i:], "\r\n") {
				i++
			}
			i++
			lines, line = append(lines, line), nil
		default:
			line = append(line, i)
			i++
		}
	}
	return append(lines, line), i
}
