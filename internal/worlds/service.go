package worlds

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// ServeHTTP answers for all services. The first part of the path is the subgraph.
func (w *World) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var subgraph *Subgraph
	if i := slices.IndexFunc(w.Subgraphs, func(s *Subgraph) bool { return s.Name == parts[0] }); i >= 0 {
		subgraph = w.Subgraphs[i]
	}
	switch {
	case subgraph == nil:
		w.complain("there is no service at " + r.URL.String())
		write(rw, http.StatusTeapot, nil)
	case subgraph.graph != nil:
		subgraph.graph.serve(rw, r, body)
	default:
		w.serve(rw, &call{world: w, request: r, body: body, values: map[string]any{}, subgraph: subgraph}, parts[1:])
	}
}

// serve answers a request that a connector makes.
func (w *World) serve(rw http.ResponseWriter, c *call, path []string) {
	for _, e := range c.subgraph.Endpoints {
		if len(path) > 0 && fmt.Sprintf("e%d", e.ID) == path[0] {
			c.endpoint = e
		}
	}
	var answer []byte
	status := http.StatusOK
	if c.endpoint == nil {
		c.fail("there is nothing here")
	} else {
		answer, status = w.locked(c, path[1:])
	}
	r := Request{
		Service: c.subgraph.Name, Method: c.request.Method, URL: c.request.URL.String(), Body: string(c.body), Endpoint: c.endpoint, Keys: c.keys,
		changes: c.endpoint != nil && c.endpoint.changes(),
		refused: status == http.StatusNotFound && c.endpoint.Absent == absentStatus,
	}
	switch failure := w.note(r, c.wrong); {
	case c.wrong != "":
		write(rw, http.StatusTeapot, nil)
	case failure != nil:
		failure.write(rw, answer)
	default:
		write(rw, status, answer)
	}
}

// locked answers a request while nobody changes the data.
func (w *World) locked(c *call, path []string) ([]byte, int) {
	if c.endpoint.changes() {
		w.data.Lock()
		defer w.data.Unlock()
	} else {
		w.data.RLock()
		defer w.data.RUnlock()
	}
	return c.answer(path)
}

// changes reports whether an endpoint changes data.
func (e *Endpoint) changes() bool { return e.Field != nil && e.Field.How >= Set }

// call is one request to a service.
type call struct {
	world    *World
	request  *http.Request
	body     []byte
	subgraph *Subgraph
	endpoint *Endpoint
	values   map[string]any // of the inputs
	keys     []string
	wrong    string
}

func (c *call) fail(format string, args ...any) {
	if c.wrong == "" {
		c.wrong = fmt.Sprintf(format, args...)
	}
}

// answer makes the body and the status of the answer.
func (c *call) answer(path []string) ([]byte, int) {
	e := c.endpoint
	if c.request.Method != e.Method {
		c.fail("the method is not %s", e.Method)
		return nil, 0
	}
	if e.Batch != noBatch {
		return c.answerBatch(path), http.StatusOK
	}
	c.read(path)
	if c.wrong != "" {
		return nil, 0
	}
	if e.On == nil {
		args := c.arguments()
		return e.wrapped(e.text(c.world.resolve(c.world.root, e.Field, args))), http.StatusOK
	}
	row := c.row()
	switch {
	case c.wrong != "":
		return nil, 0
	case e.Field != nil && row != nil:
		return e.wrapped(e.text(c.world.resolve(row, e.Field, c.arguments()))), http.StatusOK
	case row == nil || row.Missing && !e.Ghosts || e.empty(row):
		return e.missing()
	}
	return e.wrapped(e.text(row)), http.StatusOK
}

// row finds the object that is asked for, and checks what is told of it.
func (c *call) row() *Object {
	e := c.endpoint
	var key []*Field
	for _, in := range e.Inputs {
		if in.Key {
			key = append(key, e.On.field(in.Name))
			if c.values[in.Name] == nil {
				c.fail("there is no %s", in.Name)
			}
		}
	}
	if c.wrong != "" {
		return nil
	}
	row := e.On.find(key, func(k *Field) any { return c.values[k.Name] })
	for _, in := range e.Inputs {
		if in.Key || strings.HasPrefix(in.Name, "arg-") || row == nil {
			continue
		}
		value := row.Fields[in.Name]
		if in.Deep != nil {
			value = row.deep(in.Deep)
		}
		got, want := canonical(in.Type, nil, c.values[in.Name]), canonical(in.Type, nil, value)
		if got != want {
			c.fail("%s is %s, and not %s", in.Name, want, got)
		}
	}
	return row
}

// empty reports whether an endpoint has no row for an object, as it would know nothing of it.
func (e *Endpoint) empty(row *Object) bool {
	if !e.Sparse {
		return false
	}
	for _, f := range e.Shape.Fields {
		if row.Fields[f.Name] != nil && !slices.ContainsFunc(e.Inputs, func(in *Input) bool { return in.Name == f.Name }) {
			return false
		}
	}
	return true
}

func (c *call) arguments() map[string]any {
	args := map[string]any{}
	for name, v := range c.values {
		if name, ok := strings.CutPrefix(name, "arg-"); ok {
			args[name] = v
		}
	}
	return args
}

// text is the JSON of a value.
func (e *Endpoint) text(v any) []byte {
	if e.Shape != nil {
		return e.Shape.appendJSON(nil, v)
	}
	return appendLeaf(nil, v, e.Style)
}

func (e *Endpoint) wrapped(text []byte) []byte {
	switch e.Wrap {
	case inData:
		return fmt.Appendf(nil, `{"meta": {"n": 1}, "data": %s}`, text)
	case inDeep:
		return fmt.Appendf(nil, "{\"the result\": {\n\t\"items\":\t%s\r\n}}", text)
	case inRows:
		return fmt.Appendf(nil, `{"rows": [%s]}`, text)
	}
	return text
}

// missing is the answer for an object that is not there.
func (e *Endpoint) missing() ([]byte, int) {
	switch e.Absent {
	case absentEmpty:
		return nil, http.StatusOK
	case absentStatus, absentSuccess:
		return []byte("null"), http.StatusNotFound
	}
	if e.Wrap == inRows {
		return []byte(`{"rows": []}`), http.StatusOK
	}
	return e.wrapped([]byte("null")), http.StatusOK
}

// read takes the inputs out of the request.
func (c *call) read(path []string) {
	query := c.query()
	var body map[string]any
	if slices.ContainsFunc(c.endpoint.Inputs, func(in *Input) bool { return in.In == inBody }) {
		body, _ = c.decode().(map[string]any) //nolint:errcheck // nil has no members
	} else if len(c.body) > 0 {
		c.fail("there is a body")
	}
	for _, in := range c.endpoint.Inputs {
		switch in.In {
		case inPath:
			if len(path) == 0 {
				c.fail("the path is too short")
				return
			}
			text, err := url.PathUnescape(path[0])
			if err != nil {
				c.fail("%v", err)
			}
			c.values[in.Name] = c.scalar(in.Type, text)
			path = path[1:]
		case inURL, inQuery:
			texts, ok := query[in.Name]
			delete(query, in.Name)
			switch {
			case in.Type.Elem != nil && ok:
				list := []any{}
				for _, text := range texts {
					list = append(list, c.scalar(in.Type.Elem, text))
				}
				c.values[in.Name] = list
			case in.Type.Elem != nil && in.Type.NonNull:
				c.values[in.Name] = []any{} // no parameter for no item
			case ok && len(texts) == 1:
				c.values[in.Name] = c.scalar(in.Type, texts[0])
			case ok:
				c.fail("%s is there %d times", in.Name, len(texts))
			}
		case inBody:
			v, ok := body[in.Name]
			if !ok && in.Type.NonNull {
				c.fail("there is no %s in the body", in.Name)
			}
			c.values[in.Name] = v
			delete(body, in.Name)
		}
	}
	if len(path) > 0 || len(query) > 0 || len(body) > 0 {
		c.fail("there is more than the connector sends: %v %v %v", path, query, body)
	}
}

// query reads the query of the URL, in which a plus sign is one.
func (c *call) query() url.Values {
	v, err := url.ParseQuery(strings.ReplaceAll(c.request.URL.RawQuery, "+", "%2B"))
	if err != nil {
		c.fail("%v", err)
	}
	return v
}

func (c *call) decode() (v any) {
	dec := json.NewDecoder(strings.NewReader(string(c.body)))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil || dec.More() {
		c.fail("the body is no JSON: %v", err)
	}
	if got := c.request.Header.Get("Content-Type"); got != "application/json" {
		c.fail("the content type is %q", got)
	}
	return v
}

// scalar reads a text from the URL.
func (c *call) scalar(t *ast.Type, text string) any {
	switch t.NamedType {
	case "Int":
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			c.fail("%q is no integer", text)
		}
		return json.Number(text)
	case "Float":
		if _, err := strconv.ParseFloat(text, 64); err != nil {
			c.fail("%q is no number", text)
		}
		return json.Number(text)
	case "Boolean":
		if text != "true" && text != "false" {
			c.fail("%q is no boolean", text)
		}
		return text == "true"
	}
	return text
}

// answerBatch makes the answer to a request for several objects.
func (c *call) answerBatch(path []string) []byte {
	e := c.endpoint
	var items []map[string]any
	single := func(list []any) {
		for _, v := range list {
			items = append(items, map[string]any{e.Inputs[0].Name: v})
		}
	}
	texts := func(list []string) (out []any) {
		for _, text := range list {
			out = append(out, c.scalar(e.Inputs[0].Type, text))
		}
		return out
	}
	under := func(key string) []any {
		object, _ := c.decode().(map[string]any) //nolint:errcheck // nil has no members
		list, _ := object[key].([]any)           //nolint:errcheck // an empty list is refused
		if len(object) != 1 {
			c.fail("the body is not {%q: …}", key)
		}
		return list
	}
	whole := func(list []any) {
		for _, v := range list {
			object, _ := v.(map[string]any) //nolint:errcheck // a key that is not there is refused
			items = append(items, object)
		}
	}
	switch e.Batch {
	case joined:
		single(texts(strings.Split(c.query().Get("ids"), ",")))
	case repeated:
		single(texts(c.query()["ids"]))
	case listed:
		single(under("ids"))
	case bareList:
		list, _ := c.decode().([]any) //nolint:errcheck // an empty list is refused
		single(list)
	case objects:
		whole(under("keys"))
	case bareItems:
		list, _ := c.decode().([]any) //nolint:errcheck // an empty list is refused
		whole(list)
	case noBatch:
	}
	switch {
	case len(path) > 0:
		c.fail("the path is too long")
	case len(items) == 0:
		c.fail("nothing is asked for")
	case e.Max > 0 && len(items) > e.Max:
		c.fail("%d objects are asked for, and at most %d may be", len(items), e.Max)
	}
	rows := c.rows(items)
	if c.wrong != "" {
		return nil
	}
	return e.wrapped(e.text(rows))
}

// rows finds the objects of a batch. They come in another order, some twice, and with one that nobody has asked for.
func (c *call) rows(items []map[string]any) []any {
	e := c.endpoint
	out := []any{}
	for _, item := range items {
		if len(item) != len(e.Inputs) {
			c.fail("a key has %d members", len(item))
			return nil
		}
		c.values = item
		row := c.row()
		if c.wrong != "" {
			return nil
		}
		key := ""
		for _, in := range e.Inputs {
			key += canonical(in.Type, nil, item[in.Name]) + "|"
		}
		c.keys = append(c.keys, key)
		switch {
		case row != nil && !row.Missing && !e.empty(row):
			out = append(out, row)
		case e.Absent == absentNull:
			out = append(out, nil)
		}
	}
	slices.Reverse(out)
	if first := e.On.Rows[0]; e.ID%2 == 0 && !first.Missing {
		out = append(out, first)
	}
	if len(out) > 1 && e.ID%3 == 0 {
		out = append(out, out[0])
	}
	return out
}
