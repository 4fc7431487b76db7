package upstream

import (
	"crypto/tls"
	"crypto/x509"
)

// Trust makes a client accept one certificate: the tests' servers sign their own.
func Trust(c *Client, cert *x509.Certificate) {
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	for _, x := range c.pool.Load().exchanger {
		d := x.(*netHTTP).dialer
		d.tls = &tls.Config{RootCAs: roots, NextProtos: d.tls.NextProtos, MinVersion: tls.VersionTLS12}
	}
}
