package connection

import (
	"context"
	"net"
)

// Dial makes a connection as the first request would, with the TLS handshake if there is one. It is the caller's, and counts
// nowhere.
func (p *Pool) Dial(ctx context.Context) (net.Conn, error) {
	conn, _, err := p.dialer.dial(ctx, onlyHTTP1, true)
	return conn, err
}
