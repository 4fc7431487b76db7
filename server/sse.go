package server

import (
	"context"
	"net/http"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/operation"
)

// stream answers a request with server-sent events, in the distinct connections mode of the GraphQL over SSE protocol: an
// event next with the response, then an event complete. Errors of the request come as an event too, because the browser's
// EventSource shows nothing of an answer that is not a stream.
func (s *front) stream(ctx context.Context, w http.ResponseWriter, request *operation.Request) {
	h := w.Header()
	h["Content-Type"] = streamContentType
	h["X-Accel-Buffering"] = []string{"no"} // nginx would keep the events until its buffer is full
	w.WriteHeader(http.StatusOK)
	rc := http.NewResponseController(w)

	// The operation runs beside the stream, so that the connection can be kept alive meanwhile. This function waits for
	// it in any case: the request's memory is lent to it.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan *operation.Response, 1)
	go func() {
		done <- s.runSafely(ctx, request)
	}()

	alive := true
	send := func(text []byte) {
		if !alive {
			return
		}
		_ = rc.SetWriteDeadline(time.Now().Add(s.config.Timeouts.Write))
		_, err := w.Write(text)
		if err == nil {
			err = rc.Flush()
		}
		if err != nil {
			alive = false
			cancel()
		}
	}
	send([]byte(":\n\n")) // the client sees that it is connected
	keepAlive := time.NewTicker(s.config.SSE.KeepAlive)
	defer keepAlive.Stop()
	for {
		select {
		case <-keepAlive.C:
			send([]byte(":\n\n"))
		case response := <-done:
			a := newAnswer()
			a.bytes = append(a.bytes, "event: next\ndata: "...)
			start := len(a.bytes)
			a.bytes = appendResponse(a.bytes, response)
			response.Release()
			onOneLine(a.bytes[start:])
			// The field data is needed: without it EventSource drops the event.
			a.bytes = append(a.bytes, "\n\nevent: complete\ndata:\n\n"...)
			send(a.bytes)
			a.release()
			return
		}
	}
}

// onOneLine puts spaces in place of line breaks, which would end a field of the stream. In JSON they are white space only.
func onOneLine(text []byte) {
	for i, c := range text {
		if c == '\n' || c == '\r' {
			text[i] = ' '
		}
	}
}

// runSafely is run for goroutines of the server's own, in which a panic would end the program.
func (s *front) runSafely(ctx context.Context, request *operation.Request) (response *operation.Response) {
	defer func() {
		if p := recover(); p != nil {
			s.logPanic(ctx, p)
			response = &operation.Response{Errors: gqlerror.List{internalError()}}
		}
	}()
	return s.run(ctx, request)
}
