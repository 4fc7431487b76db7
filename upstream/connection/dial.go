package connection

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// dialer makes connections to one endpoint. All its errors are of type [*DialError].
type dialer struct {
	network, address string // what to connect to: the endpoint or the proxy
	target           string // the endpoint's host:port, for the proxy
	connect          time.Duration
	handshake        time.Duration
	security         *security // nil without TLS
	proxied          bool
	authorization    string // for the proxy
	net              net.Dialer
}

func newDialer(e *endpoint.Endpoint, o *Options) (*dialer, error) {
	d := &dialer{network: "tcp", address: e.Host(), target: e.Host(), connect: o.ConnectTimeout, handshake: o.TLSTimeout}
	if e.Socket() != "" {
		d.network, d.address = "unix", e.Socket()
		return d, nil // there is no proxy in between
	}
	if e.Scheme() == "https" {
		name := e.Host()
		if e.Name() != "" {
			name = e.Name()
		}
		var err error
		if d.security, err = newSecurity(o.TLS, hostOf(name), o.Report); err != nil {
			return nil, err
		}
	}
	if err := d.useProxy(e, &o.Proxy); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *dialer) useProxy(e *endpoint.Endpoint, cfg *Proxy) error {
	var proxy *url.URL
	var err error
	switch {
	case cfg.URL != "":
		if proxy, err = url.Parse(cfg.URL); err == nil && cfg.Username != "" {
			proxy.User = url.UserPassword(cfg.Username, cfg.Password)
		}
	case cfg.Environment:
		proxy, err = http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: e.Scheme(), Host: e.Host()}})
	}
	if err != nil || proxy == nil {
		return err
	}
	if proxy.Scheme != "http" {
		return fmt.Errorf("proxy: must be of the form http://host:port (got the scheme %q)", proxy.Scheme)
	}
	port := proxy.Port()
	if port == "" {
		port = "80"
	}
	d.proxied, d.address = true, net.JoinHostPort(proxy.Hostname(), port)
	if u := proxy.User; u != nil {
		password, _ := u.Password()
		d.authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password))
	}
	return nil
}

// dial returns a connection and the protocol that was chosen of those offered. If tunnel is set, a proxy is passed through
// even without TLS.
func (d *dialer) dial(ctx context.Context, protocols []string, tunnel bool) (net.Conn, string, error) {
	conn, err := d.connected(ctx, tunnel)
	if err != nil || d.security == nil {
		return conn, "", err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, d.handshake, ErrTLSTimeout)
	defer cancel()
	secure := tls.Client(conn, d.security.config(protocols))
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, "", dialError(ctx, err)
	}
	return secure, secure.ConnectionState().NegotiatedProtocol, nil
}

// connected returns a connection on which the endpoint hears us.
func (d *dialer) connected(ctx context.Context, tunnel bool) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d.connect, ErrConnectTimeout)
	defer cancel()
	conn, err := d.net.DialContext(ctx, d.network, d.address)
	if err != nil {
		return nil, dialError(ctx, err)
	}
	if d.proxied && (tunnel || d.security != nil) {
		if err := d.passProxy(ctx, conn); err != nil {
			conn.Close()
			return nil, dialError(ctx, fmt.Errorf("proxy: %w", err))
		}
	}
	return conn, nil
}

// passProxy asks the proxy for a tunnel to the endpoint (RFC 9110, section 9.3.6).
func (d *dialer) passProxy(ctx context.Context, conn net.Conn) error {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	text := "CONNECT " + d.target + " HTTP/1.1\r\nHost: " + d.target + "\r\n"
	if d.authorization != "" {
		text += "Proxy-Authorization: " + d.authorization + "\r\n"
	}
	if _, err := io.WriteString(conn, text+"\r\n"); err != nil {
		return err
	}
	const head = 16 << 10
	r := bufio.NewReader(io.LimitReader(conn, head))
	resp, err := http.ReadResponse(r, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("the tunnel was refused with the status %d", resp.StatusCode)
	case r.Buffered() > 0:
		return errors.New("something was sent before the tunnel was used")
	case !stop():
		return ctx.Err()
	}
	return nil
}

// dialError says why there is no connection: the limit that was reached, if it was one.
func dialError(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case cause == nil || errors.Is(err, cause):
	default:
		err = fmt.Errorf("%w: %w", cause, err)
	}
	return &DialError{err}
}

// isPrintable reports whether s can be part of a header.
func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}
