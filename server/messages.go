package server

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"fmt"
	"io"
	"net"
	"strconv"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/value"
)

// message is a message of either subprotocol.
type message struct {
	ID      string         `json:"id,omitzero"`
	Type    string         `json:"type"`
	Payload jsontext.Value `json:"payload,omitzero"`
}

// words are what a subprotocol calls the messages whose names differ.
type words struct{ start, stop, next, terminate string }

var (
	modernWords = &words{start: "subscribe", stop: "complete", next: "next"}
	legacyWords = &words{start: "start", stop: "stop", next: "data", terminate: "connection_terminate"}
)

func (c *socket) words() *words {
	if c.conn.Subprotocol() == legacySubprotocol {
		return legacyWords
	}
	return modernWords
}

// NextReader returns the next message of the client that concerns the transport.
func (c *socket) NextReader() (int, io.Reader, error) {
	for {
		kind, text, err := c.conn.Read(context.Background()) // ended by a close, or by the deadline of a pong
		if err != nil {
			return 0, nil, transport.ErrWebsocketClosed
		}
		var m message
		if kind != websocket.MessageText || json.Unmarshal(text, &m) != nil {
			c.shut(closeBadMessage, "Invalid message received")
			return 0, nil, transport.ErrWebsocketClosed
		}
		v := c.receive(&m)
		if v.shut != nil {
			c.shut(v.shut.Code, v.shut.Reason)
			return 0, nil, transport.ErrWebsocketClosed
		}
		if v.reply != nil {
			_ = c.write(v.reply) // a lost connection shows at the next read
		}
		if v.pass {
			text, err := json.Marshal(&m)
			return int(kind), bytes.NewReader(text), err
		}
	}
}

// verdict is what becomes of a message: the transport sees it, or the socket answers it, or it ends the connection.
// The zero value ignores it.
type verdict struct {
	pass  bool
	reply *message
	shut  *websocket.CloseError
}

func shutWith(code websocket.StatusCode, format string, args ...any) verdict {
	return verdict{shut: &websocket.CloseError{Code: code, Reason: fmt.Sprintf(format, args...)}}
}

// receive checks a message and turns it into what the transport shall see of it.
func (c *socket) receive(m *message) verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	words := c.words()
	switch {
	case m.Type == "connection_init":
		return c.receiveInitLocked(m)
	case m.Type == words.start:
		return c.receiveStartLocked(m)
	case m.Type == words.stop:
		return c.receiveStopLocked(m)
	case m.Type == words.terminate && m.Type != "":
		return verdict{pass: true}
	case words == modernWords && m.Type == "ping":
		if !c.inited { // allowed, but the transport does not expect it
			return verdict{reply: &message{Type: "pong", Payload: m.Payload}}
		}
		return verdict{pass: true}
	case words == modernWords && m.Type == "pong":
		return verdict{pass: c.inited}
	}
	return shutWith(closeBadMessage, "Invalid message received")
}

func (c *socket) receiveInitLocked(m *message) verdict {
	if c.inited {
		return shutWith(closeTooManyInits, "Too many initialisation requests")
	}
	if len(m.Payload) > 0 && !isMap(m.Payload) {
		return shutWith(closeBadMessage, "The payload of connection_init must be an object")
	}
	c.inited = true
	c.initTimer.Stop()
	return verdict{pass: true}
}

func (c *socket) receiveStartLocked(m *message) verdict {
	if !c.inited {
		return shutWith(closeUnauthorized, "Unauthorized")
	}
	if m.ID == "" {
		return shutWith(closeBadMessage, "The message has no id")
	}
	if c.byID[m.ID] != nil {
		if len(m.ID) > 64 || !utf8.ValidString(m.ID) {
			return shutWith(closeDuplicate, "Subscriber already exists")
		}
		return shutWith(closeDuplicate, "Subscriber for %s already exists", m.ID)
	}
	t := &ticket{id: m.ID}
	payload := body{bytes: m.Payload} // not from the pool: it lives as long as the operation
	if bad := payload.decode(&t.request); bad != nil {
		return shutWith(closeBadMessage, "Invalid message received: %s", bad.err.Message)
	}
	if len(c.tickets) >= c.config.MaxOperations {
		err := fault.New(fault.OperationTooLarge,
			fmt.Sprintf("More than %d operations at the same time on one connection.", c.config.MaxOperations))
		return verdict{reply: &message{ID: m.ID, Type: "error", Payload: appendErrors(nil, gqlerror.List{err})}}
	}
	t.request.Caller = &operation.Caller{Header: c.header, RequestID: c.id}
	c.last++
	t.number = strconv.Itoa(c.last)
	c.byID[t.id], c.tickets[t.number] = t, t
	m.ID = t.number
	m.Payload = jsontext.Value(`{"query":"","operationName":"` + t.number + `"}`)
	return verdict{pass: true}
}

func (c *socket) receiveStopLocked(m *message) verdict {
	t := c.byID[m.ID]
	if t == nil { // the answer was on its way
		return verdict{}
	}
	delete(c.byID, t.id)
	t.stopped = true
	m.ID = t.number
	return verdict{pass: true}
}

// take returns the ticket of a number for the executor, which must call its end once.
func (c *socket) take(number string) *ticket {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tickets[number]
	if t != nil {
		c.running.Add(1)
		t.end = c.running.Done
	}
	return t
}

// WriteJSON sends a message of the transport, with the client's id and the real answer in it.
func (c *socket) WriteJSON(v any) error {
	// The type is gqlgen's own. Its messages are short, since the answers are not in them.
	text, err := stdjson.Marshal(v)
	if err != nil {
		return err
	}
	var m message
	if err := json.Unmarshal(text, &m); err != nil {
		return err
	}
	if m.ID == "" {
		return c.write(&m)
	}
	t, wanted := c.give(&m)
	if t == nil {
		return nil
	}
	m.ID = t.id
	var answer *answerBuffer
	if m.Type == c.words().next && t.answer != nil {
		answer = newAnswer()
		answer.bytes = appendResponse(answer.bytes, t.answer)
		m.Payload = answer.bytes
		t.answer.Release()
		t.answer = nil
	}
	if wanted {
		err = c.write(&m)
	}
	if answer != nil {
		answer.release()
	}
	c.leaveIfIdle()
	return err
}

// leaveIfIdle closes the connection of a server that is stopping, after the last operation.
func (c *socket) leaveIfIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.going && len(c.tickets) == 0 {
		c.shutLocked(websocket.StatusGoingAway, goingAway)
	}
}

// give looks up the ticket of a message of the transport, and takes it back if the message is the operation's last. It
// reports whether the client wants the message.
func (c *socket) give(m *message) (t *ticket, wanted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t = c.tickets[m.ID]
	if t == nil {
		return nil, false
	}
	if m.Type == "complete" || m.Type == "error" {
		delete(c.tickets, m.ID)
		if c.byID[t.id] == t {
			delete(c.byID, t.id)
		}
	}
	return t, !t.stopped
}

// write sends one message, and closes the connection if the client does not take it in time. The payload is JSON already.
// Nothing is sent after a close, such as the errors of operations that it cancelled.
func (c *socket) write(m *message) error {
	if c.isClosed() {
		return net.ErrClosed
	}
	frame := newAnswer()
	defer frame.release()
	b := append(frame.bytes, `{"type":`...)
	b = value.AppendString(b, m.Type)
	if m.ID != "" {
		b = append(b, `,"id":`...)
		b = value.AppendString(b, m.ID)
	}
	if len(m.Payload) > 0 {
		b = append(b, `,"payload":`...)
		b = append(b, m.Payload...)
	}
	frame.bytes = append(b, '}')
	ctx, cancel := context.WithTimeout(context.Background(), c.config.WriteTimeout)
	defer cancel()
	return c.conn.Write(ctx, websocket.MessageText, frame.bytes)
}
