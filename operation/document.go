package operation

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/value"
)

// Document is a parsed and validated GraphQL document. It is immutable and shared by the requests that send it.
type Document struct {
	AST  *ast.QueryDocument
	Hash string // of the text it was parsed from: SHA-256, hexadecimal

	programs []*program // of the operations, in the order of the document
	weight   uint32     // bytes of memory, estimated
}

// program is what preparing one operation of a document needs, compiled once.
type program struct {
	definition *ast.OperationDefinition
	variables  []variable
	filter     *value.Filter // the members of the variables' JSON that are read
	conditions []string      // names of variables, see Prepared.Conditions
	strict     []strictUse
}

// strictUse is a place that takes no null and where a variable stands that may be null, as it or the place has a default.
type strictUse struct {
	variable int // index
	expected *ast.Type
	position *ast.Position
}

// The memory of a document, measured: the parser makes about so many bytes of each node, of each variable and of each
// comment, which it keeps.
const (
	documentBytes = 1024
	nodeBytes     = 288
	variableBytes = 448
	commentBytes  = 104
)

// newDocument compiles a document that is valid. Nodes is how many parts it has.
func newDocument(text string, doc *ast.QueryDocument, nodes int, in *inputs) *Document {
	sum := sha256.Sum256([]byte(text))
	d := &Document{AST: doc, Hash: hex.EncodeToString(sum[:])}
	weight := documentBytes + len(text) + nodeBytes*nodes + commentBytes*strings.Count(text, "#")
	for _, op := range doc.Operations {
		p := compile(op, in)
		d.programs = append(d.programs, p)
		weight += variableBytes * len(p.variables)
	}
	d.weight = uint32(min(weight, 1<<31))
	return d
}

// Size estimates the memory of the document in bytes. Whoever keeps a part of its AST keeps all of it.
func (d *Document) Size() int { return int(d.weight) }

// choose finds the operation that a request names.
func (d *Document) choose(name string) (*program, *gqlerror.Error) {
	if name == "" {
		switch len(d.programs) {
		case 0:
			return nil, fault.New(fault.OperationUnresolved, "Must provide an operation.")
		case 1:
			return d.programs[0], nil
		}
		return nil, fault.New(fault.OperationUnresolved, "Must provide operation name if query contains multiple operations.")
	}
	for _, p := range d.programs {
		if p.definition.Name == name {
			return p, nil
		}
	}
	return nil, fault.New(fault.OperationUnresolved, `Unknown operation named "`+clip(name, maxQuoted)+`".`)
}

func compile(op *ast.OperationDefinition, in *inputs) *program {
	p := &program{definition: op, filter: &value.Filter{Keys: []value.FilterKey{}}}
	index := map[string]int{}
	for i, v := range op.VariableDefinitions {
		index[v.Variable] = i
		p.filter.Keys = append(p.filter.Keys, value.FilterKey{Key: v.Variable})
		p.variables = append(p.variables, newVariable(v, in))
	}
	c := compiler{program: p, index: index, conditions: map[string]bool{}, visited: map[*ast.FragmentDefinition]bool{}}
	c.directives(op.Directives)
	c.selection(op.SelectionSet)
	p.conditions = c.sorted()
	return p
}
