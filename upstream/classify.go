package upstream

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/sluice-gateway/sluice/upstream/connection"
)

// errUnaskedSwitch is what is wrong with a status 101 that nobody asked for.
var errUnaskedSwitch = errors.New("the service switches protocols without being asked")

// classify gives the error of an exchange its code.
func classify(err error) *Error {
	var (
		dial    *connection.DialError
		refused *connection.RefusedError
		request *connection.RequestError
		body    *connection.BodyError
		lost    *connection.LostError
		op      *net.OpError
		errno   syscall.Errno
	)
	switch {
	case errors.As(err, &dial), errors.As(err, &refused):
		return &Error{Code: CodeUnavailable, Err: err}
	case errors.As(err, &request):
		return &Error{Code: CodeRequest, Err: err}
	case errors.As(err, &body):
		return &Error{Code: CodeCanceled, Err: err} // its sender gave up
	case errors.Is(err, ErrBodyTooLarge), errors.Is(err, ErrHeaderTooLarge):
		return &Error{Code: CodeTooLarge, FromBackend: true, Err: err}
	case errors.Is(err, ErrEncoding):
		return &Error{Code: CodeInvalid, FromBackend: true, Err: err}
	case errors.Is(err, ErrHeaderTimeout):
		return &Error{Code: CodeTimeout, Err: err}
	case errors.As(err, &lost), errors.Is(err, ErrTruncated), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Code: CodeBroken, Err: err}
	case isTimeout(err):
		// The one timeout that net/http itself keeps for us.
		return &Error{Code: CodeTimeout, Err: errors.Join(ErrHeaderTimeout, err)}
	case errors.As(err, &op), errors.As(err, &errno), errors.Is(err, net.ErrClosed):
		return &Error{Code: CodeBroken, Err: err}
	}
	return &Error{Code: CodeInvalid, FromBackend: true, Err: err}
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout() || errors.Is(err, os.ErrDeadlineExceeded)
}
