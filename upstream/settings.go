package upstream

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/sluice-gateway/sluice/upstream/breaker"
	"github.com/sluice-gateway/sluice/upstream/limit"
)

// Timeouts are the limits of time of one call. A call never outlives its caller's context either. One that is longer than
// Total has no effect: whoever shortens Total need not touch the others.
type Timeouts struct {
	// Connect limits dialing, the way through a proxy included (default 3s). It is short, so that another endpoint can still
	// be tried.
	Connect time.Duration `yaml:"connect"`
	// TLS limits the handshake on a new connection (default 3s).
	TLS time.Duration `yaml:"tls"`
	// ResponseHeader limits the wait for the head of the answer once the request is written (default 10s).
	ResponseHeader time.Duration `yaml:"response_header"`
	// Attempt limits one attempt, the body of the answer included (default 10s). It is less than Total, so that another
	// endpoint can be tried when one does not answer.
	Attempt time.Duration `yaml:"attempt"`
	// Total limits the whole call, with all attempts and the time between them (default 30s).
	Total time.Duration `yaml:"total"`
	// DeadlineHeader is the name of a header that tells the service how many milliseconds are left for its answer (default
	// none). A service that knows does not work on what nobody waits for.
	DeadlineHeader string `yaml:"deadline_header"`
}

func (t *Timeouts) validate() error {
	var errs []error
	for _, f := range [...]struct {
		name string
		d    time.Duration
	}{{"connect", t.Connect}, {"tls", t.TLS}, {"response_header", t.ResponseHeader}, {"attempt", t.Attempt}, {"total", t.Total}} {
		if f.d <= 0 {
			errs = append(errs, fmt.Errorf("%s: must be > 0 (got %v)", f.name, f.d))
		}
	}
	if t.DeadlineHeader != "" && !httpguts.ValidHeaderFieldName(t.DeadlineHeader) {
		errs = append(errs, fmt.Errorf("deadline_header: must be the name of a header (got %q)", t.DeadlineHeader))
	}
	return errors.Join(errs...)
}

// Hedge says when a read is sent to a second endpoint while the first has not answered: the first answer counts, and the
// other request is canceled. The budget of retries pays for it.
type Hedge struct {
	// Enabled turns it on (default false). It is worth it where a few calls take much longer than others.
	Enabled bool `yaml:"enabled"`
	// Delay is after what time the second request is sent (default 0: after the time in which Quantile of the service's calls
	// of the last minute were answered).
	Delay time.Duration `yaml:"delay"`
	// Quantile is the share of calls that are answered before a second request would be sent (default 0.95).
	Quantile float64 `yaml:"quantile"`
	// MinDelay is the least time after which a second request is sent (default 1ms).
	MinDelay time.Duration `yaml:"min_delay"`
}

func (h *Hedge) validate() error {
	var errs []error
	if h.Delay < 0 {
		errs = append(errs, fmt.Errorf("delay: must be >= 0 (got %v)", h.Delay))
	}
	if !(h.Quantile >= 0.5 && h.Quantile < 1) { // NaN is neither
		errs = append(errs, fmt.Errorf("quantile: must be between 0.5 and 1 (got %v)", h.Quantile))
	}
	if h.MinDelay < 0 {
		errs = append(errs, fmt.Errorf("min_delay: must be >= 0 (got %v)", h.MinDelay))
	}
	return errors.Join(errs...)
}

// Breaker says when calls are refused that would fail anyway.
type Breaker struct {
	// Service is the breaker of the whole service (default on).
	Service breaker.Config `yaml:"service"`
	// Endpoint is the breaker of each endpoint (default off: passive health checks do the same, and look at the other endpoints
	// too). Calls that one of them refuses go to other endpoints.
	Endpoint breaker.Config `yaml:"endpoint"`
}

// Concurrency says how many calls may be under way.
type Concurrency struct {
	// Service limits the calls of the whole service.
	Service limit.Config `yaml:"service"`
	// Endpoint limits the attempts at each endpoint.
	Endpoint limit.Config `yaml:"endpoint"`
}

// Decompression says how the service may compress its answers.
type Decompression struct {
	// Accept are the content codings that the service is asked for, the best first: zstd, br, gzip, deflate (default: none).
	// Worth it across slow lines; within one data centre it costs more time than it saves. An answer that is compressed in
	// one of these ways is read in any case.
	Accept []string `yaml:"accept"`
}

// Limits bound what one answer may hold.
type Limits struct {
	// BodyBytes limits the body of an answer, as sent and as decompressed (default 16777216, 16 MiB).
	BodyBytes int64 `yaml:"body_bytes"`
	// HeaderBytes limits the head of an answer (default 65536, 64 KiB).
	HeaderBytes int64 `yaml:"header_bytes"`
}
