// Package problem describes what is wrong with something an author wrote: a schema, a mapping, a configuration. Problems
// are collected, not thrown: whoever checks something reports all of them at once.
package problem

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Severity says whether a problem stands in the way.
type Severity uint8

// The severities.
const (
	Error   Severity = iota // nothing is started with it
	Warning                 // it is told, and no more
)

// Problem is one thing that is wrong, where, and what to do.
type Problem struct {
	Severity   Severity
	Code       string // from the closed lists of the reference documents: INVALID_URL, FIELD_TYPE_MISMATCH, …
	Message    string // a sentence
	Coordinate string // of the schema element: Query.user, Query.user(id:), Query.user[0]; may be empty
	File       string // may be empty
	Line       int    // from 1; 0 if not known
	Column     int    // from 1; 0 if not known
	// Related are other places that the message speaks of: the declarations of other subgraphs.
	Related []Place
}

// Place is where something stands in a file.
type Place struct {
	What   string // stands there: subgraph "users"
	File   string
	Line   int // from 1
	Column int // from 1
}

// String returns the place on one line: file:line:column: what.
func (p Place) String() string { return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.What) }

// Text returns the problem as it is shown: its line, and one for each related place.
func (p Problem) Text() string {
	text := p.String()
	for _, r := range p.Related {
		text += "\n    " + r.String()
	}
	return text
}

// String returns the problem on one line: file:line:column: error CODE: sentence [coordinate].
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
			if p.Column > 0 {
				fmt.Fprintf(&b, ":%d", p.Column)
			}
		}
		b.WriteString(": ")
	}
	if p.Severity == Warning {
		b.WriteString("warning")
	} else {
		b.WriteString("error")
	}
	if p.Code != "" {
		b.WriteString(" " + p.Code)
	}
	b.WriteString(": " + p.Message)
	if p.Coordinate != "" {
		b.WriteString(" [" + p.Coordinate + "]")
	}
	return b.String()
}

// List is a collection of problems. The zero value is empty and ready.
type List []Problem

// Errors returns the problems that stand in the way.
func (l List) Errors() List {
	var out List
	for _, p := range l {
		if p.Severity == Error {
			out = append(out, p)
		}
	}
	return out
}

// Sort orders the list by place, errors before warnings at the same place, so that reports are stable.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
}

// Err returns the errors of the list as one error, a line each, or nil if there is none.
func (l List) Err() error {
	var errs []error
	for _, p := range l.Errors() {
		errs = append(errs, errors.New(p.String()))
	}
	return errors.Join(errs...)
}
