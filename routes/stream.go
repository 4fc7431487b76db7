package routes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

var (
	errIdle        = errors.New("nothing has moved for too long")
	errStopped     = errors.New("the program stops")
	errRequestBody = errors.New("the request body cannot be read")
)

// watch ends an exchange in which nothing moves. It is safe for concurrent use.
type watch struct {
	idle    time.Duration
	cancel  context.CancelCauseFunc
	last    atomic.Int64 // when something moved, in nanoseconds since began
	began   time.Time
	timer   *time.Timer
	mu      sync.Mutex // guards stopped
	stopped bool
	unhook  func() bool
}

// watch begins to watch an exchange, which cancel ends.
func (p *plain) watch(cancel context.CancelCauseFunc) *watch {
	w := &watch{idle: p.idle, cancel: cancel, began: time.Now(), unhook: func() bool { return true }}
	w.timer = time.AfterFunc(w.idle, w.check)
	if p.options.Stop != nil {
		w.unhook = context.AfterFunc(p.options.Stop, func() { cancel(errStopped) })
	}
	return w
}

// moved notes that something has.
func (w *watch) moved() { w.last.Store(int64(time.Since(w.began))) }

// check runs when the time is over since something had moved, unless more has since.
func (w *watch) check() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	if left := w.idle - (time.Since(w.began) - time.Duration(w.last.Load())); left > 0 {
		w.timer.Reset(left)
		return
	}
	w.cancel(errIdle)
}

func (w *watch) stop() {
	w.mu.Lock()
	w.stopped = true
	w.mu.Unlock()
	w.timer.Stop()
	w.unhook()
}

// requestBody is the body of a client on its way to a service.
type requestBody struct {
	body  io.ReadCloser
	rc    *http.ResponseController
	idle  time.Duration
	watch *watch
	done  atomic.Bool
	wrong atomic.Pointer[error] // what became of reading it; clients of services may lose it
}

// failure returns the error of reading the body, or nil.
func (b *requestBody) failure() error {
	if b == nil {
		return nil
	}
	if err := b.wrong.Load(); err != nil {
		return *err
	}
	return nil
}

// Read gives the client time for the next piece. The deadline is the connection's: it is taken back at the end, as it would
// end the answer too.
func (b *requestBody) Read(p []byte) (int, error) {
	if b.done.Load() {
		return 0, io.ErrClosedPipe
	}
	_ = b.rc.SetReadDeadline(time.Now().Add(b.idle))
	n, err := b.body.Read(p)
	if n > 0 {
		b.watch.moved()
	}
	switch {
	case err == io.EOF:
		_ = b.rc.SetReadDeadline(time.Time{})
	case err != nil:
		err = fmt.Errorf("%w: %w", errRequestBody, err)
		b.wrong.CompareAndSwap(nil, &err)
	}
	return n, err
}

// lingering is the time that a client has for what is left of a body that nobody wants, for net/http reads some of it to
// keep the connection.
const lingering = time.Second

// end ends the body with the answer: whoever still reads it gets no more.
func (b *requestBody) end() {
	b.done.Store(true)
	_ = b.rc.SetReadDeadline(time.Now().Add(lingering)) // net/http takes it back for the next request
	_ = b.body.Close()
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

// copyBody passes a body on. Flushed, each piece goes on as it comes.
func copyBody(w http.ResponseWriter, body io.Reader, rc *http.ResponseController, flush bool, limit time.Duration, watch *watch) error {
	buffer, _ := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	if flush { // the head, too
		_ = rc.Flush()
	}
	for {
		n, err := body.Read(*buffer)
		if n > 0 {
			watch.moved()
			_ = rc.SetWriteDeadline(time.Now().Add(limit))
			if _, werr := w.Write((*buffer)[:n]); werr != nil {
				return werr
			}
			if flush {
				if ferr := rc.Flush(); ferr != nil {
					return ferr
				}
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// abort ends an answer that has begun and cannot be completed, by cutting the connection.
func abort() { panic(http.ErrAbortHandler) }
