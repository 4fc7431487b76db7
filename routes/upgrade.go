package routes

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/fault"
)

// upgradeOf returns the protocol that a request wants its connection to be switched to; empty: none. HTTP/2 has no such
// requests (RFC 9113, section 8.6).
func upgradeOf(r *http.Request) string {
	if r.ProtoMajor != 1 || r.ProtoMinor < 1 || len(r.Header["Upgrade"]) != 1 || !hasToken(r.Header["Connection"], "upgrade") {
		return ""
	}
	protocol := r.Header["Upgrade"][0]
	if strings.EqualFold(protocol, "h2c") { // of one hop, and not of the next
		return ""
	}
	for i := range len(protocol) {
		if c := protocol[i]; c <= ' ' || c >= 0x7f || c == ',' {
			return ""
		}
	}
	return protocol
}

// switchProtocols joins the connection of the client with that to the service, which both speak another protocol on from
// here.
func (p *plain) switchProtocols(ctx context.Context, w http.ResponseWriter, resp *http.Response, wanted string, watch *watch, refuse func(*details)) {
	service, ok := resp.Body.(io.ReadWriteCloser)
	if !ok || wanted == "" || !strings.EqualFold(resp.Header.Get("Upgrade"), wanted) {
		refuse(&details{Status: http.StatusBadGateway, Code: string(fault.ResponseInvalid), Detail: "The service switches to a protocol that was not asked for."})
		return
	}
	h := w.Header()
	p.headers.answer(h, resp.Header)
	h["Connection"], h["Upgrade"] = []string{"Upgrade"}, []string{resp.Header.Get("Upgrade")}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		refuse(&details{Status: http.StatusHTTPVersionNotSupported, Code: string(fault.BadRequest), Detail: "This connection cannot be switched to another protocol."})
		return
	}
	defer conn.Close()
	// Whatever ends the exchange closes both sides, so that nothing keeps waiting.
	unhook := context.AfterFunc(ctx, func() {
		_ = conn.Close()
		_ = service.Close()
	})
	defer unhook()
	_ = conn.SetWriteDeadline(time.Now().Add(p.options.WriteTimeout))
	if err := writeSwitch(buffered.Writer, h); err != nil {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { tunnel(service, buffered.Reader, service, watch, nil) })
	tunnel(conn, service, conn, watch, func() { _ = conn.SetWriteDeadline(time.Now().Add(p.options.WriteTimeout)) })
	both.Wait()
}

// writeSwitch writes the head of the answer that switches protocols.
func writeSwitch(w *bufio.Writer, h http.Header) error {
	if _, err := w.WriteString("HTTP/1.1 101 Switching Protocols\r\n"); err != nil {
		return err
	}
	if err := h.Write(w); err != nil {
		return err
	}
	if _, err := w.WriteString("\r\n"); err != nil {
		return err
	}
	return w.Flush()
}

// tunnel passes on what comes, and the end of it: half of the connection if it has halves, else all.
func tunnel(to io.Writer, from io.Reader, conn io.Closer, watch *watch, before func()) {
	buffer, _ := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	for {
		n, err := from.Read(*buffer)
		if n > 0 {
			watch.moved()
			if before != nil {
				before()
			}
			if _, werr := to.Write((*buffer)[:n]); werr != nil {
				_ = conn.Close()
				return
			}
		}
		if err != nil {
			if half, ok := conn.(interface{ CloseWrite() error }); ok && err == io.EOF {
				if half.CloseWrite() == nil {
					return
				}
			}
			_ = conn.Close()
			return
		}
	}
}

var _ interface{ CloseWrite() error } = (*net.TCPConn)(nil) // what tunnel counts on
