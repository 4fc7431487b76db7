package plan

import (
	"slices"

	"github.com/sluice-gateway/sluice/schema"
)

// labels are those of progressive overrides during one planning. They note which of them made a difference to look at: a
// plan is good for every request that agrees on these.
type labels struct {
	names []string // sorted
	on    string   // one character each, see operation.Prepared; what is missing is off
	asked []bool
}

// resolves reports whether a source resolves a field that it declares, in this request. f may be nil.
func (l *labels) resolves(f *schema.OpenField) bool {
	if f == nil || f.External {
		return false
	}
	if f.Label == "" {
		return true
	}
	i, ok := slices.BinarySearch(l.names, f.Label)
	if !ok {
		return !f.LabelOn // nobody decides of it: it is off
	}
	if l.asked == nil {
		l.asked = make([]bool, len(l.names))
	}
	l.asked[i] = true
	return (i < len(l.on) && l.on[i] == '1') == f.LabelOn
}
