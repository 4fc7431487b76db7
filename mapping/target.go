package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/sluice-gateway/sluice/value"
)

// Target assembles the URL of a connector's request out of its parts and those of its source. All but ConnectURL may be
// nil; without SourceURL, ConnectURL must be absolute. It must not be changed once it is used, and is then safe for
// concurrent use.
type Target struct {
	SourceURL                 *URL
	SourcePath, SourceQuery   *Mapping
	ConnectURL                *URL
	ConnectPath, ConnectQuery *Mapping
}

// Built is an assembled URL.
type Built struct {
	Origin     string // scheme, host and port: "http://localhost:8080"
	Path       []byte // begins with a slash, encoded, with "?" and the query if there is one
	NullInPath bool   // a hole in the path of a URL gave null or nothing
}

// Build assembles the URL; what is in dst is overwritten, and its memory used for the path. An error means that the
// request cannot be made; it says which part is wrong and quotes no value.
func (t *Target) Build(dst []byte, env *Env) (Built, error) {
	b := builder{env: env, out: append(dst[:0], '/')}
	if err := b.origin(t); err != nil {
		return Built{}, err
	}
	if err := b.path(t); err != nil {
		return Built{}, err
	}
	if err := b.query(t); err != nil {
		return Built{}, err
	}
	return Built{Origin: b.host, Path: b.out, NullInPath: b.null}, nil
}

// builder is one assembly.
type builder struct {
	env   *Env
	host  string
	out   []byte
	null  bool
	start int // in out: where the query begins
}

var (
	errNoOrigin = errors.New("the URL has no scheme and host")
	errBadHost  = errors.New("the expression in the host of the URL does not give a host")
	errBadBase  = errors.New("the expression at the start of the URL does not give a URL with scheme and host")
	errNotList  = errors.New("expected a list of path segments")
	errDots     = errors.New("an expression makes \".\" or \"..\" a segment of the path, which servers take for steps and not for data")
	errNotPairs = errors.New("expected an object of query parameters")
)

// origin finds scheme and host, and, if a hole gives them at the start of the source's URL, what of the path is in it.
func (b *builder) origin(t *Target) error {
	u, where := t.ConnectURL, "URL"
	if t.SourceURL != nil {
		u, where = t.SourceURL, "source URL"
	}
	var err error
	switch {
	case u.scheme != "":
		b.host, err = hostOf(u, b.env)
	case t.SourceURL != nil && u.StartsWithHole():
		err = b.base(u)
	default:
		err = errNoOrigin
	}
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	return nil
}

// hostOf fills the holes in scheme and host. What they give is not encoded, and has to be part of a host.
func hostOf(u *URL, env *Env) (string, error) {
	if u.origin != "" {
		return u.origin, nil
	}
	out := append([]byte(u.scheme), "://"...)
	for _, p := range u.host {
		text := p.text
		if p.hole != nil {
			var ok bool
			if text, ok = textOf(p.hole.Apply(value.NullValue, env)); !ok {
				return "", ErrNotScalar
			}
			if text == "" || !isHostText(text) {
				return "", errBadHost
			}
		}
		out = append(out, text...)
	}
	return string(out), nil
}

// base evaluates a hole at the start of a source's URL, which gives a URL with scheme and host and perhaps a path. It
// comes from the configuration or the environment, so it is taken as a URL and not as data.
func (b *builder) base(u *URL) error {
	text, ok := textOf(u.path[0].hole.Apply(value.NullValue, b.env))
	if !ok {
		return ErrNotScalar
	}
	scheme, rest, ok := strings.Cut(text, "://")
	scheme = strings.ToLower(scheme)
	if !ok || scheme != "http" && scheme != "https" || strings.ContainsAny(rest, "?#") {
		return errBadBase
	}
	host, path, _ := strings.Cut(rest, "/")
	if host == "" || host[0] == ':' || !isHostText(host) {
		return errBadBase
	}
	b.host = scheme + "://" + host
	b.out = appendEncoded(b.out, path, constantBytes)
	return nil
}

// path assembles the path behind the slash that is there already.
func (b *builder) path(t *Target) error {
	if u := t.SourceURL; u != nil {
		parts := u.path
		if u.scheme == "" {
			parts = parts[1:] // the hole that gave scheme and host
		}
		if err := b.join(parts); err != nil {
			return fmt.Errorf("source URL: %w", err)
		}
		if err := b.segments(t.SourcePath); err != nil {
			return fmt.Errorf("source path: %w", err)
		}
	}
	if err := b.join(t.ConnectURL.path); err != nil {
		return fmt.Errorf("URL: %w", err)
	}
	if err := b.segments(t.ConnectPath); err != nil {
		return fmt.Errorf("path: %w", err)
	}
	return nil
}

// join appends the path of a URL with exactly one slash at the seam, and nothing for a path that is empty or a slash.
func (b *builder) join(parts []part) error {
	seam := len(b.out)
	out, null, err := appendParts(b.out, parts, b.env)
	if err != nil {
		return err
	}
	b.null = b.null || null
	piece := out[seam:]
	if hasHole(parts) && hasDots(piece) {
		return errDots
	}
	switch {
	case len(piece) == 0 || len(piece) == 1 && piece[0] == '/':
		out = out[:seam]
	case out[seam-1] == '/' && piece[0] == '/':
		copy(out[seam-1:], piece)
		out = out[:len(out)-1]
	case out[seam-1] != '/' && piece[0] != '/':
		out = append(out, 0)
		copy(out[seam+1:], out[seam:])
		out[seam] = '/'
	}
	b.out = out
	return nil
}

func hasHole(parts []part) bool {
	for i := range parts {
		if parts[i].hole != nil {
			return true
		}
	}
	return false
}

// hasDots reports whether a path has a segment that is "." or "..". Encoding would be no help against those: by RFC 3986
// a dot is the same character encoded. A slash in data is not, so "..%2F" is a name like any other.
func hasDots(path []byte) bool {
	for segment := range bytes.SplitSeq(path, []byte("/")) {
		if string(segment) == "." || string(segment) == ".." {
			return true
		}
	}
	return false
}

// emptyObject is what mappings on the request's side are applied to.
var emptyObject = value.OfMembers(nil)

// segments appends the items of the list that a mapping gives, a slash before each. Null writes nothing behind its slash,
// and then the next item does not write another.
func (b *builder) segments(m *Mapping) error {
	if m == nil {
		return nil
	}
	v := m.Apply(emptyObject, b.env)
	if v.IsMissing() {
		return nil
	}
	if v.Kind() != value.List {
		return errNotList
	}
	for _, e := range v.Items() {
		text, ok := textOf(e)
		if !ok {
			return ErrNotScalar
		}
		if b.out[len(b.out)-1] != '/' {
			b.out = append(b.out, '/')
		}
		start := len(b.out)
		b.out = appendEncoded(b.out, text, dataBytes)
		if hasDots(b.out[start:]) {
			return errDots
		}
	}
	return nil
}

// query assembles the query out of its four parts.
func (b *builder) query(t *Target) error {
	b.start = len(b.out)
	if t.SourceURL != nil {
		if err := b.constant(t.SourceURL.query); err != nil {
			return fmt.Errorf("source URL: %w", err)
		}
		if err := b.parameters(t.SourceQuery); err != nil {
			return fmt.Errorf("source queryParams: %w", err)
		}
	}
	if err := b.constant(t.ConnectURL.query); err != nil {
		return fmt.Errorf("URL: %w", err)
	}
	if err := b.parameters(t.ConnectQuery); err != nil {
		return fmt.Errorf("queryParams: %w", err)
	}
	return nil
}

// separate writes what stands before a part of the query.
func (b *builder) separate() {
	if len(b.out) == b.start {
		b.out = append(b.out, '?')
	} else {
		b.out = append(b.out, '&')
	}
}

// constant appends the query of a URL, without separators at its ends.
func (b *builder) constant(parts []part) error {
	if len(parts) == 0 {
		return nil
	}
	before := len(b.out)
	b.separate()
	from := len(b.out)
	out, _, err := appendParts(b.out, parts, b.env)
	if err != nil {
		return err
	}
	text := bytes.Trim(out[from:], "&")
	if len(text) == 0 {
		b.out = out[:before]
		return nil
	}
	b.out = out[:from+copy(out[from:], text)]
	return nil
}

// parameters appends the members of the object that a mapping gives: null is left out, a list is its name once per item.
func (b *builder) parameters(m *Mapping) error {
	if m == nil {
		return nil
	}
	v := m.Apply(emptyObject, b.env)
	if v.IsMissing() {
		return nil
	}
	if v.Kind() != value.Object {
		return errNotPairs
	}
	for _, e := range v.Members() {
		switch e.Value.Kind() {
		case value.Missing, value.Null:
		case value.List:
			for _, x := range e.Value.Items() {
				if err := b.parameter(e.Key, x); err != nil {
					return err
				}
			}
		default:
			if err := b.parameter(e.Key, e.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *builder) parameter(key string, v value.Value) error {
	text, ok := textOf(v)
	if !ok {
		return ErrNotScalar
	}
	b.separate()
	b.out = appendEncoded(b.out, key, dataBytes)
	b.out = append(b.out, '=')
	b.out = appendEncoded(b.out, text, dataBytes)
	return nil
}
