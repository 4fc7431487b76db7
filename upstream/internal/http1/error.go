package http1

import (
	"errors"
	"io"
	"strconv"
)

// The causes that callers tell apart. They are found with [errors.Is].
var (
	// ErrHeaderTooLarge: the head of the answer, those of provisional answers included, is over the limit.
	ErrHeaderTooLarge = errors.New("the head of the answer is over the limit")
	// ErrHeaderTimeout: the head of the answer did not come in time.
	ErrHeaderTimeout = errors.New("no head of an answer in time")
	// ErrBodyClosed: a body was read after it had been closed.
	ErrBodyClosed = errors.New("the body is closed")
)

// RequestError says that a request cannot be written as HTTP/1.1. Nothing was sent.
type RequestError struct{ Reason string }

// Error returns the reason.
func (e *RequestError) Error() string { return "request: " + e.Reason }

// ProtocolError says that what the peer sent is not an answer in HTTP/1.1.
type ProtocolError struct{ Reason string }

// Error returns the reason.
func (e *ProtocolError) Error() string { return "malformed answer: " + e.Reason }

// malformed names what the peer sent, short and without control characters.
func malformed(what, got string) error {
	const enough = 40
	if len(got) > enough {
		got = got[:enough]
	}
	return &ProtocolError{Reason: what + " " + strconv.Quote(got)}
}

// LostError says that the connection broke before the answer was complete.
type LostError struct {
	// Reused: the connection had carried other requests before. The usual reason is then that the peer closed an idle
	// connection at the moment at which the request was sent.
	Reused bool
	// Silent: not one byte of an answer had arrived.
	Silent bool
	Err    error
}

// Error returns the cause.
func (e *LostError) Error() string {
	if e.Reused && e.Silent {
		return "connection lost that had been idle: " + e.Err.Error()
	}
	return "connection lost: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *LostError) Unwrap() error { return e.Err }

// BodyError says that the body of the request could not be read to its end. The request was sent in part.
type BodyError struct{ Err error }

// Error returns the cause.
func (e *BodyError) Error() string { return "body of the request: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *BodyError) Unwrap() error { return e.Err }

// unexpected makes the end of a connection an error: io.EOF says that all is well.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
