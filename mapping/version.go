package mapping

import "fmt"

// Version is a version of the connect specification. Later versions are greater.
type Version uint8

// The versions whose language is known.
const (
	V01 Version = iota + 1
	V02
	V03
	V04
)

// String returns the version as links write it: "v0.3".
func (v Version) String() string { return fmt.Sprintf("v0.%d", uint8(v)) }

// ParseVersion reads the version at the end of a link to the connect specification. ok is false for one that is not
// known.
func ParseVersion(s string) (v Version, ok bool) {
	for v := V01; v <= V04; v++ {
		if s == v.String() {
			return v, true
		}
	}
	return 0, false
}
