package operation

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/fault"
)

// parse reads a document. Its errors are worded as graphql-js words them.
func parse(text string, maxTokens int) (*ast.QueryDocument, *gqlerror.Error) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, maxTokens)
	if err != nil {
		return nil, syntaxError(err, maxTokens)
	}
	if len(doc.Operations)+len(doc.Fragments) == 0 {
		return nil, syntaxErrorAt(nil, "Unexpected <EOF>.")
	}
	for _, f := range doc.Fragments {
		// The parser knows variables of fragments, an old experiment. The language has none.
		if len(f.VariableDefinition) > 0 {
			return nil, syntaxErrorAt(f.VariableDefinition[0].Position, `Expected "on", found "(".`)
		}
	}
	return doc, nil
}

func syntaxError(err error, maxTokens int) *gqlerror.Error {
	var e *gqlerror.Error
	if !errors.As(err, &e) {
		return syntaxErrorAt(nil, "Unexpected <EOF>.")
	}
	if len(e.Locations) == 0 { // the parser gives every error a place but this one
		return tooLarge(nil, fmt.Sprintf("The document has more than %d tokens.", maxTokens))
	}
	message := e.Message
	if len(message) > maxQuoted {
		message = clip(message, maxQuoted)
	}
	if !strings.HasSuffix(message, ".") && !strings.HasSuffix(message, "?") {
		message += "."
	}
	out := fault.New(fault.ParseFailed, "Syntax Error: "+strings.ToUpper(message[:1])+message[1:])
	out.Locations = e.Locations
	return out
}

func syntaxErrorAt(p *ast.Position, message string) *gqlerror.Error {
	return located(fault.New(fault.ParseFailed, "Syntax Error: "+message), p)
}

func tooLarge(p *ast.Position, message string) *gqlerror.Error {
	return located(fault.New(fault.OperationTooLarge, message), p)
}

func located(e *gqlerror.Error, p *ast.Position) *gqlerror.Error {
	if p != nil {
		e.Locations = []gqlerror.Location{{Line: p.Line, Column: p.Column}}
	}
	return e
}
