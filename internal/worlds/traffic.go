package worlds

import (
	"net/http"
	"strconv"
	"sync"
)

// traffic is what the services of a world were asked. It is safe for concurrent use.
type traffic struct {
	mu       sync.Mutex
	requests []Request
	wrong    []string
	refused  int // answers with a status that means an error
	failing  *Failure
	failed   int
	repeated int // objects that one request asks for twice
	epoch    int
}

// Request is a request that a service got.
type Request struct {
	Service, Method, URL, Body string
	InProcess                  bool      // no request, but a call of Go code
	Endpoint                   *Endpoint // nil for queries
	Keys                       []string  // of the objects of a batch
	Epoch                      int       // how many requests before it have changed data

	refused bool // the answer has a status that means an error
	changes bool // it has changed data
}

// Failure makes a subgraph's service fail: all of its answers, or every so many.
type Failure struct {
	Service string
	Every   int
	Kind    FailureKind
}

// FailureKind says how a service fails.
type FailureKind int

// The ways to fail.
const (
	FailStatus FailureKind = iota
	FailBody
	FailConnection
	FailErrors // an answer of errors alone; of others than GraphQL servers it is as FailStatus
	FailEntity // an error for the first object; of others than GraphQL servers it is as FailBody
	FailureKinds
)

// Seen is the traffic of one operation.
type Seen struct {
	Requests []Request
	Wrong    []string // requests that no connector makes
	Refused  int      // answers with a status that means an error, for objects that do not exist
	Failed   int      // answers that a [Failure] made fail
	Repeated int      // objects that a query asks for twice
}

// Watch forgets what the services were asked so far. The failure may be nil.
func (w *World) Watch(f *Failure) {
	w.traffic.mu.Lock()
	defer w.traffic.mu.Unlock()
	t := &w.traffic
	t.requests, t.wrong, t.refused, t.failing, t.failed, t.repeated, t.epoch = nil, nil, 0, f, 0, 0, 0
}

// Seen returns what the services were asked since [World.Watch].
func (w *World) Seen() Seen {
	w.traffic.mu.Lock()
	defer w.traffic.mu.Unlock()
	t := &w.traffic
	return Seen{t.requests, t.wrong, t.refused, t.failed, t.repeated}
}

// complain notes a request that is wrong.
func (w *World) complain(text string) {
	w.traffic.mu.Lock()
	defer w.traffic.mu.Unlock()
	w.traffic.wrong = append(w.traffic.wrong, text)
}

// repeated notes that one request asks for an object twice.
func (w *World) repeated() {
	w.traffic.mu.Lock()
	defer w.traffic.mu.Unlock()
	w.traffic.repeated++
}

// note writes a request down, and returns how it is to fail. Nothing fails that was wrong.
func (w *World) note(r Request, wrong string) *Failure {
	t := &w.traffic
	t.mu.Lock()
	defer t.mu.Unlock()
	r.Epoch = t.epoch
	t.epoch += boolInt(r.changes)
	t.refused += boolInt(r.refused)
	t.requests = append(t.requests, r)
	if wrong != "" {
		t.wrong = append(t.wrong, r.Method+" "+r.URL+" "+r.Body+": "+wrong)
		return nil
	}
	if f := t.failing; f != nil && f.Service == r.Service && len(t.requests)%f.Every == 0 {
		t.failed++
		return f
	}
	return nil
}

// write writes an answer in place of the right one.
func (f *Failure) write(rw http.ResponseWriter, right []byte) {
	status, answer := http.StatusOK, right
	switch f.Kind {
	case FailStatus, FailErrors:
		status, answer = http.StatusInternalServerError, []byte(`{"id": 1, "data": {"id": 1}}`)
	case FailBody, FailEntity:
		answer = []byte(`{"id": 1, "data": {"id": `)
	case FailConnection, FailureKinds: // it dies while it answers
		rw.Header().Set("Content-Length", strconv.Itoa(len(answer)+10))
	}
	write(rw, status, answer)
}

func write(rw http.ResponseWriter, status int, answer []byte) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	_, _ = rw.Write(answer) //nolint:errcheck // the gateway may have gone
}
