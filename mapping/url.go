package mapping

import (
	"strings"

	"github.com/sluice-gateway/sluice/value"
)

// URL is a URL template. It is immutable and safe for concurrent use.
type URL struct {
	src    string
	scheme string // lower case, "" for a relative URL
	origin string // scheme and host, if they are constant
	// The parts of the template, those of constant text already encoded but for the host's.
	host, path, query []part
	all               []part
}

// ParseURL reads a URL template whose holes are mappings of the given version. The error is a *[SyntaxError].
//
// A URL with a scheme has a host; holes may stand in the host and everywhere behind it. What is behind a "#" is
// dropped. Other rules about URLs, such as where which kind may stand, are the caller's.
func ParseURL(src string, v Version) (*URL, error) {
	parts, err := parseParts(src, v)
	if err != nil {
		return nil, err
	}
	u := &URL{src: src, all: parts}
	parts = dropFragment(parts)
	if parts, err = u.takeOrigin(parts); err != nil {
		return nil, err
	}
	u.path, u.query = splitParts(parts, "?")
	encodeParts(u.path)
	encodeParts(u.query)
	return u, nil
}

// dropFragment returns the parts before the first "#".
func dropFragment(parts []part) []part {
	before, _ := splitParts(parts, "#")
	return before
}

// splitParts cuts parts at the first of some characters in constant text, which is left out.
func splitParts(parts []part, chars string) (before, after []part) {
	for i, p := range parts {
		if p.hole != nil {
			continue
		}
		at := strings.IndexAny(p.text, chars)
		if at < 0 {
			continue
		}
		before = append(before, parts[:i]...)
		if at > 0 {
			before = append(before, part{text: p.text[:at], off: p.off})
		}
		if at+1 < len(p.text) {
			after = append(after, part{text: p.text[at+1:], off: p.off + at + 1})
		}
		return before, append(after, parts[i+1:]...)
	}
	return parts, nil
}

func encodeParts(parts []part) {
	for i := range parts {
		if parts[i].hole == nil {
			parts[i].text = string(appendEncoded(nil, parts[i].text, constantBytes))
		}
	}
}

// takeOrigin takes scheme and host off the parts.
func (u *URL) takeOrigin(parts []part) ([]part, error) {
	if len(parts) == 0 {
		return parts, nil
	}
	first := parts[0].text // empty for a hole
	at := strings.Index(first, "://")
	if at < 0 || strings.ContainsAny(first[:at], "/?") {
		for _, p := range parts[1:] {
			if p.hole == nil && strings.HasPrefix(p.text, "://") && !strings.ContainsAny(first, "/?") {
				return nil, &SyntaxError{Offset: p.off, Message: "the scheme of a URL must be constant"}
			}
		}
		return parts, nil
	}
	u.scheme = strings.ToLower(strings.TrimSpace(first[:at]))
	if u.scheme == "" || !isScheme(u.scheme) {
		return nil, &SyntaxError{Offset: parts[0].off, Message: "the scheme of the URL is not a scheme"}
	}
	rest := append([]part{{text: first[at+3:], off: parts[0].off + at + 3}}, parts[1:]...)
	host, behind := rest, []part(nil)
	for i, p := range rest {
		if end := strings.IndexAny(p.text, "/?"); p.hole == nil && end >= 0 {
			host = append(rest[:i:i], part{text: p.text[:end], off: p.off})
			behind = append([]part{{text: p.text[end:], off: p.off + end}}, rest[i+1:]...)
			break
		}
	}
	constant := ""
	for _, p := range host {
		if p.hole != nil {
			constant += "x"
			u.host = append(u.host, p)
			continue
		}
		if !isHostText(p.text) {
			message := "the host of the URL has a character that cannot stand there"
			if strings.Contains(p.text, "@") {
				message = "the URL cannot hold a user name: send it in a header"
			}
			return nil, &SyntaxError{Offset: p.off, Message: message}
		}
		constant += p.text
		if p.text != "" {
			u.host = append(u.host, p)
		}
	}
	if constant == "" || constant[0] == ':' {
		return nil, &SyntaxError{Offset: rest[0].off, Message: "the URL has no host"}
	}
	if !u.HostHoles() {
		u.origin = u.scheme + "://" + constant
	}
	return behind, nil
}

func isScheme(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && (i == 0 || !isDigit(c) && c != '+' && c != '-' && c != '.') || c == '_' {
			return false
		}
	}
	return true
}

// isHostText reports whether s can be part of host and port.
func isHostText(s string) bool {
	for i := range len(s) {
		if c := s[i]; !dataBytes[c] && c != ':' && c != '[' && c != ']' {
			return false
		}
	}
	return true
}

// String returns the text the URL was parsed from.
func (u *URL) String() string { return u.src }

// Absolute reports whether the URL begins with a scheme.
func (u *URL) Absolute() bool { return u.scheme != "" }

// StartsWithHole reports whether a hole stands at the very start. As a source's URL such a hole gives scheme and host.
func (u *URL) StartsWithHole() bool { return len(u.all) > 0 && u.all[0].hole != nil }

// Scheme returns the scheme in lower case, "" for a relative URL.
func (u *URL) Scheme() string { return u.scheme }

// Host returns host and port if they are constant, else "".
func (u *URL) Host() string {
	return strings.TrimPrefix(u.origin, u.scheme+"://")
}

// HostHoles reports whether holes stand in host or port.
func (u *URL) HostHoles() bool { return len(holesOf(u.host)) > 0 }

// References returns the variables of all holes, in the order of the text. Offsets count from the start of the template.
func (u *URL) References() []Reference { return referencesOf(u.all) }

// Holes returns the mappings in the holes. Their offsets count from the start of the template.
func (u *URL) Holes() []*Mapping { return holesOf(u.all) }

// appendParts appends constant text as it is and what holes give encoded. null reports that a hole gave null or nothing.
func appendParts(dst []byte, parts []part, env *Env) (out []byte, null bool, err error) {
	out = dst
	for i := range parts {
		p := &parts[i]
		if p.hole == nil {
			out = append(out, p.text...)
			continue
		}
		v := p.hole.Apply(value.NullValue, env)
		if v.IsNull() || v.IsMissing() {
			null = true
			continue
		}
		text, ok := textOf(v)
		if !ok {
			return dst, false, ErrNotScalar
		}
		out = appendEncoded(out, text, dataBytes)
	}
	return out, null, nil
}
