// Package header makes headers by rules: those of a request to a service out of the ones that a client sent, and those of
// the client's answer out of what several services answered. It knows names and values and nothing of connections; what
// concerns one connection, and what the gateway itself says of a message, no rule can touch.
//
// The clients in upstream call it for each call, the drivers of sources and the routes for rules of their own.
package header

import (
	"errors"
	"fmt"
	"net/textproto"
	"strings"
)

// Config holds the rules of one service.
type Config struct {
	// Request are the rules that make the headers of each request, applied in their order, after what the source itself
	// sends. Nothing of the client's request is sent on but what a rule forwards, and traceparent, tracestate and
	// x-request-id.
	Request []Rule `yaml:"request"`
	// Response are the rules that say which headers of the service's answers go to the client. Without any, none do.
	Response []ResponseRule `yaml:"response"`
}

// Validate returns everything that is wrong, joined, each error beginning with the path of the field.
func (c *Config) Validate() error {
	return errors.Join(Validate("request", c.Request), ValidateResponse("response", c.Response))
}

// Rule is one step in the making of headers. It forwards, sets, renames or removes: exactly one of Forward, Set, Rename and
// Remove is given. In Forward and Remove, * stands for any text.
type Rule struct {
	// Forward is the name of headers of the message that came in, which are sent on.
	Forward string `yaml:"forward"`
	// As is the name that a forwarded or renamed header gets. Default for a forwarded one: its own.
	As string `yaml:"as"`
	// Default is the value of a forwarded header that did not come in. Default: it is not sent.
	Default string `yaml:"default"`
	// Set is the name of a header that is sent with Value.
	Set string `yaml:"set"`
	// Value is the value of the header that Set names.
	Value string `yaml:"value"`
	// Rename is the name of a header that is sent under the name As instead, whoever brought it.
	Rename string `yaml:"rename"`
	// Remove is the name of headers that are not sent, whatever the rules before say.
	Remove string `yaml:"remove"`
}

// Validate returns everything that is wrong with rules for requests, each error beginning with the path of the field below
// path.
func Validate(path string, rules []Rule) error {
	var errs []error
	for i := range rules {
		errs = append(errs, rules[i].validate(fmt.Sprintf("%s[%d]", path, i), reserved))
	}
	return errors.Join(errs...)
}

func (r *Rule) validate(path string, reserved func(string) bool) error {
	given := 0
	for _, name := range []string{r.Forward, r.Set, r.Rename, r.Remove} {
		if name != "" {
			given++
		}
	}
	if given != 1 {
		return fmt.Errorf("%s: must have exactly one of forward, set, rename and remove", path)
	}
	var errs []error
	only := func(field, got, with string, ok bool) {
		if got != "" && !ok {
			errs = append(errs, fmt.Errorf("%s.%s: belongs to %s (got %q)", path, field, with, got))
		}
	}
	only("as", r.As, "forward and rename", r.Forward != "" || r.Rename != "")
	only("default", r.Default, "forward", r.Forward != "")
	only("value", r.Value, "set", r.Set != "")
	if r.Rename != "" && r.As == "" {
		errs = append(errs, fmt.Errorf("%s.as: is needed to rename", path))
	}
	for _, n := range []struct {
		field, text string
		pattern     bool
	}{
		{"forward", r.Forward, true}, {"as", r.As, false}, {"set", r.Set, false}, {"rename", r.Rename, false}, {"remove", r.Remove, true},
	} {
		switch {
		case n.text == "":
		case !isToken(n.text) || !n.pattern && strings.Contains(n.text, "*"):
			errs = append(errs, fmt.Errorf("%s.%s: must be the name of a header (got %q)", path, n.field, n.text))
		case reserved(textproto.CanonicalMIMEHeaderKey(n.text)):
			errs = append(errs, fmt.Errorf("%s.%s: is set by the gateway itself (got %q)", path, n.field, n.text))
		}
	}
	if strings.Contains(r.Forward, "*") && (r.As != "" || r.Default != "") {
		errs = append(errs, fmt.Errorf("%s.forward: must be one name where as or default is given (got %q)", path, r.Forward))
	}
	for _, v := range []struct{ field, text string }{{"default", r.Default}, {"value", r.Value}} {
		if strings.ContainsFunc(v.text, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
			errs = append(errs, fmt.Errorf("%s.%s: must have no control characters", path, v.field))
		}
	}
	return errors.Join(errs...)
}

// Rules are rules made ready. They are immutable and safe for concurrent use; nil are no rules.
type Rules struct {
	list []rule
}

// New makes rules for requests ready. The error is what [Validate] finds; no rules are nil.
func New(rules []Rule) (*Rules, error) {
	if err := Validate("headers", rules); err != nil {
		return nil, err
	}
	if len(rules) == 0 {
		return nil, nil //nolint:nilnil // no rules are a value, which callers need not tell from others
	}
	out := &Rules{list: make([]rule, len(rules))}
	for i := range rules {
		out.list[i] = newRule(&rules[i])
	}
	return out, nil
}

// Apply makes headers: to are those that there are so far, and from the ones that came in. Both have names in canonical
// form; lists of values are shared between them and with the rules, and must not be changed. Nil rules do nothing.
func (r *Rules) Apply(to, from map[string][]string) {
	if r == nil {
		return
	}
	for i := range r.list {
		r.list[i].apply(to, from)
	}
}

// rule is a [Rule] made ready.
type rule struct {
	kind   kind
	name   string   // canonical, or a pattern as it was written
	to     string   // canonical: what a forwarded or renamed header is called
	values []string // of the header that is set, or the default of one that is forwarded
}

type kind uint8

const (
	forward kind = iota
	forwardAll
	set
	rename
	remove
	removeAll
)

func newRule(r *Rule) rule {
	canonical := textproto.CanonicalMIMEHeaderKey
	out := rule{}
	switch {
	case strings.Contains(r.Forward, "*"):
		out.kind, out.name = forwardAll, r.Forward
	case r.Forward != "":
		out.kind, out.name, out.to = forward, canonical(r.Forward), canonical(r.Forward)
		if r.As != "" {
			out.to = canonical(r.As)
		}
		if r.Default != "" {
			out.values = []string{r.Default}
		}
	case r.Set != "":
		out.kind, out.name, out.values = set, canonical(r.Set), []string{r.Value}
	case r.Rename != "":
		out.kind, out.name, out.to = rename, canonical(r.Rename), canonical(r.As)
	case strings.Contains(r.Remove, "*"):
		out.kind, out.name = removeAll, r.Remove
	default:
		out.kind, out.name = remove, canonical(r.Remove)
	}
	return out
}

func (r *rule) apply(to, from map[string][]string) {
	switch r.kind {
	case forward:
		if v := from[r.name]; len(v) > 0 {
			to[r.to] = v
		} else if r.values != nil {
			to[r.to] = r.values
		}
	case forwardAll:
		for name, v := range from {
			if matches(r.name, name) && !reserved(name) && !named(from, name) {
				to[name] = v
			}
		}
	case set:
		to[r.name] = r.values
	case rename:
		if v, ok := to[r.name]; ok && r.to != r.name {
			to[r.to] = v
			delete(to, r.name)
		}
	case remove:
		delete(to, r.name)
	case removeAll:
		for name := range to {
			if matches(r.name, name) && !reserved(name) {
				delete(to, name)
			}
		}
	}
}

// named reports whether the Connection header of a message names another of its headers as one for this connection alone.
func named(in map[string][]string, name string) bool {
	for _, line := range in["Connection"] {
		for word := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(word), name) {
				return true
			}
		}
	}
	return false
}
