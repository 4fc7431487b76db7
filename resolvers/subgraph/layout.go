package subgraph

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/value"
)

// layout is what the requests for some queries have in common: everything but the values of variables.
type layout struct {
	answer *value.Filter
	// How the body begins, up to the variables: with the text of the operation, with its hash, with both. The last two are
	// nil if queries are not known by their hash.
	text, hash, both []byte
}

func newLayout(text string, persisted bool, queries []*query, places []place) *layout {
	data := queries[0].want
	if queries[0].entities {
		data = &value.Filter{}
		for i, q := range queries {
			data.Keys = append(data.Keys, value.FilterKey{Key: places[i].alias, Want: q.want})
		}
	}
	l := &layout{
		answer: &value.Filter{Keys: []value.FilterKey{{Key: "data", Want: data}, {Key: "errors"}}},
		text:   value.AppendString([]byte(`{"query":`), text),
	}
	if persisted {
		sum := sha256.Sum256([]byte(text))
		extensions := `"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + hex.EncodeToString(sum[:]) + `"}}`
		l.hash = []byte("{" + extensions)
		l.both = append(append(slices.Clone(l.text), ','), extensions...)
	}
	return l
}

// joined is the text of one operation that asks all of some queries for entities, each at its place.
func joined(queries []*query, places []place) string {
	var definitions, fields strings.Builder
	defined := map[string]bool{}
	define := func(text string) {
		if !defined[text] { // the variables of one operation have one definition each
			defined[text] = true
			if definitions.Len() > 0 {
				definitions.WriteByte(',')
			}
			definitions.WriteString(text)
		}
	}
	for i, q := range queries {
		define("$" + places[i].representations + ":[_Any!]!")
		if places[i].alias != entitiesField {
			fields.WriteString(places[i].alias + ":")
		}
		fields.WriteString(entitiesField + "(representations:$" + places[i].representations + ")" + q.selection)
	}
	for _, q := range queries {
		for _, d := range q.definitions {
			define(d)
		}
	}
	return "query(" + definitions.String() + "){" + fields.String() + "}"
}

// part is what one request asks of one query: some of the representations that the query was given.
type part struct {
	query    *query
	place    place
	in       *execute.Inputs
	number   int // of the query in its group
	from, to int // of the representations
}

func (p *part) reps() []execute.Rep { return p.in.Reps[p.from:p.to] }

// size is about how long the variables of a part are.
func (p *part) size() int {
	n := 32 * (1 + len(p.query.variables))
	if p.query.entities {
		n += 64 * (p.to - p.from)
	}
	return n
}

// appendVariables ends the body of a request: with the variables of its parts.
func appendVariables(dst []byte, parts []part) []byte {
	start := len(dst)
	next := func() {
		if len(dst) == start {
			dst = append(dst, `,"variables":{`...)
		} else {
			dst = append(dst, ',')
		}
	}
	for i := range parts {
		if p := &parts[i]; p.query.entities {
			next()
			dst = append(append(append(dst, '"'), p.place.representations...), `":[`...)
			for j, rep := range p.reps() {
				if j > 0 {
					dst = append(dst, ',')
				}
				dst = appendRepresentation(dst, p.query.entries[rep.Entry].open, rep.Object)
			}
			dst = append(dst, ']')
		}
	}
	for i := range parts {
		for _, v := range parts[i].query.variables {
			if given(parts[:i], v.name) {
				continue
			}
			if value := parts[i].in.Variables.Get(v.name); !value.IsMissing() { // what is absent stays absent
				next()
				dst = value.AppendJSON(append(dst, v.key...))
			}
		}
	}
	if len(dst) > start {
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

// given reports whether one of some parts has a variable too.
func given(parts []part, name string) bool {
	return slices.ContainsFunc(parts, func(p part) bool {
		return slices.ContainsFunc(p.query.variables, func(v variable) bool { return v.name == name })
	})
}

// appendRepresentation writes the object that stands for an entity. Its type is the one that the subgraph is entered with,
// which need not be the type that the object has elsewhere: the subgraph may know of an interface alone.
func appendRepresentation(dst []byte, open string, object value.Value) []byte {
	dst = append(dst, open...)
	for _, m := range object.Members() {
		if m.Key == typenameField || m.Value.IsMissing() {
			continue
		}
		dst = append(append(append(dst, `,"`...), m.Key...), `":`...) // a name of GraphQL needs no escapes
		dst = m.Value.AppendJSON(dst)
	}
	return append(dst, '}')
}
