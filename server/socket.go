package server

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"

	"github.com/sluice-gateway/sluice/operation"
)

// The close codes of the graphql-transport-ws protocol. The older protocol has none; its clients get the same.
const (
	closeBadMessage     websocket.StatusCode = 4400
	closeUnauthorized   websocket.StatusCode = 4401
	closeBadSubprotocol websocket.StatusCode = 4406
	closeInitTimeout    websocket.StatusCode = 4408
	closeDuplicate      websocket.StatusCode = 4409
	closeTooManyInits   websocket.StatusCode = 4429
)

// lastWords is the time a client has to answer the close of a connection that is given up.
const lastWords = time.Second

const goingAway = "The server is stopping"

type socketKey struct{}

// socket is the connection below gqlgen's WebSocket transport. The transport speaks the protocol: it acknowledges,
// answers pings, runs operations beside each other and cancels them. The socket stands between it and the client and
// sees to the rest:
//
//   - It checks every message and closes the connection with the code that the protocol names.
//   - It limits the operations, the time of writes and the time until connection_init.
//   - It swaps requests for tickets: the transport sees an operation under a number that is never used twice, and with an
//     empty request; the executor takes the real one from the ticket, and its answer is put in when the transport sends
//     the empty one. So a client may use an id again at once, and requests and answers are read and written one time.
//
// Its exported methods are those that the transport needs; they are safe for concurrent use.
type socket struct {
	config WebSocket
	header http.Header        // of the request that opened it
	id     string             // of that request
	cancel context.CancelFunc // of the context that all operations of the connection have

	conn      *websocket.Conn // this and the next two are set by open, before anybody else sees them
	raw       net.Conn        // under conn; may be nil
	initTimer *time.Timer
	running   sync.WaitGroup // operations
	closing   sync.WaitGroup // the close handshake

	mu      sync.Mutex // guards the fields below
	inited  bool
	going   bool // close when no ticket is left
	closed  bool
	pong    *time.Timer        // closes the connection of a client that does not answer pings
	byID    map[string]*ticket // by the client's id: what it believes to be running
	tickets map[string]*ticket // by number: what the transport runs
	last    int                // number that was given out
}

// ticket stands for one operation of a socket.
type ticket struct {
	id      string // the client's
	number  string // the transport's
	request operation.Request
	answer  *operation.Response // set by the executor before the transport sends
	end     func()              // set when the executor takes it, which calls it when the answer was sent
	stopped bool                // the client wants to hear no more of it; guarded by the socket's lock
}

var (
	_ transport.WebsocketConn           = (*socket)(nil)
	_ transport.WebsocketReadLimiter    = (*socket)(nil)
	_ transport.WebsocketReadDeadliner  = (*socket)(nil)
	_ transport.WebsocketImplementation = (*socket)(nil)
)

// open begins with an accepted connection.
func (c *socket) open(conn *websocket.Conn, raw net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn, c.raw = conn, raw
	c.byID = map[string]*ticket{}
	c.tickets = map[string]*ticket{}
	c.initTimer = time.AfterFunc(c.config.InitTimeout, func() {
		c.shut(closeInitTimeout, "Connection initialisation timeout")
	})
	if c.going { // the server began to stop meanwhile
		c.shutLocked(websocket.StatusGoingAway, goingAway)
	}
}

// Subprotocol returns the subprotocol that client and server agreed on.
func (c *socket) Subprotocol() string { return c.conn.Subprotocol() }

// SetReadLimit limits the size of the client's messages. A larger one closes the connection with 1009.
func (c *socket) SetReadLimit(limit int64) { c.conn.SetReadLimit(limit) }

// SetReadDeadline closes the connection at t unless another deadline is set before; the zero time is none.
func (c *socket) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pong != nil {
		c.pong.Stop()
		c.pong = nil
	}
	if !t.IsZero() && !c.closed {
		c.pong = time.AfterFunc(time.Until(t), func() { _ = c.conn.CloseNow() })
	}
	return nil
}

// WriteClose closes the connection with a code, without waiting for the client's answer.
func (c *socket) WriteClose(code int, reason string) error {
	c.shut(websocket.StatusCode(code), reason)
	return nil
}

// Close does nothing: the connection is closed by WriteClose, or when the transport is done with it.
func (c *socket) Close() error { return nil }

// shut begins the close handshake, once. What fails in it is of no interest: the connection is closed in any case.
func (c *socket) shut(code websocket.StatusCode, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shutLocked(code, reason)
}

func (c *socket) shutLocked(code websocket.StatusCode, reason string) {
	if c.closed {
		return
	}
	c.closed = true
	c.initTimer.Stop()
	if c.pong != nil {
		c.pong.Stop()
	}
	const longest = 123 // bytes, RFC 6455 section 5.5
	if len(reason) > longest {
		reason = reason[:longest]
	}
	c.closing.Go(func() { _ = c.conn.Close(code, reason) })
}

func (c *socket) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// finish ends the connection and waits for all that runs on its behalf.
func (c *socket) finish() {
	c.cancel()
	c.running.Wait()
	if c.conn == nil {
		return
	}
	c.shut(websocket.StatusNormalClosure, "")
	c.closing.Wait()
}

// goAway closes the connection as soon as none of its operations is running.
func (c *socket) goAway() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.going = true
	if c.conn != nil && len(c.tickets) == 0 {
		c.shutLocked(websocket.StatusGoingAway, goingAway)
	}
}

// abandon closes the connection now and cancels its operations.
func (c *socket) abandon() {
	c.mu.Lock()
	if c.conn != nil {
		c.shutLocked(websocket.StatusGoingAway, goingAway)
		if c.raw != nil {
			_ = c.raw.SetDeadline(time.Now().Add(lastWords))
		}
	}
	c.mu.Unlock()
	c.cancel() // after the close, or the transport would close it with another code
}
