package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/server"
)

// outcome is what became of one reload.
type outcome struct {
	problems problem.List // all of them: it was refused if one is an error
	number   int          // of the snapshot
	hash     string       // of the schema
	waiting  []string     // settings that hold from the next start on
	took     time.Duration
}

// detail is what /readyz tells.
type detail struct {
	Snapshot int       `json:"snapshot"`
	Schema   string    `json:"schema"`
	Since    time.Time `json:"since"`
	// Configuration names what was in the files that are in use or, after a refusal, were refused.
	Configuration string   `json:"configuration"`
	Refused       *refused `json:"refused,omitzero"`
}

// refused is a configuration that was not taken.
type refused struct {
	At       time.Time `json:"at"`
	Problems []string  `json:"problems"`
}

// maxTold bounds how many problems of one reload are logged, and told on /readyz.
const maxTold = 20

// note notes what /readyz tells, after the start or a reload with these errors.
func (v *live) note(errs problem.List) {
	s := v.gateway.Hold()
	defer s.Release()
	d := &detail{Snapshot: s.Number(), Schema: s.Hash(), Since: s.Loaded(), Configuration: v.seen.Hash()}
	if len(errs) > 0 {
		d.Refused = &refused{At: time.Now(), Problems: texts(errs)}
	}
	v.detail.Store(d)
}

func texts(list problem.List) []string {
	out := []string{}
	for _, p := range list {
		if len(out) == maxTold {
			return append(out, fmt.Sprintf("and %d more", len(list)-maxTold))
		}
		out = append(out, p.String())
	}
	return out
}

// ready is the answer of /readyz. A configuration that was refused is no reason to send nobody here: the one before is
// served as well as ever.
func (v *live) ready() server.Readiness {
	return server.Readiness{Ready: true, Detail: v.detail.Load()}
}

func (v *live) logRefusal(cause string, errs problem.List) {
	v.log.Error("the configuration was not reloaded: the new one is wrong, and the one before goes on", "cause", cause, "problems", len(errs))
	for _, text := range texts(errs) {
		v.log.Error("what is wrong with the new configuration", "problem", text)
	}
}

func (v *live) logSuccess(cause string, o *outcome) {
	v.log.Info("the configuration was reloaded", "cause", cause, "snapshot", o.number, "schema", o.hash, "took", o.took.Round(time.Millisecond))
	for _, text := range texts(o.problems) {
		v.log.Warn("a warning of the new configuration", "problem", text)
	}
	if len(o.waiting) > 0 {
		v.log.Warn("some settings of the new configuration hold from the next start on", "settings", strings.Join(o.waiting, ", "))
	}
}

// first shows the first of some paths, and how many there are.
func first(paths []string) string {
	if len(paths) == 1 {
		return paths[0]
	}
	return fmt.Sprintf("%s and %d more", paths[0], len(paths)-1)
}

// answer is what POST /reload tells.
type answer struct {
	Status   string          `json:"status"` // reloaded or refused
	Snapshot int             `json:"snapshot,omitzero"`
	Schema   string          `json:"schema,omitzero"`
	Restart  []string        `json:"restart,omitzero"` // settings that hold from the next start on
	Problems []answerProblem `json:"problems,omitzero"`
}

// answerProblem is a problem for programs.
type answerProblem struct {
	Severity   string `json:"severity"`
	Code       string `json:"code,omitzero"`
	File       string `json:"file,omitzero"`
	Line       int    `json:"line,omitzero"`
	Column     int    `json:"column,omitzero"`
	Coordinate string `json:"coordinate,omitzero"`
	Message    string `json:"message"`
}

// serveReload reloads, and answers what became of it.
func (v *live) serveReload(w http.ResponseWriter, r *http.Request) {
	// A page that an operator visits can have the browser send this without asking. Browsers say where it comes from.
	if r.Header.Get("Origin") != "" {
		http.Error(w, "Pages may not reload the configuration.", http.StatusForbidden)
		return
	}
	o := v.reload("POST /reload")
	a, status := answer{Status: "reloaded", Snapshot: o.number, Schema: o.hash, Restart: o.waiting}, http.StatusOK
	if o.problems.Errors() != nil {
		a.Status, status = "refused", http.StatusUnprocessableEntity
	}
	for _, p := range o.problems {
		severity := "error"
		if p.Severity == problem.Warning {
			severity = "warning"
		}
		a.Problems = append(a.Problems, answerProblem{severity, p.Code, p.File, p.Line, p.Column, p.Coordinate, p.Message})
	}
	text, err := json.Marshal(&a)
	if err != nil {
		v.log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelError, "the outcome of a reload cannot be told", slog.Any("error", err))
		status, text = http.StatusInternalServerError, nil
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // a client that went away is nobody's error
}
