package operation

import (
	"maps"
	"strings"

	"github.com/maypok86/otter/v2"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"golang.org/x/sync/singleflight"
)

const (
	// rejectedBytes is the size of the cache of documents that were refused. It keeps a client that sends one wrong document
	// again and again from costing a validation each time, and needs no more room than that.
	rejectedBytes = 1 << 20
	// largestShare is the part of the cache that one document may take; a larger one is not kept.
	largestShare = 8
)

// cache keeps documents by their text, both those that are good and those that were refused. Both parts are bounded in
// bytes. Entries need no limit of time: a cache belongs to one schema and one set of limits, for which the outcome is
// always the same. It starts no goroutines.
//
// The key is the text itself and not a hash of it, as two documents must never be taken for each other.
type cache struct {
	documents *otter.Cache[string, *Document]
	rejected  *otter.Cache[string, gqlerror.List]
	flights   singleflight.Group
	largest   int
}

func newCache(bytes int) *cache {
	inline := func(task func()) { task() }
	return &cache{
		documents: otter.Must(&otter.Options[string, *Document]{
			MaximumWeight: uint64(bytes),
			Weigher:       func(_ string, d *Document) uint32 { return d.weight },
			Executor:      inline,
		}),
		rejected: otter.Must(&otter.Options[string, gqlerror.List]{
			MaximumWeight: rejectedBytes,
			Weigher:       weighRejected,
			Executor:      inline,
		}),
		largest: bytes / largestShare,
	}
}

func weighRejected(text string, errs gqlerror.List) uint32 {
	weight := documentBytes + len(text)
	for _, e := range errs {
		weight += variableBytes + len(e.Message)
	}
	return uint32(weight)
}

// get returns the document of a text, which load makes if it is not there. Requests that ask for one text at the same
// time share one load.
func (c *cache) get(text string, load func(text string) (*Document, gqlerror.List)) (*Document, gqlerror.List) {
	if d, ok := c.documents.GetIfPresent(text); ok {
		return d, nil
	}
	if errs, ok := c.rejected.GetIfPresent(text); ok {
		return nil, clone(errs)
	}
	type outcome struct {
		document *Document
		errs     gqlerror.List
	}
	v, _, _ := c.flights.Do(text, func() (any, error) {
		if d, ok := c.documents.GetIfPresent(text); ok {
			return outcome{document: d}, nil // of a flight that landed between the look above and this one
		}
		text := strings.Clone(text) // the caller's may be part of a buffer that is used again
		d, errs := load(text)
		switch {
		case d != nil && int(d.weight) <= c.largest:
			c.documents.Set(text, d)
		case d == nil && int(weighRejected(text, errs)) <= rejectedBytes/largestShare:
			c.rejected.Set(text, errs)
		}
		return outcome{d, errs}, nil
	})
	o, _ := v.(outcome) // it always is one
	return o.document, clone(o.errs)
}

// clone copies errors, as whoever gets them may add to their extensions.
func clone(errs gqlerror.List) gqlerror.List {
	if errs == nil {
		return nil
	}
	out := make(gqlerror.List, len(errs))
	for i, e := range errs {
		copied := *e
		copied.Extensions = maps.Clone(e.Extensions)
		out[i] = &copied
	}
	return out
}
