package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/sluice-gateway/sluice/config"
	"github.com/sluice-gateway/sluice/server"
)

// newLogger makes the program's log, whose level can be changed.
func newLogger(w io.Writer, c config.Log) (*slog.Logger, *slog.LevelVar, error) {
	level := new(slog.LevelVar)
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		return nil, nil, fmt.Errorf("log.level: %w", err)
	}
	options := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewTextHandler(w, options)
	if c.Format == "json" {
		h = slog.NewJSONHandler(w, options)
	}
	return slog.New(requestHandler{h}), level, nil
}

// requestIDKey is how the server names the id of a request in its own lines.
const requestIDKey = "request_id"

// requestHandler adds the id of the request to each line that is about one, so that what a client got can be found with
// its cause. Those who log need not know what an id is.
type requestHandler struct{ slog.Handler }

// Handle adds the id unless it is there.
func (h requestHandler) Handle(ctx context.Context, r slog.Record) error {
	id, there := server.RequestID(ctx), false
	r.Attrs(func(a slog.Attr) bool {
		there = a.Key == requestIDKey
		return !there
	})
	if id != "" && !there {
		r = r.Clone()
		r.AddAttrs(slog.String(requestIDKey, id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps the handler around its inner one.
func (h requestHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the handler around its inner one.
func (h requestHandler) WithGroup(name string) slog.Handler {
	return requestHandler{h.Handler.WithGroup(name)}
}
