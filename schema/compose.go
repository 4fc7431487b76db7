package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/schema/link"
	"github.com/sluice-gateway/sluice/schema/merge"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// Compose makes a supergraph of subgraphs. It returns every problem it finds, sorted by place; the supergraph is nil
// if one of them is an error.
//
// It goes on as far as what it has makes sense: a subgraph that is not valid GraphQL does not hide what is wrong
// within the others, but hides what only all of them together could show.
func Compose(subgraphs []*Subgraph) (*Supergraph, problem.List) {
	sg, problems := compose(subgraphs)
	problems.Sort()
	if problems.Errors() != nil {
		return nil, problems
	}
	return sg, problems
}

func compose(subgraphs []*Subgraph) (*Supergraph, problem.List) {
	problems := checkNames(subgraphs)
	var parts []*part
	var schemas []*subgraph.Schema
	whole := true
	for _, s := range subgraphs {
		if s.broken {
			// Half a schema has problems that the whole has not. What does not parse was reported when it was loaded.
			whole = false
			continue
		}
		declared, list := subgraph.Read(s.Name, s.Document)
		problems = append(problems, list...)
		if declared == nil {
			whole = false
			problems = append(problems, connectorProblems(s)...)
			continue
		}
		p := &part{declared: declared, kind: s.Kind}
		if declared.Connectors {
			p.kind = Connector
			p.connectors, list = connect.Read(s.Name, s.Document, declared.Links)
			problems = append(problems, list...)
		}
		parts = append(parts, p)
		schemas = append(schemas, declared)
	}
	if !whole {
		return nil, append(problems, incomplete(subgraphs, problems)...)
	}
	merged, list := merge.Merge(schemas)
	problems = append(problems, list...)
	problems = append(problems, checkInaccessible(merged)...)
	if problems.Errors() != nil {
		return nil, problems
	}
	b := newBuilder(merged, parts)
	b.build()
	problems = append(problems, b.problems...)
	if problems.Errors() != nil {
		return nil, problems
	}
	b.supergraph.Hash = hash(subgraphs)
	return b.supergraph, append(problems, checkReachable(b.supergraph)...)
}

// connectorProblems are those of the connectors of a subgraph whose schema is not valid: they do not depend on the rest of
// it. An unknown type was reported already.
func connectorProblems(s *Subgraph) problem.List {
	links, _ := link.Of(s.Document)
	if links.Get("connect") == nil {
		return nil
	}
	_, problems := connect.Read(s.Name, s.Document, links)
	return slices.DeleteFunc(problems, func(p problem.Problem) bool { return p.Code == connect.CodeMissingType })
}

// part is one subgraph on its way into the supergraph.
type part struct {
	declared   *subgraph.Schema
	kind       Kind
	url        string            // where it answers, if that is known
	connectors *connect.Subgraph // nil without connectors
}

// incomplete makes sure that a composition without a result has an error to show for it.
func incomplete(subgraphs []*Subgraph, problems problem.List) problem.List {
	if problems.Errors() != nil {
		return nil
	}
	for _, s := range subgraphs {
		if s.broken {
			return problem.List{{Code: subgraph.CodeInvalid, Message: fmt.Sprintf("The schema of subgraph %q cannot be read, so the subgraphs cannot be composed.", s.Name)}}
		}
	}
	return nil
}

func checkNames(subgraphs []*Subgraph) problem.List {
	var problems problem.List
	seen := map[string]bool{}
	for _, s := range subgraphs {
		if seen[s.Name] {
			p := problem.Problem{Code: "INVALID_SUBGRAPH_NAME", Message: fmt.Sprintf("Two subgraphs have the name %q: give one of them another.", s.Name)}
			if len(s.files) > 0 {
				p.File = s.files[0].Name
			}
			problems = append(problems, p)
		}
		seen[s.Name] = true
	}
	if len(subgraphs) == 0 {
		problems = append(problems, problem.Problem{Code: "NO_QUERIES", Message: "There is no subgraph."})
	}
	return problems
}

// hash identifies what a supergraph was made of.
func hash(subgraphs []*Subgraph) string {
	h := sha256.New()
	write := func(s string) {
		_, _ = io.WriteString(h, strconv.Itoa(len(s))+":"+s) // a hash never fails
	}
	for _, s := range subgraphs {
		write(s.Name)
		write(string(s.Kind))
		for _, f := range s.files {
			write(f.Input)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
