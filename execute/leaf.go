package execute

import (
	"math"
	"strconv"

	"github.com/sluice-gateway/sluice/value"
)

// appendLeaf appends a scalar or enum as the "Result Coercion" of its type has it in the GraphQL specification. It
// reports false, with nothing appended, for a value that the type does not have.
func appendLeaf(dst []byte, v value.Value, s *shape) ([]byte, bool) {
	switch s.kind {
	case stringShape:
		if v.Kind() != value.String {
			return dst, false
		}
	case intShape:
		return appendInt(dst, v)
	case floatShape:
		if !finite(v) {
			return dst, false
		}
	case booleanShape:
		if v.Kind() != value.Bool {
			return dst, false
		}
	case idShape:
		switch v.Kind() {
		case value.String:
		case value.Int:
			dst = append(dst, '"')
			dst = append(dst, v.Text()...)
			return append(dst, '"'), true
		default:
			return dst, false
		}
	case enumShape:
		if v.Kind() != value.String || !s.enum[v.Text()] {
			return dst, false
		}
	}
	return v.AppendJSON(dst), true
}

// appendInt appends an integer of 32 bits, or a float that is one.
func appendInt(dst []byte, v value.Value) ([]byte, bool) {
	switch v.Kind() {
	case value.Int:
		text := v.Text()
		if len(text) <= 9 && text != "-0" { // in range without a look at it: the first number that is not has ten digits
			return append(dst, text...), true
		}
		i, ok := v.Int64()
		if !ok || i != int64(int32(i)) {
			return dst, false
		}
		return strconv.AppendInt(dst, i, 10), true
	case value.Float:
		f := v.Float64()
		if f != math.Trunc(f) || f < math.MinInt32 || f > math.MaxInt32 {
			return dst, false
		}
		return strconv.AppendInt(dst, int64(f), 10), true
	}
	return dst, false
}

// finite reports whether v is a number that a double can hold, however roughly.
func finite(v value.Value) bool {
	if !v.IsNumber() {
		return false
	}
	text := v.Text()
	if len(text) < 300 {
		exponent := false
		for i := range len(text) {
			exponent = exponent || text[i]|0x20 == 'e'
		}
		if !exponent {
			return true // less than 10^300
		}
	}
	return !math.IsInf(v.Float64(), 0)
}
