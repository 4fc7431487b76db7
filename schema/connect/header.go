package connect

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// headers reads a list of header mappings, or a single one.
func (r *reader) headers(sc scope, v *ast.Value) []Header {
	if v == nil {
		return nil
	}
	items := ast.ChildValueList{{Value: v}}
	if v.Kind == ast.ListValue {
		items = v.Children
	}
	var out []Header
	seen := map[string]bool{}
	for _, item := range items {
		if item.Value == nil || !r.object(sc.element, "A header", item.Value) {
			continue
		}
		if h, ok := r.header(sc, item.Value, seen); ok {
			out = append(out, h)
		}
	}
	return out
}

func (r *reader) header(sc scope, v *ast.Value, seen map[string]bool) (Header, bool) {
	in := r.members(sc.element, "A header", v.Children, "name", "from", "value")
	name := r.text(sc.element, "The name of a header", in["name"])
	if name == nil {
		if in["name"] == nil {
			r.report(CodeHeader, sc.coordinate, r.places.start(v), "A header needs a name, and a value or the client's header that it comes from.")
		}
		return Header{}, false
	}
	h, ok := Header{Name: name.Raw}, true
	bad := func(at *ast.Value, format string, args ...any) {
		r.report(CodeHeader, sc.coordinate, r.places.start(at), format, args...)
		ok = false
	}
	lower := strings.ToLower(h.Name)
	switch {
	case !validHeaderName(h.Name):
		bad(name, "%q is not a valid name for a header.", h.Name)
	case reservedHeader(lower):
		bad(name, "The header %q belongs to the connection and cannot be set; remove it.", h.Name)
	case seen[lower]:
		r.report(CodeHeaderCollision, sc.coordinate, r.places.start(name), "The header %q is set twice in this list; remove one of them.", h.Name)
		ok = false
	}
	seen[lower] = true
	from, value := r.text(sc.element, "from", in["from"]), r.text(sc.element, "value", in["value"])
	switch {
	case in["from"] != nil && in["value"] != nil:
		bad(in["from"], "The header %q has both from and value; keep one of them.", h.Name)
	case in["from"] == nil && in["value"] == nil:
		bad(v, "The header %q needs a value, or the client's header that it comes from.", h.Name)
	case from != nil:
		h.From = from.Raw
		switch {
		case !validHeaderName(from.Raw):
			bad(from, "%q is not a valid name for a header.", from.Raw)
		case staticHeader(lower):
			bad(from, "The header %q cannot be copied from the client; give it a value.", h.Name)
		}
	case value != nil:
		h.Value = r.template(sc, wantHeader(h.Name), value)
		ok = ok && h.Value != nil
	default:
		ok = false
	}
	return h, ok
}

// validHeaderName reports whether name is a token of RFC 9110.
func validHeaderName(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return name != ""
}

func reservedHeader(lower string) bool {
	switch lower {
	case "connection", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
		"content-length", "content-encoding", "accept-encoding", "keep-alive":
		return true
	}
	return false
}

func staticHeader(lower string) bool {
	return lower == "content-type" || lower == "accept" || lower == "host"
}
