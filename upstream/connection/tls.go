package connection

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

var tlsVersions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// security makes the settings of a handshake out of the configuration and the files it names, as they are at that moment.
// It is safe for concurrent use.
type security struct {
	cfg    TLS
	base   tls.Config
	report func(error)

	mu    sync.Mutex // guards the fields below
	files [3]stamp   // of roots, certificate and key when they were last read
	roots *x509.CertPool
	pair  []tls.Certificate
	cache tls.ClientSessionCache
}

// stamp tells whether a file has changed.
type stamp struct {
	modified time.Time
	size     int64
	missing  bool
}

// newSecurity reads the files for the first time. name is the host of the endpoint.
func newSecurity(cfg TLS, name string, report func(error)) (*security, error) {
	s := &security{cfg: cfg, report: report}
	if cfg.ServerName != "" {
		name = cfg.ServerName
	}
	s.base = tls.Config{
		ServerName: name,
		MinVersion: tlsVersions[cfg.MinVersion],
		//nolint:gosec // an operator has spelled it out
		InsecureSkipVerify: cfg.InsecureSkipVerify,
	}
	s.files = s.stamps()
	if err := s.read(); err != nil {
		return nil, err
	}
	return s, nil
}

// config returns the settings of one handshake that offers the given protocols. The files are looked at each time, which
// costs less than a hundredth of the handshake.
func (s *security) config(protocols []string) *tls.Config {
	s.mu.Lock()
	if now := s.stamps(); now != s.files {
		s.files = now
		if err := s.read(); err != nil {
			s.report(fmt.Errorf("the files of TLS have changed and cannot be used, those before are kept: %w", err))
		}
	}
	roots, pair, cache := s.roots, s.pair, s.cache
	s.mu.Unlock()
	c := s.base.Clone()
	c.NextProtos, c.RootCAs, c.ClientSessionCache = protocols, roots, cache
	if pair != nil {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair[0], nil }
	}
	return c
}

func (s *security) stamps() (all [3]stamp) {
	for i, name := range []string{s.cfg.RootsFile, s.cfg.CertificateFile, s.cfg.KeyFile} {
		if name == "" {
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			all[i] = stamp{missing: true}
			continue
		}
		all[i] = stamp{modified: info.ModTime(), size: info.Size()}
	}
	return all
}

// read takes what the files hold, all or nothing.
func (s *security) read() error {
	var roots *x509.CertPool
	pem := []byte(s.cfg.Roots)
	if s.cfg.RootsFile != "" {
		var err error
		if pem, err = os.ReadFile(s.cfg.RootsFile); err != nil {
			return fmt.Errorf("tls.roots_file: %w", err)
		}
	}
	if s.cfg.RootsFile != "" || len(pem) > 0 {
		if roots = x509.NewCertPool(); !roots.AppendCertsFromPEM(pem) {
			return errors.New("tls.roots_file: must hold certificates in PEM")
		}
	}
	var pair []tls.Certificate
	if s.cfg.CertificateFile != "" {
		one, err := tls.LoadX509KeyPair(s.cfg.CertificateFile, s.cfg.KeyFile)
		if err != nil {
			return fmt.Errorf("tls.certificate_file: %w", err)
		}
		pair = []tls.Certificate{one}
	}
	const sessions = 64
	s.roots, s.pair = roots, pair
	// A session that is resumed stands for the certificates it began with.
	s.cache = tls.NewLRUClientSessionCache(sessions)
	return nil
}

// hostOf returns the host of an address that may have a port.
func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}
