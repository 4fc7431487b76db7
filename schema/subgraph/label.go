package subgraph

import (
	"strconv"
	"strings"
)

// isLabel reports whether the text can be the label of a progressive override: percent(x), which is drawn for each request,
// or a name that the configuration knows.
func isLabel(s string) bool {
	if number, ok := strings.CutPrefix(s, "percent("); ok {
		number, closed := strings.CutSuffix(number, ")")
		return closed && isPercentage(number)
	}
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || !('0' <= c && c <= '9') && !strings.ContainsRune("_-:./", rune(c))) {
			return false
		}
	}
	return s != ""
}

// isPercentage reports whether the text is a number from 0 to 100 with at most eight decimals.
func isPercentage(s string) bool {
	whole, decimals, point := strings.Cut(s, ".")
	if whole == "" || point && decimals == "" || len(whole) > 3 || len(decimals) > 8 || strings.Trim(whole+decimals, "0123456789") != "" {
		return false
	}
	f, err := strconv.ParseFloat(s, 64)
	return err == nil && f <= 100
}
