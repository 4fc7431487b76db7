package rest

import (
	"slices"

	"github.com/sluice-gateway/sluice/value"
)

// union returns a filter that wants what a or b wants. It changes neither; nil wants everything.
func union(a, b *value.Filter) *value.Filter {
	if a == nil || b == nil {
		return nil
	}
	out := &value.Filter{Keys: slices.Clone(a.Keys)}
	for _, k := range b.Keys {
		i := slices.IndexFunc(out.Keys, func(have value.FilterKey) bool { return have.Key == k.Key })
		if i < 0 {
			out.Keys = append(out.Keys, k)
			continue
		}
		out.Keys[i].Want = union(out.Keys[i].Want, k.Want)
	}
	return out
}
