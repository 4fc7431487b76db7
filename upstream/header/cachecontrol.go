package header

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// caching is a Cache-Control header of an answer (RFC 9111, section 5.2.2), as far as answers are joined by it. Directives
// that are not known extend what is allowed or are for somebody else: they are lost.
type caching struct {
	noStore, noCache, private, public                            bool
	mustRevalidate, proxyRevalidate, noTransform, mustUnderstand bool
	immutable                                                    bool

	maxAge, shared    seconds // shared is s-maxage
	whileRevalidating seconds
	ifError           seconds
}

// seconds is a number of seconds; negative if it is not given.
type seconds int64

const unset seconds = -1

// parseCaching reads the values of a Cache-Control header. Of a directive that stands twice the stricter counts, and a
// number that is none is 0, which RFC 9111, section 4.2.1, encourages.
func parseCaching(values []string) caching {
	c := caching{maxAge: unset, shared: unset, whileRevalidating: unset, ifError: unset}
	for _, v := range values {
		for v != "" {
			var directive string
			directive, v = cutDirective(v)
			name, arg, _ := strings.Cut(directive, "=")
			arg = strings.Trim(strings.TrimSpace(arg), `"`)
			switch strings.ToLower(strings.TrimSpace(name)) {
			case noStore:
				c.noStore = true
			case "no-cache": // also if it concerns some fields only
				c.noCache = true
			case "private":
				c.private = true
			case "public":
				c.public = true
			case "must-revalidate":
				c.mustRevalidate = true
			case "proxy-revalidate":
				c.proxyRevalidate = true
			case "no-transform":
				c.noTransform = true
			case "must-understand":
				c.mustUnderstand = true
			case "immutable": // RFC 8246
				c.immutable = true
			case "max-age":
				c.maxAge = lesser(c.maxAge, parseSeconds(arg))
			case "s-maxage":
				c.shared = lesser(c.shared, parseSeconds(arg))
			case "stale-while-revalidate": // RFC 5861
				c.whileRevalidating = lesser(c.whileRevalidating, parseSeconds(arg))
			case "stale-if-error":
				c.ifError = lesser(c.ifError, parseSeconds(arg))
			}
		}
	}
	return c
}

// cutDirective returns the first directive of a list and what follows it. A comma in quotes does not end one.
func cutDirective(s string) (directive, rest string) {
	quoted := false
	for i := range len(s) {
		switch s[i] {
		case '"':
			quoted = !quoted
		case ',':
			if !quoted {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

func parseSeconds(s string) seconds {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	return seconds(min(n, math.MaxInt32)) // as section 1.2.2 has it
}

// lesser returns the smaller of two numbers, of which either may not be given.
func lesser(a, b seconds) seconds {
	if a < 0 || b >= 0 && b < a {
		return b
	}
	return a
}

// both returns the smaller of two numbers if both are given.
func both(a, b seconds) seconds {
	if a < 0 || b < 0 {
		return unset
	}
	return min(a, b)
}

// join returns what both allow. An answer that says nothing of how long it is good for is good for no time in company.
func (c caching) join(d caching) caching {
	out := caching{
		noStore:           c.noStore || d.noStore,
		noCache:           c.noCache || d.noCache,
		private:           c.private || d.private,
		public:            c.public && d.public,
		mustRevalidate:    c.mustRevalidate || d.mustRevalidate,
		proxyRevalidate:   c.proxyRevalidate || d.proxyRevalidate,
		noTransform:       c.noTransform || d.noTransform,
		mustUnderstand:    c.mustUnderstand || d.mustUnderstand,
		immutable:         c.immutable && d.immutable,
		whileRevalidating: both(c.whileRevalidating, d.whileRevalidating),
		ifError:           both(c.ifError, d.ifError),
		maxAge:            unset,
		shared:            unset,
	}
	if c.maxAge >= 0 || d.maxAge >= 0 {
		out.maxAge = min(max(c.maxAge, 0), max(d.maxAge, 0))
	}
	if c.shared >= 0 || d.shared >= 0 {
		out.shared = min(c.inShared(), d.inShared())
	}
	return out
}

// inShared is how long a shared cache may use the answer.
func (c caching) inShared() seconds {
	if c.shared >= 0 {
		return c.shared
	}
	return max(c.maxAge, 0)
}

// String returns the value of the header.
func (c caching) String() string {
	if c.noStore {
		return noStore
	}
	var b strings.Builder
	word := func(ok bool, text string) {
		if ok {
			if b.Len() > 0 {
				b.WriteString(", ")
			}
			b.WriteString(text)
		}
	}
	number := func(name string, n seconds) { word(n >= 0, name+"="+strconv.FormatInt(int64(n), 10)) }
	word(c.private, "private")
	word(c.public && !c.private, "public")
	word(c.noCache, "no-cache")
	number("max-age", c.maxAge)
	if !c.private {
		number("s-maxage", c.shared)
	}
	word(c.mustRevalidate, "must-revalidate")
	word(c.proxyRevalidate, "proxy-revalidate")
	word(c.noTransform, "no-transform")
	word(c.mustUnderstand, "must-understand")
	word(c.immutable, "immutable")
	number("stale-while-revalidate", c.whileRevalidating)
	number("stale-if-error", c.ifError)
	if b.Len() == 0 {
		return noStore
	}
	return b.String()
}

// restrict returns the Cache-Control that allows what both allow.
func restrict(have, more []string) string {
	return parseCaching(have).join(parseCaching(more)).String()
}

// aged returns the Cache-Control of an answer that spent some time in caches before it came (RFC 9111, section 4.2.3):
// the client's answer is a new one, and its age begins at zero.
func aged(values, age []string) string {
	c := parseCaching(values)
	if len(age) > 0 {
		old := parseSeconds(strings.TrimSpace(age[0]))
		if c.maxAge >= 0 {
			c.maxAge = max(0, c.maxAge-old)
		}
		if c.shared >= 0 {
			c.shared = max(0, c.shared-old)
		}
	}
	return c.String()
}
