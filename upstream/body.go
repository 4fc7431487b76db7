package upstream

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/sluice-gateway/sluice/upstream/internal/buffer"
)

// maxTrust is how much memory the length that a service announces is worth before anything of the body was seen.
const maxTrust = 1 << 20

// readBody reads the body into a buffer on loan, decompressed, within the limit.
func (x *netHTTP) readBody(resp *http.Response, out *Response) error {
	if resp.ContentLength > x.limits.BodyBytes {
		return ErrBodyTooLarge
	}
	if resp.ContentLength == 0 || resp.Body == http.NoBody {
		return nil
	}
	compressed, err := isGzip(resp.Header)
	if err != nil {
		return err
	}
	// One byte more than announced, so that the end is seen without growing.
	hint := int(min(max(resp.ContentLength, 0), maxTrust)) + 1
	if compressed {
		hint *= 4
	}
	b := buffer.New(hint)
	if compressed {
		err = gunzip(b, resp.Body, x.limits.BodyBytes)
		delete(out.Header, "Content-Encoding")
		delete(out.Header, "Content-Length")
	} else {
		err = b.Fill(resp.Body, x.limits.BodyBytes)
	}
	switch {
	case errors.Is(err, buffer.ErrLimit):
		err = ErrBodyTooLarge
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("%w: %w", ErrTruncated, err)
	}
	if err != nil {
		b.Release()
		return err
	}
	out.Body, out.loan = b.B, b
	return nil
}

// isGzip reports whether the body is compressed; other encodings than gzip are an error, as nobody asked for them.
func isGzip(h http.Header) (bool, error) {
	values := h["Content-Encoding"]
	if len(values) == 0 {
		return false, nil
	}
	switch encoding := strings.ToLower(strings.TrimSpace(strings.Join(values, ","))); encoding {
	case "", "identity":
		return false, nil
	case "gzip", "x-gzip":
		return true, nil
	}
	return false, ErrEncoding
}

var gzipReaders = sync.Pool{New: func() any { return new(gzip.Reader) }}

// gunzip decompresses body into b. The limit holds for what comes in and for what comes out: a small body may
// decompress to a large one, and a large one to nothing.
func gunzip(b *buffer.Buffer, body io.Reader, limit int64) error {
	z, _ := gzipReaders.Get().(*gzip.Reader)
	defer gzipReaders.Put(z)
	err := z.Reset(&limited{r: body, left: limit})
	if err == nil {
		err = b.Fill(z, limit)
	}
	var corrupt flate.CorruptInputError
	switch {
	case err == io.EOF:
		return io.ErrUnexpectedEOF // not even a header
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	return err
}

// limited is a reader that fails when there is more than it may read, where [io.LimitReader] would end.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, buffer.ErrLimit
	}
	return n, err
}
