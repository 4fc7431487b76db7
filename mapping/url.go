package mapping

// URL is a URL template. It is immutable and safe for concurrent use.
type URL struct {
	src string
}

// ParseURL reads a URL template whose holes are mappings of the given version. The error is a *[SyntaxError].
func ParseURL(src string, v Version) (*URL, error) { return &URL{src: src}, nil }

// String returns the text the URL was parsed from.
func (u *URL) String() string { return u.src }

// Absolute reports whether the URL begins with a scheme.
func (u *URL) Absolute() bool { return false }

// StartsWithHole reports whether a hole stands at the very start. As a source's URL such a hole may give scheme and host.
func (u *URL) StartsWithHole() bool { return false }

// Scheme returns the scheme in lower case, "" for a relative URL.
func (u *URL) Scheme() string { return "" }

// Host returns host and port if they are constant, else "".
func (u *URL) Host() string { return "" }

// HostHoles reports whether holes stand in host or port.
func (u *URL) HostHoles() bool { return false }

// References returns the variables of all holes, in the order of the text. Offsets count from the start of the template.
func (u *URL) References() []Reference { return nil }

// Holes returns the mappings in the holes. Their offsets count from the start of the template.
func (u *URL) Holes() []*Mapping { return nil }
