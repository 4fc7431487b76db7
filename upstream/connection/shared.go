package connection

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// shared is a connection of HTTP/2: for many requests at a time.
type shared struct {
	conn    *http.ClientConn
	expires time.Time // zero: never

	// These are guarded by the lock of the pool.
	inFlight int
	retired  bool // it gets no more requests, and is closed behind the last
}

// placeLocked reserves a place on the connection with the fewest requests. There is none if another connection should be
// made, or if all are full. Connections that are over are no longer counted, and the caller closes them.
func (p *Pool) placeLocked() (best *shared, over []*shared) {
	if len(p.shared) == 0 {
		return nil, nil
	}
	now := time.Now()
	p.shared = slices.DeleteFunc(p.shared, func(s *shared) bool {
		switch {
		case s.conn.Err() != nil, !s.expires.IsZero() && now.After(s.expires):
			s.retired = true
			if s.inFlight == 0 {
				over = append(over, s)
				p.open--
			}
			return true
		case best == nil || s.inFlight < best.inFlight:
			best = s
		}
		return false
	})
	if best == nil || best.inFlight >= p.o.HTTP2.Streams && p.mayDialLocked(false) {
		return nil, over
	}
	// The endpoint may allow fewer requests than that, and differently on each connection.
	if best.conn.Reserve() != nil {
		i := slices.IndexFunc(p.shared, func(s *shared) bool { return s != best && s.conn.Reserve() == nil })
		if i < 0 {
			return nil, over
		}
		best = p.shared[i]
	}
	best.inFlight++
	return best, over
}

// carried hands an established connection to net/http, which wants to dial itself.
type carried struct{}

// newShared begins HTTP/2 on nc. The connection has one place taken.
func (p *Pool) newShared(ctx context.Context, nc net.Conn) (*shared, error) {
	scheme := "http"
	if p.dialer.security != nil {
		scheme = "https"
	}
	conn, err := p.h2.NewClientConn(context.WithValue(ctx, carried{}, nc), scheme, p.dialer.target)
	if err == nil {
		if err = conn.Reserve(); err != nil {
			conn.Close()
		}
	}
	if err != nil {
		nc.Close()
		return nil, &DialError{err}
	}
	return &shared{conn: conn, expires: p.expiry(), inFlight: 1}, nil
}

// share sends req in the place that was reserved.
func (p *Pool) share(s *shared, req *http.Request) (*http.Response, error) {
	resp, err := s.conn.RoundTrip(req)
	if err != nil {
		p.leave(s)
		return nil, typedHTTP2(err)
	}
	if resp.Body == nil || resp.Body == http.NoBody {
		p.leave(s)
		return resp, nil
	}
	resp.Body = &sharedBody{ReadCloser: resp.Body, p: p, s: s}
	return resp, nil
}

// leave gives a place back.
func (p *Pool) leave(s *shared) {
	p.mu.Lock()
	s.inFlight--
	last := s.inFlight == 0 && s.retired
	if last {
		p.open--
	}
	p.wakeLocked(grant{})
	p.mu.Unlock()
	if last {
		s.conn.Close()
	}
}

// sharedBody gives the place back when the body was read or closed.
type sharedBody struct {
	io.ReadCloser
	p    *Pool
	s    *shared
	once sync.Once
}

func (b *sharedBody) Read(buf []byte) (int, error) {
	n, err := b.ReadCloser.Read(buf)
	if err != nil && err != io.EOF {
		err = typedHTTP2(err)
	}
	return n, err
}

func (b *sharedBody) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(func() { b.p.leave(b.s) })
	return err
}

// transport returns the client of net/http over our dialer: one that pools connections itself, or one that makes
// connections of HTTP/2 out of those it is given.
func (p *Pool) transport(pools bool) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(pools && !p.prior)
	protocols.SetHTTP2(!pools || p.choice)
	protocols.SetUnencryptedHTTP2(!pools || p.prior)
	offered := onlyHTTP1
	if p.choice {
		offered = bothOfHTTP
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		if conn, ok := ctx.Value(carried{}).(net.Conn); ok {
			return conn, nil
		}
		// Through a proxy all goes by tunnels here, so that net/http need not know of it.
		conn, _, err := p.dialer.dial(ctx, offered, true)
		return conn, err
	}
	return &http.Transport{
		DialContext:            dial,
		DialTLSContext:         dial,
		Protocols:              &protocols,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // whoever reads the body decompresses it, within a limit
		MaxIdleConns:           p.o.Config.MaxIdle,
		MaxIdleConnsPerHost:    p.o.Config.MaxIdle,
		MaxConnsPerHost:        p.o.Config.MaxTotal,
		IdleConnTimeout:        p.o.Config.IdleTimeout,
		ResponseHeaderTimeout:  p.o.HeaderTimeout,
		MaxResponseHeaderBytes: p.o.HeaderBytes,
		// Bodies of some ten kilobytes are usual; the default of 4 KiB needs many reads for one.
		ReadBufferSize: 32 << 10,
		HTTP2: &http.HTTP2Config{
			SendPingTimeout: p.o.HTTP2.PingInterval,
			PingTimeout:     p.o.HTTP2.PingTimeout,
		},
	}
}
