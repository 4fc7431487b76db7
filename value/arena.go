package value

import "sync"

// Arena hands out the memory behind lists and objects in large pieces, and takes it all back at once. It is not safe
// for concurrent use; work that runs at the same time uses an arena each.
type Arena struct {
	values  region[Value]
	members region[Member]

	// Scratch of the scanner.
	stackV stack[Value]
	stackM stack[Member]
}

var (
	arenas       = sync.Pool{New: func() any { return new(Arena) }}
	valueChunks  pools
	memberChunks pools
)

// NewArena returns an empty arena, from a pool.
func NewArena() *Arena { return arenas.Get().(*Arena) }

// Release gives the arena back to the pool. No value made with it may be used after that.
func (a *Arena) Release() {
	a.values.release(&valueChunks)
	a.members.release(&memberChunks)
	a.stackV.reset()
	a.stackM.reset()
	arenas.Put(a)
}

// Values returns a slice of n missing values.
func (a *Arena) Values(n int) []Value { return a.values.take(n, &valueChunks) }

// Members returns a slice of n members without key and value.
func (a *Arena) Members(n int) []Member { return a.members.take(n, &memberChunks) }

// The sizes of chunks. Most bodies are small, so an arena begins with a small chunk and goes on with larger ones. Chunks
// are pooled by size and not with the arena: arenas of one small object each are as many as there are calls, and would
// all come to hold a chunk for the largest body, which the garbage collector has to look through.
const (
	firstChunk = 64
	growth     = 4
	classes    = 4
	lastChunk  = firstChunk * growth * growth * growth
)

// pools hold empty chunks, those of a size in one pool.
type pools [classes]sync.Pool

// chunk is a piece of memory that is handed out from its start.
type chunk[T any] struct {
	items []T // what was handed out; the rest of its capacity is zero
	class int
}

// region is the memory for one type of an arena.
type region[T any] struct {
	chunks []*chunk[T] // the last one is handed out from
}

func (r *region[T]) take(n int, from *pools) []T {
	if last := len(r.chunks) - 1; last >= 0 {
		if c := r.chunks[last]; cap(c.items)-len(c.items) >= n {
			return c.take(n)
		}
	}
	return r.grow(n, from)
}

func (c *chunk[T]) take(n int) []T {
	l := len(c.items)
	c.items = c.items[:l+n]
	return c.items[l : l+n : l+n]
}

// grow takes n from a new chunk. What would fill most of the largest chunk gets memory of its own, which is left to the
// garbage collector.
func (r *region[T]) grow(n int, from *pools) []T {
	if n > lastChunk/2 {
		return make([]T, n)
	}
	class, size := min(len(r.chunks), classes-1), firstChunk
	for range class {
		size *= growth
	}
	for ; size < 2*n; size *= growth {
		class++
	}
	c, ok := from[class].Get().(*chunk[T])
	if !ok {
		c = &chunk[T]{make([]T, 0, size), class}
	}
	r.chunks = append(r.chunks, c)
	return c.take(n)
}

// release clears the chunks as far as they were used, so that what is handed out is always zero and nothing keeps a body
// alive, and gives them back.
func (r *region[T]) release(to *pools) {
	for i, c := range r.chunks {
		clear(c.items)
		c.items = c.items[:0]
		to[c.class].Put(c)
		r.chunks[i] = nil
	}
	r.chunks = r.chunks[:0]
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
