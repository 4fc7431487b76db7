// Package diff compares two API schemas, and says of each change what it does to clients that were written for the old one.
//
// It knows what clients can see and nothing else: how a schema is composed, read or printed is for others. The diff command
// in app calls it.
package diff

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// Severity says what a change does to a client that was written for the old schema.
type Severity uint8

// The severities, the worst first.
const (
	// Breaking: an operation that was valid may be refused, or an answer may have what its client was promised not to see.
	Breaking Severity = iota
	// Dangerous: every operation stays valid, but an answer may have what its client did not know of, or a request may
	// mean something else.
	Dangerous
	// Safe: nobody notices who does not look for it.
	Safe
)

// String returns the name of the severity: breaking, dangerous or safe.
func (s Severity) String() string {
	switch s {
	case Breaking:
		return "breaking"
	case Dangerous:
		return "dangerous"
	}
	return "safe"
}

// MarshalText is the name, for JSON.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Change is one difference between two schemas.
type Change struct {
	Severity   Severity `json:"severity"`
	Code       Code     `json:"code"`
	Coordinate string   `json:"coordinate"` // User, User.name, User.name(arg:), Role.ADMIN, @cached, @cached(ttl:); empty for the schema itself
	Message    string   `json:"message"`    // a sentence
}

// Changes are the differences between two schemas.
type Changes []Change

// Count returns how many changes have a severity.
func (c Changes) Count(s Severity) (n int) {
	for i := range c {
		if c[i].Severity == s {
			n++
		}
	}
	return n
}

// Schemas returns what changes for clients when an API schema is replaced by another: the worst changes first, then by
// coordinate. Types and directives that GraphQL itself defines are not looked at, and neither are the directives that are
// applied in a schema, but for those that clients see: @deprecated, @specifiedBy and @oneOf.
func Schemas(before, after *ast.Schema) Changes {
	c := &comparison{old: before, new: after, given: outputTypes(before)}
	c.schema()
	c.types()
	c.directives()
	slices.SortStableFunc(c.changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Coordinate, b.Coordinate))
	})
	return c.changes
}

// comparison collects changes.
type comparison struct {
	old, new *ast.Schema
	given    map[string]bool // the types of the old schema that are the type of some field, so that answers have their values
	changes  Changes
}

func (c *comparison) add(s Severity, code Code, coordinate, format string, args ...any) {
	c.changes = append(c.changes, Change{s, code, coordinate, fmt.Sprintf(format, args...)})
}

func (c *comparison) breaking(code Code, coordinate, format string, args ...any) {
	c.add(Breaking, code, coordinate, format, args...)
}

func (c *comparison) dangerous(code Code, coordinate, format string, args ...any) {
	c.add(Dangerous, code, coordinate, format, args...)
}

func (c *comparison) safe(code Code, coordinate, format string, args ...any) {
	c.add(Safe, code, coordinate, format, args...)
}

// schema compares what belongs to the schema as a whole.
func (c *comparison) schema() {
	for _, root := range []struct {
		operation ast.Operation
		old, new  *ast.Definition
	}{
		{ast.Query, c.old.Query, c.new.Query},
		{ast.Mutation, c.old.Mutation, c.new.Mutation},
		{ast.Subscription, c.old.Subscription, c.new.Subscription},
	} {
		switch {
		case root.old == nil && root.new == nil:
		case root.old == nil:
			c.safe(RootTypeAdded, root.new.Name, "The schema has a %s type.", root.operation)
		case root.new == nil:
			c.breaking(RootTypeRemoved, root.old.Name, "The schema has no %s type any more.", root.operation)
		case root.old.Name != root.new.Name:
			c.breaking(RootTypeChanged, root.old.Name, "The %s type is %s instead of %s.", root.operation, root.new.Name, root.old.Name)
		}
	}
	c.description("", c.old.Description, c.new.Description)
}

func (c *comparison) description(coordinate, before, after string) {
	if before != after {
		c.safe(DescriptionChanged, coordinate, "The description changed.")
	}
}

// deprecation compares whether something is deprecated, and why.
func (c *comparison) deprecation(coordinate string, before, after ast.DirectiveList) {
	was, reasonWas := deprecated(before)
	is, reason := deprecated(after)
	switch {
	case is && !was:
		c.safe(DeprecationAdded, coordinate, "It is deprecated: %s", reason)
	case was && !is:
		c.safe(DeprecationRemoved, coordinate, "It is not deprecated any more.")
	case reason != reasonWas:
		c.safe(DeprecationChanged, coordinate, "It is deprecated for another reason: %s", reason)
	}
}

// deprecated reports whether something is deprecated, and why.
func deprecated(list ast.DirectiveList) (is bool, reason string) {
	d := list.ForName("deprecated")
	if d == nil {
		return false, ""
	}
	if a := d.Arguments.ForName("reason"); a != nil && a.Value != nil && a.Value.Kind != ast.NullValue {
		return true, a.Value.Raw
	}
	return true, "No longer supported"
}

// farewell is what to say of something that was removed when clients had been warned.
func farewell(list ast.DirectiveList) string {
	if is, reason := deprecated(list); is {
		return " It was deprecated: " + reason
	}
	return ""
}

// pairs goes through two lists by the names of their elements: it calls removed for what only the first has, added for
// what only the second has, and kept for what both have.
func pairs[T any](before, after []T, name func(T) string, removed, added func(T), kept func(before, after T)) {
	left := make(map[string]T, len(after))
	for _, x := range after {
		left[name(x)] = x
	}
	seen := make(map[string]bool, len(before))
	for _, x := range before {
		seen[name(x)] = true
		if y, ok := left[name(x)]; ok {
			kept(x, y)
		} else {
			removed(x)
		}
	}
	for _, x := range after {
		if !seen[name(x)] {
			added(x)
		}
	}
}

// outputTypes returns the named types of all fields of objects and interfaces.
func outputTypes(s *ast.Schema) map[string]bool {
	out := map[string]bool{}
	for _, t := range s.Types {
		if t.Kind == ast.Object || t.Kind == ast.Interface {
			for _, f := range t.Fields {
				out[f.Type.Name()] = true
			}
		}
	}
	return out
}
