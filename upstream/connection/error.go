package connection

import (
	"errors"
	"strings"

	"github.com/sluice-gateway/sluice/upstream/internal/http1"
)

// The causes that callers tell apart. They are found with [errors.Is].
var (
	// ErrConnectTimeout: the endpoint, or the proxy before it, took no connection in time.
	ErrConnectTimeout = errors.New("no connection in time")
	// ErrTLSTimeout: there was a connection, and the handshake on it did not end in time.
	ErrTLSTimeout = errors.New("no TLS handshake in time")
	// ErrNoConnection: all connections that are allowed were in use as long as the request could wait.
	ErrNoConnection = errors.New("all connections to the endpoint are in use")
	// ErrClosed: the pool is closed.
	ErrClosed = errors.New("the connections are closed")
	// ErrHeaderTooLarge: the head of the answer is over the limit.
	ErrHeaderTooLarge = http1.ErrHeaderTooLarge
	// ErrHeaderTimeout: the head of the answer did not come in time.
	ErrHeaderTimeout = http1.ErrHeaderTimeout
)

// The errors of an exchange over HTTP/1.1.
type (
	// RequestError says that a request cannot be written as HTTP. Nothing was sent.
	RequestError = http1.RequestError
	// ProtocolError says that what came is not an answer in HTTP.
	ProtocolError = http1.ProtocolError
	// LostError says that the connection broke before the answer was complete.
	LostError = http1.LostError
	// BodyError says that the body of the request could not be read, which is its sender's fault.
	BodyError = http1.BodyError
)

// DialError says that there is no connection: nothing was sent.
type DialError struct{ Err error }

// Error returns the cause.
func (e *DialError) Error() string { return "connect: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *DialError) Unwrap() error { return e.Err }

// RefusedError says that the endpoint gave the request back unprocessed (RFC 9113, section 8.7): it may be sent again
// whatever it is.
type RefusedError struct{ Err error }

// Error returns the cause.
func (e *RefusedError) Error() string { return "refused: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Err }

// streamError has the form of net/http's own error for one stream of HTTP/2, which is not exported and fills in values of
// this form for [errors.As].
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e streamError) Error() string { return "stream error" }

// refusedStream is the error code of RFC 9113, section 7, for a request that was not processed.
const refusedStream = 0x7

// typedHTTP2 gives the errors of net/http's HTTP/2 their types. But for the code of a stream they have none of their own as
// of Go 1.26, so they are known by their text, which a test against real servers holds.
func typedHTTP2(err error) error {
	if err == nil {
		return nil
	}
	var stream streamError
	if errors.As(err, &stream) && stream.Code == refusedStream {
		return &RefusedError{err}
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "client conn not usable"), strings.Contains(text, "graceful shutdown GOAWAY"):
		return &RefusedError{err}
	case strings.Contains(text, "response header list larger than advertised limit"):
		return errors.Join(ErrHeaderTooLarge, err)
	}
	for _, lost := range []string{"client connection lost", "client connection force closed", "client conn is closed", "GOAWAY"} {
		if strings.Contains(text, lost) {
			return &LostError{Reused: true, Err: err}
		}
	}
	return err
}
