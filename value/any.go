package value

import (
	"encoding/json"
	"strings"
)

// Any returns v as encoding/json would read it with numbers as their text ([json.Number]): for code that must have Go
// values. It shares no memory with v. Missing values are nil, and members that are missing are left out.
func (v Value) Any() any {
	switch v.kind {
	case Bool:
		return v.Bool()
	case Int, Float:
		return json.Number(strings.Clone(v.text()))
	case String:
		return strings.Clone(v.Text())
	case List:
		list := make([]any, v.Len())
		for i, item := range v.Items() {
			list[i] = item.Any()
		}
		return list
	case Object:
		object := make(map[string]any, v.Len())
		for _, m := range v.Members() {
			if !m.Value.IsMissing() {
				object[strings.Clone(m.Key)] = m.Value.Any()
			}
		}
		return object
	}
	return nil
}
