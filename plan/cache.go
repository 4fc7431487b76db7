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
	labels []bool // that it depends on
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

// Built is what was made of a plan for a [Cache] to keep.
type Built[T any] struct {
	Value T
	Size  int // in bytes, about
	// Labels are [Plan.Labels]; nil: it depends on none.
	Labels []bool
}

// Get returns what build made for key, from the cache if it is there. What was built for a request serves all those that
// agree with it on the labels it depends on; a failure depends on all of them.
func (c *Cache[T]) Get(key CacheKey, build func() (Built[T], error)) (T, error) {
	exact, known := key, key
	if key.Labels != "" {
		known.Labels = c.mask(key)
	}
	if have, ok := c.c.GetIfPresent(known); ok {
		return have.value, have.err
	}
	// The context bounds only the waiting for another goroutine's build, which itself is bounded.
	have, err := c.c.Get(context.Background(), exact, otter.LoaderFunc[CacheKey, cached[T]](func(context.Context, CacheKey) (cached[T], error) {
		b, err := build()
		size := b.Size + len(key.Document) + len(key.Operation) + len(key.Conditions) + len(key.Labels) + entryOverhead
		return cached[T]{b.Value, err, b.Labels, uint32(min(size, 1<<31))}, nil
	}))
	if err != nil {
		var none T
		return none, fmt.Errorf("plan cache: %w", err)
	}
	if key.Labels != "" && have.err == nil {
		c.share(exact, have)
	}
	return have.value, have.err
}

// Each calls f for everything that the cache holds, failures included: with the key and what [Cache.Put] wants of it. What
// comes or goes meanwhile may be among it or not.
func (c *Cache[T]) Each(f func(key CacheKey, have Built[T], err error)) {
	for key, have := range c.c.All() {
		f(key, Built[T]{Value: have.value, Size: int(have.weight), Labels: have.labels}, have.err)
	}
}

// Put keeps what stands for an entry of another cache, see [Cache.Each]: with the same key and labels, and of the same size.
func (c *Cache[T]) Put(key CacheKey, b Built[T], err error) {
	c.c.Set(key, cached[T]{b.Value, err, b.Labels, uint32(min(b.Size, 1<<31))})
}

// For an operation that labels make a difference to, the cache holds one entry more: the labels that any of its plans so
// far depends on. A plan is kept under the values of these, with unknownLabel in the place of all others, so what is found
// under such a key is good whatever the others are.
const (
	maskLabels   = "?" // in the place of the labels, for that entry
	unknownLabel = '-'
)

// mask returns the labels of key with those hidden that no plan of its operation depends on so far.
func (c *Cache[T]) mask(key CacheKey) string {
	at := key
	at.Labels = maskLabels
	have, _ := c.c.GetIfPresent(at)
	return masked(key.Labels, have.labels)
}

func masked(labels string, show []bool) string {
	out := []byte(labels)
	for i := range out {
		if i >= len(show) || !show[i] {
			out[i] = unknownLabel
		}
	}
	return string(out)
}

// share moves what was built for exactly these labels to where all requests find it that it is good for.
func (c *Cache[T]) share(exact CacheKey, have cached[T]) {
	at := exact
	at.Labels = maskLabels
	before, _ := c.c.GetIfPresent(at)
	all := make([]bool, len(exact.Labels))
	for i := range all {
		all[i] = i < len(before.labels) && before.labels[i] || i < len(have.labels) && have.labels[i]
	}
	c.c.Set(at, cached[T]{labels: all, weight: uint32(len(all) + entryOverhead)})
	at.Labels = masked(exact.Labels, all)
	if at != exact {
		c.c.Invalidate(exact)
	}
	c.c.Set(at, have)
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
