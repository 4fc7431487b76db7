package routes

import (
	"net/http"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/fault"
)

const (
	mostListed = 20      // errors that one answer lists
	mostHeader = 2 << 10 // bytes of the header that tells what is missing
)

// statuses are those of the codes that a client or a service can be the reason of.
var statuses = map[string]int{
	string(fault.BadRequest):        http.StatusBadRequest,
	string(fault.BadUserInput):      http.StatusBadRequest,
	string(fault.OperationTooLarge): http.StatusBadRequest,
	string(fault.MethodNotAllowed):  http.StatusMethodNotAllowed,
	string(fault.GatewayTimeout):    http.StatusGatewayTimeout,
	string(fault.Canceled):          http.StatusGatewayTimeout,
	string(fault.Overloaded):        http.StatusServiceUnavailable,
	string(fault.CircuitOpen):       http.StatusServiceUnavailable,
	string(fault.Internal):          http.StatusInternalServerError,
	string(fault.NoPlan):            http.StatusInternalServerError,
	string(fault.RequestInvalid):    http.StatusInternalServerError,
	string(fault.RequestLimit):      http.StatusServiceUnavailable,
	string(fault.AnswerTooLarge):    http.StatusInternalServerError,
	// Codes that are widely used by GraphQL servers, and by mappings of errors.
	"NOT_FOUND":       http.StatusNotFound,
	"UNAUTHENTICATED": http.StatusUnauthorized,
	"FORBIDDEN":       http.StatusForbidden,
	"CONFLICT":        http.StatusConflict,
}

// passed are the statuses of services that clients get as theirs: they are about what was asked for. Others of 4xx would
// blame a client for what the gateway sent.
var passed = map[int]bool{
	http.StatusBadRequest: true, http.StatusUnauthorized: true, http.StatusForbidden: true, http.StatusNotFound: true,
	http.StatusConflict: true, http.StatusGone: true, http.StatusPreconditionFailed: true,
	http.StatusUnprocessableEntity: true, http.StatusTooManyRequests: true,
}

// statusOf returns the status that stands for one error.
func statusOf(err *gqlerror.Error) int {
	code, _ := err.Extensions["code"].(string)
	if s, ok := statuses[code]; ok {
		return s
	}
	if h, ok := err.Extensions["http"].(map[string]any); ok {
		var s int
		switch n := h["status"].(type) {
		case int:
			s = n
		case int64:
			s = int(n)
		case float64:
			s = int(n)
		}
		switch {
		case passed[s]:
			return s
		case s == http.StatusServiceUnavailable, s == http.StatusGatewayTimeout:
			return s
		}
	}
	return http.StatusBadGateway
}

// unanswered makes the answer of errors that left no data. The greatest status wins: what failed says more than what is
// not there.
func unanswered(errs gqlerror.List) *details {
	d := &details{Status: http.StatusInternalServerError, Detail: "Internal server error."}
	for i, err := range errs {
		status := statusOf(err)
		if code, _ := err.Extensions["code"].(string); i == 0 || status > d.Status {
			d.Status, d.Detail, d.Code = status, err.Message, code
		}
	}
	d.Errors = listErrors(errs)
	return d
}

// unprepared makes the answer of errors in what the client gave, if the operation was never run. The operation itself was
// checked when the route was made, so that anything but a bad value is ours.
func unprepared(errs gqlerror.List) *details {
	d := unanswered(errs)
	if d.Status >= 500 || statuses[d.Code] == 0 {
		return &details{Status: http.StatusInternalServerError, Code: string(fault.Internal), Detail: "Internal server error."}
	}
	return d
}

func notFound() *details {
	return &details{Status: http.StatusNotFound, Detail: "There is nothing of that name."}
}

func listErrors(errs gqlerror.List) []detail {
	var out []detail
	for _, err := range errs {
		if len(out) == mostListed {
			break
		}
		code, _ := err.Extensions["code"].(string)
		out = append(out, detail{Message: err.Message, Path: pathOf(err), Code: code})
	}
	return out
}

func pathOf(err *gqlerror.Error) string {
	if len(err.Path) == 0 {
		return ""
	}
	return err.Path.String()
}

// incompleteness tells by structured fields (RFC 9651) what is missing in an answer: a list of paths, each with the code
// of its error. It is empty if nothing is.
func incompleteness(errs gqlerror.List) string {
	var b strings.Builder
	for _, err := range errs {
		code, _ := err.Extensions["code"].(string)
		item := structured(pathOf(err))
		if code != "" {
			item += ";code=" + structured(code)
		}
		if b.Len()+len(item) > mostHeader {
			break
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(item)
	}
	return b.String()
}

// structured returns a text as a string of RFC 9651, which has only visible ASCII.
func structured(s string) string {
	visible := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(visible) + `"`
}

// matches reports whether a validator is among those of If-None-Match, by the weak comparison (RFC 9110, section 13.1.2).
func matches(lines []string, tag string) bool {
	opaque := strings.TrimPrefix(tag, "W/")
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			part = strings.TrimSpace(part)
			if part == "*" || strings.TrimPrefix(part, "W/") == opaque {
				return true
			}
		}
	}
	return false
}
