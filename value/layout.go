package value

import "errors"

// Layout is what the objects at one place of a document become while it is read: other objects, whose members are those
// of the document under other names, in other places, several times, or constants. Lists of objects become lists.
//
// It is the short way for documents that are as they should be. One that lacks a required member, or has something else
// in the place of an object, ends the scan with [ErrLayout]; what becomes of that is to be found out in another way.
type Layout struct {
	// Make are the members of the new object, and behind them those of its parts: keys and constants. The keys of the
	// filter fill in the rest.
	Make []Member
	// Slots are in the place of Make where records are made instead of objects.
	Slots []Value
	// Size is how many of Make, or of Slots, belong to the new object itself.
	Size int
	// Parts are members whose values are new objects as well. A part stands behind what it belongs to.
	Parts []LayoutPart
	// Required has the bits of the keys of the filter without which there is no such object. A filter with a layout has
	// at most [MaxLayoutKeys].
	Required uint64
	// Only: there is no new object, but the value of the one key. Then a list is not as it should be.
	Only bool
}

// LayoutPart is a member of [Layout.Make] that is an object of further ones, or a slot that is a record.
type LayoutPart struct {
	At       int // of the member
	From, To int // of its members
}

// Target is where a value goes.
type Target struct {
	At       int  // in [Layout.Make] or [Layout.Slots]
	Optional bool // null is left out, and need not be as a layout below has it
}

// MaxLayoutKeys is how many keys a filter with a layout may have.
const MaxLayoutKeys = 64

// ErrLayout is the error of a scan of a document that is not as a [Layout] has it. The document may be no JSON either.
var ErrLayout = errors.New("the document is not as the layout has it")

// maxLaid is how many members layouts may make of one document. Members that are constants or missing cost memory and no
// byte of the document.
const maxLaid = 4 << 20

// laying is an object that is being made by a layout.
type laying struct {
	layout  *Layout
	members []Member
	slots   []Value
	only    Value
	seen    uint64
}

// differs ends the scan of a document that is not as a layout has it.
func (s *scanner) differs() (Value, int) {
	s.unlike = true
	return Value{}, failed
}

// lay begins an object.
func (s *scanner) lay(o *laying, l *Layout) bool {
	if s.room -= 1 + len(l.Make) + len(l.Slots); s.room < 0 {
		return false
	}
	o.layout = l
	if len(l.Slots) > 0 {
		o.slots = s.a.Values(len(l.Slots))
		copy(o.slots, l.Slots)
		for _, p := range l.Parts {
			o.slots[p.At] = OfSlots(o.slots[p.From:p.To:p.To])
		}
		return true
	}
	if len(l.Make) == 0 {
		return true
	}
	o.members = s.a.Members(len(l.Make))
	copy(o.members, l.Make)
	for _, p := range l.Parts {
		o.members[p.At].Value = OfMembers(o.members[p.From:p.To:p.To])
	}
	return true
}

// put fills in the value of a key. Of a repeated one the last counts.
func (o *laying) put(v Value, key int, to []Target) {
	o.seen |= 1 << key
	o.only = v
	for _, t := range to {
		out := v
		if t.Optional && v.kind == Null {
			out = Value{}
		}
		if o.slots != nil {
			o.slots[t.At] = out
		} else {
			o.members[t.At].Value = out
		}
	}
}

// laid ends an object, which the place after it is told of.
func (s *scanner) laid(o *laying, end int) (Value, int) {
	switch {
	case o.seen&o.layout.Required != o.layout.Required:
		return s.differs()
	case o.layout.Only:
		return o.only, end
	case o.slots != nil:
		return OfSlots(o.slots[:o.layout.Size:o.layout.Size]), end
	}
	return OfMembers(o.members[:o.layout.Size:o.layout.Size]), end
}

// optional reports whether null goes nowhere.
func optional(to []Target) bool {
	for _, t := range to {
		if !t.Optional {
			return false
		}
	}
	return len(to) > 0
}
