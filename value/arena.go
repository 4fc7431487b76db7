package value

import "sync"

// The first piece an [Arena] asks for is small, as most bodies are; each further one is larger, up to the last size.
const (
	firstChunk = 256
	lastChunk  = 8192
)

// Arena hands out the memory behind lists and objects in large pieces, and takes it all back at once. It is not safe
// for concurrent use; work that runs at the same time uses an arena each.
type Arena struct {
	values  []Value
	members []Member

	// Scratch of the scanner.
	stackV stack[Value]
	stackM stack[Member]
}

var arenas = sync.Pool{New: func() any { return new(Arena) }}

// NewArena returns an empty arena, from a pool.
func NewArena() *Arena { return arenas.Get().(*Arena) }

// Release gives the arena back to the pool. No value made with it may be used after that.
func (a *Arena) Release() {
	// The newest chunk of each kind is kept for the next user, cleared as far as it was used: what is handed out is
	// always zero, and nothing keeps a body alive. Older chunks are left to the garbage collector.
	clear(a.values)
	clear(a.members)
	a.values, a.members = a.values[:0], a.members[:0]
	a.stackV.reset()
	a.stackM.reset()
	arenas.Put(a)
}

// stack is a stack that remembers how much of it was ever used, as only that has to be cleared: one large body would
// otherwise make the arena dear for all small ones after it.
type stack[T any] struct {
	items []T
	used  int
}

func (s *stack[T]) pop(to int) {
	s.used = max(s.used, len(s.items))
	s.items = s.items[:to]
}

func (s *stack[T]) reset() {
	s.pop(0)
	clear(s.items[:s.used])
	s.used = 0
	if cap(s.items) > lastChunk {
		s.items = nil
	}
}

// Values returns a slice of n missing values.
func (a *Arena) Values(n int) []Value { return take(&a.values, n) }

// Members returns a slice of n members without key and value.
func (a *Arena) Members(n int) []Member { return take(&a.members, n) }

func take[T any](chunk *[]T, n int) []T {
	l := len(*chunk)
	if cap(*chunk)-l < n {
		size := min(max(firstChunk, 2*cap(*chunk)), lastChunk)
		if n > size/2 {
			return make([]T, n)
		}
		*chunk, l = make([]T, 0, size), 0
	}
	*chunk = (*chunk)[:l+n]
	return (*chunk)[l : l+n : l+n]
}
