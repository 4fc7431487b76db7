package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"
)

// scenario is one file of testdata: a schema, what the services answer, a query, and what must come of it. README.md
// beside this file describes the format.
type scenario struct {
	archive   *txtar.Archive
	config    string
	subgraphs map[string]string
	services  []*service
	query     string
	operation string
	variables json.RawMessage
	headers   http.Header
	status    int
	want      []byte
	calls     string
}

func parseScenario(data []byte) (*scenario, error) {
	s := &scenario{archive: txtar.Parse(data), subgraphs: map[string]string{}, headers: http.Header{}, status: http.StatusOK}
	if !bytes.HasPrefix(s.archive.Comment, []byte("# ")) {
		return nil, fmt.Errorf("the first line must be a comment that says what the scenario pins")
	}
	for _, f := range s.archive.Files {
		text := string(f.Data)
		switch name := f.Name; {
		case name == "query.graphql":
			s.query = text
		case strings.HasSuffix(name, ".graphql"):
			s.subgraphs[name] = text
		case strings.HasSuffix(name, ".http"):
			svc, err := parseService(strings.TrimSuffix(name, ".http"), text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			s.services = append(s.services, svc)
		case name == "sluice.yaml":
			s.config = text
		case name == "operation":
			s.operation = strings.TrimSpace(text)
		case name == "variables.json":
			s.variables = f.Data
		case name == "headers":
			for line := range strings.Lines(text) {
				k, v, ok := strings.Cut(strings.TrimSpace(line), ":")
				if !ok {
					return nil, fmt.Errorf("headers: %q is not a header", line)
				}
				s.headers.Add(k, strings.TrimSpace(v))
			}
		case name == "status":
			n, err := strconv.Atoi(strings.TrimSpace(text))
			if err != nil {
				return nil, fmt.Errorf("status: %w", err)
			}
			s.status = n
		case name == "want.json":
			var b bytes.Buffer
			if len(bytes.TrimSpace(f.Data)) > 0 {
				if err := json.Compact(&b, f.Data); err != nil {
					return nil, fmt.Errorf("want.json: %w", err)
				}
			}
			s.want = b.Bytes()
		case name == "calls":
			s.calls = text
		default:
			return nil, fmt.Errorf("unknown part %q", name)
		}
	}
	return s, nil
}

// rewrite puts what was seen in the place of what was wanted.
func (s *scenario) rewrite(status int, got []byte, calls string) []byte {
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, got, "", "  "); err != nil {
		pretty.Write(got)
	}
	pretty.WriteByte('\n')
	set := func(name string, data []byte) {
		i := slices.IndexFunc(s.archive.Files, func(f txtar.File) bool { return f.Name == name })
		if i < 0 {
			s.archive.Files = append(s.archive.Files, txtar.File{Name: name})
			i = len(s.archive.Files) - 1
		}
		s.archive.Files[i].Data = data
	}
	if status != http.StatusOK {
		set("status", []byte(strconv.Itoa(status)+"\n"))
	}
	set("want.json", pretty.Bytes())
	set("calls", []byte(calls))
	return txtar.Format(s.archive)
}

// service answers as a part of a scenario says, over real HTTP.
type service struct {
	name string
	down bool
	list []*exchange

	mu    sync.Mutex
	calls int
	wrong []string
}

// exchange is one request and its answer.
type exchange struct {
	method, target string
	headers        [][2]string // that the request must have
	body           string      // compact JSON, or the text as it is; empty: any
	status         int
	answer         http.Header
	how            string // "", "hang", "cut"
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
		switch {
		case strings.HasPrefix(line, "> "):
			line = line[2:]
			if e == nil || inAnswer {
				method, target, ok := strings.Cut(line, " ")
				if !ok {
					return nil, fmt.Errorf("%q: want a method and a path", line)
				}
				e, inAnswer = &exchange{method: method, target: target, answer: http.Header{}}, false
				s.list = append(s.list, e)
				continue
			}
			if k, v, ok := strings.Cut(line, ": "); ok && !strings.ContainsAny(k, "{[\"= ") {
				e.headers = append(e.headers, [2]string{k, v})
				continue
			}
			e.body += compact(line)
		case strings.HasPrefix(line, "< ") && e != nil:
			line = line[2:]
			if k, v, ok := strings.Cut(line, ": "); ok && inAnswer {
				e.answer.Add(k, v)
				continue
			}
			inAnswer = true
			words := strings.Fields(line)
			if words[0] == "hang" || words[0] == "cut" {
				e.how, words = words[0], words[1:]
			}
			e.status = http.StatusOK
			if len(words) > 0 {
				n, err := strconv.Atoi(words[0])
				if err != nil {
					return nil, fmt.Errorf("%q: %w", line, err)
				}
				e.status, words = n, words[1:]
			}
			e.answer.Set("Content-Type", "application/json")
			if len(words) > 0 {
				e.answer.Set("Content-Type", strings.Join(words, " "))
			}
		case inAnswer:
			if n, ok := strings.CutPrefix(line, "*"); ok { // *1000 text: the text so many times
				count, rest, _ := strings.Cut(n, " ")
				if times, err := strconv.Atoi(count); err == nil {
					e.content = append(e.content, strings.Repeat(rest, times)...)
					continue
				}
			}
			e.content = append(append(e.content, line...), '\n')
		case strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#"):
			return nil, fmt.Errorf("%q stands outside of an exchange", line)
		}
	}
	for _, e := range s.list {
		e.content = bytes.TrimSuffix(e.content, []byte("\n"))
		for bytes.HasSuffix(e.content, []byte("\n")) {
			e.content = e.content[:len(e.content)-1]
		}
		if e.status == 0 && e.how == "" {
			return nil, fmt.Errorf("%s %s has no answer", e.method, e.target)
		}
	}
	return s, nil
}

// compact removes the white space of JSON; other text stays as it is.
func compact(text string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(text)) != nil {
		return text
	}
	return b.String()
}

// start serves the service and returns its URL.
func (s *service) start(t *testing.T) string {
	t.Helper()
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
	e := s.find(r, compact(string(body)))
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

// find counts the request and returns its exchange: the first that was not used, else the last that fits.
func (s *service) find(r *http.Request, body string) *exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
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
		missing := slices.IndexFunc(e.headers, func(h [2]string) bool { return !slices.Contains(header(r, h[0]), h[1]) })
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
