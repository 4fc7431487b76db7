package connection

import (
	"errors"
	"io"
	"strings"
)

// typedNetHTTP gives the errors of net/http's client types. Most of them have none of their own as of Go 1.26, so they are
// known by their text, which a test against real servers holds.
func typedNetHTTP(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*DialError](err); ok {
		return err
	}
	text := err.Error()
	if strings.Contains(text, "server response headers exceeded") {
		return errors.Join(ErrHeaderTooLarge, err)
	}
	for _, lost := range []string{"server closed idle connection", "readLoop exiting"} {
		if strings.Contains(text, lost) {
			return &LostError{Reused: true, Silent: true, Err: err}
		}
	}
	for _, malformed := range []string{"malformed", "bad Content-Length", "unsupported transfer encoding", "invalid Content-Length"} {
		if strings.Contains(text, malformed) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return &ProtocolError{Reason: text}
		}
	}
	return typedHTTP2(err)
}
