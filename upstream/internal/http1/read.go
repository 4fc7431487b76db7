package http1

import (
	"bytes"
	"context"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// answer is one response with its body: one piece of memory.
type answer struct {
	resp http.Response
	body body
}

// receive reads the head of the answer and finds out how the body ends.
func (c *Conn) receive(ctx context.Context, req *http.Request) (*http.Response, error) {
	a := &answer{}
	resp := &a.resp
	for left := c.opt.HeaderBytes; ; {
		head, err := c.readHead(left)
		if err != nil {
			return nil, err
		}
		left -= int64(len(head))
		err = parseHead(resp, string(head))
		c.r += len(head)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
			break
		}
	}
	if err := c.endHeaderTimeout(); err != nil {
		return nil, err
	}
	resp.Request = req
	a.body = body{c: c, ctx: ctx, resp: resp}
	if err := a.body.frame(req.Method); err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusSwitchingProtocols && len(req.Header["Upgrade"]) > 0 {
		resp.Body = &tunnel{&a.body}
		return resp, nil
	}
	if a.body.kind == ended {
		resp.Body = http.NoBody
		c.finish(a.body.reusable())
		return resp, nil
	}
	resp.Body = &a.body
	return resp, nil
}

// readHead returns the next head, the empty line at its end included, which lies in the buffer. At most limit bytes are
// read for it.
func (c *Conn) readHead(limit int64) ([]byte, error) {
	seen := c.r // no head ends before
	for {
		if c.buf != nil {
			if end := endOfHead((*c.buf)[c.r:c.w], seen-c.r); end > 0 {
				if int64(end) > limit {
					return nil, ErrHeaderTooLarge
				}
				return (*c.buf)[c.r : c.r+end], nil
			}
		}
		have := c.w - c.r
		if int64(have) >= limit {
			return nil, ErrHeaderTooLarge
		}
		if err := c.fill(); err != nil {
			if have > 0 {
				err = unexpected(err)
			}
			return nil, err
		}
		seen = c.r + max(have-3, 0)
	}
}

// endOfHead returns where the head at the beginning of b ends, behind an empty line; 0: not yet. Before from is no end. A
// line may end in LF alone (RFC 9112, section 2.2).
func endOfHead(b []byte, from int) int {
	for i := from; ; {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			return 0
		}
		i += n + 1
		switch rest := b[i:]; {
		case len(rest) > 0 && rest[0] == '\n':
			return i + 1
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return i + 2
		}
	}
}

// parseHead reads the status line and the header of an answer. The strings of the answer are parts of head.
func parseHead(resp *http.Response, head string) error {
	line, rest, _ := strings.Cut(head, "\n")
	line = strings.TrimSuffix(line, "\r")
	proto, status, _ := strings.Cut(line, " ")
	switch proto {
	case "HTTP/1.1":
		resp.ProtoMinor = 1
	case "HTTP/1.0":
		resp.ProtoMinor = 0
	default:
		return malformed("status line", line)
	}
	if len(status) < 3 || len(status) > 3 && status[3] != ' ' || !isFieldValue(status) {
		return malformed("status line", line)
	}
	code := 0
	for _, digit := range []byte(status[:3]) {
		if digit < '0' || digit > '9' {
			return malformed("status line", line)
		}
		code = 10*code + int(digit-'0')
	}
	if code < 100 {
		return malformed("status line", line)
	}
	resp.Proto, resp.ProtoMajor, resp.Status, resp.StatusCode = proto, 1, status, code
	resp.Header = make(http.Header, max(strings.Count(rest, "\n")-1, 0))
	return parseFields(resp.Header, rest)
}

// parseFields reads header fields, up to an empty line, into h.
func parseFields(h http.Header, text string) error {
	values := make([]string, strings.Count(text, "\n")) // one piece of memory for most values
	for {
		line, rest, ok := strings.Cut(text, "\n")
		line = strings.TrimSuffix(line, "\r")
		if line == "" && ok {
			return nil
		}
		name, value, colon := strings.Cut(line, ":")
		// A line that begins with a space goes on with the one before, in a way that programs understand differently;
		// space before the colon likewise (RFC 9112, sections 5.1 and 5.2). Neither is a token.
		if !ok || !colon || !isToken(name) {
			return malformed("header", line)
		}
		if value = strings.Trim(value, " \t"); !isFieldValue(value) {
			return malformed("header", line)
		}
		name = textproto.CanonicalMIMEHeaderKey(name)
		if old := h[name]; old != nil {
			h[name] = append(old, value)
		} else {
			v := values[:1:1]
			values = values[1:]
			v[0] = value
			h[name] = v
		}
		text = rest
	}
}

// frame finds out how the body ends (RFC 9112, section 6.3). Where a head says so in two ways that differ, the answer is
// refused: whoever else reads it may choose the other one.
func (b *body) frame(method string) error {
	resp := b.resp
	resp.Close = closes(resp)
	length, hasLength, err := contentLength(resp.Header["Content-Length"])
	if err != nil {
		return err
	}
	encodings := resp.Header["Transfer-Encoding"]
	switch status := resp.StatusCode; {
	case method == http.MethodHead, status == http.StatusNoContent, status == http.StatusNotModified, status < 200:
		b.kind, resp.ContentLength = ended, 0
		if method == http.MethodHead || status == http.StatusNotModified {
			resp.ContentLength = -1
			if hasLength {
				resp.ContentLength = length
			}
		}
	case len(encodings) > 0:
		if hasLength {
			return &ProtocolError{"both Content-Length and Transfer-Encoding"}
		}
		if len(encodings) != 1 || !strings.EqualFold(encodings[0], "chunked") || resp.ProtoMinor == 0 {
			return malformed("Transfer-Encoding", strings.Join(encodings, ", "))
		}
		b.kind, resp.ContentLength = chunked, -1
		resp.TransferEncoding = chunkedEncoding
		b.announceTrailers()
	case hasLength:
		b.kind, b.left, resp.ContentLength = counted, length, length
		if length == 0 {
			b.kind = ended
		}
	default:
		b.kind, resp.ContentLength, resp.Close = untilClose, -1, true
	}
	delete(resp.Header, "Transfer-Encoding")
	return nil
}

var chunkedEncoding = []string{"chunked"}

// contentLength reads the values of Content-Length. The header may be repeated as long as all say the same; a list in one, which a
// recipient may take or refuse (RFC 9110, section 8.6), is refused.
func contentLength(values []string) (length int64, ok bool, err error) {
	for _, v := range values {
		// ParseUint takes nothing but digits. 63 bits leave room for no sign.
		n, err := strconv.ParseUint(v, 10, 63)
		if err != nil || ok && int64(n) != length {
			return 0, false, malformed("Content-Length", strings.Join(values, ", "))
		}
		length, ok = int64(n), true
	}
	return length, ok, nil
}

// closes reports whether the peer closes the connection behind this answer. HTTP/1.0 always does for us: what it says of
// keeping connections was never made a standard.
func closes(resp *http.Response) bool {
	if resp.ProtoMinor == 0 {
		return true
	}
	for _, v := range resp.Header["Connection"] {
		for option := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.Trim(option, " \t"), "close") {
				return true
			}
		}
	}
	return false
}

// announceTrailers makes the announced trailers keys without values, as net/http does.
func (b *body) announceTrailers() {
	for _, v := range b.resp.Header["Trailer"] {
		for name := range strings.SplitSeq(v, ",") {
			if name = strings.Trim(name, " \t"); isToken(name) && !isFraming(name) {
				if b.resp.Trailer == nil {
					b.resp.Trailer = http.Header{}
				}
				b.resp.Trailer[textproto.CanonicalMIMEHeaderKey(name)] = nil
			}
		}
	}
}

// readTrailers reads what follows the last chunk.
func (b *body) readTrailers() error {
	c := b.c
	trailers := http.Header{}
	for left := c.opt.HeaderBytes; ; {
		line, err := c.readLine(left)
		if err != nil {
			return err
		}
		if len(line) == 0 {
			break
		}
		left -= int64(len(line)) + 2
		if err := parseFields(trailers, string(line)+"\n\n"); err != nil {
			return err
		}
	}
	for name, values := range trailers {
		if isFraming(name) {
			continue
		}
		if b.resp.Trailer == nil {
			b.resp.Trailer = http.Header{}
		}
		b.resp.Trailer[name] = values
	}
	return nil
}

// readLine returns the next line, without its end, which is CR LF. It is good until more is read.
func (c *Conn) readLine(limit int64) ([]byte, error) {
	for {
		var have []byte
		if c.buf != nil {
			have = (*c.buf)[c.r:c.w]
		}
		if end := bytes.IndexByte(have, '\n'); end >= 0 {
			if int64(end) > limit {
				return nil, ErrHeaderTooLarge
			}
			if end == 0 || have[end-1] != '\r' {
				return nil, malformed("end of line", string(have[:end+1]))
			}
			c.r += end + 1
			return have[:end-1], nil
		}
		if int64(len(have)) > limit {
			return nil, ErrHeaderTooLarge
		}
		if err := c.fill(); err != nil {
			return nil, unexpected(err)
		}
	}
}

// readSome reads into p what the buffer has, or else the connection.
func (c *Conn) readSome(p []byte) (int, error) {
	if c.r == c.w {
		// A short read is better made a long one, unless it is all that is wanted.
		if len(p) >= bufferSize/4 {
			return c.nc.Read(p)
		}
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, (*c.buf)[c.r:c.w])
	c.r += n
	return n, nil
}

// discard drops n bytes that the buffer has.
func (c *Conn) discard(n int64) bool {
	if int64(c.w-c.r) < n {
		return false
	}
	c.r += int(n)
	return true
}
