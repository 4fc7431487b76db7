package mapping

import (
	"math"
	"math/bits"

	"github.com/sluice-gateway/sluice/value"
)

// operation is an arithmetic method on two numbers of one kind. ok is false if there is no result: overflow, division by
// zero.
type operation struct {
	ints   func(a, b int64) (r int64, ok bool) // nil: integers are taken as floats
	floats func(a, b float64) float64
}

func (m *machine) add(s *step, v, dollar value.Value) value.Value {
	return m.calculate(s, v, dollar, operation{addInts, func(a, b float64) float64 { return a + b }})
}

func (m *machine) sub(s *step, v, dollar value.Value) value.Value {
	return m.calculate(s, v, dollar, operation{subInts, func(a, b float64) float64 { return a - b }})
}

func (m *machine) mul(s *step, v, dollar value.Value) value.Value {
	return m.calculate(s, v, dollar, operation{mulInts, func(a, b float64) float64 { return a * b }})
}

func (m *machine) div(s *step, v, dollar value.Value) value.Value {
	return m.calculate(s, v, dollar, operation{nil, func(a, b float64) float64 { return a / b }})
}

func (m *machine) mod(s *step, v, dollar value.Value) value.Value {
	return m.calculate(s, v, dollar, operation{modInts, math.Mod})
}

// calculate applies an operation from left to right. In every argument @ is the receiver, not the running result.
func (m *machine) calculate(s *step, v, dollar value.Value, op operation) value.Value {
	if !s.parens {
		return m.fail(s, "requires at least one argument")
	}
	if !v.IsNumber() {
		return m.fail(s, "requires numeric arguments")
	}
	result := v
	for i := range s.args {
		x := m.arg(s, i, v, dollar)
		if !x.IsNumber() {
			return m.fail(s, "requires numeric arguments")
		}
		a, first := result.Int64()
		b, second := x.Int64()
		if first && second && op.ints != nil {
			r, ok := op.ints(a, b)
			if !ok {
				return m.fail(s, "failed on argument "+cut(x.Text(), 80))
			}
			result = value.OfInt(r)
			continue
		}
		f := op.floats(result.Float64(), x.Float64())
		if math.IsInf(f, 0) || math.IsNaN(f) {
			return m.fail(s, "failed on argument "+cut(x.Text(), 80))
		}
		result = value.OfFloat(f)
	}
	return result
}

func addInts(a, b int64) (int64, bool) {
	r := a + b
	return r, (r > a) == (b > 0)
}

func subInts(a, b int64) (int64, bool) {
	r := a - b
	return r, (r < a) == (b > 0)
}

func mulInts(a, b int64) (int64, bool) {
	negative := (a < 0) != (b < 0)
	high, low := bits.Mul64(magnitude(a), magnitude(b))
	if high != 0 {
		return 0, false
	}
	if negative {
		return -int64(low), low <= 1<<63
	}
	return int64(low), low < 1<<63
}

func magnitude(i int64) uint64 {
	if i < 0 {
		return -uint64(i)
	}
	return uint64(i)
}

func modInts(a, b int64) (int64, bool) {
	switch b {
	case 0:
		return 0, false
	case -1:
		return 0, true // the least integer by -1 overflows in the machine's division
	}
	return a % b, true
}
