// Package hashkey is the expression by which calls of a service are sent to the same endpoint: the setting balance.key. It
// is parsed when a configuration is loaded, and evaluated for each call, by those who know what the call is about: the
// drivers in resolvers, and routes. The upstream client only gets a number.
package hashkey

import (
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"

	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/value"
)

// variables are what an expression may read. Where a caller of [Expression.Key] does not bind one, it has no value.
var variables = []string{"$args", "$this", "$batch", "$config", "$request"}

// Expression is a parsed expression. It is immutable and safe for concurrent use.
type Expression struct {
	mapping *mapping.Mapping
	headers []string // of the client's request, as they stand in the text
}

// Parse reads an expression of the mapping language, in its latest version. The error names everything that is wrong.
func Parse(text string) (*Expression, error) {
	m, err := mapping.Parse(text, mapping.V04)
	if err != nil {
		return nil, fmt.Errorf("is not an expression of the mapping language: %w", err)
	}
	if m.Empty() {
		return nil, errors.New("is empty")
	}
	e := &Expression{mapping: m}
	var errs []error
	if offset, reads := m.ReadsInput(); reads {
		errs = append(errs, fmt.Errorf("has nothing to read but variables: begin paths with one of %s (at byte %d)", strings.Join(variables, ", "), offset))
	}
	for _, r := range m.References() {
		switch {
		case !slices.Contains(variables, r.Name):
			errs = append(errs, fmt.Errorf("cannot use %s; it may use %s (at byte %d)", r.Name, strings.Join(variables, ", "), r.Offset))
		case r.Name != "$request":
		case len(r.Path) < 2 || r.Path[0] != "headers":
			errs = append(errs, fmt.Errorf("may read the headers of the request alone, as $request.headers.'name'->first (at byte %d)", r.Offset))
		case !slices.Contains(e.headers, r.Path[1]):
			e.headers = append(e.headers, r.Path[1])
		}
	}
	for _, r := range m.Remarks() {
		errs = append(errs, fmt.Errorf("%s (at byte %d)", strings.TrimSuffix(r.Message, "."), r.Offset))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return e, nil
}

// Headers returns the names of the headers that the expression reads of $request, as they stand in it. The caller must not
// change the result.
func (e *Expression) Headers() []string { return e.headers }

// Key evaluates the expression with the variables of env, and returns the hash of what it gives. ok is false if that is
// null, nothing or an empty text: then the call has no key. Scratch is memory to use, and is returned for the next call.
func (e *Expression) Key(env *mapping.Env, scratch []byte) (key uint64, ok bool, _ []byte) {
	v := e.mapping.Apply(value.OfMembers(nil), env)
	switch v.Kind() {
	case value.Missing, value.Null:
		return 0, false, scratch
	case value.String, value.Int, value.Float: // so that 1 and "1" are the same, as one ID may be written in both ways
		text := v.Text()
		return xxhash.Sum64String(text), text != "", scratch
	}
	scratch = v.AppendJSON(scratch[:0])
	return xxhash.Sum64(scratch), true, scratch
}

// evaluation is the memory for an expression that only has a request to read.
type evaluation struct {
	env     mapping.Env
	scratch []byte
}

var evaluations = sync.Pool{New: func() any { return new(evaluation) }}

// OfRequest evaluates the expression where only the headers of the client's request are known; their names are in
// canonical form.
func (e *Expression) OfRequest(header map[string][]string) (key uint64, ok bool) {
	x := evaluations.Get().(*evaluation) //nolint:errcheck // the pool holds nothing else
	x.env.Arena = value.NewArena()
	found := x.env.Arena.Members(len(e.headers))
	for i, name := range e.headers {
		texts := header[textproto.CanonicalMIMEHeaderKey(name)]
		found[i].Key = name
		if len(texts) == 0 {
			continue // a member without a value
		}
		items := x.env.Arena.Values(len(texts))
		for j, text := range texts {
			items[j] = value.OfString(text)
		}
		found[i].Value = value.OfItems(items)
	}
	request := x.env.Arena.Members(1)
	request[0] = value.Member{Key: "headers", Value: value.OfMembers(found)}
	x.env.Request = value.OfMembers(request)
	key, ok, x.scratch = e.Key(&x.env, x.scratch)
	x.env.Arena.Release()
	x.env.Reset()
	if cap(x.scratch) <= 4<<10 { // what is larger is rare, and would stay in memory for good
		evaluations.Put(x)
	}
	return key, ok
}
