// Package rule holds the validation rules of Sluice: which operations fit a schema, by the GraphQL specification
// (October 2021 with what the current draft adds), reported in the words of graphql-js, the reference implementation.
//
// Most rules are those of gqlparser. Rules stand here, one a file, where gqlparser has none, where it accepts what the
// specification forbids, where its message lacks something, or where its time grows faster than the document:
// [Validate] is made for hostile documents. The package operation calls it, after its limits have passed.
package rule

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/sluice-gateway/sluice/internal/suggest"
)

const (
	// maxErrors is where validation stops to report, as in graphql-js.
	maxErrors = 100
	// maxSuggestions is how many errors offer names that may have been meant: comparing names is the one part of an
	// error that costs more than its text.
	maxSuggestions = 10
	// maxQuoted is how much of a name or a value an error quotes, and maxMessage how long it is altogether.
	maxQuoted  = 100
	maxMessage = 2000
)

// Validate reports in which ways a document does not fit a schema, in the order of the document; none means that it is
// valid. It writes into the document: the definitions of what it mentions. Two calls for one document must not run at
// the same time, and the document must not be changed afterwards.
//
// Its time is linear in what [core.Walk] visits, each fragment once for every operation and fragment that reaches it,
// and in the size of the operations with their fragments expanded. Callers bound both. MaxSteps bounds the rest,
// comparing fields that may be merged; ok is false if it did not suffice.
func Validate(schema *ast.Schema, doc *ast.QueryDocument, maxSteps int) (errs gqlerror.List, ok bool) {
	r := &report{schema: schema, seen: map[string]bool{}}
	var events core.Events
	for _, rule := range ruleSet() {
		rule(r, &events)
	}
	core.Walk(schema, doc, &events)
	ok = true
	if len(r.errs) == 0 {
		// Merging is defined for documents that are valid otherwise. This rule relies on it: no fragment contains
		// itself, and every field has a definition.
		ok = overlappingFields(r, doc, maxSteps)
	}
	slices.SortStableFunc(r.errs, func(a, b *gqlerror.Error) int {
		x, y := place(a), place(b)
		return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
	})
	if r.full() {
		r.errs = append(r.errs, &gqlerror.Error{
			Message: "Too many validation errors, error limit reached. Validation aborted.",
		})
	}
	return r.errs, ok
}

func place(e *gqlerror.Error) gqlerror.Location {
	if len(e.Locations) == 0 {
		return gqlerror.Location{}
	}
	return e.Locations[0]
}

// rule subscribes to the parts of a document that it looks at.
type rule func(r *report, events *core.Events)

func ruleSet() []rule {
	return []rule{
		fieldsOnCorrectType,
		foreign(rules.FragmentsOnCompositeTypesRule),
		knownArgumentNames,
		foreign(rules.KnownDirectivesRule),
		foreign(rules.KnownFragmentNamesRule),
		foreign(rules.KnownRootTypeRule),
		knownTypeNames,
		foreign(rules.LoneAnonymousOperationRule),
		foreign(rules.MaxIntrospectionDepth),
		foreign(rules.NoFragmentCyclesRule),
		foreign(rules.NoUndefinedVariablesRule),
		foreign(rules.NoUnusedFragmentsRule),
		foreign(rules.NoUnusedVariablesRule),
		possibleFragmentSpreads,
		foreign(rules.ProvidedRequiredArgumentsRule),
		foreign(rules.ScalarLeafsRule),
		singleRootField,
		foreign(rules.UniqueArgumentNamesRule),
		foreign(rules.UniqueDirectivesPerLocationRule),
		foreign(rules.UniqueFragmentNamesRule),
		foreign(rules.UniqueInputFieldNamesRule),
		uniqueOperationNames,
		foreign(rules.UniqueVariableNamesRule),
		valuesOfCorrectType,
		foreign(rules.VariablesAreInputTypesRule),
		foreign(rules.VariablesInAllowedPositionRule),
	}
}

// foreign makes a rule of gqlparser one of ours.
func foreign(f core.Rule) rule {
	return func(r *report, events *core.Events) {
		f.RuleFunc(events, func(options ...core.ErrorOption) {
			if r.full() {
				return
			}
			e := &gqlerror.Error{}
			for _, o := range options {
				o(e)
			}
			e.Extensions = nil // the name of the source, of which there is one
			r.add(e)
		})
	}
}

// report collects the errors of one validation.
type report struct {
	schema    *ast.Schema
	errs      gqlerror.List
	seen      map[string]bool
	suggested int
}

func (r *report) full() bool { return len(r.errs) >= maxErrors }

// addf reports an error at some places. What is reported twice counts once: a walk enters a fragment once for every
// operation that uses it.
func (r *report) addf(at []*ast.Position, format string, args ...any) {
	if r.full() {
		return
	}
	e := &gqlerror.Error{Message: fmt.Sprintf(format, args...)}
	for _, p := range at {
		if p != nil {
			e.Locations = append(e.Locations, gqlerror.Location{Line: p.Line, Column: p.Column})
		}
	}
	r.add(e)
}

func (r *report) add(e *gqlerror.Error) {
	e.Message = clip(e.Message, maxMessage)
	key := fmt.Sprint(e.Message, e.Locations)
	if r.seen[key] {
		return
	}
	r.seen[key] = true
	r.errs = append(r.errs, e)
}

// didYouMean is the sentence that offers names for one that does not exist, as long as not too many were offered.
func (r *report) didYouMean(kind, name string, options func() []string) string {
	if r.suggested >= maxSuggestions || r.full() {
		return ""
	}
	r.suggested++
	return suggest.DidYouMean(kind, name, options())
}

// at is one place.
func at(p *ast.Position) []*ast.Position { return []*ast.Position{p} }
