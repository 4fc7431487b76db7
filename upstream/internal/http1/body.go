package http1

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// kind says how a body ends.
type kind uint8

const (
	ended      kind = iota // there is none
	counted                // after a number of bytes
	chunked                // with a chunk of no length
	untilClose             // with the connection
)

// body is the body of an answer. Close may be called while another goroutine reads.
type body struct {
	c    *Conn
	ctx  context.Context //nolint:containedctx // it belongs to the request, as the body does
	resp *http.Response
	kind kind
	left int64 // bytes of the body, or of the chunk under way
	tail bool  // the end of a chunk comes next

	mu      sync.Mutex // guards the fields below
	reading bool
	closed  bool
	err     error // set once the connection was handed back
}

// Read implements [io.Reader]. Its errors are those of [Conn.RoundTrip]; a body that ends too early is
// [io.ErrUnexpectedEOF], in a [LostError].
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	switch {
	case b.closed:
		b.mu.Unlock()
		return 0, ErrBodyClosed
	case b.err != nil:
		defer b.mu.Unlock()
		return 0, b.err
	}
	b.reading = true
	b.mu.Unlock()

	n, err := b.read(p)

	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading = false
	switch {
	case b.closed:
		b.err = ErrBodyClosed
		b.c.finish(false)
	case err == io.EOF:
		b.err = io.EOF
		b.c.finish(b.reusable())
	case err != nil:
		b.err = b.c.explain(b.ctx, err)
		b.c.finish(false)
	}
	return n, b.err
}

// Close hands the connection back. What of the body was not read makes it unfit for another request, unless that lies here
// already.
func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	switch {
	case b.err != nil:
	case b.reading:
		b.c.abort() // the reader ends with an error, and hands the connection back
	default:
		b.err = ErrBodyClosed
		b.c.finish(b.kind == counted && b.c.discard(b.left) && b.reusable())
	}
	return nil
}

// reusable reports whether another answer may follow this one, which was read to its end.
func (b *body) reusable() bool { return !b.resp.Close && b.resp.StatusCode >= 200 }

func (b *body) read(p []byte) (int, error) {
	switch b.kind {
	case counted:
		return b.readCounted(p)
	case chunked:
		return b.readChunked(p)
	case untilClose:
		return b.c.readSome(p)
	}
	return 0, io.EOF
}

func (b *body) readCounted(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.c.readSome(p)
	b.left -= int64(n)
	if b.left == 0 {
		return n, io.EOF
	}
	return n, unexpected(err)
}

// maxChunkLine limits the line that begins a chunk: extensions have no use, and may not cost more than what they go with.
const maxChunkLine = 256

func (b *body) readChunked(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for b.left == 0 {
		if b.tail {
			line, err := b.c.readLine(1)
			if err != nil {
				return 0, chunkError(err)
			}
			if len(line) != 0 {
				return 0, &ProtocolError{"a chunk longer than announced"}
			}
			b.tail = false
		}
		line, err := b.c.readLine(maxChunkLine)
		if err != nil {
			return 0, chunkError(err)
		}
		if b.left, err = chunkSize(line); err != nil {
			return 0, err
		}
		if b.left == 0 {
			if err := b.readTrailers(); err != nil {
				return 0, err
			}
			return 0, io.EOF
		}
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.c.readSome(p)
	if b.left -= int64(n); b.left == 0 {
		b.tail = true
	}
	return n, unexpected(err)
}

func chunkError(err error) error {
	if errors.Is(err, ErrHeaderTooLarge) {
		return &ProtocolError{"a chunk without an end"}
	}
	return err
}

// chunkSize reads the line that begins a chunk; extensions are dropped (RFC 9112, section 7.1.1). Some servers fill the line up
// with spaces. Those before an extension are refused, as net/http does.
func chunkSize(line []byte) (int64, error) {
	size, extension, _ := strings.Cut(string(bytes.TrimRight(line, " \t")), ";")
	// ParseUint takes no sign, and no prefix in this base.
	n, err := strconv.ParseUint(size, 16, 63)
	if err != nil || !isFieldValue(extension) {
		return 0, malformed("chunk", string(line))
	}
	return int64(n), nil
}

// tunnel is the connection after 101: what comes and goes is no longer HTTP.
type tunnel struct{ *body }

// Read implements [io.Reader].
func (t *tunnel) Read(p []byte) (int, error) {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return 0, ErrBodyClosed
	}
	t.mu.Unlock()
	n, err := t.c.readSome(p)
	if err != nil && err != io.EOF && t.ctx.Err() != nil {
		err = context.Cause(t.ctx)
	}
	return n, err
}

// Write implements [io.Writer].
func (t *tunnel) Write(p []byte) (int, error) { return t.c.nc.Write(p) }

// CloseWrite says that nothing more will be written, where the connection can say so.
func (t *tunnel) CloseWrite() error {
	if w, ok := t.c.nc.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return nil
}

// Close closes the connection. A read under way ends with an error.
func (t *tunnel) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil
	}
	t.closed = true
	t.c.Close()
	if t.c.stop != nil {
		t.c.stop()
	}
	t.c.done(false)
	return nil
}
