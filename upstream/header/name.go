package header

import "strings"

// reserved reports whether a header, named in canonical form, is one that the gateway makes itself, or concerns one
// connection (RFC 9110, section 7.6.1): then no rule may touch it.
func reserved(name string) bool {
	switch name {
	case "Accept", "Accept-Encoding", "Content-Encoding", "Content-Length", "Content-Type", "Expect", "Host":
		return true
	}
	return hopByHop(name)
}

func hopByHop(name string) bool {
	switch name {
	case "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer",
		"Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// reservedInAnswers is reserved for the answers to clients. Age is there because its meaning goes into Cache-Control.
func reservedInAnswers(name string) bool {
	switch name {
	case "Age", "Accept-Ranges", "Allow", "Content-Encoding", "Content-Length", "Content-Range", "Content-Security-Policy",
		"Content-Type", "Date", "Etag", "Last-Modified", "Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options",
		"X-Request-Id":
		return true
	}
	return hopByHop(name) || strings.HasPrefix(name, "Access-Control-")
}

// matches reports whether a name is one that a pattern means, in which * stands for any text. Case does not matter.
func matches(pattern, name string) bool {
	first, rest, open := strings.Cut(pattern, "*")
	if !open {
		return strings.EqualFold(pattern, name)
	}
	if len(name) < len(first) || !strings.EqualFold(name[:len(first)], first) {
		return false
	}
	name = name[len(first):]
	for {
		part, more, ok := strings.Cut(rest, "*")
		if !ok { // the last part ends the name
			return len(name) >= len(part) && strings.EqualFold(name[len(name)-len(part):], part)
		}
		at := indexFold(name, part)
		if at < 0 {
			return false
		}
		name, rest = name[at+len(part):], more
	}
}

func indexFold(s, part string) int {
	for i := 0; i+len(part) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}

// isToken is the rule token of RFC 9110, section 5.6.2, of which the names of headers are.
func isToken(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}
