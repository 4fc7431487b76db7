package connect

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// key is one @key of a type.
type key struct {
	fields     *fieldSet
	text       string
	resolvable bool
	position   *ast.Position
}

// keys returns the keys of a type that can be read. Others are the business of the composition.
func (r *reader) keys(d *definition) []key {
	name := r.federation("key")
	var out []key
	for _, dir := range d.directives {
		if dir.Name != name {
			continue
		}
		arg := dir.Arguments.ForName("fields")
		if arg == nil || arg.Value == nil || arg.Value.Kind != ast.StringValue && arg.Value.Kind != ast.BlockValue {
			continue
		}
		k := key{text: arg.Value.Raw, resolvable: true, position: dir.Position}
		if v := dir.Arguments.ForName("resolvable"); v != nil && v.Value != nil && v.Value.Raw == "false" {
			k.resolvable = false
		}
		if k.fields = parseFieldSet(k.text); k.fields != nil {
			out = append(out, k)
		}
	}
	return out
}

// parseFieldSet reads a field set as keys have it, with or without outer braces. It returns nil for anything else.
func parseFieldSet(text string) *fieldSet {
	root := &fieldSet{}
	at, stack, last := root, []*fieldSet(nil), ""
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}") {
		text = text[1 : len(text)-1]
	}
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case strings.IndexByte(" \t\r\n,", c) >= 0:
			i++
		case c == '{' && last != "":
			stack, at, last = append(stack, at), at.sub[last], ""
			i++
		case c == '}' && len(stack) > 0:
			at, stack, last = stack[len(stack)-1], stack[:len(stack)-1], ""
			i++
		default:
			n := 0
			for i+n < len(text) && validName("_"+text[i+n:i+n+1]) {
				n++
			}
			last = text[i : i+n]
			if !validName(last) {
				return nil
			}
			at.add([]string{last})
			i += n
		}
	}
	if len(stack) > 0 || len(root.order) == 0 {
		return nil
	}
	return root
}
