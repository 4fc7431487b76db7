package server

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"

	"github.com/sluice-gateway/sluice/fault"
)

// The subprotocols, the preferred one first: graphql-transport-ws is that of the npm package graphql-ws, and graphql-ws is
// that of its predecessor subscriptions-transport-ws.
const (
	modernSubprotocol = "graphql-transport-ws"
	legacySubprotocol = "graphql-ws"
)

func isWebSocket(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// serveWebSocket opens a WebSocket and serves it until it is closed and all its operations have ended.
func (s *front) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	if bad := s.checkHandshake(r); bad != nil {
		if bad.status == http.StatusUpgradeRequired {
			w.Header()["Sec-Websocket-Version"] = []string{"13"}
		}
		writeRefusal(w, jsonMediaType, bad)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	c := &socket{config: s.config.WebSocket, header: r.Header, id: RequestID(r.Context()), cancel: cancel}
	if !s.server.sockets.add(c, s.config.WebSocket.MaxConnections) {
		writeRefusal(w, jsonMediaType, refuse(http.StatusServiceUnavailable, fault.BadRequest, "The server takes no more WebSocket connections."))
		return
	}
	defer s.server.sockets.remove(c)
	// The connection is ended here whatever becomes of the transport, which forgets it in some cases.
	defer c.finish()

	s.serveTransport(w, r.WithContext(context.WithValue(ctx, socketKey{}, c)), transport.Websocket{
		Implementation:        c,
		PayloadReadLimit:      &s.config.MaxBodyBytes,
		KeepAlivePingInterval: s.config.WebSocket.PingInterval,
		PingPongInterval:      s.config.WebSocket.PingInterval,
	})
}

// checkHandshake checks what browsers and clients must send to open a WebSocket. The library that opens it checks the same,
// but answers in plain text.
func (s *front) checkHandshake(r *http.Request) *refusal {
	if r.ProtoMajor != 1 || !hasToken(r.Header["Connection"], "upgrade") || r.Header.Get("Sec-WebSocket-Key") == "" {
		return badRequest("The WebSocket handshake is not valid.")
	}
	if r.Header.Get("Sec-WebSocket-Version") != "13" {
		return refuse(http.StatusUpgradeRequired, fault.BadRequest, "Only version 13 of the WebSocket protocol is spoken.")
	}
	// Browsers open WebSockets to any origin without asking; the page's origin is all that there is to go by.
	if origin := r.Header.Get("Origin"); origin != "" && !isSameOrigin(r, origin) && !s.cors.allows(origin) {
		return refuse(http.StatusForbidden, fault.BadRequest, "Pages of this origin may not open a WebSocket.")
	}
	return nil
}

func hasToken(lines []string, token string) bool {
	for _, line := range lines {
		for t := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(t), token) {
				return true
			}
		}
	}
	return false
}

// serveTransport runs one of gqlgen's transports.
func (s *front) serveTransport(w http.ResponseWriter, r *http.Request, t graphql.Transport) {
	t.Do(w, r.WithContext(graphql.StartOperationTrace(r.Context())), executor{s})
}

// Accept makes a socket the implementation of WebSocket that gqlgen's transport works with. It is called once.
func (c *socket) Accept(w http.ResponseWriter, r *http.Request, _ transport.WebsocketAcceptOptions) (transport.WebsocketConn, error) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:       []string{modernSubprotocol, legacySubprotocol},
		InsecureSkipVerify: true, // checkHandshake has looked at the origin
	})
	if err != nil {
		return nil, err
	}
	var raw net.Conn
	if x, ok := w.(*exchange); ok {
		raw = x.conn
	}
	c.open(conn, raw)
	if conn.Subprotocol() == "" {
		c.shut(closeBadSubprotocol, "Subprotocol not acceptable") // the transport will read nothing
	}
	return c, nil
}

// sockets are the open WebSockets of a server.
type sockets struct {
	mu    sync.Mutex // guards the fields below
	open  map[*socket]struct{}
	going bool
	empty chan struct{} // closed when the last socket is removed after the server began to go away; nil before
}

// add reports whether there is room for c.
func (s *sockets) add(c *socket, limit int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.going || len(s.open) >= limit {
		return false
	}
	if s.open == nil {
		s.open = map[*socket]struct{}{}
	}
	s.open[c] = struct{}{}
	return true
}

func (s *sockets) remove(c *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
	if s.empty != nil && len(s.open) == 0 {
		close(s.empty)
		s.empty = nil
	}
}

// goAway closes every socket as soon as it has no running operation, and all of them when ctx is done. It returns when
// none is left.
func (s *sockets) goAway(ctx context.Context) {
	s.mu.Lock()
	s.going = true
	if len(s.open) == 0 {
		s.mu.Unlock()
		return
	}
	if s.empty == nil {
		s.empty = make(chan struct{})
	}
	empty := s.empty
	open := make([]*socket, 0, len(s.open))
	for c := range s.open {
		open = append(open, c)
	}
	s.mu.Unlock()

	for _, c := range open {
		c.goAway()
	}
	select {
	case <-empty:
	case <-ctx.Done():
		for _, c := range open {
			c.abandon()
		}
		<-empty
	}
}
