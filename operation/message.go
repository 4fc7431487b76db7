package operation

import (
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/value"
)

// maxQuoted is how much of a value or a name an error message quotes.
const maxQuoted = 100

// clip cuts a text for a message.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// quote is a value as a message quotes it: JSON, cut where it is long. Whatever the size of the value, no more of it is
// read than is quoted, give or take one string.
func quote(v value.Value) string {
	return clip(string(appendQuote(nil, v)), maxQuoted)
}

func appendQuote(dst []byte, v value.Value) []byte {
	switch v.Kind() {
	case value.List:
		dst = append(dst, '[')
		for i, e := range v.Items() {
			if len(dst) > maxQuoted {
				return dst
			}
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendQuote(dst, e)
		}
		return append(dst, ']')
	case value.Object:
		dst = append(dst, '{')
		for i, m := range v.Members() {
			if len(dst) > maxQuoted {
				return dst
			}
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(dst, clip(m.Key, maxQuoted)+": "...)
			dst = appendQuote(dst, m.Value)
		}
		return append(dst, '}')
	}
	return v.AppendJSON(dst)
}
