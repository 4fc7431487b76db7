package server

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
)

// front is one generation of what the listeners serve: immutable, and swapped whole. A request and a WebSocket end on the
// one that they began with.
type front struct {
	server      *Server
	config      Config
	options     Options
	engine      Engine
	log         *slog.Logger
	hooks       []func(context.Context, Record)
	cors        *crossOrigin
	csrfHeaders []string         // in canonical form
	certificate *tls.Certificate // of the listener of clients; nil without TLS
	handler     http.Handler     // of clients
	admin       http.Handler     // of operators
}

func newFront(server *Server, config Config, options Options) (*front, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	f := &front{server: server, config: config, options: options, engine: server.engine, log: options.Log, cors: newCrossOrigin(config.CORS)}
	if f.log == nil {
		f.log = slog.Default()
	}
	if config.AccessLog {
		f.hooks = append(f.hooks, accessLog(f.log))
	}
	if options.OnRequest != nil {
		f.hooks = append(f.hooks, options.OnRequest)
	}
	for _, h := range config.CSRF.Headers {
		f.csrfHeaders = append(f.csrfHeaders, http.CanonicalHeaderKey(h))
	}
	var err error
	if f.certificate, err = config.TLS.load(); err != nil {
		return nil, err
	}
	f.handler, f.admin = f.clientHandler(), f.adminHandler()
	return f, nil
}
