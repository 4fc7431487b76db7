package mapping

import (
	"math"

	"github.com/sluice-gateway/sluice/value"
)

// textOf returns the text that stands for a scalar in URLs, headers, forms and joined strings: nothing for null and for
// no value. ok is false for lists and objects.
func textOf(v value.Value) (text string, ok bool) {
	switch v.Kind() {
	case value.Missing, value.Null:
		return "", true
	case value.Bool:
		if v.Bool() {
			return "true", true
		}
		return "false", true
	case value.Float:
		if f := v.Float64(); !math.IsInf(f, 0) {
			return value.FormatFloat(f), true
		}
		return v.Text(), true
	case value.Int, value.String:
		return v.Text(), true
	}
	return "", false
}
