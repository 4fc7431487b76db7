package connect

import (
	"slices"
	"strconv"

	"github.com/sluice-gateway/sluice/mapping"
)

// want says what stands at a place of a directive: how it is called, which code its problems have, and what its value
// must be.
type want struct {
	name  string // of the argument
	code  string
	shape *mapping.Want // nil: anything
	holes bool          // it is a template, and what is wanted is wanted of its holes
}

func wanting(name, code string, w mapping.Want) want { return want{name: name, code: code, shape: &w} }

func wantTemplate(name, code string) want {
	w := wanting(name, code, mapping.WantText)
	w.holes = true
	return w
}

func wantURL(name string) want    { return wantTemplate(name, CodeURL) }
func wantHeader(name string) want { return wantTemplate("header "+strconv.Quote(name), CodeHeader) }
func wantBody() want              { return want{name: "body", code: CodeBody} }
func wantPath() want              { return wanting("path", CodeURLProperty, mapping.WantScalars) }
func wantQueryParams() want       { return wanting("queryParams", CodeURLProperty, mapping.WantObject) }
func wantErrorsMessage() want     { return wanting("errors.message", CodeErrors, mapping.WantString) }
func wantErrorsExtensions() want  { return wanting("errors.extensions", CodeErrors, mapping.WantObject) }
func wantIsSuccess() want         { return wanting("isSuccess", CodeIsSuccess, mapping.WantBool) }
func wantSelection() want         { return want{name: "selection", code: CodeSelection} }

// part names what must have the shape that is wanted.
func (w want) part() string {
	if w.holes {
		return "What stands in the braces of " + w.name
	}
	return w.name
}

// variableCode is the code for a variable that cannot be used at the place.
func (w want) variableCode(name string, sc scope) string {
	if w.code == CodeSelection && !sc.input && slices.Contains(response, name) {
		return CodeVirtualReads
	}
	return w.code
}

// inputCode is the code for a mapping that reads a response where there is none.
func (w want) inputCode() string {
	if w.code == CodeSelection {
		return CodeVirtualReads
	}
	return w.code
}
