package subgraph

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/value"
)

// judge says whether a body is a GraphQL answer, and if not, why: by its status if that tells more. Whatever the status,
// data or errors make it one.
func judge(answer value.Value, err error, resp *upstream.Response) (value.Value, *failure) {
	var f *failure
	switch {
	case err != nil:
		f = malformed(messageNoGraphQL, "reading the answer: %w", err)
	case answer.Kind() != value.Object:
		f = malformed(messageNoGraphQL, "the answer is not an object, but this: %s", answer.Kind())
	case !there(answer.Get("data")) && !reports(answer.Get("errors")):
		f = malformed(messageNoData, "the answer has neither data nor errors")
	default:
		return answer, nil
	}
	if f.status = resp.Status; resp.Status < 200 || resp.Status > 299 {
		f.code, f.message = fault.SubrequestHTTP, messageStatus
		f.cause = fmt.Errorf("status %d %s: %w", resp.Status, http.StatusText(resp.Status), f.cause)
	}
	return value.Value{}, f
}

// there reports whether there is a value that is not null.
func there(v value.Value) bool { return v.Kind() > value.Null }

// reports reports whether there are errors, or what can pass for them.
func reports(errs value.Value) bool {
	return there(errs) && (errs.Kind() != value.List || errs.Len() > 0)
}

// read takes what was asked for out of an answer.
func (r *request) read(answer value.Value) {
	data, errs := answer.Get("data"), answer.Get("errors")
	failed := reports(errs)
	if there(data) && data.Kind() != value.Object {
		r.fail(malformed(messageNoGraphQL, "the data are not an object, but this: %s", data.Kind()))
	} else {
		for i := range r.parts {
			r.results[i].read(&r.parts[i], data, failed)
		}
	}
	if failed {
		r.readErrors(errs)
	}
	for i := range r.parts {
		r.results[i].check(&r.parts[i])
	}
}

// read takes the values of a part out of the data, if they are what was asked for.
func (res *result) read(p *part, data value.Value, failed bool) {
	if !p.query.entities {
		if there(data) {
			res.values = []value.Value{data}
		}
		return
	}
	list := data.Get(p.place.alias)
	switch n := p.to - p.from; {
	case !there(list) && failed: // the errors say why
	case list.Kind() != value.List:
		res.fail(p, malformed(messageNoEntities, "the entities are not a list, but this: %s", list.Kind()))
	case list.Len() != n:
		// Entities are told apart by their places alone: it is not known of any which one it is.
		res.fail(p, malformed(messageCount, "there are %d entities for %d representations", list.Len(), n))
	default:
		res.values = list.Items()
	}
}

// check reports values that cannot be what was asked for. Those with an error of their own are left alone.
func (res *result) check(p *part) {
	if !p.query.entities {
		if len(res.values) == 1 && len(res.errors) == 0 {
			for _, name := range p.query.entries[0].required {
				if res.values[0].Get(name).IsMissing() {
					e := malformed(messageIncomplete, "there is no field %s in the data", name).error(p.query.remote, -1)
					e.Path = []any{name}
					res.errors = append(res.errors, e)
				}
			}
		}
		return
	}
	owned := map[int]bool{} // entities with errors
	for i := range res.errors {
		owned[res.errors[i].Rep] = true
	}
	reps := p.reps()
	copied := false
	for i, v := range res.values {
		f := p.query.entries[reps[i].Entry].check(v)
		if f == nil {
			continue
		}
		if !copied { // the list belongs to the answer
			copied = true
			res.values = slices.Clone(res.values)
		}
		res.values[i] = value.Value{}
		if !owned[i] {
			res.errors = append(res.errors, f.error(p.query.remote, i))
		}
	}
}

// check returns what is wrong with an entity, or nil.
func (e *entry) check(v value.Value) *failure {
	switch v.Kind() {
	case value.Missing, value.Null: // there is no such entity
		return nil
	case value.Object:
	default:
		return malformed(messageNoEntity, "an entity is not an object, but this: %s", v.Kind())
	}
	if e.typename != "" {
		if name := v.Get(typenameField); name.Kind() != value.String || name.Text() != e.typename {
			return malformed(messageOtherType, "an entity of another type than %s", e.typename)
		}
	}
	members := v.Members()
	for i, name := range e.required {
		if i < len(members) && members[i].Key == name { // as it is if the server keeps to the order of the query
			continue
		}
		if v.Get(name).IsMissing() {
			return malformed(messageIncomplete, "an entity for a %s has no %s", e.tree.Type.Name, name)
		}
	}
	return nil
}

// mostErrors is how many errors of one answer are told. Execution lists no more of all answers together.
const mostErrors = 1000

// readErrors hands each error of an answer to the part it is about.
func (r *request) readErrors(errs value.Value) {
	if errs.Kind() != value.List {
		r.results[0].errors = append(r.results[0].errors, r.common(malformed(messageNoErrors, "the errors are not a list, but this: %s", errs.Kind())))
		return
	}
	items := errs.Items()
	for _, e := range items[:min(len(items), mostErrors)] {
		r.place(r.remote.sourceError(e), pathOf(e.Get("path")))
	}
	if n := len(items) - mostErrors; n > 0 {
		r.place(r.common(&failure{code: fault.TooManyErrors, message: fmt.Sprintf("The subgraph reported %d more errors.", n)}), nil)
	}
}

// common makes the error of a failure that belongs to no value.
func (r *request) common(f *failure) execute.SourceError {
	e := f.error(r.remote, -1)
	e.Once = true
	return e
}

// place hands an error to the part that its path leads into. One without such a path is told once, for those parts
// of which there is nothing; if something of all of them is there, for the first.
func (r *request) place(e execute.SourceError, path []any) {
	e.Rep = -1
	for i := range r.parts {
		p, res := &r.parts[i], &r.results[i]
		if !p.query.entities {
			e.Path, e.Once = path, len(path) == 0 || !fits(p.query.entries[0].tree, path)
			if e.Once {
				e.Path = nil
			}
			res.errors = append(res.errors, e)
			return
		}
		if len(path) == 0 || path[0] != p.place.alias {
			continue
		}
		e.Once = true
		if len(path) > 1 {
			if n, ok := path[1].(int); ok && n < p.to-p.from {
				e.Rep, e.Once = n, false
				if path = path[2:]; fits(p.query.entries[p.reps()[n].Entry].tree, path) {
					e.Path = path
				}
			}
		}
		res.errors = append(res.errors, e)
		return
	}
	e.Once = true
	told := false
	for i := range r.results {
		if r.results[i].values == nil {
			r.results[i].errors = append(r.results[i].errors, e)
			told = true
		}
	}
	if !told {
		r.results[0].errors = append(r.results[0].errors, e)
	}
}

// pathOf reads the path of an error; nil if it is none.
func pathOf(v value.Value) []any {
	if v.Len() == 0 || v.Len() > value.MaxDepth {
		return nil
	}
	path := make([]any, 0, v.Len())
	for _, p := range v.Items() {
		switch p.Kind() {
		case value.String:
			path = append(path, p.Text())
		case value.Int:
			n, ok := p.Int64()
			if !ok || n < 0 || int64(int(n)) != n {
				return nil
			}
			path = append(path, int(n))
		default:
			return nil
		}
	}
	return path
}

// sourceError makes the error for clients of one that the server reported.
func (r *remote) sourceError(e value.Value) execute.SourceError {
	out := execute.SourceError{Message: strings.Clone(e.Get("message").Text()), Code: string(fault.SubgraphError)}
	if out.Message == "" || e.Get("message").Kind() != value.String {
		out.Message = messageReported
	}
	if r.redact {
		out.Cause = fmt.Errorf("the subgraph reported: %s", out.Message)
		out.Message = messageReported
		out.Extensions = map[string]any{"service": r.name}
		return out
	}
	extensions := e.Get("extensions")
	out.Extensions = make(map[string]any, extensions.Len()+1)
	for _, m := range extensions.Members() {
		switch m.Key {
		case "code":
			if code := m.Value; code.Kind() == value.String && code.Text() != "" {
				out.Code = strings.Clone(code.Text())
			}
		case "stacktrace", "exception": // what servers show to their developers
		default:
			out.Extensions[strings.Clone(m.Key)] = m.Value.Any()
		}
	}
	out.Extensions["service"] = r.name
	return out
}
