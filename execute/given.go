package execute

// Giver is what one call of a source gives to the headers of the client's answer. Givers are comparable: pointers, as a
// rule.
type Giver interface {
	// Give joins the headers into those that calls before this one, in the order of the plan, have given. It is called from
	// one goroutine, once in an operation. Names are in canonical form (net/textproto).
	Give(to map[string][]string)
}

// given returns the headers that the calls of the operation give to its answer, nil if none does; and whether a fetch that
// asked gave none, so that the headers do not speak for the whole answer.
func (r *run) given() (headers map[string][]string, gaps bool) {
	var seen map[Giver]bool
	for i := range r.states {
		s := &r.states[i]
		if len(s.targets) > 0 && len(s.given) == 0 {
			gaps = true
		}
		for _, g := range s.given {
			if seen[g] {
				continue
			}
			if seen == nil {
				seen, headers = map[Giver]bool{}, map[string][]string{}
			}
			seen[g] = true
			g.Give(headers)
		}
	}
	return headers, gaps
}
