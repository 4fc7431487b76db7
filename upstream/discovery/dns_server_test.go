package discovery_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// dnsServer answers questions from its records, over connections in memory or over UDP.
type dnsServer struct {
	mu      sync.Mutex // guards the fields below
	a, aaaa []netip.Addr
	srv     []dnsmessage.SRVResource
	ttl     uint32
	rcode   dnsmessage.RCode
	broken  dnsmessage.Type // questions of this type are answered by a failure
	asked   int             // questions so far
}

// set changes what the server says.
func (s *dnsServer) set(change func(s *dnsServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *dnsServer) questions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func (s *dnsServer) answer(question []byte) ([]byte, error) {
	var p dnsmessage.Parser
	head, err := p.Start(question)
	if err != nil {
		return nil, err
	}
	q, err := p.Question()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	rcode := s.rcode
	if q.Type == s.broken {
		rcode = dnsmessage.RCodeServerFailure
	}
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: head.ID, Response: true, Authoritative: true, RCode: rcode})
	if err := errors.Join(b.StartQuestions(), b.Question(q), b.StartAnswers()); err != nil {
		return nil, err
	}
	if rcode != dnsmessage.RCodeSuccess {
		return b.Finish()
	}
	rr := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: s.ttl}
	switch q.Type {
	case dnsmessage.TypeA:
		for _, ip := range s.a {
			err = errors.Join(err, b.AResource(rr, dnsmessage.AResource{A: ip.As4()}))
		}
	case dnsmessage.TypeAAAA:
		for _, ip := range s.aaaa {
			err = errors.Join(err, b.AAAAResource(rr, dnsmessage.AAAAResource{AAAA: ip.As16()}))
		}
	case dnsmessage.TypeSRV:
		for _, r := range s.srv {
			err = errors.Join(err, b.SRVResource(rr, r))
		}
	}
	if err != nil {
		return nil, err
	}
	return b.Finish()
}

// resolver returns a resolver that asks the server over connections in memory, which work in a synctest bubble.
func (s *dnsServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go s.serveStream(server)
		return client, nil
	}}
}

// serveStream ends when the client closes its end.
func (s *dnsServer) serveStream(conn net.Conn) {
	defer conn.Close()
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		question := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, question); err != nil {
			return
		}
		reply, err := s.answer(question)
		if err != nil {
			return
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
			return
		}
	}
}

// listen serves on UDP of this machine and returns a resolver that asks there.
func (s *dnsServer) listen(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		buffer := make([]byte, 4096)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			if reply, err := s.answer(buffer[:n]); err == nil {
				if _, err := conn.WriteToUDPAddrPort(reply, from); err != nil {
					return
				}
			}
		}
	})
	t.Cleanup(func() {
		conn.Close()
		serving.Wait()
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}
