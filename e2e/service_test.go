package e2e_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// service answers as a part of a scenario says, over real HTTP.
type service struct {
	name string
	down bool
	list []*exchange

	mu    sync.Mutex
	wrong []string // requests that no exchange fits
	log   *calls
}

// calls are the requests that the services of a scenario got.
type calls struct {
	mu   sync.Mutex
	list []string
}

func (c *calls) add(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, line)
}

// take returns the calls since the last time: sorted, with how often each came, and in order.
func (c *calls) take() (sorted, ordered string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.list
	c.list = nil
	var b strings.Builder
	for _, line := range list {
		b.WriteString(line + "\n")
	}
	ordered = b.String()
	b.Reset()
	slices.Sort(list)
	for i := 0; i < len(list); {
		n := 1
		for i+n < len(list) && list[i+n] == list[i] {
			n++
		}
		b.WriteString(list[i])
		if n > 1 {
			fmt.Fprintf(&b, " (%d times)", n)
		}
		b.WriteByte('\n')
		i += n
	}
	return b.String(), ordered
}

// exchange is one request and its answer.
type exchange struct {
	method, target string
	headers        [][2]string // that the request must have
	body           string      // compact JSON, or the text as it is; empty: any
	status         int
	answer         http.Header
	how            string // "", "hang", "cut", "drop"
	content        []byte
	used           bool
}

func parseService(name, text string) (*service, error) {
	s := &service{name: name}
	if strings.TrimSpace(text) == "down" {
		s.down = true
		return s, nil
	}
	var e *exchange
	inAnswer := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		var err error
		switch {
		case strings.HasPrefix(line, "> ") && (e == nil || inAnswer):
			method, target, ok := strings.Cut(line[2:], " ")
			if !ok {
				return nil, fmt.Errorf("%q: want a method and a path", line)
			}
			e, inAnswer = &exchange{method: method, target: target, answer: http.Header{}}, false
			s.list = append(s.list, e)
		case strings.HasPrefix(line, "> "):
			e.asked(line[2:])
		case strings.HasPrefix(line, "< ") && e != nil && !inAnswer:
			inAnswer = true
			err = e.head(line[2:])
		case strings.HasPrefix(line, "< ") && e != nil:
			err = e.header(line[2:])
		case inAnswer:
			err = e.line(line)
		case strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#"):
			err = fmt.Errorf("stands outside of an exchange")
		}
		if err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
	}
	for _, e := range s.list {
		e.content = bytes.TrimRight(e.content, "\n")
		if e.status == 0 {
			return nil, fmt.Errorf("%s %s has no answer", e.method, e.target)
		}
		if e.answer.Get("Content-Encoding") == "gzip" {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, _ = z.Write(e.content)
			_ = z.Close()
			e.content = b.Bytes()
		}
	}
	return s, nil
}

// asked reads a line about what is asked, after the first: a header or the body.
func (e *exchange) asked(line string) {
	if k, v, ok := strings.Cut(line, ": "); ok && !strings.ContainsAny(k, "{[\"= ") {
		e.headers = append(e.headers, [2]string{k, v})
		return
	}
	e.body += compact(line)
}

// head reads the first line of an answer.
func (e *exchange) head(line string) error {
	words := strings.Fields(line)
	if slices.Contains([]string{"hang", "cut", "drop"}, words[0]) {
		e.how, words = words[0], words[1:]
	}
	e.status = http.StatusOK
	if len(words) > 0 {
		n, err := strconv.Atoi(words[0])
		if err != nil {
			return err
		}
		e.status, words = n, words[1:]
	}
	switch contentType := strings.Join(words, " "); contentType {
	case "":
		e.answer.Set("Content-Type", "application/json")
	case "none":
		e.answer["Content-Type"] = nil // else net/http would guess one
	default:
		e.answer.Set("Content-Type", contentType)
	}
	return nil
}

// header reads a line with a header of the answer.
func (e *exchange) header(line string) error {
	k, v, ok := strings.Cut(line, ": ")
	if !ok {
		return fmt.Errorf("want a header")
	}
	e.answer.Add(k, repeated(v))
	return nil
}

// line reads a line of the body of the answer.
func (e *exchange) line(line string) error {
	if text, ok := strings.CutPrefix(line, "="); ok { // bytes in the quotes of Go, without a line feed
		text, err := strconv.Unquote(text)
		e.content = append(e.content, text...)
		return err
	}
	if text := repeated(line); text != line {
		e.content = append(e.content, text...)
		return nil
	}
	e.content = append(append(e.content, line...), '\n')
	return nil
}

// repeated expands "*1000 text" to a thousand times the text.
func repeated(line string) string {
	if rest, ok := strings.CutPrefix(line, "*"); ok {
		count, text, _ := strings.Cut(rest, " ")
		if n, err := strconv.Atoi(count); err == nil {
			return strings.Repeat(text, n)
		}
	}
	return line
}

// start serves the service until the test ends, and returns its URL.
func (s *service) start(t *testing.T, log *calls) string {
	t.Helper()
	s.log = log
	srv := httptest.NewServer(s)
	if s.down {
		srv.Close() // a port that nobody listens on
		return srv.URL
	}
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv.URL
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller went away while it was sending
	}
	text := compact(string(body))
	line := s.name + " " + r.Method + " " + r.URL.RequestURI()
	if text != "" {
		line += " " + text
	}
	s.log.add(line)
	e := s.find(r, text)
	if e == nil {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	for k, v := range e.answer {
		w.Header()[k] = v
	}
	switch e.how {
	case "hang":
		<-r.Context().Done()
		return
	case "drop":
		panic(http.ErrAbortHandler)
	case "cut":
		w.Header().Set("Content-Length", strconv.Itoa(len(e.content)+1000))
		w.WriteHeader(e.status)
		_, _ = w.Write(e.content)
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(e.status)
	_, _ = w.Write(e.content)
}

// find returns the exchange of a request: the first that was not used, else the last that fits.
func (s *service) find(r *http.Request, body string) *exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	var last *exchange
	var near string
	for _, e := range s.list {
		if e.method != r.Method || e.target != r.URL.RequestURI() {
			continue
		}
		if e.body != "" && e.body != body {
			near = fmt.Sprintf(" with the body %s, not %s", body, e.body)
			continue
		}
		missing := slices.IndexFunc(e.headers, func(h [2]string) bool { return strings.Join(header(r, h[0]), ", ") != h[1] })
		if missing >= 0 {
			near = fmt.Sprintf(" with %s: %q", e.headers[missing][0], header(r, e.headers[missing][0]))
			continue
		}
		last = e
		if !e.used {
			e.used = true
			return e
		}
	}
	if last == nil {
		s.wrong = append(s.wrong, fmt.Sprintf("%s was asked %s %s%s", s.name, r.Method, r.URL.RequestURI(), near))
	}
	return last
}

// unexpected returns the requests since the last time that no exchange fitted.
func (s *service) unexpected() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	wrong := s.wrong
	s.wrong = nil
	return wrong
}

// header returns the values of a request's header; one that is wanted as "none" must not be there.
func header(r *http.Request, name string) []string {
	if strings.EqualFold(name, "host") {
		return []string{r.Host}
	}
	if v := r.Header.Values(name); len(v) > 0 {
		return v
	}
	return []string{"none"}
}
