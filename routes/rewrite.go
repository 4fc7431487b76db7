package routes

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// rewrite makes the path that a service is asked for out of that of a request. It never decodes what it passes on, so that
// what was one segment stays one.
type rewrite struct {
	strip string
	parts []part // nil: the path as it is
}

// part is a piece of a new path: a text, or segments of the old one.
type part struct {
	text    string
	segment int // index in the path of the request; -1 for a text
	rest    bool
}

func newRewrite(p pattern, c Rewrite) (*rewrite, error) {
	out := &rewrite{strip: strings.TrimSuffix(c.StripPrefix, "/")}
	if out.strip != "" && !strings.HasPrefix(p.path+"/", out.strip+"/") {
		return nil, fmt.Errorf("strip_prefix must be the beginning of the path (got %q)", c.StripPrefix)
	}
	if c.Path == "" {
		return out, nil
	}
	if c.Path[0] != '/' {
		return nil, fmt.Errorf("path must begin with a slash (got %q)", c.Path)
	}
	text := c.Path
	for text != "" {
		literal, more, found := strings.Cut(text, "{")
		if !isPath(literal) {
			return nil, fmt.Errorf("path must be encoded, and have no query (got %q)", c.Path)
		}
		if literal != "" {
			out.parts = append(out.parts, part{text: literal, segment: -1})
		}
		if !found {
			break
		}
		name, after, closed := strings.Cut(more, "}")
		name = strings.TrimSuffix(name, "...")
		i := slices.IndexFunc(p.segments, func(s string) bool {
			n, _, ok := wildcard(s)
			return ok && n == name
		})
		if !closed || i < 0 {
			return nil, fmt.Errorf("path names {%s}, which is no wildcard of %s%s", name, p.text, hint(name, p.wildcards()))
		}
		_, rest, _ := wildcard(p.segments[i])
		if rest && after != "" {
			return nil, fmt.Errorf("path has something after {%s}, which is the rest of the path (got %q)", name, c.Path)
		}
		out.parts = append(out.parts, part{segment: i, rest: rest})
		text = after
	}
	return out, nil
}

// isPath reports whether a text can stand in a path as it is.
func isPath(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`?#"<>\^|{}`+"`", c) >= 0 {
			return false
		}
	}
	return true
}

// errTraversal is in words that follow "The path of the request".
var (
	errTraversal = errors.New("leads out of its folder")
	errControl   = errors.New("has a control character")
)

// target returns the encoded path and query for a service. The mux has cleaned the path, but not what is encoded in it: a
// service that decodes first and looks for dots after would be led to where no route leads.
func (w *rewrite) target(r *http.Request) (string, error) {
	if err := checkPath(r.URL.Path); err != nil {
		return "", err
	}
	path := r.URL.EscapedPath()
	switch {
	case w.parts != nil:
		segments := segmentsOf(path)
		var b strings.Builder
		for _, p := range w.parts {
			switch {
			case p.segment < 0:
				b.WriteString(p.text)
			case p.segment >= len(segments):
			case p.rest:
				b.WriteString(strings.Join(segments[p.segment:], "/"))
			default:
				b.WriteString(segments[p.segment])
			}
		}
		path = b.String()
	case w.strip != "":
		path = strings.TrimPrefix(path, w.strip)
	}
	if path == "" {
		path = "/"
	}
	if q := r.URL.RawQuery; q != "" || r.URL.ForceQuery {
		path += "?" + encodeRest(q)
	}
	return path, nil
}

// checkPath refuses decoded paths with segments that services may take for a way up, as some do with ..\, and with ..;x.
func checkPath(path string) error {
	for i := range len(path) {
		if c := path[i]; c < ' ' || c == 0x7f {
			return errControl
		}
	}
	if !strings.Contains(path, ".") {
		return nil
	}
	for segment := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == '\\' }) {
		segment, _, _ = strings.Cut(segment, ";")
		if segment == "." || segment == ".." {
			return errTraversal
		}
	}
	return nil
}

// encodeRest encodes what may not stand in a query, and which browsers put there nevertheless.
func encodeRest(q string) string {
	const hex = "0123456789ABCDEF"
	var out []byte
	for i := range len(q) {
		c := q[i]
		if c > ' ' && c < 0x7f && c != '#' {
			if out != nil {
				out = append(out, c)
			}
			continue
		}
		if out == nil {
			out = append(make([]byte, 0, len(q)+16), q[:i]...)
		}
		out = append(out, '%', hex[c>>4], hex[c&15])
	}
	if out == nil {
		return q
	}
	return string(out)
}
