package schema

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxKeyText is how much text of arguments a key carries as it is. Longer text is replaced by its hash: keys are
// compared, kept and shown.
const maxKeyText = 80

// Key returns the canonical name of the datum that a field with these arguments is: the name alone without arguments,
// else the name and the arguments in a normal form, in which the order of arguments and of members of input objects
// does not count. Variables stand in it by their names.
func Key(name string, args ast.ArgumentList) string {
	if len(args) == 0 {
		return name
	}
	sorted := slices.Clone(args)
	slices.SortStableFunc(sorted, func(a, b *ast.Argument) int { return cmp.Compare(a.Name, b.Name) })
	var b strings.Builder
	for i, a := range sorted {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(a.Name)
		b.WriteString(": ")
		writeValue(&b, a.Value)
	}
	text := b.String()
	if len(text) > maxKeyText {
		sum := sha256.Sum256([]byte(text))
		text = "#" + hex.EncodeToString(sum[:16])
	}
	return name + "(" + text + ")"
}

// writeValue writes a value like [ast.Value.String], with the members of objects in the order of their names.
func writeValue(b *strings.Builder, v *ast.Value) {
	switch v.Kind {
	case ast.ListValue:
		b.WriteByte('[')
		for i, c := range v.Children {
			if i > 0 {
				b.WriteString(", ")
			}
			writeValue(b, c.Value)
		}
		b.WriteByte(']')
	case ast.ObjectValue:
		members := slices.Clone(v.Children)
		slices.SortStableFunc(members, func(a, b *ast.ChildValue) int { return cmp.Compare(a.Name, b.Name) })
		b.WriteByte('{')
		for i, c := range members {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(c.Name)
			b.WriteString(": ")
			writeValue(b, c.Value)
		}
		b.WriteByte('}')
	default:
		b.WriteString(v.String())
	}
}
