package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/bench/internal/fleet"
	"github.com/sluice-gateway/sluice/internal/subgraphtest"
)

// serviceRole as the first argument makes this program an endpoint of a service: its name, the file in which mutations are
// entered, and two addresses follow.
const serviceRole = "service"

// The services.
const (
	usersService   = "users"   // REST
	reviewsService = "reviews" // a GraphQL server
)

// How an endpoint answers.
const (
	wellMode   = "well"
	errorMode  = "error"     // 500
	busyMode   = "busy"      // 503, with Retry-After
	slowMode   = "slow"      // fifty times slower
	cutMode    = "cut"       // half of the body, then the connection ends
	resetMode  = "reset"     // the connection is reset without an answer
	brokenMode = "truncated" // half of the body, as if that were all
)

const (
	latency  = time.Millisecond // of a healthy endpoint, on average
	slowness = 50
)

// serveService serves until the process is killed.
func serveService(args []string) error {
	if len(args) != 4 {
		return errors.New("a service needs a name, a file and two addresses")
	}
	h, err := newService(args[0], args[1])
	if err != nil {
		return err
	}
	var mode atomic.Value
	mode.Store(wellMode)
	front := http.NewServeMux()
	front.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	front.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		faulty(w, r, h, mode.Load().(string)) //nolint:errcheck // nothing else is stored
	})
	control := http.NewServeMux()
	control.HandleFunc("PUT /mode/{mode}", func(_ http.ResponseWriter, r *http.Request) { mode.Store(r.PathValue("mode")) })
	return fleet.Serve(map[string]http.Handler{args[2]: front, args[3]: control})
}

// faulty does what is asked for, and then answers as the mode says: so that a request that has an effect has it, whatever
// becomes of the answer.
func faulty(w http.ResponseWriter, r *http.Request, h http.Handler, mode string) {
	wait := latency/2 + rand.N(latency) //nolint:gosec // not for secrets
	if mode == slowMode {
		wait *= slowness
	}
	fleet.Pause(r.Context(), wait)
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	body := answer.Body.Bytes()
	status := answer.Code
	switch mode {
	case errorMode:
		http.Error(w, `{"error": "broken"}`, http.StatusInternalServerError)
		return
	case busyMode:
		w.Header().Set("Retry-After", "1")
		http.Error(w, `{"error": "busy"}`, http.StatusServiceUnavailable)
		return
	case resetMode:
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			_ = conn.Close()
		}
		return
	case brokenMode:
		body = body[:len(body)/2]
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if mode != cutMode {
		_, _ = w.Write(body)
		return
	}
	_, _ = w.Write(body[:len(body)/2])
	c := http.NewResponseController(w)
	_ = c.Flush()
	if conn, _, err := c.Hijack(); err == nil {
		_ = conn.Close()
	}
}

func newService(name, ledger string) (http.Handler, error) {
	switch name {
	case usersService:
		return usersHandler(ledger), nil
	case reviewsService:
		data, err := json.Marshal(reviewsData())
		if err != nil {
			return nil, err
		}
		s, err := subgraphtest.New(reviewsSchema, data)
		if err != nil {
			return nil, err
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.ServeHTTP(w, r)
			s.Requests() // and so forgets them
			for _, f := range s.Faults() {
				fmt.Fprintf(os.Stderr, "the subgraph was asked what it may not be: %s\n", f)
			}
		}), nil
	}
	return nil, fmt.Errorf("there is no service %q", name)
}

// usersHandler serves the users, and enters each visit in the ledger: one line with its key, before it is answered.
func usersHandler(ledger string) http.Handler {
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }
	mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.PathValue("id"))
		if err != nil || id < 1 || id > users {
			http.NotFound(w, r)
			return
		}
		reply(w, user(id))
	})
	mux.HandleFunc("GET /users", func(w http.ResponseWriter, r *http.Request) {
		list := []map[string]any{}
		ids := strings.Split(r.URL.Query().Get("ids"), ",")
		if !r.URL.Query().Has("ids") {
			ids = nil
			for i := range users {
				ids = append(ids, strconv.Itoa(i+1))
			}
		}
		for _, text := range ids {
			if id, err := strconv.Atoi(text); err == nil && id >= 1 && id <= users {
				list = append(list, user(id))
			}
		}
		reply(w, list)
	})
	mux.HandleFunc("POST /visits", func(w http.ResponseWriter, r *http.Request) {
		var visit struct{ Key, User string }
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &visit)
		}
		if err == nil {
			err = enter(ledger, visit.Key)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		reply(w, map[string]any{"key": visit.Key, "user": map[string]any{"id": visit.User}})
	})
	return mux
}

// enter adds a line to a file that several processes write.
func enter(ledger, key string) error {
	f, err := os.OpenFile(ledger, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(key + "\n")
	return errors.Join(err, f.Close())
}
