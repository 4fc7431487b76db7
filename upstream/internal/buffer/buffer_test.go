package buffer_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/sluice-gateway/sluice/upstream/internal/buffer"
)

func TestNewHasRoom(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ n, want int }{
		{0, 1 << 10}, {1, 1 << 10}, {1 << 10, 1 << 10}, {1<<10 + 1, 4 << 10}, {4<<10 + 1, 16 << 10}, {16 << 10, 16 << 10},
		{27 << 10, 64 << 10}, {64<<10 + 1, 256 << 10}, {1 << 20, 1 << 20}, {5 << 20, 1 << 20},
	} {
		if got := cap(buffer.New(tt.n).B); got != tt.want {
			t.Errorf("New(%d) has room for %d, want %d", tt.n, got, tt.want)
		}
	}
}

func TestFillReadsAll(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 4095, 4096, 4097, 100_000, 1 << 20, 3 << 20} {
		content := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		for name, r := range map[string]io.Reader{
			"at once":          bytes.NewReader(content),
			"in halves":        iotest.HalfReader(bytes.NewReader(content)),
			"with EOF at once": iotest.DataErrReader(bytes.NewReader(content)),
		} {
			b := buffer.New(0)
			if err := b.Fill(r, int64(size)); err != nil {
				t.Errorf("%d bytes, %s: %v", size, name, err)
			}
			if !bytes.Equal(b.B, content) {
				t.Errorf("%d bytes, %s: got %d other bytes", size, name, len(b.B))
			}
			b.Release()
		}
	}
}

func TestFillStops(t *testing.T) {
	t.Parallel()
	b := buffer.New(0)
	if err := b.Fill(bytes.NewReader(make([]byte, 101)), 100); !errors.Is(err, buffer.ErrLimit) {
		t.Errorf("101 bytes with a limit of 100: %v, want %v", err, buffer.ErrLimit)
	}
	b = buffer.New(0)
	if err := b.Fill(iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(make([]byte, 5)))), 100); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("a reader that fails: %v, want %v", err, iotest.ErrTimeout)
	}
}

func TestReusedBuffersAreEmpty(t *testing.T) {
	t.Parallel()
	for range 100 {
		b := buffer.New(10)
		if len(b.B) != 0 {
			t.Fatalf("a new buffer has %d bytes", len(b.B))
		}
		b.B = append(b.B, "something"...)
		b.Release()
	}
}
