package upstream

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/sluice-gateway/sluice/upstream/internal/buffer"
	"github.com/sluice-gateway/sluice/upstream/internal/compression"
)

// maxTrust is how much memory the length that a service announces is worth before anything of the body was seen.
const maxTrust = 1 << 20

// readBody reads the body into a buffer on loan, decompressed, within the limit.
func (x *pooled) readBody(resp *http.Response, out *Response) error {
	if resp.ContentLength > x.limits.BodyBytes {
		return ErrBodyTooLarge
	}
	if resp.ContentLength == 0 || resp.Body == http.NoBody {
		return nil
	}
	coding, err := compression.Of(resp.Header["Content-Encoding"])
	if err != nil {
		return fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	// One byte more than announced, so that the end is seen without growing.
	hint := int(min(max(resp.ContentLength, 0), maxTrust)) + 1
	if !coding.IsIdentity() {
		hint *= 4
		delete(out.Header, "Content-Encoding")
		delete(out.Header, "Content-Length")
	}
	b := buffer.New(hint)
	if err := coding.Fill(b, resp.Body, x.limits.BodyBytes); err != nil {
		b.Release()
		var corrupt *compression.CorruptError
		switch {
		case errors.Is(err, buffer.ErrLimit):
			return ErrBodyTooLarge
		case errors.As(err, &corrupt):
			return fmt.Errorf("%w: %w", ErrEncoding, err)
		}
		return truncated(err)
	}
	out.Body, out.loan = b.B, b
	return nil
}

// truncated says of an end that comes too early that it does.
func truncated(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrTruncated, err)
	}
	return err
}
