// Package compression decompresses the bodies of answers, within limits. The client of a service calls it.
package compression

import (
	"bufio"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/sluice-gateway/sluice/upstream/internal/buffer"
)

// ErrUnknown is returned for a content coding that nobody asked for.
var ErrUnknown = errors.New("the content coding is not known")

// CorruptError says that a body is not what its content coding says.
type CorruptError struct{ Err error }

// Error returns the cause.
func (e *CorruptError) Error() string { return "corrupt body: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *CorruptError) Unwrap() error { return e.Err }

// Names lists the content codings that can be read (RFC 9110, section 8.4.1; RFC 7932; RFC 8878), the one that is usually
// best first.
func Names() []string { return []string{"zstd", "br", "gzip", "deflate"} }

// Coding is how a body is compressed. The zero coding is none.
type Coding uint8

const (
	identity Coding = iota
	gzipped
	deflated
	brotlied
	zstandard
)

// IsIdentity reports whether a body is not compressed.
func (c Coding) IsIdentity() bool { return c == identity }

// Of returns the coding of a body with the given values of Content-Encoding. Several codings on top of each other are not
// known: nobody needs them but those who send bombs.
func Of(values []string) (Coding, error) {
	switch len(values) {
	case 0:
		return identity, nil
	case 1:
	default:
		return identity, ErrUnknown
	}
	switch strings.ToLower(strings.TrimSpace(values[0])) {
	case "", "identity":
		return identity, nil
	case "gzip", "x-gzip":
		return gzipped, nil
	case "deflate":
		return deflated, nil
	case "br":
		return brotlied, nil
	case "zstd":
		return zstandard, nil
	}
	return identity, ErrUnknown
}

// Fill decompresses body into b. The limit holds for what comes in and for what comes out: a small body may decompress to a
// large one, and a large one to nothing. Beyond it returns [buffer.ErrLimit]; a body that ends too early
// is [io.ErrUnexpectedEOF], one that is damaged a [CorruptError], and other errors are those of body.
func (c Coding) Fill(b *buffer.Buffer, body io.Reader, limit int64) error {
	in := &source{r: body, left: limit}
	var err error
	switch c {
	case identity:
		return b.Fill(body, limit)
	case gzipped:
		z, _ := gzips.Get().(*gzip.Reader)
		defer gzips.Put(z)
		if err = z.Reset(in); err == nil {
			err = b.Fill(z, limit)
		}
	case deflated:
		err = fillDeflate(b, in, limit)
	case brotlied:
		z, _ := brotlis.Get().(*brotli.Reader)
		defer brotlis.Put(z)
		if err = z.Reset(in); err == nil {
			err = b.Fill(z, limit)
		}
	case zstandard:
		z, ok := zstds.Get().(*zstd.Decoder)
		if !ok {
			return errors.New("no decoder for zstd")
		}
		defer zstds.Put(z)
		if err = z.Reset(in); err == nil {
			err = b.Fill(z, limit)
		}
		_ = z.Reset(nil) // lets go of the body
		if err == nil && in.read == 0 {
			return io.ErrUnexpectedEOF
		}
	}
	switch {
	case err == nil, errors.Is(err, buffer.ErrLimit):
		return err
	case in.err != nil:
		return in.err // the body, and not what is in it
	case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF), in.read < 4 && errors.Is(err, zstd.ErrMagicMismatch):
		return io.ErrUnexpectedEOF // not even a header, or not all of it
	}
	return &CorruptError{err}
}

// fillDeflate reads what deflate means, which is the format of zlib, and what some servers take it for, which is what is in
// that (RFC 9110, section 8.4.1.2).
func fillDeflate(b *buffer.Buffer, in *source, limit int64) error {
	r := bufio.NewReader(in)
	head, err := r.Peek(2)
	if err != nil {
		return err
	}
	var z io.ReadCloser
	// The method 8 in the low bits, and a check sum of the two bytes (RFC 1950, section 2.2).
	if head[0]&0x0f == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 {
		z, err = zlib.NewReader(r)
	} else {
		z = flate.NewReader(r)
	}
	if err != nil {
		return err
	}
	defer z.Close()
	return b.Fill(z, limit)
}

// maxWindow is how far back a body in zstd may refer: what RFC 9659 allows in HTTP.
const maxWindow = 8 << 20

var (
	gzips   = sync.Pool{New: func() any { return new(gzip.Reader) }}
	brotlis = sync.Pool{New: func() any { return new(brotli.Reader) }}
	// Without concurrency a decoder has no goroutines, so that it can be left to the garbage collector.
	zstds = sync.Pool{New: func() any {
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return fmt.Errorf("zstd: %w", err)
		}
		return z
	}}
)

// source is a reader that fails when there is more than it may read, where [io.LimitReader] would end, and remembers how it
// failed.
type source struct {
	r    io.Reader
	left int64
	read int64
	err  error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.read += int64(n)
	if s.left -= int64(n); s.left < 0 {
		return 0, buffer.ErrLimit
	}
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
