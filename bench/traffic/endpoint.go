package main

import (
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/bench/internal/fleet"
)

// endpointRole as the first argument makes this program an endpoint.
const endpointRole = "endpoint"

// How an endpoint answers.
const (
	wellMode  = "well"
	errorMode = "error" // 500
	slowMode  = "slow"  // twenty times slower
	cutMode   = "cut"   // half of the body, then the connection ends
	lateMode  = "late"  // after a second
)

const (
	latency  = 5 * time.Millisecond // of a healthy endpoint, on average
	slowness = 20
)

// item is the answer to every request.
var item = `{"id": 1, "name": "Stoneware Salt Cellar", "text": "` + strings.Repeat("quia et suscipit ", 60) + `"}`

// serveEndpoint serves items at the first address, and at the second what sets and tells how it does. Its process ends when
// it is killed.
func serveEndpoint(addresses []string) error {
	if len(addresses) != 2 {
		return errors.New("an endpoint needs two addresses")
	}
	var mode atomic.Value
	mode.Store(wellMode)
	var served atomic.Int64
	items := http.NewServeMux()
	items.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if mode.Load() == errorMode {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	items.HandleFunc("GET /items/{id}", func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		answer(w, r, mode.Load().(string)) //nolint:errcheck // nothing else is stored
	})
	control := http.NewServeMux()
	control.HandleFunc("GET /served", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strconv.FormatInt(served.Load(), 10))
	})
	control.HandleFunc("PUT /mode/{mode}", func(_ http.ResponseWriter, r *http.Request) { mode.Store(r.PathValue("mode")) })
	return fleet.Serve(map[string]http.Handler{addresses[0]: items, addresses[1]: control})
}

func answer(w http.ResponseWriter, r *http.Request, mode string) {
	wait := latency/2 + rand.N(latency) //nolint:gosec // not for secrets
	switch mode {
	case slowMode:
		wait *= slowness
	case lateMode:
		wait = time.Second
	}
	if fleet.Pause(r.Context(), wait); r.Context().Err() != nil {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(item)))
	switch mode {
	case errorMode:
		w.Header().Del("Content-Length")
		http.Error(w, `{"error": "broken"}`, http.StatusInternalServerError)
	case cutMode:
		_, _ = io.WriteString(w, item[:len(item)/2])
		c := http.NewResponseController(w)
		_ = c.Flush()
		if conn, _, err := c.Hijack(); err == nil {
			_ = conn.Close()
		}
	default:
		_, _ = io.WriteString(w, item)
	}
}
