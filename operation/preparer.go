package operation

import (
	"fmt"
	"runtime/debug"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/operation/rule"
	"github.com/sluice-gateway/sluice/value"
)

// Preparer makes operations of requests, for one schema. It is safe for concurrent use.
type Preparer struct {
	schema *ast.Schema
	config Config
	inputs *inputs
	cache  *cache
}

// New returns a preparer for an API schema, which must not be changed afterwards. What is zero in the
// configuration takes its default; the rest is what [Config.Validate] accepts.
func New(schema *ast.Schema, config Config) *Preparer {
	config = config.withDefaults()
	return &Preparer{
		schema: schema,
		config: config,
		inputs: schemaInputs(schema),
		cache:  newCache(config.DocumentCacheBytes),
	}
}

// Prepare parses and validates the document of a request, unless it is known, chooses the operation and coerces the
// variables. It returns either an operation or errors, which have codes and places and may be changed by the caller.
// The operation refers to r.Variables, which must not be changed while it is used.
func (p *Preparer) Prepare(r *Request) (*Prepared, gqlerror.List) {
	if n := len(r.Query); n > p.config.MaxDocumentBytes {
		return nil, refuse(fmt.Sprintf("The document has %d bytes; at most %d are allowed.", n, p.config.MaxDocumentBytes))
	}
	if n := len(r.Variables); n > p.config.MaxVariablesBytes {
		return nil, refuse(fmt.Sprintf("The variables have %d bytes; at most %d are allowed.", n, p.config.MaxVariablesBytes))
	}
	doc, errs := p.cache.get(r.Query, p.load)
	if len(errs) > 0 {
		return nil, errs
	}
	op, err := doc.choose(r.OperationName)
	if err != nil {
		return nil, gqlerror.List{err}
	}
	if r.QueryOnly && op.definition.Operation == ast.Mutation {
		err := fault.New(fault.MethodNotAllowed, "Can only perform a mutation operation from a POST request.")
		return nil, gqlerror.List{located(err, op.definition.Position)}
	}
	prepared := &Prepared{Document: doc, Definition: op.definition}
	if len(op.variables) > 0 || len(r.Variables) > 0 {
		prepared.arena = value.NewArena()
	}
	prepared.Variables, errs = op.coerce(r.Variables, prepared.arena)
	if len(errs) > 0 {
		prepared.Release()
		return nil, errs
	}
	prepared.Conditions = conditionText(op.conditions, prepared.Variables)
	return prepared, nil
}

// Definition returns the operation that a request with a document and the name of an operation would run, whatever the
// variables. It is for documents that are known before any request. The definition may not be changed.
func (p *Preparer) Definition(document, name string) (*ast.OperationDefinition, gqlerror.List) {
	if n := len(document); n > p.config.MaxDocumentBytes {
		return nil, refuse(fmt.Sprintf("The document has %d bytes; at most %d are allowed.", n, p.config.MaxDocumentBytes))
	}
	doc, errs := p.cache.get(document, p.load)
	if len(errs) > 0 {
		return nil, errs
	}
	op, err := doc.choose(name)
	if err != nil {
		return nil, gqlerror.List{err}
	}
	return op.definition, nil
}

func refuse(message string) gqlerror.List {
	return gqlerror.List{fault.New(fault.OperationTooLarge, message)}
}

// load parses, measures, validates and compiles a document.
func (p *Preparer) load(text string) (doc *Document, errs gqlerror.List) {
	// A document that brings the parser or a rule to panic is no reason to end anything but its own request.
	defer func() {
		if v := recover(); v != nil {
			err := fault.New(fault.Internal, "The document could not be checked.")
			err.Err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
			doc, errs = nil, gqlerror.List{err}
		}
	}()
	parsed, err := parse(text, p.config.MaxTokens)
	if err != nil {
		return nil, gqlerror.List{err}
	}
	nodes, err := check(parsed, p.config)
	if err != nil {
		return nil, gqlerror.List{err}
	}
	// Merging may expand every operation of the document, each of which is within MaxFields.
	errs, ok := rule.Validate(p.schema, parsed, p.config.MaxFields+p.config.MaxValidationSteps)
	if !ok {
		return nil, refuse("The document takes too many steps to validate.")
	}
	if len(errs) > 0 {
		for _, e := range errs {
			e.Extensions = map[string]any{"code": string(fault.ValidationFailed)}
		}
		return nil, errs
	}
	return newDocument(text, parsed, nodes, p.inputs), nil
}
