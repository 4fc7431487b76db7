package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/server"
)

// status asks for a path and returns the status of the answer.
func status(t *testing.T, c *http.Client, url string, headers ...string) (int, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(`{"query":"{ a }"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode, resp.Header
}

func TestAChangeHoldsForTheNextRequest(t *testing.T) {
	t.Parallel()
	var config server.Config
	f := start(t, func(c *server.Config, _ *server.Options) { config = *c })
	if code, _ := status(t, f.client, f.url); code != http.StatusOK {
		t.Fatalf("status %d before", code)
	}

	config.MaxBodyBytes = 5
	config.CORS.AllowOrigins = []string{"https://app.example.com"}
	config.Path = "/other"
	config.Timeouts.Idle = time.Hour
	config.Listen = "127.0.0.1:1"
	change, err := f.Prepare(config, server.Options{Ready: func() server.Readiness { return server.Readiness{Ready: true, Detail: "changed"} }})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"listen", "timeouts.idle"}, change.Waiting); diff != "" {
		t.Errorf("what waits for a restart (-want +got):\n%s", diff)
	}
	if code, _ := status(t, f.client, f.url); code != http.StatusOK {
		t.Errorf("status %d before the change is applied", code)
	}
	change.Apply()
	if code, _ := status(t, f.client, f.url); code != http.StatusNotFound {
		t.Errorf("status %d at the path that was, want 404", code)
	}
	code, header := status(t, f.client, strings.Replace(f.url, "/graphql", "/other", 1), "Origin", "https://app.example.com")
	if code != http.StatusRequestEntityTooLarge || header.Get("Access-Control-Allow-Origin") != "https://app.example.com" {
		t.Errorf("status %d with %v, want the new limit and the new origin", code, header)
	}
	resp, err := f.client.Get("http://" + f.AdminAddr().String() + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); !strings.Contains(string(text), "changed") {
		t.Errorf("/readyz says %s", text)
	}
}

func TestAChangeThatIsWrongIsNone(t *testing.T) {
	t.Parallel()
	var config server.Config
	f := start(t, func(c *server.Config, _ *server.Options) { config = *c })
	for name, wrong := range map[string]func(*server.Config){
		"a limit out of bounds":        func(c *server.Config) { c.MaxBodyBytes = 0 },
		"a certificate without a key":  func(c *server.Config) { c.TLS.CertFile = "cert.pem" },
		"a certificate that is absent": func(c *server.Config) { c.TLS = server.TLS{CertFile: "absent.pem", KeyFile: "absent.pem"} },
	} {
		c := config
		wrong(&c)
		if change, err := f.Prepare(c, server.Options{}); err == nil {
			t.Errorf("%s: Prepare() = %v, want an error", name, change)
		}
	}
	if code, _ := status(t, f.client, f.url); code != http.StatusOK {
		t.Errorf("status %d", code)
	}
}

// writeCertificate writes a certificate for 127.0.0.1 with a serial number, and its key, and returns the certificate.
func writeCertificate(t *testing.T, files server.TLS, serial int64) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "sluice"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{files.CertFile: {Type: "CERTIFICATE", Bytes: der}, files.KeyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCertificatesChangeWhileTheServerRuns(t *testing.T) {
	t.Parallel()
	files := server.TLS{CertFile: filepath.Join(t.TempDir(), "cert.pem"), KeyFile: filepath.Join(t.TempDir(), "key.pem")}
	first := writeCertificate(t, files, 1)
	var config server.Config
	f := start(t, func(c *server.Config, _ *server.Options) {
		c.TLS = files
		config = *c
	})
	address := f.Addr().String()
	// connect returns the serial number that a new connection gets, and what a query over it answers.
	connect := func(trusted *x509.Certificate) (serial int64, proto string, code int) {
		pool := x509.NewCertPool()
		pool.AddCert(trusted)
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+address+"/graphql", strings.NewReader(`{"query":"{ a }"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		return resp.TLS.PeerCertificates[0].SerialNumber.Int64(), resp.Proto, resp.StatusCode
	}
	if serial, proto, code := connect(first); serial != 1 || proto != "HTTP/2.0" || code != http.StatusOK {
		t.Fatalf("the first certificate: serial %d, %s, %d", serial, proto, code)
	}
	second := writeCertificate(t, files, 2)
	change, err := f.Prepare(config, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	change.Apply()
	if serial, _, code := connect(second); serial != 2 || code != http.StatusOK {
		t.Errorf("after the change: serial %d, %d", serial, code)
	}
	if err := os.WriteFile(files.KeyFile, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Prepare(config, server.Options{}); err == nil {
		t.Error("a key that is none is taken")
	}
	if serial, _, _ := connect(second); serial != 2 {
		t.Errorf("after a bad change: serial %d", serial)
	}
}
