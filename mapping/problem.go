package mapping

// Problems collects what did not work out in applications of mappings, grouped, and bounded. The zero value is empty
// and ready. It is not safe for concurrent use.
type Problems struct{}

// Problem is one group: a message at a path.
type Problem struct {
	Message string
	Path    []string // keys, "@" for any index, "->name" for a method
	Offset  int      // in the text of the mapping
	Count   int
}

// List returns the groups in the order in which each was first met.
func (p *Problems) List() []Problem { return nil }

// Reset empties p for another use.
func (p *Problems) Reset() {}
