package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
)

// Options are what a program sets, as against an operator. The zero value is valid.
type Options struct {
	// Log gets what goes wrong, and the access log. Default: slog.Default().
	Log *slog.Logger
	// Ready tells whether the program can answer, and with what detail; nil means yes. It is called for every request
	// of /readyz and may not block. While the server stops it is not asked: then the answer is no.
	Ready func() Readiness
	// Routes serves paths of clients beside that of GraphQL. Nil: there are none.
	Routes Routes
	// NoGraphQL leaves the path of GraphQL to Routes and Pages.
	NoGraphQL bool
	// Pages serves every path of clients but that of GraphQL and those of Routes. Without it they answer 404.
	Pages http.Handler
	// Admin has more handlers for the admin listener, by pattern of [http.ServeMux], such as "GET /metrics".
	Admin map[string]http.Handler
	// Transports are more of gqlgen's transports for the GraphQL path. They are asked before Sluice's own.
	Transports []graphql.Transport
	// OnRequest is called when a request is over, from the goroutine that served it.
	OnRequest func(context.Context, Record)
}

// Readiness is the answer of /readyz.
type Readiness struct {
	Ready  bool
	Detail any // what JSON can hold; may be nil
}

// Server serves clients and operators. Its methods are safe for concurrent use.
type Server struct {
	engine   Engine
	front    atomic.Pointer[front]
	sockets  sockets
	stopping atomic.Bool

	mu      sync.Mutex // guards the fields below
	started bool
	closed  bool
	fixed   Config // what the listeners were started with
	clients *listener
	admin   *listener
	failed  chan error // of one listener at most
	serving sync.WaitGroup
}

// listener is one address that is served.
type listener struct {
	net.Listener
	http *http.Server
}

// New returns a server that has not begun to listen. It is an error if the configuration is not valid.
func New(config Config, engine Engine, options Options) (*Server, error) {
	if engine == nil {
		return nil, errors.New("server: an engine is needed")
	}
	s := &Server{engine: engine, fixed: config, failed: make(chan error, 1)}
	f, err := newFront(s, config, options)
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	s.front.Store(f)
	return s, nil
}

// Start listens and begins to serve. It returns when both listeners take connections, or with an error when one cannot;
// then none does.
func (s *Server) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started || s.closed {
		return errors.New("server: started before")
	}
	f := s.front.Load()
	s.fixed = f.config
	var lc net.ListenConfig
	clients, err := lc.Listen(ctx, "tcp", f.config.Listen)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	s.clients = &listener{clients, s.httpServer(f, s.Handler())}
	if f.certificate != nil {
		s.clients.http.TLSConfig = s.tlsConfig()
	}
	if f.config.Admin.Listen != "" {
		admin, err := lc.Listen(ctx, "tcp", f.config.Admin.Listen)
		if err != nil {
			_ = clients.Close()
			return fmt.Errorf("server: admin: %w", err)
		}
		s.admin = &listener{admin, s.httpServer(f, s.AdminHandler())}
	}
	s.started = true
	s.serve(s.clients)
	s.serve(s.admin)
	return nil
}

func (s *Server) serve(l *listener) {
	if l == nil {
		return
	}
	s.serving.Go(func() {
		if err := l.serve(); !errors.Is(err, http.ErrServerClosed) {
			select {
			case s.failed <- fmt.Errorf("server: %s: %w", l.Addr(), err):
			default:
			}
		}
	})
}

func (l *listener) serve() error {
	if l.http.TLSConfig != nil {
		return l.http.ServeTLS(l.Listener, "", "")
	}
	return l.http.Serve(l.Listener)
}

// httpServer returns a net/http server with the limits that keep one client from harming the others.
func (s *Server) httpServer(f *front, h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		MaxHeaderBytes:    f.config.MaxHeaderBytes,
		ReadHeaderTimeout: f.config.Timeouts.ReadHeader, // holds for the handshake of TLS too
		// No ReadTimeout: net/http would apply it to the connection while an operation runs, and take its end for
		// the client's going away. The body has a deadline of its own, and so has the answer, see limitTime: they can
		// change while the server runs.
		IdleTimeout: f.config.Timeouts.Idle,
		ErrorLog:    slog.NewLogLogger(f.log.Handler(), slog.LevelDebug), // broken handshakes, mostly
	}
}

// Failed returns a channel that gets an error if a listener ends although the server was not closed.
func (s *Server) Failed() <-chan error { return s.failed }

// Addr returns the address of clients, or nil before Start.
func (s *Server) Addr() net.Addr { return s.addr(func() *listener { return s.clients }) }

// AdminAddr returns the address of operators, or nil before Start or if there is none.
func (s *Server) AdminAddr() net.Addr { return s.addr(func() *listener { return s.admin }) }

func (s *Server) addr(of func() *listener) net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := of(); l != nil {
		return l.Addr()
	}
	return nil
}

// Close stops the server, in an order that loses no answer:
//
//  1. /readyz says no, so that load balancers look elsewhere.
//  2. No more connections are taken, and idle ones are closed.
//  3. Requests in flight are answered; WebSockets are closed with 1001 when their operations have ended.
//  4. When ctx is done, what is left is cancelled and its connections are cut.
//  5. The admin listener goes last, so that liveness can be asked for to the end.
//
// Close waits for all of it, but for the handlers of requests that were cut: these end on their own, as their contexts are
// done. It returns ctx's error if something had to be cut. It may be called twice and before Start.
func (s *Server) Close(ctx context.Context) error {
	s.stopping.Store(true)
	s.mu.Lock()
	s.closed = true
	clients, admin := s.clients, s.admin
	s.mu.Unlock()

	var sockets sync.WaitGroup
	sockets.Go(func() { s.sockets.goAway(ctx) })
	err := clients.close(ctx)
	sockets.Wait()
	_ = admin.close(ctx)
	s.serving.Wait()
	return err
}

// close lets requests in flight end, and cuts them when ctx is done.
func (l *listener) close(ctx context.Context) error {
	if l == nil {
		return nil
	}
	err := l.http.Shutdown(ctx)
	if err != nil {
		_ = l.http.Close()
	}
	return err
}
