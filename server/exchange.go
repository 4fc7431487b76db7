package server

import (
	"bufio"
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const requestIDHeader = "X-Request-Id"

// exchange is one HTTP request and its answer on their way through the server: the response writer that the layers share,
// and what is noted down on the way. It is used by one goroutine at a time.
type exchange struct {
	http.ResponseWriter
	id     string
	status int
	bytes  int64
	conn   net.Conn // set when the connection was handed over to another protocol
}

type exchangeKey struct{}

// RequestID returns the id of the request that ctx belongs to, or an empty text if it belongs to none.
func RequestID(ctx context.Context) string {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x.id
	}
	return ""
}

// begun reports whether the answer is on its way, so that its status can no longer be changed.
func (x *exchange) begun() bool { return x.status != 0 }

func (x *exchange) WriteHeader(status int) {
	if x.status == 0 && status >= 200 { // 1xx are not the answer
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

func (x *exchange) Write(p []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	n, err := x.ResponseWriter.Write(p)
	x.bytes += int64(n)
	return n, err
}

// Unwrap is how http.ResponseController finds what the connection can do.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// Flush and Hijack are for transports that ask for the interfaces instead of using http.ResponseController.
func (x *exchange) Flush() {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	_ = http.NewResponseController(x.ResponseWriter).Flush()
}

// Hijack hands the connection over to a transport that speaks another protocol on it.
func (x *exchange) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(x.ResponseWriter).Hijack()
	if err == nil {
		x.conn = conn
		x.status = http.StatusSwitchingProtocols
	}
	return conn, rw, err
}

// requestID returns the id that the client gave the request, if it is one to be put into logs and headers, or a new one.
func requestID(h http.Header) string {
	v := h[requestIDHeader]
	if len(v) == 1 && isSaneID(v[0]) {
		return v[0]
	}
	return rand.Text()
}

func isSaneID(id string) bool {
	if len(id) == 0 || len(id) > 128 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9':
		case c == '-', c == '_', c == '.', c == ':', c == '/', c == '+', c == '=':
		default:
			return false
		}
	}
	return true
}

// Record is what is known of a request when it is over.
type Record struct {
	RequestID  string
	RemoteAddr string
	Method     string
	Path       string
	Status     int // 101 for a WebSocket, whose record comes when it is closed
	Bytes      int64
	Duration   time.Duration
}

// accessLog returns a hook that writes a line for every request.
func accessLog(log *slog.Logger) func(context.Context, Record) {
	return func(ctx context.Context, r Record) {
		log.LogAttrs(ctx, slog.LevelInfo, "request",
			slog.String("request_id", r.RequestID),
			slog.String("remote", r.RemoteAddr),
			slog.String("method", r.Method),
			slog.String("path", r.Path),
			slog.Int("status", r.Status),
			slog.Int64("bytes", r.Bytes),
			slog.Duration("duration", r.Duration))
	}
}
