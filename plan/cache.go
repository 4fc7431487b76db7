package plan

import (
	"context"
	"fmt"

	"github.com/maypok86/otter/v2"

	"github.com/sluice-gateway/sluice/operation"
)

// CacheKey names the plan of an operation: the document, the operation in it, and the values of the variables that
// @skip and @include read, and the labels that are on. A cache serves one supergraph, so the schema is not part of it.
type CacheKey struct {
	Document   string
	Operation  string
	Conditions string
	Labels     string
}

// KeyOf returns the cache key of an operation.
func KeyOf(op *operation.Prepared) CacheKey {
	return CacheKey{Document: op.Document.Hash, Operation: op.Definition.Name, Conditions: op.Conditions, Labels: op.Labels}
}

// Cache keeps what was made of plans, bounded by its estimated size in bytes. Failures are kept as well, so that an
// operation that cannot be planned costs its search once. It is safe for concurrent use; one key is built once
// however many ask for it at the same time.
type Cache[T any] struct {
	c *otter.Cache[CacheKey, cached[T]]
}

type cached[T any] struct {
	value  T
	err    error
	weight uint32
}

// NewCache returns a cache that holds about maxBytes. It needs no closing.
func NewCache[T any](maxBytes uint64) (*Cache[T], error) {
	c, err := otter.New(&otter.Options[CacheKey, cached[T]]{
		MaximumWeight: maxBytes,
		Weigher:       func(k CacheKey, v cached[T]) uint32 { return v.weight },
	})
	if err != nil {
		return nil, fmt.Errorf("plan cache: %w", err)
	}
	return &Cache[T]{c}, nil
}

// Get returns what build made for key, from the cache if it is there. build also tells the size of its result in bytes.
func (c *Cache[T]) Get(key CacheKey, build func() (T, int, error)) (T, error) {
	if have, ok := c.c.GetIfPresent(key); ok {
		return have.value, have.err
	}
	// The context bounds only the waiting for another goroutine's build, which itself is bounded.
	have, err := c.c.Get(context.Background(), key, otter.LoaderFunc[CacheKey, cached[T]](func(context.Context, CacheKey) (cached[T], error) {
		v, size, err := build()
		return cached[T]{v, err, uint32(min(size+len(key.Document)+len(key.Operation)+len(key.Conditions)+entryOverhead, 1<<31))}, nil
	}))
	if err != nil {
		var none T
		return none, fmt.Errorf("plan cache: %w", err)
	}
	return have.value, have.err
}

// entryOverhead is about what an entry costs in the cache itself.
const entryOverhead = 200

// Size estimates the memory that p takes, in bytes.
func (p *Plan) Size() int {
	n := 500 + sizeOfPlace(p.Root)
	for _, f := range p.Fetches {
		n += 300
		if f.Query != nil {
			n += len(f.Query.Text)
		}
		for _, e := range f.Entries {
			n += 200 + e.Want.size()
		}
	}
	return n + p.Output.size(map[*Output]bool{})
}

func sizeOfPlace(p *Place) int {
	n := 50
	for _, s := range p.Slots {
		n += 40 + len(s.Key)
		if s.Sub != nil {
			n += sizeOfPlace(s.Sub)
		}
	}
	return n
}

func (t *Tree) size() int {
	n := 100
	list := func(fields []TreeField) {
		for _, f := range fields {
			n += 150 // with its share of the selection
			if f.Sub != nil {
				n += f.Sub.size()
			}
		}
	}
	list(t.Fields)
	for _, o := range t.On {
		list(o.Fields)
	}
	return n
}

func (o *Output) size(seen map[*Output]bool) int {
	if seen[o] {
		return 0
	}
	seen[o] = true
	n := 80
	for _, t := range o.ByType {
		n += 40
		for _, f := range t.Fields {
			n += 250 + len(f.Key) // with what execution compiles of it
			if f.Sub != nil {
				n += f.Sub.size(seen)
			}
		}
	}
	return n
}
