package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/rogpeppe/go-internal/txtar"
)

// scenario is one file of testdata: a schema, what the services answer, queries, and what must come of them. README.md
// beside this file describes the format.
type scenario struct {
	archive  *txtar.Archive
	config   string
	env      map[string]string
	schema   map[string]string // files of subgraphs by name
	services []*service
	servers  []*subgraph
	requests []*request
	problems *string // what check must say: errors if there are no queries, else warnings; nil: it does not matter
}

// request is one query of a scenario. The parts that follow it in the file belong to it.
type request struct {
	method    string
	query     string
	operation string
	variables json.RawMessage
	headers   http.Header
	status    int
	want      []byte
	calls     string // unordered
	order     string // all calls in the order in which they came; "" if it does not matter
	requests  string // how many calls each service had, instead of what they were; "" if they were to be told
}

func parseScenario(data []byte) (*scenario, error) {
	s := &scenario{archive: txtar.Parse(data), env: map[string]string{}, schema: map[string]string{}}
	if !bytes.HasPrefix(s.archive.Comment, []byte("# ")) {
		return nil, fmt.Errorf("the first line must be a comment that says what the scenario pins")
	}
	for _, f := range s.archive.Files {
		if err := s.part(f.Name, string(f.Data)); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	if len(s.schema) == 0 {
		return nil, fmt.Errorf("there is no subgraph")
	}
	if len(s.requests) == 0 && s.problems == nil {
		return nil, fmt.Errorf("there are neither queries nor problems")
	}
	return s, nil
}

func (s *scenario) part(name, text string) error {
	switch {
	case name == "query.graphql":
		s.requests = append(s.requests, &request{method: http.MethodPost, query: text, headers: http.Header{}, status: http.StatusOK})
	case strings.HasSuffix(name, ".data.json"):
		s.servers = append(s.servers, &subgraph{name: strings.TrimSuffix(name, ".data.json"), data: text})
	case strings.HasSuffix(name, ".graphql"):
		if !fs.ValidPath(name) {
			return fmt.Errorf("not a path within the scenario")
		}
		s.schema[name] = text
	case strings.HasSuffix(name, ".http"):
		svc, err := parseService(strings.TrimSuffix(name, ".http"), text)
		if err != nil {
			return err
		}
		s.services = append(s.services, svc)
	case name == "sluice.yaml":
		s.config = text
	case name == "env":
		return eachLine(text, "=", func(k, v string) { s.env[k] = v })
	case name == "problems":
		text = lines(text)
		s.problems = &text
	case len(s.requests) == 0:
		return fmt.Errorf("unknown part, or one that must follow query.graphql")
	default:
		return s.requests[len(s.requests)-1].part(name, text)
	}
	return nil
}

func (r *request) part(name, text string) (err error) {
	switch name {
	case "method":
		r.method = strings.TrimSpace(text)
	case "operation":
		r.operation = strings.TrimSpace(text)
	case "variables.json":
		r.variables = json.RawMessage(text)
	case "headers":
		return eachLine(text, ":", func(k, v string) { r.headers.Add(k, v) })
	case "status":
		r.status, err = strconv.Atoi(strings.TrimSpace(text))
	case "want.json":
		var b bytes.Buffer
		err = json.Compact(&b, []byte(text))
		r.want = b.Bytes()
	case "calls":
		r.calls = lines(text)
	case "order":
		r.order = lines(text)
	case "requests":
		r.requests = lines(text)
	default:
		return fmt.Errorf("unknown part")
	}
	return err
}

// eachLine calls f with both sides of the separator in each line that is not empty.
func eachLine(text, separator string, f func(k, v string)) error {
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		k, v, ok := strings.Cut(strings.TrimSpace(line), separator)
		if !ok {
			return fmt.Errorf("%q has no %q", line, separator)
		}
		f(strings.TrimSpace(k), strings.TrimSpace(v))
	}
	return nil
}

// http makes the HTTP request to a server.
func (r *request) http(ctx context.Context, address string) (*http.Request, error) {
	var body io.Reader
	if r.method == http.MethodGet {
		q := url.Values{"query": {r.query}}
		if r.operation != "" {
			q.Set("operationName", r.operation)
		}
		if r.variables != nil {
			q.Set("variables", string(r.variables))
		}
		address += "?" + q.Encode()
	} else {
		text, err := json.Marshal(struct {
			Query         string          `json:"query"`
			OperationName string          `json:"operationName,omitempty"`
			Variables     json.RawMessage `json:"variables,omitempty"`
		}{r.query, r.operation, r.variables})
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/graphql-response+json")
	for k, v := range r.headers {
		req.Header[k] = v
	}
	return req, nil
}

// supergraph is the file that stands instead of subgraphs, which are then only the schemas of servers.
const supergraph = "supergraph.graphql"

// roots are the subgraphs: files, and folders of files.
func (s *scenario) roots() []string {
	set := map[string]bool{}
	if _, ok := s.schema[supergraph]; ok {
		return nil
	}
	for name := range s.schema {
		root, _, _ := strings.Cut(name, "/")
		set[root] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// outcome is what was seen of one request.
type outcome struct {
	status int
	answer []byte
	calls  string
	order  string
}

// rewrite returns the scenario with what was seen in the place of what was wanted.
func (s *scenario) rewrite(seen []outcome, problems string) []byte {
	var files []txtar.File
	n := -1 // the query that parts belong to
	end := func() {
		if n >= 0 {
			r := s.requests[n]
			counts := r.requests != "" || len(s.servers) > 0 && r.calls == ""
			files = append(files, seen[n].parts(r.order != "", counts)...)
		}
	}
	for _, f := range s.archive.Files {
		switch f.Name {
		case "status", "want.json", "calls", "order", "requests":
			continue
		case "problems":
			f.Data = []byte(problems)
		case "query.graphql":
			end()
			n++
		}
		files = append(files, f)
	}
	end()
	last := &files[len(files)-1]
	last.Data = bytes.TrimSuffix(last.Data, []byte("\n\n"))
	return txtar.Format(&txtar.Archive{Comment: s.archive.Comment, Files: files})
}

func (o outcome) parts(order, counts bool) []txtar.File {
	var out []txtar.File
	if o.status != http.StatusOK {
		out = append(out, txtar.File{Name: "status", Data: []byte(strconv.Itoa(o.status) + "\n\n")})
	}
	add := func(name, text string) {
		out = append(out, txtar.File{Name: name, Data: []byte(strings.TrimSuffix(text, "\n") + "\n\n")})
	}
	add("want.json", pretty(o.answer))
	switch {
	case o.order == "":
	case order:
		add("order", o.order)
	case counts:
		add("requests", counted(o.calls))
	default:
		add("calls", o.calls)
	}
	return out
}

// pretty lays JSON out: whatever fits into a line in one line.
func pretty(text []byte) string {
	v := jsontext.Value(text)
	if !v.IsValid() {
		return string(text)
	}
	return string(appendPretty(nil, v, ""))
}

func appendPretty(dst []byte, v jsontext.Value, indent string) []byte {
	const width = 120
	line, err := jsontext.AppendFormat(nil, v, jsontext.SpaceAfterComma(true), jsontext.SpaceAfterColon(true), jsontext.PreserveRawStrings(true))
	if kind := v.Kind(); err != nil || len(indent)+len(line) <= width || kind != '{' && kind != '[' {
		return append(dst, line...)
	}
	d := jsontext.NewDecoder(bytes.NewReader(v), jsontext.AllowDuplicateNames(true))
	open, _ := d.ReadToken()
	dst = append(dst, open.String()...)
	for first := true; d.PeekKind() != '}' && d.PeekKind() != ']'; first = false {
		if !first {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '\n'), indent...), "  "...)
		if open.Kind() == '{' {
			name, _ := d.ReadValue()
			dst = append(append(dst, name...), ": "...)
		}
		item, _ := d.ReadValue()
		dst = appendPretty(dst, item, indent+"  ")
	}
	end, _ := d.ReadToken()
	return append(append(append(dst, '\n'), indent...), end.String()...)
}

// lines are those of a part without empty ones around them.
func lines(text string) string {
	if text = strings.TrimSpace(text); text != "" {
		text += "\n"
	}
	return text
}

// compact removes the white space of JSON; other text stays as it is.
func compact(text string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(text)) != nil {
		return text
	}
	return b.String()
}
