package mapping

const upperHex = "0123456789ABCDEF"

// A byte of a URL is written as it is, or percent-encoded. Text out of a hole is always data: only what RFC 3986 calls
// unreserved is kept. Constant text keeps the characters that have a meaning in a URL, and "%", so that a "%2F" written
// by hand survives.
const (
	keptOfData     = "-._~"
	keptOfConstant = "-._~:/?#[]@!$&'()*+,;=%"
)

// kept is a set of bytes.
type kept [256]bool

var (
	dataBytes     = keep(keptOfData)
	constantBytes = keep(keptOfConstant)
	// formBytes are those that the WHATWG's form encoding keeps; a space is a special case of it.
	formBytes = keep("*-._")
)

// keep returns the set of ASCII letters and digits and the bytes of others.
func keep(others string) *kept {
	var k kept
	for c := range 256 {
		k[c] = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	for i := range len(others) {
		k[others[i]] = true
	}
	return &k
}

// appendEncoded appends s with every byte encoded that is not in k.
func appendEncoded(dst []byte, s string, k *kept) []byte {
	start := 0
	for i := range len(s) {
		if c := s[i]; !k[c] {
			dst = append(dst, s[start:i]...)
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
			start = i + 1
		}
	}
	return append(dst, s[start:]...)
}

// appendFormEncoded appends s in form encoding, where a space is a plus.
func appendFormEncoded(dst []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case formBytes[c]:
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}
