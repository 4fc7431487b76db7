package discovery

import (
	"context"
	"encoding/binary"
	"net"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// lifetime gathers how long the records of one look live. The resolver of the standard library does not tell it, so that
// the messages are read beside it. Nothing but the time of the next look hangs on what is read here.
type lifetime struct {
	mu    sync.Mutex // guards the field below: A and AAAA are asked for at the same time
	short time.Duration
}

func (l *lifetime) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.short = 0
}

// least returns the shortest life of a record; 0 if none was seen, as when a name stands in the file of hosts.
func (l *lifetime) least() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.short
}

// read looks for records in a message that came from a server.
func (l *lifetime) read(message []byte) {
	var p dnsmessage.Parser
	head, err := p.Start(message)
	if err != nil || !head.Response || p.SkipAllQuestions() != nil {
		return
	}
	for {
		record, err := p.AnswerHeader()
		if err != nil || p.SkipAnswer() != nil {
			return
		}
		life := max(minTTL, time.Duration(record.TTL)*time.Second)
		l.mu.Lock()
		if l.short == 0 || life < l.short {
			l.short = life
		}
		l.mu.Unlock()
	}
}

// observe returns a resolver that asks as base does, and the lifetime of what it finds. A lookup of which a part fails,
// only the IPv6 addresses say, fails as a whole: a list that lacks some must not replace a whole one.
func observe(base *net.Resolver) (*net.Resolver, *lifetime) {
	dial := (&net.Dialer{}).DialContext
	if base != nil && base.Dial != nil {
		dial = base.Dial
	}
	l := &lifetime{}
	return &net.Resolver{
		PreferGo:     true, // the resolver of the system does not call Dial
		StrictErrors: true,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			// The resolver takes a connection for one of packets if it has the methods of one.
			if packets, ok := conn.(*net.UDPConn); ok {
				return &observedPackets{packets, l}, nil
			}
			if _, ok := conn.(net.PacketConn); ok {
				return conn, nil
			}
			return &observedStream{Conn: conn, lifetime: l}, nil
		},
	}, l
}

type observedPackets struct {
	*net.UDPConn
	lifetime *lifetime
}

func (c *observedPackets) Read(b []byte) (int, error) {
	n, err := c.UDPConn.Read(b)
	c.lifetime.read(b[:n])
	return n, err
}

// observedStream puts the messages of a stream together, each of which has its length in front (RFC 1035, section 4.2.2).
type observedStream struct {
	net.Conn
	lifetime *lifetime
	seen     []byte
}

func (c *observedStream) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.seen = append(c.seen, b[:n]...)
	for len(c.seen) >= 2 {
		end := 2 + int(binary.BigEndian.Uint16(c.seen))
		if len(c.seen) < end {
			break
		}
		c.lifetime.read(c.seen[2:end])
		c.seen = c.seen[end:]
	}
	return n, err
}
