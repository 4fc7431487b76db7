package upstream

import (
	"errors"
	"strconv"

	"github.com/sluice-gateway/sluice/upstream/connection"
)

// Code says what kind of thing went wrong with a call.
type Code uint8

// The codes. The zero code is none of them.
const (
	// CodeRequest: the request cannot be sent as it is. Nothing was sent.
	CodeRequest Code = iota + 1
	// CodeUnavailable: there is no connection to the service. Nothing was sent, so that it is safe to repeat any
	// request.
	CodeUnavailable
	// CodeBroken: the connection broke, or the answer was cut short. The service may have acted on the request.
	CodeBroken
	// CodeTimeout: the service took longer than the configuration allows. It may have acted on the request.
	CodeTimeout
	// CodeCanceled: the caller gave up or its time was over, which is not the service's fault.
	CodeCanceled
	// CodeTooLarge: the answer is larger than the configuration allows.
	CodeTooLarge
	// CodeInvalid: the answer is not HTTP, or in an encoding that cannot be read.
	CodeInvalid
	// CodeCredentials: there are no credentials to call the service with. Nothing was sent.
	CodeCredentials
	// CodeOverloaded: as many calls are under way as the configuration allows. Nothing was sent.
	CodeOverloaded
	// CodeCircuitOpen: the last calls failed, so that this one was not even tried. Nothing was sent.
	CodeCircuitOpen
)

var codeNames = [...]string{"", "bad request", "unavailable", "broken", "timeout", "canceled", "too large", "invalid", "no credentials", "overloaded", "circuit open"}

// String returns the code in one or two words.
func (c Code) String() string {
	if int(c) < len(codeNames) {
		return codeNames[c]
	}
	return "code " + strconv.Itoa(int(c))
}

// The causes that tell the kinds of one code apart. They are found with [errors.Is].
var (
	ErrConnectTimeout = connection.ErrConnectTimeout
	ErrHeaderTimeout  = connection.ErrHeaderTimeout
	ErrTLSTimeout     = connection.ErrTLSTimeout
	ErrAttemptTimeout = errors.New("no complete answer to one attempt in time")
	ErrStalled        = errors.New("the endpoint answers nothing any more")
	ErrTotalTimeout   = errors.New("no complete answer in time")
	ErrNoTime         = errors.New("the time that is left is less than the fastest answer lately took")
	ErrCircuitOpen    = errors.New("the last calls failed")
	ErrBodyTooLarge   = errors.New("the body is over the limit")
	ErrHeaderTooLarge = connection.ErrHeaderTooLarge
	ErrTruncated      = errors.New("the body ends too early")
	ErrEncoding       = errors.New("the content encoding is not known")
	ErrClosed         = errors.New("the client is closed")
	ErrNoEndpoint     = errors.New("no endpoint can be used")
)

// Error is how a call fails. The cause may hold addresses: it is for logs and not for clients of the gateway.
type Error struct {
	Service string
	Code    Code
	// Status is the status of the answer, if its head was read; else 0.
	Status int
	// FromBackend: the service answered, and what is wrong is its answer, as against what stands between.
	FromBackend bool
	Err         error // never nil
}

// Error returns service, code and cause.
func (e *Error) Error() string { return e.Service + ": " + e.Code.String() + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of the first [Error] that err wraps; 0 if there is none.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}
