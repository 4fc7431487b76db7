package header

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The ways to join the values that several calls give to one header of the client's answer. Calls come in the order of
// the plan, so that the result does not depend on which service answers first.
const (
	First           = "first"            // the first call that gives one
	Last            = "last"             // the last call that gives one
	Append          = "append"           // all values, each once
	MostRestrictive = "most_restrictive" // of Cache-Control: what all of them allow
	Max             = "max"              // the largest number
	Min             = "min"              // the smallest number
)

const (
	cacheControl = "Cache-Control"
	setCookie    = "Set-Cookie"
	noStore      = "no-store"
)

// ResponseRule is one step in what the answer of a service gives to the headers of the client's answer. It forwards, sets
// or removes: exactly one of Forward, Set and Remove is given. In Forward and Remove, * stands for any text.
type ResponseRule struct {
	// Forward is the name of headers of the service's answer that go to the client.
	Forward string `yaml:"forward"`
	// As is the name that a forwarded header gets. Default: its own.
	As string `yaml:"as"`
	// Default is the value of a forwarded header that the answer does not have. Default: there is none.
	Default string `yaml:"default"`
	// Join says what becomes of the values that several calls give: first, last, append, most_restrictive (Cache-Control
	// only), max or min. Default: append for Set-Cookie and Vary, most_restrictive for Cache-Control, else first.
	Join string `yaml:"join" jsonschema:"enum=first,enum=last,enum=append,enum=most_restrictive,enum=max,enum=min"`
	// Set is the name of a header that a client gets with Value if the service was called.
	Set string `yaml:"set"`
	// Value is the value of the header that Set names.
	Value string `yaml:"value"`
	// Remove is the name of headers that do not go to the client, whatever the rules before say.
	Remove string `yaml:"remove"`
}

// plain returns what a rule has in common with those for requests.
func (r *ResponseRule) plain() *Rule {
	return &Rule{Forward: r.Forward, As: r.As, Default: r.Default, Set: r.Set, Value: r.Value, Remove: r.Remove}
}

// Rule is what a rule does to an answer that is passed on as a whole, where there is nothing to join its headers with.
func (r *ResponseRule) Rule() Rule { return *r.plain() }

// ValidateResponse is what [Validate] is, for rules of answers.
func ValidateResponse(path string, rules []ResponseRule) error {
	var errs []error
	for i := range rules {
		r, path := &rules[i], fmt.Sprintf("%s[%d]", path, i)
		if err := r.plain().validate(path, reservedInAnswers); err != nil {
			errs = append(errs, err)
			continue
		}
		target := newRule(r.plain())
		switch name := target.target(); {
		case r.Join == "":
		case r.Remove != "":
			errs = append(errs, fmt.Errorf("%s.join: belongs to forward and set (got %q)", path, r.Join))
		case !slices.Contains([]string{First, Last, Append, MostRestrictive, Max, Min}, r.Join):
			errs = append(errs, fmt.Errorf("%s.join: must be one of first, last, append, most_restrictive, max, min (got %q)", path, r.Join))
		case r.Join == MostRestrictive && name != cacheControl:
			errs = append(errs, fmt.Errorf("%s.join: only Cache-Control can be joined in this way (got %q)", path, r.Join))
		}
	}
	return errors.Join(errs...)
}

// target is the header that a rule brings; empty if it is a pattern, or brings none.
func (r *rule) target() string {
	switch r.kind {
	case forward:
		return r.to
	case set:
		return r.name
	}
	return ""
}

// ResponseRules are rules for answers made ready. They are immutable and safe for concurrent use; nil are no rules.
type ResponseRules struct {
	list []responseRule
}

type responseRule struct {
	rule
	join string // empty: what is usual for the name
}

// NewResponse makes rules for answers ready. The error is what [ValidateResponse] finds; no rules are nil.
func NewResponse(rules []ResponseRule) (*ResponseRules, error) {
	if err := ValidateResponse("headers", rules); err != nil {
		return nil, err
	}
	if len(rules) == 0 {
		return nil, nil //nolint:nilnil // no rules are a value, which callers need not tell from others
	}
	out := &ResponseRules{list: make([]responseRule, len(rules))}
	for i := range rules {
		out.list[i] = responseRule{newRule(rules[i].plain()), rules[i].Join}
	}
	return out, nil
}

// Given is what the answer to one call gives to the headers of the client's answer. It is immutable.
type Given struct {
	fields []field
}

type field struct {
	name   string // canonical
	values []string
	join   string
}

// Read returns what an answer with these headers gives to the client's: nil only if there are no rules.
func (r *ResponseRules) Read(from map[string][]string) *Given {
	if r == nil {
		return nil
	}
	g := &Given{fields: make([]field, 0, len(r.list)+1)}
	for i := range r.list {
		g.apply(&r.list[i], from)
	}
	// Who gives nothing to Cache-Control allows nothing: nobody else can know how long this answer is good for.
	switch i := g.index(cacheControl); {
	case i < 0:
		g.fields = append(g.fields, field{cacheControl, []string{noStore}, MostRestrictive})
	case g.fields[i].join == MostRestrictive:
		g.fields[i].values = []string{aged(g.fields[i].values, from["Age"])}
	}
	return g
}

func (g *Given) apply(r *responseRule, from map[string][]string) {
	switch r.kind {
	case forward:
		if v := from[r.name]; len(v) > 0 {
			g.put(r.to, v, r.join)
		} else if r.values != nil {
			g.put(r.to, r.values, r.join)
		}
	case forwardAll:
		names := make([]string, 0, len(from))
		for name := range from {
			if matches(r.name, name) && !reservedInAnswers(name) && !named(from, name) {
				names = append(names, name)
			}
		}
		slices.Sort(names) // so that what comes of it does not depend on chance
		for _, name := range names {
			g.put(name, from[name], r.join)
		}
	case set:
		g.put(r.name, r.values, r.join)
	default:
		g.fields = slices.DeleteFunc(g.fields, func(f field) bool { return matches(r.name, f.name) })
	}
}

func (g *Given) index(name string) int {
	return slices.IndexFunc(g.fields, func(f field) bool { return f.name == name })
}

func (g *Given) put(name string, values []string, join string) {
	if join == "" || join == MostRestrictive && name != cacheControl {
		switch name {
		case cacheControl:
			join = MostRestrictive
		case setCookie, "Vary":
			join = Append
		default:
			join = First
		}
	}
	f := field{name, values, join}
	if i := g.index(name); i >= 0 {
		g.fields[i] = f
	} else {
		g.fields = append(g.fields, f)
	}
}

// Give joins what the call gives into the headers of the client's answer. It is called for the calls in the order of the
// plan. Names in to are in canonical form.
func (g *Given) Give(to map[string][]string) {
	for i := range g.fields {
		f := &g.fields[i]
		have, ok := to[f.name]
		if !ok {
			to[f.name] = f.values
			continue
		}
		switch f.join {
		case Last:
			to[f.name] = f.values
		case Append:
			to[f.name] = union(have, f.values, f.name == setCookie)
		case MostRestrictive:
			to[f.name] = []string{restrict(have, f.values)}
		case Max, Min:
			if better(f.values, have, f.join == Max) {
				to[f.name] = f.values
			}
		}
	}
}

// union returns all values, each once unless they are to be kept.
func union(have, more []string, keep bool) []string {
	out := slices.Clip(have) // lists are shared: what is appended goes elsewhere
	for _, v := range more {
		if keep || !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// better reports whether a number takes the place of another. What is no number never does.
func better(new, old []string, larger bool) bool {
	n, ok := number(new)
	if !ok {
		return false
	}
	o, ok := number(old)
	return !ok || larger && n > o || !larger && n < o
}

func number(values []string) (float64, bool) {
	if len(values) == 0 {
		return 0, false
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(values[0]), 64)
	return n, err == nil && n == n
}

// Cookies reports whether Set-Cookie of an answer may go to the client: then the answer is for one client alone.
func (r *ResponseRules) Cookies() bool {
	return r != nil && slices.ContainsFunc(r.list, func(r responseRule) bool {
		return r.kind == forward && r.name == setCookie || r.kind == forwardAll && matches(r.name, setCookie)
	})
}
