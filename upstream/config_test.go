package upstream_test

import (
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/balance"
	"github.com/sluice-gateway/sluice/upstream/connection"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/upstream/health"
	"github.com/sluice-gateway/sluice/upstream/limit"
	"github.com/sluice-gateway/sluice/upstream/retry"
)

func TestDefaultsValidate(t *testing.T) {
	t.Parallel()
	cfg := upstream.DefaultConfig()
	cfg.Endpoints = endpoint.At("http://127.0.0.1:1")
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
}

func TestConfigDecodesOverTheDefaults(t *testing.T) {
	t.Parallel()
	var got map[string]upstream.Config
	document := `
users:
  endpoints: [http://a:1, "http://b:1/v1"]
  balance: {policy: round_robin}
  timeouts: {total: 5s, response_header: 2s}
  connections: {max_total: 7}
  limits: {body_bytes: 100}
  http2: {enabled: false}
  tls: {server_name: users.internal}
posts:
  endpoints: [http://c]
`
	if err := yaml.UnmarshalWithOptions([]byte(document), &got, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	users := upstream.DefaultConfig()
	users.Endpoints = endpoint.At("http://a:1", "http://b:1/v1")
	users.Balance.Policy = "round_robin"
	users.Timeouts.Total, users.Timeouts.ResponseHeader = 5*time.Second, 2*time.Second
	users.Connections.MaxTotal = 7
	users.Limits.BodyBytes = 100
	users.HTTP2.Enabled = false
	users.TLS.ServerName = "users.internal"
	posts := upstream.DefaultConfig()
	posts.Endpoints = endpoint.At("http://c")
	if diff := cmp.Diff(map[string]upstream.Config{"users": users, "posts": posts}, got); diff != "" {
		t.Errorf("decoding mismatch (-want +got):\n%s", diff)
	}
}

func TestConfigIsStrict(t *testing.T) {
	t.Parallel()
	var got map[string]upstream.Config
	err := yaml.UnmarshalWithOptions([]byte("users:\n  timeouts:\n    totall: 5s\n"), &got, yaml.Strict())
	if err == nil || !strings.Contains(err.Error(), "totall") {
		t.Errorf("an unknown key: %v, want an error that names it", err)
	}
}

func TestValidateReportsAll(t *testing.T) {
	t.Parallel()
	good := upstream.DefaultConfig()
	slow := good.Breaker.Endpoint
	slow.SlowRatio = 2
	err := (&upstream.Config{
		Endpoints:     endpoint.At("http://a", "ftp://b", "http://a/"),
		Discovery:     good.Discovery,
		Health:        health.Config{Active: good.Health.Active, Passive: good.Health.Passive, PanicBelow: 2},
		Retry:         retry.Config{Attempts: 11, Budget: good.Retry.Budget},
		Hedge:         upstream.Hedge{Delay: -1, Quantile: 1, MinDelay: -1},
		Breaker:       upstream.Breaker{Service: good.Breaker.Service, Endpoint: slow},
		Concurrency:   upstream.Concurrency{Service: good.Concurrency.Service, Endpoint: limit.Config{Limit: -1, QueueTimeout: 1, Adaptive: good.Concurrency.Endpoint.Adaptive}},
		Balance:       balance.Config{Policy: "best"},
		Timeouts:      upstream.Timeouts{Connect: -1, ResponseHeader: 2 * time.Second, Attempt: 1, Total: time.Second, DeadlineHeader: "a b"},
		Connections:   connection.Config{Client: "curl", MaxTotal: -1},
		TLS:           connection.TLS{KeyFile: "key.pem"},
		Proxy:         connection.Proxy{URL: "socks5://proxy:1080"},
		Decompression: upstream.Decompression{Accept: []string{"gzip", "lzw"}},
		Limits:        upstream.Limits{BodyBytes: 2 << 30, HeaderBytes: 1},
	}).Validate()
	if err == nil {
		t.Fatal("no error")
	}
	want := []string{
		`endpoints[1]: scheme must be http, https or unix (got "ftp")`,
		`endpoints[2]: is the same as endpoints[0] (got http://a)`,
		`balance.policy: must be one of least_in_flight, round_robin, peak_ewma, rendezvous, random (got best)`,
		`balance.spill_below: must be > 0 and <= 1 (got 0)`,
		`health.panic_below: must be between 0 and 1 (got 2)`,
		`timeouts.connect: must be > 0 (got -1ns)`,
		`timeouts.tls: must be > 0 (got 0s)`,
		`timeouts.deadline_header: must be the name of a header (got "a b")`,
		`retry.attempts: must be between 1 and 10 (got 11)`,
		`hedge.delay: must be >= 0 (got -1ns)`,
		`hedge.quantile: must be between 0.5 and 1 (got 1)`,
		`hedge.min_delay: must be >= 0 (got -1ns)`,
		`breaker.endpoint.slow_ratio: must be between 0 and 1 (got 2)`,
		`concurrency.endpoint.limit: must be between 0 and 1073741824 (got -1)`,
		`connections.client: must be one of native, net/http (got curl)`,
		`connections.max_idle: must be >= 1 (got 0)`,
		`connections.max_total: must be >= 0 (got -1)`,
		`connections.idle_timeout: must be > 0 (got 0s)`,
		`http2.max_connections: must be >= 1 (got 0)`,
		`http2.streams: must be >= 1 (got 0)`,
		`http2.ping_timeout: must be > 0 (got 0s)`,
		`tls.key_file: must be set if and only if certificate_file is`,
		`tls.min_version: must be 1.2 or 1.3 (got )`,
		`proxy.url: must be of the form http://host:port`,
		`decompression.accept[1]: must be one of zstd, br, gzip, deflate (got lzw)`,
		`limits.body_bytes: must be between 1 and 1073741824 (got 2147483648)`,
		`limits.header_bytes: must be between 1024 and 16777216 (got 1)`,
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("Validate() mismatch (-want +got):\n%s", diff)
	}
	none := upstream.DefaultConfig()
	if err := none.Validate(); err == nil || err.Error() != "endpoints: at least one is needed, or discovery" {
		t.Errorf("no endpoints: %v", err)
	}
}
