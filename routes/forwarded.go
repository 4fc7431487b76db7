package routes

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Forwarded says what services are told of the clients, and whom to believe what is told of clients before.
type Forwarded struct {
	// Trusted are the addresses, or networks such as 10.0.0.0/8, of proxies in front of the gateway. What others say in
	// X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host and Forwarded is dropped. Default: none.
	Trusted []string `yaml:"trusted"`
	// Headers are those that are sent: x_forwarded, forwarded (RFC 7239), both, or none. Default x_forwarded.
	Headers string `yaml:"headers" jsonschema:"enum=x_forwarded,enum=forwarded,enum=both,enum=none"`
}

// DefaultForwarded returns the defaults that the fields name.
func DefaultForwarded() Forwarded { return Forwarded{Headers: sendLegacy} }

// The choices of [Forwarded.Headers].
const (
	sendLegacy = "x_forwarded"
	sendModern = "forwarded"
	sendBoth   = "both"
	sendNone   = "none"
)

// Validate returns everything that is wrong, one error each.
func (c *Forwarded) Validate() error {
	_, err := newForwarding(*c)
	return err
}

func newForwarding(c Forwarded) (*forwarding, error) {
	f := &forwarding{}
	var errs []error
	for i, text := range c.Trusted {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			var one netip.Addr
			if one, err = netip.ParseAddr(text); err == nil {
				network, err = one.Prefix(one.BitLen())
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("trusted[%d]: must be an address, or a network such as 10.0.0.0/8 (got %q)", i, text))
			continue
		}
		f.trusted = append(f.trusted, network.Masked())
	}
	switch c.Headers {
	case "", sendLegacy:
		f.legacy = true
	case sendModern:
		f.modern = true
	case sendBoth:
		f.legacy, f.modern = true, true
	case sendNone:
	default:
		errs = append(errs, fmt.Errorf("headers: must be one of x_forwarded, forwarded, both, none (got %q)", c.Headers))
	}
	return f, errors.Join(errs...)
}

// forwarding is a [Forwarded] ready for use.
type forwarding struct {
	trusted []netip.Prefix
	legacy  bool // X-Forwarded-*
	modern  bool // Forwarded
}

const (
	forwardedFor   = "X-Forwarded-For"
	forwardedProto = "X-Forwarded-Proto"
	forwardedHost  = "X-Forwarded-Host"
	forwarded      = "Forwarded"
)

// set says of the client of a request what is known of it.
func (f *forwarding) set(h http.Header, r *http.Request) {
	client, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		client = ""
	}
	if !f.trusts(client) {
		for _, name := range []string{forwardedFor, forwardedProto, forwardedHost, forwarded, "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Real-Ip"} {
			delete(h, name)
		}
	}
	proto := "http"
	if r.TLS != nil {
		proto = "https"
	}
	if f.legacy {
		if client != "" {
			h[forwardedFor] = []string{strings.Join(append(slices.Clone(h[forwardedFor]), client), ", ")}
		}
		if len(h[forwardedProto]) == 0 {
			h[forwardedProto] = []string{proto}
		}
		if len(h[forwardedHost]) == 0 && r.Host != "" {
			h[forwardedHost] = []string{r.Host}
		}
	}
	if f.modern {
		h[forwarded] = []string{strings.Join(append(slices.Clone(h[forwarded]), element(client, proto, r.Host)), ", ")}
	}
}

// element is what one hop says of the one before it (RFC 7239, section 4).
func element(client, proto, host string) string {
	node := "unknown"
	if a, err := netip.ParseAddr(client); err == nil {
		if node = a.String(); a.Is6() {
			node = `"[` + node + `]"`
		}
	}
	out := "for=" + node
	if host != "" && !strings.ContainsAny(host, `"\`) && isFieldValue(host) {
		out += `;host="` + host + `"`
	}
	return out + ";proto=" + proto
}

func (f *forwarding) trusts(client string) bool {
	if len(f.trusted) == 0 {
		return false
	}
	a, err := netip.ParseAddr(client)
	return err == nil && slices.ContainsFunc(f.trusted, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
}
