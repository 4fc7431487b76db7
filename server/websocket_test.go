package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/server"
)

const (
	modern = "graphql-transport-ws"
	legacy = "graphql-ws"
)

// peer is a client on a WebSocket.
type peer struct {
	t    *testing.T
	conn *websocket.Conn
	ctx  context.Context
}

func (f *fixture) dial(t *testing.T, subprotocol string, headers ...string) *peer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	options := &websocket.DialOptions{HTTPClient: f.client, HTTPHeader: http.Header{}}
	if subprotocol != "" {
		options.Subprotocols = []string{subprotocol}
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		options.HTTPHeader.Set(name, value)
	}
	conn, _, err := websocket.Dial(ctx, f.url, options)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(8 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &peer{t: t, conn: conn, ctx: ctx}
}

// open dials, and does what comes before the first operation.
func (f *fixture) open(t *testing.T, subprotocol string, headers ...string) *peer {
	t.Helper()
	p := f.dial(t, subprotocol, headers...)
	p.send(`{"type":"connection_init","payload":{"token":"x"}}`)
	p.expect(`{"type":"connection_ack"}`)
	if subprotocol == legacy {
		p.expect(`{"type":"ka"}`)
	}
	return p
}

func (p *peer) send(text string) {
	p.t.Helper()
	if err := p.conn.Write(p.ctx, websocket.MessageText, []byte(text)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) expect(want string) {
	p.t.Helper()
	_, got, err := p.conn.Read(p.ctx)
	if err != nil {
		p.t.Fatalf("read: %v, want %s", err, want)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		p.t.Errorf("message (-want +got):\n%s", diff)
	}
}

func (p *peer) expectClose(code websocket.StatusCode) {
	p.t.Helper()
	_, got, err := p.conn.Read(p.ctx)
	if err == nil {
		p.t.Errorf("message %s, want close %d", got, code)
	} else if websocket.CloseStatus(err) != code {
		p.t.Errorf("read: %v, want close %d", err, code)
	}
}

func TestWebSocketModern(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	p := f.dial(t, modern)
	p.send(`{"type":"ping"}`) // allowed at any time
	p.expect(`{"type":"pong"}`)
	p.send(`{"type":"connection_init"}`)
	p.expect(`{"type":"connection_ack"}`)

	p.send(`{"id":"ä-1","type":"subscribe","payload":{"query":"query A($n: String) { hello(name: $n) } query B { __typename }","operationName":"A","variables":{"n":"<x>"}}}`)
	p.expect(`{"type":"next","id":"ä-1","payload":{"data":{"hello":"Hello, \u003cx\u003e!"}}}`)
	p.expect(`{"type":"complete","id":"ä-1"}`)

	p.send(`{"id":"ä-1","type":"subscribe","payload":{"query":"mutation { touch }"}}`) // the id is free again
	p.expect(`{"type":"next","id":"ä-1","payload":{"data":{"touch":1}}}`)
	p.expect(`{"type":"complete","id":"ä-1"}`)

	p.send(`{"id":"2","type":"subscribe","payload":{"query":"{ partial }"}}`)
	p.expect(`{"type":"next","id":"2","payload":{"data":{"partial":null},"errors":[{"message":"The <source> failed.","path":["partial"],"extensions":{"alpha":["a"],"code":"CONNECTOR_FETCH","zeta":1.50}}]}}`)
	p.expect(`{"type":"complete","id":"2"}`)

	// Errors of the request end the operation: no complete follows.
	p.send(`{"id":"3","type":"subscribe","payload":{"query":"{ unplanned }"}}`)
	p.expect(`{"type":"error","id":"3","payload":[{"message":"There is no plan.","extensions":{"code":"QUERY_PLANNING_FAILED"}}]}`)
	p.send(`{"id":"4","type":"subscribe","payload":{"query":"{"}}`)
	p.expect(`{"type":"error","id":"4","payload":[{"message":"Expected Name, found \u003cEOF\u003e","locations":[{"line":1,"column":2}],"extensions":{"code":"GRAPHQL_PARSE_FAILED"}}]}`)
	p.send(`{"id":"5","type":"subscribe","payload":{"query":"{ panic }"}}`)
	p.expect(`{"type":"error","id":"5","payload":[{"message":"Internal server error.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`)

	p.send(`{"type":"ping","payload":{"a":1}}`)
	p.expect(`{"type":"pong","payload":{"a":1}}`)
	p.send(`{"id":"gone","type":"complete"}`) // of no operation: ignored
	p.send(`{"id":"6","type":"subscribe","payload":{"query":"{ big(size: 1000000) }"}}`)
	p.expect(`{"type":"next","id":"6","payload":{"data":{"big":"` + strings.Repeat("x", 1_000_000) + `"}}}`)
	p.expect(`{"type":"complete","id":"6"}`)

	if err := p.conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Errorf("Close() = %v", err)
	}
}

func TestWebSocketLegacy(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	p := f.open(t, legacy)
	p.send(`{"id":"1","type":"start","payload":{"query":"{ hello }"}}`)
	p.expect(`{"type":"data","id":"1","payload":{"data":{"hello":"Hello, world!"}}}`)
	p.expect(`{"type":"complete","id":"1"}`)
	p.send(`{"id":"1","type":"start","payload":{"query":"{ unplanned }"}}`)
	p.expect(`{"type":"error","id":"1","payload":[{"message":"There is no plan.","extensions":{"code":"QUERY_PLANNING_FAILED"}}]}`)
	p.send(`{"id":"2","type":"start","payload":{"query":"{ wait }"}}`)
	<-f.engine.waiting
	p.send(`{"id":"2","type":"stop"}`)
	if cause := <-f.engine.canceled; !errors.Is(cause, context.Canceled) {
		t.Errorf("the operation's context ended with %v", cause)
	}
	p.send(`{"type":"connection_terminate"}`)
	p.expectClose(websocket.StatusNormalClosure)
}

func TestWebSocketCloseCodes(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config, _ *server.Options) { c.MaxBodyBytes = 1000 })
	const initial = `{"type":"connection_init"}`
	for _, tc := range []struct {
		name  string
		init  bool
		sends string
		code  websocket.StatusCode
	}{
		{"what is not JSON", false, `{`, 4400},
		{"a message without a type", true, `{"id":"1"}`, 4400},
		{"a message of an unknown type", true, `{"type":"connection_terminate"}`, 4400},
		{"a message with a member twice", true, `{"type":"ping","type":"pong"}`, 4400},
		{"an init whose payload is no object", false, `{"type":"connection_init","payload":[1]}`, 4400},
		{"a second init", true, initial, 4429},
		{"an operation before the init", false, `{"id":"1","type":"subscribe","payload":{"query":"{ hello }"}}`, 4401},
		{"an operation without an id", true, `{"type":"subscribe","payload":{"query":"{ hello }"}}`, 4400},
		{"an operation without a payload", true, `{"id":"1","type":"subscribe"}`, 4400},
		{"an operation without a query", true, `{"id":"1","type":"subscribe","payload":{"query":1}}`, 4400},
		{"an operation with variables of a wrong type", true, `{"id":"1","type":"subscribe","payload":{"query":"{ hello }","variables":[]}}`, 4400},
		{"a long message", true, `{"type":"ping","payload":{"x":"` + strings.Repeat("x", 1000) + `"}}`, websocket.StatusMessageTooBig},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := f.dial(t, modern)
			if tc.init {
				p.send(initial)
				p.expect(`{"type":"connection_ack"}`)
			}
			p.send(tc.sends)
			p.expectClose(tc.code)
		})
	}
	t.Run("a binary message", func(t *testing.T) {
		t.Parallel()
		p := f.dial(t, modern)
		if err := p.conn.Write(p.ctx, websocket.MessageBinary, []byte(initial)); err != nil {
			t.Fatal(err)
		}
		p.expectClose(4400)
	})
	t.Run("an id that is in use", func(t *testing.T) {
		t.Parallel()
		f := start(t, nil)
		p := f.open(t, modern)
		p.send(`{"id":"1","type":"subscribe","payload":{"query":"{ wait }"}}`)
		<-f.engine.waiting
		p.send(`{"id":"1","type":"subscribe","payload":{"query":"{ hello }"}}`)
		p.expectClose(4409)
		<-f.engine.canceled
	})
	t.Run("no subprotocol", func(t *testing.T) {
		t.Parallel()
		f.dial(t, "").expectClose(4406)
	})
	t.Run("an unknown subprotocol", func(t *testing.T) {
		t.Parallel()
		f.dial(t, "mqtt").expectClose(4406)
	})
	t.Run("a client that says nothing", func(t *testing.T) {
		t.Parallel()
		f := start(t, func(c *server.Config, _ *server.Options) { c.WebSocket.InitTimeout = 10 * time.Millisecond })
		f.dial(t, modern).expectClose(4408)
	})
}

func TestWebSocketHandshake(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config, _ *server.Options) { c.CORS.AllowOrigins = []string{"https://app.example.com"} })
	good := []string{"Connection: keep-alive, Upgrade", "Upgrade: WebSocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}
	for _, tc := range []struct {
		name   string
		change int // the index of the header that is replaced
		header string
		status int
	}{
		{"no upgrade of the connection", 0, "Connection: keep-alive", 400},
		{"no key", 3, "X-None: 1", 400},
		{"an old version", 2, "Sec-WebSocket-Version: 8", 426},
		{"another protocol is not spoken, so this is a GET without a query", 1, "Upgrade: h2c", 400},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			headers := append([]string(nil), good...)
			headers[tc.change] = tc.header
			if got := f.do(t, "GET", "", "", headers...); got.Status != tc.status {
				t.Errorf("status = %d, want %d: %s", got.Status, tc.status, got.Body)
			}
		})
	}
	for _, tc := range []struct {
		name, origin string
		taken        bool
	}{
		{"no browser", "", true},
		{"a page of the same host", "http://" + f.Addr().String(), true},
		{"a page of an allowed origin", "https://app.example.com", true},
		{"a page of another origin", "https://evil.example.com", false},
		{"a sandboxed page", "null", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.taken {
				f.open(t, modern, "Origin: "+tc.origin)
				return
			}
			if got := f.do(t, "GET", "", "", append(good, "Origin: "+tc.origin)...); got.Status != 403 {
				t.Errorf("status = %d, want 403", got.Status)
			}
		})
	}
}

func TestWebSocketOperationsRunBesideEachOther(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	p := f.open(t, modern)
	p.send(`{"id":"slow","type":"subscribe","payload":{"query":"{ wait }"}}`)
	<-f.engine.waiting
	p.send(`{"id":"fast","type":"subscribe","payload":{"query":"{ hello }"}}`)
	p.expect(`{"type":"next","id":"fast","payload":{"data":{"hello":"Hello, world!"}}}`)
	p.expect(`{"type":"complete","id":"fast"}`)
	close(f.engine.release)
	p.expect(`{"type":"next","id":"slow","payload":{"data":{"wait":true}}}`)
	p.expect(`{"type":"complete","id":"slow"}`)
}

// A client that stops an operation may use its id at once, and hears nothing of the old one.
func TestWebSocketIDAfterStop(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	p := f.open(t, modern)
	for range 50 {
		p.send(`{"id":"1","type":"subscribe","payload":{"query":"{ wait }"}}`)
		<-f.engine.waiting
		p.send(`{"id":"1","type":"complete"}`)
		p.send(`{"id":"1","type":"subscribe","payload":{"query":"{ hello }"}}`)
		p.expect(`{"type":"next","id":"1","payload":{"data":{"hello":"Hello, world!"}}}`)
		p.expect(`{"type":"complete","id":"1"}`)
		<-f.engine.canceled
	}
}

func TestWebSocketLimits(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config, _ *server.Options) {
		c.WebSocket.MaxOperations, c.WebSocket.MaxConnections = 2, 1
	})
	p := f.open(t, modern)
	for i := range 2 {
		p.send(fmt.Sprintf(`{"id":"%d","type":"subscribe","payload":{"query":"{ wait }"}}`, i))
		<-f.engine.waiting
	}
	p.send(`{"id":"more","type":"subscribe","payload":{"query":"{ hello }"}}`)
	p.expect(`{"type":"error","id":"more","payload":[{"message":"More than 2 operations at the same time on one connection.","extensions":{"code":"OPERATION_LIMIT_EXCEEDED"}}]}`)

	_, resp, err := websocket.Dial(t.Context(), f.url, &websocket.DialOptions{HTTPClient: f.client, Subprotocols: []string{modern}})
	if err == nil || resp == nil || resp.StatusCode != 503 {
		t.Errorf("a second connection: %v", err)
	}
}

func TestWebSocketClientThatGoesAwayCancelsItsOperations(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	p := f.open(t, modern)
	for i := range 3 {
		p.send(fmt.Sprintf(`{"id":"%d","type":"subscribe","payload":{"query":"{ wait }"}}`, i))
		<-f.engine.waiting
	}
	if err := p.conn.CloseNow(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		<-f.engine.canceled
	}
}

// A client that does not read would hold its operations for ever.
func TestWebSocketClientThatDoesNotReadIsDisconnected(t *testing.T) {
	t.Parallel()
	records := make(chan server.Record, 1)
	f := start(t, func(c *server.Config, o *server.Options) {
		c.WebSocket.WriteTimeout = 50 * time.Millisecond
		o.OnRequest = func(_ context.Context, r server.Record) { records <- r }
	})
	p := f.open(t, modern)
	for i := range 20 { // more than the buffers of the two sockets hold
		p.send(fmt.Sprintf(`{"id":"%d","type":"subscribe","payload":{"query":"{ big(size: 3000000) }"}}`, i))
	}
	if r := <-records; r.Status != 101 {
		t.Errorf("record = %+v", r)
	}
}

func TestWebSocketClientThatDoesNotAnswerPingsIsDisconnected(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config, _ *server.Options) { c.WebSocket.PingInterval = 10 * time.Millisecond })
	p := f.open(t, modern)
	for { // reads pings and answers none
		_, text, err := p.conn.Read(p.ctx)
		if err != nil {
			if p.ctx.Err() != nil {
				t.Error("the connection is still open")
			}
			return
		}
		var m struct{ Type string }
		if err := json.Unmarshal(text, &m); err != nil || m.Type != "ping" {
			t.Errorf("message %s", text)
		}
	}
}

func TestCloseLetsOperationsOfWebSocketsEnd(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	idle, busy := f.open(t, modern), f.open(t, modern)
	busy.send(`{"id":"1","type":"subscribe","payload":{"query":"{ wait }"}}`)
	<-f.engine.waiting
	closed := make(chan error, 1)
	go func() { closed <- f.Close(t.Context()) }()
	idle.expectClose(websocket.StatusGoingAway)
	close(f.engine.release)
	busy.expect(`{"type":"next","id":"1","payload":{"data":{"wait":true}}}`)
	busy.expect(`{"type":"complete","id":"1"}`)
	busy.expectClose(websocket.StatusGoingAway)
	if err := <-closed; err != nil {
		t.Errorf("Close() = %v", err)
	}
}

func TestCloseCutsWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	p := f.open(t, modern)
	p.send(`{"id":"1","type":"subscribe","payload":{"query":"{ wait }"}}`)
	<-f.engine.waiting
	go func() {
		resp, err := f.client.Post(f.url, "application/json", strings.NewReader(`{"query":"{ wait }"}`))
		if err == nil {
			_ = resp.Body.Close()
		}
	}()
	<-f.engine.waiting
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	closed := make(chan error, 1)
	go func() { closed <- f.Close(ctx) }()
	p.expectClose(websocket.StatusGoingAway)
	if err := <-closed; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close() = %v, want deadline exceeded", err)
	}
	for range 2 {
		<-f.engine.canceled
	}
}
