package routes

import (
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
)

// details is the body of an answer that is an error, by RFC 9457.
type details struct {
	Type      string   `json:"type"` // always about:blank: the status says it all
	Title     string   `json:"title"`
	Status    int      `json:"status"`
	Detail    string   `json:"detail,omitempty"`
	Code      string   `json:"code,omitempty"` // of package fault, or of a service's own
	RequestID string   `json:"request_id,omitempty"`
	Errors    []detail `json:"errors,omitempty"`
}

// detail is one of several errors.
type detail struct {
	Message string `json:"message"`
	Path    string `json:"path,omitempty"`
	Code    string `json:"code,omitempty"`
}

var (
	problemType = []string{"application/problem+json"}
	noStore     = []string{"no-store"}
)

// writeProblem writes an error as the whole answer.
func writeProblem(w http.ResponseWriter, d *details) {
	d.Type, d.Title = "about:blank", http.StatusText(d.Status)
	if d.Title == "" {
		d.Title = "Status " + strconv.Itoa(d.Status)
	}
	text, err := json.Marshal(d)
	if err != nil { // only a text that is no UTF-8 can do that
		text = []byte(`{"type":"about:blank","title":"` + d.Title + `","status":` + strconv.Itoa(d.Status) + `}`)
	}
	h := w.Header()
	h["Content-Type"] = problemType
	h["Cache-Control"] = noStore
	h["Content-Length"] = []string{strconv.Itoa(len(text))}
	w.WriteHeader(d.Status)
	_, _ = w.Write(text) // a client that went away is nobody's error
}
