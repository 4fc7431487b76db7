package http1

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"
)

// Options say how connections are used. They are shared by all connections of a pool and do not change.
type Options struct {
	// HeaderBytes limits what comes before the body of an answer, provisional answers included, and its trailers.
	HeaderBytes int64
	// HeaderTimeout limits the wait for the head of an answer once the request is written; 0: no limit of its own.
	HeaderTimeout time.Duration
	// AbsoluteForm sends whole URLs as targets, as forward proxies want them (RFC 9112, section 3.2.2).
	AbsoluteForm bool
	// ProxyAuthorization goes along with each request, if it is not empty.
	ProxyAuthorization string
	// Uploads counts the goroutines that write the bodies of requests.
	Uploads *sync.WaitGroup
}

// Conn is one connection. It carries one request at a time: whoever calls RoundTrip has it until it is done.
type Conn struct {
	nc     net.Conn
	socket net.Conn // below TLS, or nc
	secure *tls.Conn
	raw    syscall.RawConn
	opt    *Options
	done   func(reusable bool)
	abort  func() // closes the socket; kept, so that a method value is not made for each request
	probe  func(fd uintptr)
	quiet  bool // what probe found

	// What follows belongs to the request under way.
	buf      *[]byte // what was read and not yet used is (*buf)[r:w]
	r, w     int
	stop     func() bool
	upload   *upload
	writeErr error
	reused   bool
	silent   bool // not one byte of the answer has come

	mu       sync.Mutex // guards the fields below, which an upload also writes
	hasHead  bool
	deadline bool // a read deadline is set
}

// New returns a connection over nc, which is connected, and encrypted if it should be.
//
// done is called once for each call of RoundTrip: when the answer was read to its end, or nothing more will come of it. A
// connection that is not reusable is closed already. The connection is not touched after that.
func New(nc net.Conn, opt *Options, done func(reusable bool)) *Conn {
	c := &Conn{nc: nc, socket: nc, opt: opt, done: done}
	if t, ok := nc.(*tls.Conn); ok {
		c.secure, c.socket = t, t.NetConn()
	}
	if s, ok := c.socket.(syscall.Conn); ok {
		if raw, err := s.SyscallConn(); err == nil {
			c.raw = raw
		}
	}
	c.abort = func() { c.socket.Close() }
	c.probe = func(fd uintptr) { c.quiet = isQuiet(fd) }
	return c
}

// Close closes the connection. It may be called at any time, and more than once.
func (c *Conn) Close() { c.nc.Close() }

// IsQuiet reports whether an idle connection is still open and nothing has come on it. Whatever comes without a request is
// not an answer to the next one. It does not block.
func (c *Conn) IsQuiet() bool {
	if c.secure != nil && !c.isDecrypted() {
		return false
	}
	if c.raw == nil {
		return true
	}
	c.quiet = false
	if err := c.raw.Control(c.probe); err != nil {
		return false
	}
	return c.quiet
}

// isDecrypted reports whether no byte of the peer waits between the socket and us. A deadline that is over makes a read
// return what TLS has, and nothing else.
func (c *Conn) isDecrypted() bool {
	if err := c.secure.SetReadDeadline(time.Unix(1, 0)); err != nil {
		return false
	}
	n, err := c.secure.Read(make([]byte, 1))
	if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	return c.secure.SetReadDeadline(time.Time{}) == nil
}

// RoundTrip sends req and returns the answer as soon as its head was read. It blocks as long as the context of the request
// allows, whose end also closes the connection while the body is read. Provisional answers (1xx) are dropped, but for 101
// to a request with the header Upgrade: the body of that answer is the connection, an [io.ReadWriteCloser].
//
// The caller reads the body to its end or closes it. A body of a request that is not [Bytes] is written by a goroutine and
// closed by it, which may be after RoundTrip has returned.
func (c *Conn) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	c.stop, c.upload, c.writeErr, c.silent, c.hasHead = nil, nil, nil, true, false
	if ctx.Err() != nil {
		c.finish(true)
		closeBody(req)
		return nil, context.Cause(ctx)
	}
	if ctx.Done() != nil {
		c.stop = context.AfterFunc(ctx, c.abort)
	}
	if err := c.send(ctx, req, bodyLength(req)); err != nil {
		c.finish(true) // nothing was sent
		closeBody(req)
		return nil, err
	}
	if c.upload == nil {
		closeBody(req)
		c.startHeaderTimeout(ctx)
	}
	resp, err := c.receive(ctx, req)
	if err != nil {
		err = c.explain(ctx, err)
		c.finish(false)
		return nil, err
	}
	return resp, nil
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// explain gives an error of reading its reason, which is not always where it shows.
func (c *Conn) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if _, ok := errors.AsType[*ProtocolError](err); ok || errors.Is(err, ErrHeaderTooLarge) {
		return err
	}
	if c.upload != nil {
		select {
		case <-c.upload.done:
			if c.upload.err != nil {
				c.writeErr = c.upload.err
			}
		default:
		}
	}
	if body, ok := errors.AsType[*BodyError](c.writeErr); ok {
		return body
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ErrHeaderTimeout
	}
	if c.writeErr != nil {
		err = c.writeErr
	}
	if !c.silent {
		err = unexpected(err)
	}
	return &LostError{Reused: c.reused, Silent: c.silent, Err: err}
}

// finish ends the request under way and hands the connection back. It is reusable only if everything about the request and
// its answer is over.
func (c *Conn) finish(reusable bool) {
	if c.stop != nil && !c.stop() {
		reusable = false
	}
	if c.upload != nil && !c.upload.ended() || c.writeErr != nil || c.r != c.w {
		reusable = false
	}
	if c.buf != nil {
		putBuffer(c.buf)
		c.buf = nil
	}
	c.r, c.w, c.reused = 0, 0, true
	if !reusable {
		c.Close()
	}
	c.done(reusable)
}

// ended reports whether the body was written whole. A peer that answers has often just read the last of it, so that what is
// left for the writer to do is to say so.
func (u *upload) ended() bool {
	const enough = 50 * time.Millisecond
	timer := time.NewTimer(enough)
	defer timer.Stop()
	select {
	case <-u.done:
		return u.err == nil
	case <-timer.C:
		return false
	}
}

// startHeaderTimeout is called when the request is written.
func (c *Conn) startHeaderTimeout(ctx context.Context) {
	if c.opt.HeaderTimeout <= 0 {
		return
	}
	limit := time.Now().Add(c.opt.HeaderTimeout)
	if d, ok := ctx.Deadline(); ok && d.Before(limit) {
		return // the end of the context comes first
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.hasHead {
		c.deadline = c.nc.SetReadDeadline(limit) == nil
	}
}

// endHeaderTimeout is called when the head was read.
func (c *Conn) endHeaderTimeout() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hasHead = true
	if !c.deadline {
		return nil
	}
	c.deadline = false
	return c.nc.SetReadDeadline(time.Time{})
}

// bufferSize is enough for the head of most answers and for short bodies behind it. Longer bodies are read straight to
// where they are wanted.
const bufferSize = 8 << 10

var buffers = sync.Pool{New: func() any {
	b := make([]byte, bufferSize)
	return &b
}}

func getBuffer() *[]byte {
	b, _ := buffers.Get().(*[]byte)
	return b
}

// putBuffer takes a buffer back. One that has grown is left to the garbage collector.
func putBuffer(b *[]byte) {
	if cap(*b) <= 2*bufferSize {
		*b = (*b)[:cap(*b)]
		buffers.Put(b)
	}
}

// fill reads more into the buffer, which must not be full of what nobody has used.
func (c *Conn) fill() error {
	if c.buf == nil {
		c.buf = getBuffer()
	}
	b := *c.buf
	switch {
	case c.r == c.w:
		c.r, c.w = 0, 0
	case c.w == len(b) && c.r > 0:
		c.w = copy(b, b[c.r:c.w])
		c.r = 0
	case c.w == len(b):
		bigger := make([]byte, 2*len(b))
		copy(bigger, b)
		putBuffer(c.buf)
		c.buf, b = &bigger, bigger
	}
	n, err := c.nc.Read(b[c.w:])
	c.w += n
	if n > 0 {
		c.silent = false
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}
