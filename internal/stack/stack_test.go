package stack_test

import (
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/internal/stack"
)

// deep goes as deep as the call of a service does: fifteen frames of two hundred bytes.
//
//go:noinline
func deep(n int, room [20]uint64) uint64 {
	if n == 0 {
		return room[3]
	}
	room[n%20]++
	return deep(n-1, room) + room[1]
}

func BenchmarkAGoroutineThatGoesDeep(b *testing.B) {
	for name, first := range map[string]func(){"grown first": stack.Grow, "grown on the way": func() {}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				var wg sync.WaitGroup
				for range 10 {
					wg.Go(func() {
						first()
						deep(14, [20]uint64{})
					})
				}
				wg.Wait()
			}
		})
	}
}
