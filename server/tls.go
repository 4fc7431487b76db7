package server

import (
	"crypto/tls"
	"errors"
	"fmt"
)

// TLS configures encryption on the listener of clients, which speaks HTTP/2 then, too. Without files there is none, which is
// the default.
type TLS struct {
	// CertFile holds the certificate of the server and those between it and its root, in PEM.
	CertFile string `yaml:"cert_file"`
	// KeyFile holds the private key of the certificate, in PEM.
	KeyFile string `yaml:"key_file"`
}

// Enabled reports whether the listener speaks TLS.
func (t *TLS) Enabled() bool { return t.CertFile != "" || t.KeyFile != "" }

// load reads the certificate; it is nil without TLS.
func (t *TLS) load() (*tls.Certificate, error) {
	if !t.Enabled() {
		return nil, nil //nolint:nilnil // no certificate is what was asked for
	}
	c, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	return &c, nil
}

func (t *TLS) validate() error {
	switch {
	case t.CertFile != "" && t.KeyFile == "":
		return errors.New("tls.key_file: is needed beside cert_file")
	case t.CertFile == "" && t.KeyFile != "":
		return errors.New("tls.cert_file: is needed beside key_file")
	}
	return nil
}

// tlsConfig serves the certificate of the moment to each handshake.
func (s *Server) tlsConfig() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			if c := s.front.Load().certificate; c != nil {
				return c, nil
			}
			return nil, errors.New("there is no certificate")
		},
	}
}
