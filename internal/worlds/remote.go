package worlds

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// serve answers a query that came over HTTP. It must be valid in the subgraph's schema.
func (g *Graph) serve(rw http.ResponseWriter, r *http.Request, body []byte) {
	var in struct {
		Query     string         `json:"query"`
		Variables map[string]any `json:"variables"`
	}
	request := Request{Service: g.subgraph.Name, Method: r.Method, URL: r.URL.String(), Body: string(body)}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&in); err != nil {
		g.world.note(request, err.Error())
		write(rw, http.StatusBadRequest, nil)
		return
	}
	doc, wrong := gqlparser.LoadQueryWithRules(g.schema, in.Query, rules.NewDefaultRules())
	if wrong != nil {
		g.world.note(request, wrong.Error())
		write(rw, http.StatusBadRequest, nil)
		return
	}
	data, errs := g.run(doc, in.Variables)
	request.changes = doc.Operations[0].Operation == ast.Mutation
	failure := g.world.note(request, "")
	if failure != nil && failure.Kind >= FailErrors {
		data, errs = failure.spoil(data)
		failure = nil
	}
	answer, err := json.Marshal(struct {
		Data   json.RawMessage `json:"data"`
		Errors gqlerror.List   `json:"errors,omitempty"`
	}{appendOrdered(nil, data), errs})
	switch {
	case err != nil:
		g.complain("its answer is no JSON: %v", err)
	case failure != nil:
		failure.write(rw, answer)
	default:
		write(rw, http.StatusOK, answer)
	}
}
