package routes

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// pattern is the path of a route, taken apart.
type pattern struct {
	text     string
	path     string   // without the host
	segments []string // between the slashes of path, as written
}

func newPattern(text string) pattern {
	p := pattern{text: text, path: text[strings.IndexByte(text, '/'):]}
	p.segments = strings.Split(p.path[1:], "/")
	return p
}

// wildcard returns the name of a segment that is a wildcard, and whether it stands for all that is left.
func wildcard(segment string) (name string, rest, ok bool) {
	name, ok = strings.CutPrefix(segment, "{")
	if !ok || segment == "{$}" {
		return "", false, false
	}
	name = strings.TrimSuffix(name, "}")
	name, rest = strings.CutSuffix(name, "...")
	return name, rest, true
}

// wildcards are the names in the pattern, in order.
func (p pattern) wildcards() []string {
	var out []string
	for _, s := range p.segments {
		if name, _, ok := wildcard(s); ok {
			out = append(out, name)
		}
	}
	return out
}

// exact returns the one path that the pattern matches, decoded, if it matches just one.
func (p pattern) exact() (path string, ok bool) {
	path, end := strings.CutSuffix(p.path, "{$}")
	if len(p.wildcards()) > 0 || !end && strings.HasSuffix(path, "/") {
		return "", false
	}
	path, err := url.PathUnescape(path)
	return path, err == nil
}

// host returns that of the pattern; empty: it has none.
func (p pattern) host() string { return strings.TrimSuffix(p.text, p.path) }

// below is how a document calls what a slash at the end of a pattern stands for.
const below = "path"

// documented returns the path as OpenAPI writes it, where a wildcard for several segments looks like one for one.
func (p pattern) documented() string {
	path, end := strings.CutSuffix(p.path, "{$}")
	if !end && strings.HasSuffix(path, "/") {
		return path + "{" + below + "}"
	}
	return strings.ReplaceAll(path, "...}", "}")
}

// documentedWildcards are the names of the wildcards in the documented path.
func (p pattern) documentedWildcards() []string {
	names := p.wildcards()
	if strings.HasSuffix(p.path, "/") {
		names = append(names, below)
	}
	return names
}

// checkPattern reports what keeps a text from being a pattern without a method.
func checkPattern(text string) error {
	switch {
	case text == "":
		return errors.New("is missing")
	case strings.ContainsAny(text, " \t"):
		return errors.New("must not have spaces; methods have a field of their own")
	case !strings.Contains(text, "/"):
		return errors.New("must begin with a slash, or with a host and a slash")
	}
	segments := newPattern(text).segments
	for i, s := range segments {
		if s == "." || s == ".." || s == "" && i < len(segments)-1 {
			return errors.New("must not have empty segments nor dots: the path of a request is cleaned before")
		}
	}
	return register(http.NewServeMux(), text, http.NotFoundHandler())
}

// register adds a pattern to a mux, which panics if the pattern is not one, or conflicts with another.
func register(mux *http.ServeMux, pattern string, h http.Handler) (err error) {
	defer func() {
		if p := recover(); p != nil {
			text := fmt.Sprint(p)
			if _, reason, ok := strings.Cut(text, `": `); ok && strings.HasPrefix(text, "parsing ") {
				text = reason
			}
			err = errors.New("is not a pattern: " + text)
		}
	}()
	mux.Handle(pattern, h)
	return nil
}

// conflict reports whether two patterns with methods cannot be told apart, and whether they are the same.
func conflict(a, b string) (conflict, same bool) {
	mux := http.NewServeMux()
	if register(mux, a, http.NotFoundHandler()) != nil {
		return false, false
	}
	return register(mux, b, http.NotFoundHandler()) != nil, a == b
}

// segmentsOf splits the encoded path of a request as the mux does to match it.
func segmentsOf(escapedPath string) []string {
	return strings.Split(strings.TrimPrefix(escapedPath, "/"), "/")
}
