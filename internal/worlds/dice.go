package worlds

import "slices"

// dice is where everything random comes from.
type dice struct{ n func(n int) int }

func (d *dice) chance(percent int) bool { return d.n(100) < percent }

// between returns a number from low to high, both included.
func (d *dice) between(low, high int) int { return low + d.n(high-low+1) }

func pick[T any](d *dice, list []T) T { return list[d.n(len(list))] }

// some returns a part of a list, in its order.
func some[T any](d *dice, list []T, percent int) (out []T) {
	for _, x := range list {
		if d.chance(percent) {
			out = append(out, x)
		}
	}
	return out
}

func shuffled[T any](d *dice, list []T) []T {
	out := slices.Clone(list)
	for i := len(out) - 1; i > 0; i-- {
		j := d.n(i + 1)
		out[i], out[j] = out[j], out[i]
	}
	return out
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// count returns the numbers below n.
func count(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
