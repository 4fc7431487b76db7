package mapping

import (
	"slices"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/value"
)

// method is one built-in method: how it runs, and what is known of it before it runs.
type method struct {
	apply func(m *machine, s *step, v, dollar value.Value) value.Value
	// How many arguments it takes; most is -1 for any number. Parentheses with nothing in them are wrong for a method
	// that takes no arguments, but for toString.
	least, most int
	perElement  bool // its argument runs once per element, which it sees as @
	flow        flow
	gives       gives
}

// flow says what a method looks at of the inside of its receiver, and what of it comes out.
type flow uint8

const (
	flowWhole    flow = iota // looks at everything; the result is made of it
	flowKind                 // looks only at what a scan always keeps: the kind, scalars, the length of a list
	flowPass                 // the result is the receiver, or items of it
	flowArgument             // the result is the argument's; the receiver is reached through @ alone
	flowMatch                // compares the receiver with candidates; the results are those of the arms
	flowCompare              // compares the receiver, or its items, with the argument
	flowGet                  // one item of a list, or one member of an object
	flowBind                 // the result is the receiver, for which there is a name
)

// methods are all built-in methods. Which exist does not depend on the version of the language. The table is never
// changed.
var methods = map[string]*method{
	"echo":          {apply: (*machine).echo, least: 1, most: 1, flow: flowArgument, gives: givesArgument},
	"as":            {apply: (*machine).as, least: 1, most: 2, flow: flowBind, gives: givesReceiver},
	"map":           {apply: (*machine).mapItems, least: 1, most: 1, perElement: true, flow: flowArgument, gives: givesListOfArgument},
	"match":         {apply: (*machine).match, least: 1, most: -1, flow: flowMatch, gives: givesArms},
	"jsonStringify": {apply: (*machine).jsonStringify, gives: givesString},
	"jsonParse":     {apply: (*machine).jsonParse, flow: flowKind, gives: givesUnknown},
	"toString":      {apply: (*machine).toString, flow: flowKind, gives: givesString},
	"parseInt":      {apply: (*machine).parseInt, most: 1, flow: flowKind, gives: givesInt},

	"first":               {apply: (*machine).first, flow: flowPass, gives: givesItem},
	"last":                {apply: (*machine).last, flow: flowPass, gives: givesItem},
	"slice":               {apply: (*machine).slice, most: 2, flow: flowPass, gives: givesReceiver},
	"size":                {apply: (*machine).size, flow: flowWhole, gives: givesInt},
	"entries":             {apply: (*machine).entries, flow: flowWhole, gives: givesEntries},
	"get":                 {apply: (*machine).get, least: 1, most: 1, flow: flowGet, gives: givesGot},
	"filter":              {apply: (*machine).filter, least: 1, most: 1, perElement: true, flow: flowPass, gives: givesListOfReceiver},
	"find":                {apply: (*machine).findItem, least: 1, most: 1, perElement: true, flow: flowPass, gives: givesElement},
	"joinNotNull":         {apply: (*machine).joinNotNull, least: 1, most: 1, flow: flowKind, gives: givesString},
	"keysToCamelCase":     {apply: (*machine).keysToCamelCase, flow: flowWhole, gives: givesUnknown},
	"keysToCamelCaseDeep": {apply: (*machine).keysToCamelCaseDeep, flow: flowWhole, gives: givesUnknown},
	"split":               {apply: (*machine).split, least: 1, most: 2, flow: flowKind, gives: givesStrings},
	"trim":                {apply: (*machine).trim, flow: flowKind, gives: givesString},
	"trimStart":           {apply: (*machine).trimStart, flow: flowKind, gives: givesString},
	"trimEnd":             {apply: (*machine).trimEnd, flow: flowKind, gives: givesString},

	"eq":       {apply: (*machine).eq, least: 1, most: 1, flow: flowCompare, gives: givesBool},
	"ne":       {apply: (*machine).ne, least: 1, most: 1, flow: flowCompare, gives: givesBool},
	"gt":       {apply: (*machine).gt, least: 1, most: 1, flow: flowKind, gives: givesBool},
	"gte":      {apply: (*machine).gte, least: 1, most: 1, flow: flowKind, gives: givesBool},
	"lt":       {apply: (*machine).lt, least: 1, most: 1, flow: flowKind, gives: givesBool},
	"lte":      {apply: (*machine).lte, least: 1, most: 1, flow: flowKind, gives: givesBool},
	"in":       {apply: (*machine).in, least: 1, most: 1, flow: flowCompare, gives: givesBool},
	"contains": {apply: (*machine).contains, least: 1, most: 1, flow: flowCompare, gives: givesBool},
	"and":      {apply: (*machine).and, most: -1, flow: flowKind, gives: givesBool},
	"or":       {apply: (*machine).or, most: -1, flow: flowKind, gives: givesBool},
	"not":      {apply: (*machine).not, flow: flowKind, gives: givesBool},

	"add": {apply: (*machine).add, most: -1, flow: flowKind, gives: givesNumber},
	"sub": {apply: (*machine).sub, most: -1, flow: flowKind, gives: givesNumber},
	"mul": {apply: (*machine).mul, most: -1, flow: flowKind, gives: givesNumber},
	"div": {apply: (*machine).div, most: -1, flow: flowKind, gives: givesFloat},
	"mod": {apply: (*machine).mod, most: -1, flow: flowKind, gives: givesNumber},
}

// methodNames returns the names of all methods in order.
func methodNames() []string {
	names := make([]string, 0, len(methods))
	for name := range methods {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// arg evaluates one argument, where @ is the receiver; Missing if there is no such argument.
func (m *machine) arg(s *step, i int, v, dollar value.Value) value.Value {
	if i >= len(s.args) {
		return value.Value{}
	}
	v = m.eval(s.args[i], v, dollar)
	m.charge(v)
	return v
}

// str returns the content of a string. Work with it is paid for by its length.
func (m *machine) str(v value.Value) string {
	text := v.Text()
	m.spend(len(text) / textPerWork)
	return text
}

// charge pays for reading a number, which may have a million digits.
func (m *machine) charge(v value.Value) {
	if v.IsNumber() {
		m.spend(len(v.Text()) / textPerWork)
	}
}

// textPerWork is how many bytes of text are as much work as one value.
const textPerWork = 64

// noArguments reports whether the method was called without parentheses, as those must be that take no arguments.
func (m *machine) noArguments(s *step) bool {
	if s.parens {
		m.problem(s.off, "Method ->"+s.key+" does not take any arguments")
	}
	return !s.parens
}

// oneArgument reports whether there is an argument.
func (m *machine) oneArgument(s *step) bool {
	if len(s.args) == 0 {
		m.problem(s.off, "Method ->"+s.key+" requires one argument")
	}
	return len(s.args) > 0
}

// fail reports a problem of a method, and is its result then.
func (m *machine) fail(s *step, rest string) value.Value {
	if m.collect {
		m.problem(s.off, "Method ->"+s.key+" "+rest)
	}
	return value.Value{}
}

// made is a string that a method has made.
func (m *machine) made(text string) value.Value {
	if !m.write(len(text)) {
		return value.Value{}
	}
	return value.OfString(text)
}

// shown is a value as a message shows it: its JSON, cut to a length that suits a log.
func shown(v value.Value) string {
	const most = 80
	switch v.Kind() {
	case value.List, value.Object:
		if v.Len() > 8 {
			return "an " + v.Kind().String()
		}
	case value.String:
		if text := v.Text(); len(text) > most {
			v = value.OfString(cut(text, most))
		}
	}
	return cut(string(v.AppendJSON(nil)), most)
}

// cut shortens a text for a message.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}
