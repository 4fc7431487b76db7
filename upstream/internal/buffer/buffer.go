// Package buffer lends byte slices for the bodies of answers. The client reads into them; who takes an answer gives
// them back.
package buffer

import (
	"errors"
	"io"
	"math/bits"
	"sync"
	"sync/atomic"
)

// Buffers come in sizes of 1 KiB times a power of four, each with a pool of its own, so that many small bodies do not
// hold large buffers. A larger one is left to the garbage collector: they are rare, and would stay for long.
const (
	smallest = 10 // 1 KiB, as a power of two
	classes  = 6  // up to 1 MiB
)

var pools [classes]sync.Pool

// ErrLimit is returned when a reader has more than the limit allows.
var ErrLimit = errors.New("over the limit")

// Buffer is a byte slice on loan. It is not safe for concurrent use, but for Retain and Release.
type Buffer struct {
	B []byte

	more atomic.Int32 // owners beside the first
}

// New returns an empty buffer with room for at least n bytes, if n is not larger than the largest size that is pooled.
func New(n int) *Buffer {
	class := classOf(n)
	if b, ok := pools[class].Get().(*Buffer); ok {
		return b
	}
	return &Buffer{B: make([]byte, 0, 1<<(smallest+2*class))}
}

// classOf returns the class of the smallest buffer with room for n bytes, or the last class.
func classOf(n int) int {
	if n <= 1<<smallest {
		return 0
	}
	return min((bits.Len(uint(n-1))-smallest+1)/2, classes-1)
}

// Retain adds an owner, who calls Release too. It is called by one who has not released the buffer. From then on nobody
// changes B.
func (b *Buffer) Retain() { b.more.Add(1) }

// Release gives the buffer back, if nobody else has it. It must not be used after that.
func (b *Buffer) Release() {
	if b.more.Load() > 0 && b.more.Add(-1) >= 0 {
		return
	}
	b.more.Store(0)
	for class := range classes {
		if cap(b.B) == 1<<(smallest+2*class) {
			b.B = b.B[:0]
			pools[class].Put(b)
			return
		}
	}
}

// Fill reads r to its end, which may be limit bytes away at most; beyond it returns [ErrLimit].
func (b *Buffer) Fill(r io.Reader, limit int64) error {
	for {
		if len(b.B) == cap(b.B) {
			b.grow()
		}
		n, err := r.Read(b.B[len(b.B):cap(b.B)])
		b.B = b.B[:len(b.B)+n]
		if int64(len(b.B)) > limit {
			return ErrLimit
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// grow moves the content to a buffer of four times the size while there is a pool for it, of twice the size after that.
func (b *Buffer) grow() {
	if cap(b.B) >= 1<<(smallest+2*(classes-1)) {
		next := make([]byte, len(b.B), 2*cap(b.B))
		copy(next, b.B)
		b.B = next
		return
	}
	next := New(cap(b.B) + 1)
	next.B = append(next.B, b.B...)
	b.B, next.B = next.B, b.B
	next.Release()
}
