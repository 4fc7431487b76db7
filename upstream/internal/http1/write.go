package http1

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// Bytes is the body of a request that lies in memory. A small one is written together with the head, by the goroutine of
// the caller. It is used for one request.
type Bytes struct {
	rest []byte
}

// NewBytes returns b as a body. It must not change until the answer was read.
func NewBytes(b []byte) *Bytes { return &Bytes{rest: b} }

// Read implements [io.Reader].
func (b *Bytes) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// Close does nothing.
func (b *Bytes) Close() error { return nil }

const (
	// inline is the largest body that is written before anything is read. It fits into the buffers of the two sockets, so
	// that a peer which answers before it has read the body does not leave both sides writing.
	inline = 64 << 10
	// joined is the largest body that is copied behind the head, to be one write. More goes out as it stands.
	joined = 8 << 10
	// piece is how much of a streamed body is read at once.
	piece = 32 << 10
)

// bodyLength returns the length of the body of req: 0 if there is none, -1 if it is not known.
func bodyLength(req *http.Request) int64 {
	switch {
	case req.Body == nil || req.Body == http.NoBody:
		return 0
	case req.ContentLength > 0:
		return req.ContentLength
	}
	return -1
}

// appendHead appends the head of req to b, or says what in it cannot be written. Nothing in a request may end a line or a
// word of the head.
func (c *Conn) appendHead(b []byte, req *http.Request, length int64) ([]byte, error) {
	if !isToken(req.Method) {
		return nil, &RequestError{"the method is not a token"}
	}
	if req.Method == http.MethodConnect {
		return nil, &RequestError{"CONNECT makes a tunnel and has no answer"}
	}
	target := req.URL.RequestURI()
	if c.opt.AbsoluteForm && strings.HasPrefix(target, "/") {
		target = req.URL.Scheme + "://" + req.URL.Host + target
	}
	if !isVisible(target) {
		return nil, &RequestError{"the target has a byte that must be encoded"}
	}
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	if !isVisible(host) {
		return nil, &RequestError{"the host is not a host"}
	}
	b = append(b, req.Method...)
	b = append(b, ' ')
	b = append(b, target...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, host...)
	b = append(b, "\r\n"...)
	b, err := appendFields(b, req.Header, true)
	if err != nil {
		return nil, err
	}
	if c.opt.ProxyAuthorization != "" {
		b = append(b, "Proxy-Authorization: "...)
		b = append(b, c.opt.ProxyAuthorization...)
		b = append(b, "\r\n"...)
	}
	switch {
	case length > 0:
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, length, 10)
		b = append(b, "\r\n"...)
	case length < 0:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
		if len(req.Trailer) > 0 {
			b = append(b, "Trailer: "...)
			sep := ""
			for name := range req.Trailer {
				if !isToken(name) || isFraming(name) {
					return nil, &RequestError{"the name of a trailer is not allowed"}
				}
				b = append(append(b, sep...), name...)
				sep = ", "
			}
			b = append(b, "\r\n"...)
		}
	case req.Method == http.MethodPost, req.Method == http.MethodPut, req.Method == http.MethodPatch:
		// "A user agent SHOULD send Content-Length in a request when the method defines a meaning for enclosed content"
		// (RFC 9110, section 8.6).
		b = append(b, "Content-Length: 0\r\n"...)
	}
	return append(b, "\r\n"...), nil
}

// appendFields appends header fields, each in a line; those that the head itself decides on are left out.
func appendFields(b []byte, h http.Header, head bool) ([]byte, error) {
	for name, values := range h {
		if !isToken(name) {
			return nil, &RequestError{"the name of a header is not a token"}
		}
		if head && isFraming(name) {
			continue
		}
		for _, v := range values {
			if !isFieldValue(v) {
				return nil, &RequestError{"the value of the header " + name + " has a control character"}
			}
			b = append(b, name...)
			b = append(b, ": "...)
			b = append(b, v...)
			b = append(b, "\r\n"...)
		}
	}
	return b, nil
}

// isFraming reports whether a header field says where a message ends or whom it is for, in any case of letters: only this
// package writes those.
func isFraming(name string) bool {
	switch len(name) {
	case len("Host"):
		return strings.EqualFold(name, "Host")
	case len("Trailer"):
		return strings.EqualFold(name, "Trailer")
	case len("Content-Length"):
		return strings.EqualFold(name, "Content-Length")
	case len("Transfer-Encoding"):
		return strings.EqualFold(name, "Transfer-Encoding")
	}
	return false
}

// send writes req. If its body is not small, a goroutine writes that while the caller reads, and c.upload is set.
func (c *Conn) send(ctx context.Context, req *http.Request, length int64) error {
	out := getBuffer()
	defer putBuffer(out)
	head, err := c.appendHead((*out)[:0], req, length)
	if err != nil {
		return err
	}
	*out = head
	body, inMemory := req.Body.(*Bytes)
	switch {
	case length == 0:
		_, err = c.nc.Write(head)
	case inMemory && int64(len(body.rest)) != length:
		return &RequestError{"the body is not as long as announced"}
	case inMemory && length <= joined:
		head = append(head, body.rest...)
		*out = head
		_, err = c.nc.Write(head)
	case inMemory && length <= inline:
		_, err = (&net.Buffers{head, body.rest}).WriteTo(c.nc)
	default:
		if _, err = c.nc.Write(head); err == nil {
			c.startUpload(ctx, req, length)
		}
	}
	if err != nil {
		// The peer may have answered before it closed the connection: the answer says more than the error.
		c.writeErr = err
	}
	return nil
}

// upload is a body that is being written while the answer is read.
type upload struct {
	done chan struct{} // closed when nothing more is written; err is read after that
	err  error
}

func (c *Conn) startUpload(ctx context.Context, req *http.Request, length int64) {
	u := &upload{done: make(chan struct{})}
	c.upload = u
	c.opt.Uploads.Go(func() {
		defer close(u.done)
		defer req.Body.Close()
		u.err = c.copyBody(req, length)
		if u.err != nil {
			if _, ok := errors.AsType[*BodyError](u.err); ok {
				c.Close() // the message cannot be completed, and what was sent of it must not be taken for all
			}
			return
		}
		c.startHeaderTimeout(ctx)
	})
}

// copyBody writes the body of req: as long as was announced, or in chunks, each as it comes.
func (c *Conn) copyBody(req *http.Request, length int64) error {
	const before, after = 18, 2 // room for the size of a chunk, and for its end
	buf := make([]byte, before+piece+after)
	for sent := int64(0); ; {
		n, err := req.Body.Read(buf[before : before+piece])
		if sent += int64(n); length >= 0 && sent > length {
			return &BodyError{errors.New("longer than announced")}
		}
		if n > 0 {
			out := buf[before : before+n]
			if length < 0 {
				size := strconv.AppendInt(make([]byte, 0, before), int64(n), 16)
				start := before - len(size) - 2
				copy(buf[start:], size)
				copy(buf[before-2:], "\r\n")
				copy(buf[before+n:], "\r\n")
				out = buf[start : before+n+2]
			}
			if _, err := c.nc.Write(out); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF && length >= 0 && sent < length:
			return &BodyError{io.ErrUnexpectedEOF}
		case err == io.EOF && length >= 0:
			return nil
		case err == io.EOF:
			out, err := appendFields(append(buf[:0], "0\r\n"...), req.Trailer, true)
			if err != nil {
				return &BodyError{err}
			}
			_, err = c.nc.Write(append(out, "\r\n"...))
			return err
		case err != nil:
			return &BodyError{err}
		}
	}
}
