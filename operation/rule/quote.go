package rule

import (
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
)

// quoted is a name as an error quotes it: names of any sensible length are whole.
func quoted(name string) string { return clip(name, maxQuoted) }

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// literal is a literal as an error quotes it. It reads no more of a long one than it quotes.
func literal(v *ast.Value) string {
	var b strings.Builder
	write(&b, v)
	return quoted(b.String())
}

func write(b *strings.Builder, v *ast.Value) {
	switch {
	case b.Len() > maxQuoted:
	case v.Kind == ast.ListValue:
		b.WriteByte('[')
		for i, c := range v.Children {
			if b.Len() > maxQuoted {
				return
			}
			if i > 0 {
				b.WriteString(", ")
			}
			write(b, c.Value)
		}
		b.WriteByte(']')
	case v.Kind == ast.ObjectValue:
		b.WriteByte('{')
		for i, c := range v.Children {
			if b.Len() > maxQuoted {
				return
			}
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(quoted(c.Name) + ": ")
			write(b, c.Value)
		}
		b.WriteByte('}')
	default:
		short := ast.Value{Kind: v.Kind, Raw: quoted(v.Raw)}
		b.WriteString(short.String())
	}
}
