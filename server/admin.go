package server

import (
	"net/http"

	"github.com/go-json-experiment/json/jsontext"
)

// AdminHandler returns what the listener of operators serves: /healthz answers as long as the process can, /readyz says
// whether it should get requests, and [Options.Admin] adds to them.
func (s *Server) AdminHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.front.Load().admin.ServeHTTP(w, r) })
}

func (s *front) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeStatus(w, http.StatusOK, "ok", nil)
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if s.server.stopping.Load() {
			writeStatus(w, http.StatusServiceUnavailable, "stopping", nil)
			return
		}
		readiness := Readiness{Ready: true}
		if s.options.Ready != nil {
			readiness = s.options.Ready()
		}
		if readiness.Ready {
			writeStatus(w, http.StatusOK, "ready", readiness.Detail)
		} else {
			writeStatus(w, http.StatusServiceUnavailable, "not ready", readiness.Detail)
		}
	})
	for pattern, h := range s.options.Admin {
		mux.Handle(pattern, h)
	}
	return wrap(mux, identify, s.recover, securityHeaders, s.limitTime)
}

func writeStatus(w http.ResponseWriter, status int, word string, detail any) {
	answer := struct {
		Status string         `json:"status"`
		Detail jsontext.Value `json:"detail,omitzero"`
	}{Status: word}
	if detail != nil {
		if text, err := encode(detail); err == nil {
			answer.Detail = text
		}
	}
	text, err := encode(answer)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"status":"broken"}`)
	}
	w.Header()["Cache-Control"] = noStore
	writeAnswer(w, jsonMediaType, status, append(text, '\n'))
}
