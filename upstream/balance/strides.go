package balance

import (
	"cmp"
	"math"
	"slices"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// strides is an order of the endpoints in which each stands as often as its weight says, and as evenly as can be. It is
// computed from a number that counts up, so that it needs no state but that number, and memory for the endpoints only.
//
// It is the static stride scheduler that gRPC describes for its policy weighted_round_robin (A58): in each round, every
// entry is looked at once, and is passed over unless the sum of its weights so far has reached the next multiple of the
// largest weight. Over as many rounds as that weight is, an entry is passed over as often as it must be, exactly.
type strides struct {
	entries []entry // nil: all weights are equal
	n       int
	largest uint64
}

// entry is a part of the weight of one endpoint.
type entry struct {
	index  int32
	weight uint32
	offset uint64
}

func newStrides(endpoints []*endpoint.Endpoint) strides {
	n := len(endpoints)
	divisor, sum, equal := 0, 0, true
	for _, e := range endpoints {
		w := e.Weight()
		divisor = gcd(w, divisor)
		sum += w
		equal = equal && w == endpoints[0].Weight()
	}
	s := strides{n: n, largest: 1}
	if equal {
		return s
	}
	// One heavy endpoint among light ones would make them all be passed over again and again. So what is heavier than
	// twice the mean becomes several entries; then at most two of three looks are in vain.
	limit := 2 * ((sum/divisor + n - 1) / n)
	type placed struct {
		entry
		at float64 // its place in a round
	}
	var parts []placed
	for i, e := range endpoints {
		w := e.Weight() / divisor
		k := (w + limit - 1) / limit
		for part := range k {
			at := (float64(i) + 0.5) / float64(n)
			if k > 1 {
				at = (float64(part) + 0.5) / float64(k)
			}
			share := w*(part+1)/k - w*part/k
			parts = append(parts, placed{entry{index: int32(i), weight: uint32(share)}, at})
			s.largest = max(s.largest, uint64(share))
		}
	}
	slices.SortStableFunc(parts, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	s.n = len(parts)
	s.entries = make([]entry, len(parts))
	for i := range parts {
		s.entries[i] = parts[i].entry
		// Entries of equal weight come in different rounds, as evenly over them as multiples of the golden ratio are
		// between whole numbers.
		_, part := math.Modf(float64(i) / math.Phi)
		s.entries[i].offset = uint64(part * float64(s.largest))
	}
	return s
}

// cycle is after how many numbers the order begins anew.
func (s *strides) cycle() uint64 { return uint64(s.n) * s.largest }

// at returns the index of the endpoint that the number k stands for; ok is false if k stands for none.
func (s *strides) at(k uint64) (index int, ok bool) {
	n := uint64(s.n)
	if s.entries == nil {
		return int(k % n), true
	}
	round, i := k/n, k%n
	e := s.entries[i]
	w := uint64(e.weight)
	return int(e.index), (w*round+e.offset)%s.largest >= s.largest-w
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
