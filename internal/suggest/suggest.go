// Package suggest finds, for a name that does not exist, the existing names its writer may have meant. Whoever reports an
// unknown name uses it: validation of operations, coercion of variables, the configuration.
package suggest

import (
	"cmp"
	"slices"
	"strings"
)

// most is how many names are offered; more would not help a reader.
const most = 5

// Names returns the options that are near to name, the nearest first, at most five. An option is near if it can be
// turned into name by edits of two fifths of name's length, give or take one; a change of case is one edit. Options
// whose length alone is too far off cost nothing, so that a name of any length is cheap.
func Names(name string, options []string) []string {
	limit := len(name)*2/5 + 1
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	for _, o := range options {
		if abs(len(o)-len(name)) > limit {
			continue
		}
		if d := distance(name, o); d <= limit {
			near = append(near, candidate{o, d})
		}
	}
	slices.SortFunc(near, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	var out []string
	for _, c := range near[:min(len(near), most)] {
		out = append(out, c.name)
	}
	return out
}

// DidYouMean returns the sentence that offers the options near to name, with a space before it, and nothing if there
// are none: ` Did you mean the enum value "RED" or "READ"?`. The kind is what the options are, and may be empty.
func DidYouMean(kind, name string, options []string) string {
	near := Names(name, options)
	if len(near) == 0 {
		return ""
	}
	if kind != "" {
		kind += " "
	}
	return " Did you mean " + kind + Or(near) + "?"
}

// Or lists names for a sentence: "a"; "a" or "b"; "a", "b", or "c".
func Or(names []string) string {
	var b strings.Builder
	for i, n := range names {
		switch {
		case i == 0:
		case len(names) == 2:
			b.WriteString(" or ")
		case i == len(names)-1:
			b.WriteString(", or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(`"` + n + `"`)
	}
	return b.String()
}

// distance counts the insertions, deletions, substitutions and swaps of neighbours that turn a into b. Names that differ
// only in case are one apart.
func distance(a, b string) int {
	if a == b {
		return 0
	}
	a, b = strings.ToLower(a), strings.ToLower(b)
	if a == b {
		return 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

func abs(n int) int { return max(n, -n) }
