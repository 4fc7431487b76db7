package subgraphtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// Server is a subgraph. It executes one request at a time, and is safe for concurrent use.
type Server struct {
	// Observe is told of each request before it is answered, if it is set before the first. It must not call the server.
	Observe func(Request)

	sdl    string
	schema *schema

	mu       sync.Mutex // guards the fields below
	store    store
	texts    map[string]string // of persisted queries by hash
	requests []Request
	faults   []string
}

// Request is one request that a Server got.
type Request struct {
	Query     string // its text, also where only the hash came
	Variables string // as compact JSON; "" if there are none
	Hash      string // of a persisted query
	Header    http.Header
}

// New makes a server of a subgraph's SDL and data, which the comment of the package describes.
func New(sdl string, data []byte) (*Server, error) {
	sc, err := readSchema(sdl)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	st, err := readData(data)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	for name := range st {
		if sc.Types[name] == nil {
			return nil, fmt.Errorf("data: there is no type %s", name)
		}
	}
	return &Server{sdl: sdl, schema: sc, store: st, texts: map[string]string{}}, nil
}

// Start serves a subgraph on loopback until the test ends, and returns it with its URL. Faults fail the test.
func Start(t testing.TB, sdl, data string) (*Server, string) {
	t.Helper()
	s, err := New(sdl, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(s)
	t.Cleanup(func() {
		listener.Close()
		for _, f := range s.Faults() {
			t.Errorf("subgraph: %s", f)
		}
	})
	return s, listener.URL
}

// Requests returns the requests since the last time, in the order in which they came.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.requests
	s.requests = nil
	return out
}

// Faults returns what a gateway did wrong since the last time.
func (s *Server) Faults() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.faults
	s.faults = nil
	return out
}

// envelope is the body of a request.
type envelope struct {
	Query      string          `json:"query"`
	Operation  string          `json:"operationName"`
	Variables  json.RawMessage `json:"variables"`
	Extensions struct {
		PersistedQuery struct {
			Hash string `json:"sha256Hash"`
		} `json:"persistedQuery"`
	} `json:"extensions"`
}

// ServeHTTP answers a request of GraphQL over HTTP.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller went away while it was sending
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	status, answer := s.answer(r, body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

func (s *Server) answer(r *http.Request, body []byte) (int, []byte) {
	var in envelope
	if r.Method != http.MethodPost {
		return s.refuse("the method is %s", r.Method)
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return s.refuse("the body %q: %v", body, err)
	}
	request := Request{Query: in.Query, Hash: in.Extensions.PersistedQuery.Hash, Header: r.Header}
	if request.Hash != "" && in.Query == "" {
		request.Query = s.texts[request.Hash]
	}
	if len(in.Variables) > 0 && string(in.Variables) != "null" {
		request.Variables = compact(in.Variables)
	}
	s.requests = append(s.requests, request)
	if s.Observe != nil {
		s.Observe(request)
	}
	switch sum := sha256.Sum256([]byte(in.Query)); {
	case request.Query == "" && request.Hash != "":
		return http.StatusOK, []byte(`{"errors":[{"message":"PersistedQueryNotFound","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}]}`)
	case in.Query != "" && request.Hash != "" && hex.EncodeToString(sum[:]) != request.Hash:
		return s.refuse("%s is not the hash of %s", request.Hash, in.Query)
	case request.Hash != "":
		s.texts[request.Hash] = request.Query
	}
	return s.execute(request, in.Operation)
}

// refuse takes down a request that is none.
func (s *Server) refuse(format string, args ...any) (int, []byte) {
	message := fmt.Sprintf(format, args...)
	s.faults = append(s.faults, message)
	answer, _ := json.Marshal(map[string]any{"errors": gqlerror.List{{Message: message}}})
	return http.StatusBadRequest, answer
}

func (s *Server) execute(request Request, operation string) (int, []byte) {
	doc, err := parser.ParseQuery(&ast.Source{Input: request.Query})
	if err != nil {
		return s.refuse("%s: %v", request.Query, err)
	}
	if errs := validator.ValidateWithRules(s.schema.Schema, doc, rules.NewDefaultRules()); len(errs) > 0 {
		return s.refuse("%s: %v", request.Query, errs)
	}
	op := doc.Operations.ForName(operation)
	if op == nil {
		return s.refuse("%s: there is no operation %q", request.Query, operation)
	}
	vars := map[string]any{}
	if request.Variables != "" {
		v, err := decode([]byte(request.Variables))
		m, ok := v.(map[string]any)
		if err != nil || !ok {
			return s.refuse("the variables are %s", request.Variables)
		}
		vars = m
	}
	for name := range vars {
		if op.VariableDefinitions.ForName(name) == nil {
			return s.refuse("%s: the variable %s is not declared", request.Query, name)
		}
	}
	if vars, err = validator.VariableValues(s.schema.Schema, op, vars); err != nil {
		return s.refuse("%s with %s: %v", request.Query, request.Variables, err)
	}
	run := &run{schema: s.schema, store: s.store, sdl: s.sdl, vars: vars}
	root := s.schema.Query
	if op.Operation == ast.Mutation {
		root = s.schema.Mutation
	}
	o := &object{members: map[string]any{}}
	if list := s.store[root.Name]; len(list) > 0 {
		o = list[0]
	}
	data := run.object(o, root.Name, op.SelectionSet, nil)
	for _, f := range run.faults {
		s.faults = append(s.faults, f+" in "+request.Query+" "+request.Variables)
	}
	answer := struct {
		Data   json.RawMessage `json:"data"`
		Errors gqlerror.List   `json:"errors,omitempty"`
	}{data, run.errors}
	if data == nil {
		answer.Data = json.RawMessage("null")
	}
	text, err := encode(answer)
	if err != nil {
		return s.refuse("the answer: %v", err)
	}
	return http.StatusOK, text
}
