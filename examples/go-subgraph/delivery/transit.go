package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/graph-gophers/dataloader/v7"

	"github.com/sluice-gateway/sluice/resolvers/local"
	"github.com/sluice-gateway/sluice/upstream"
)

// transit is how long the carrier takes to a country, in days.
type transit struct {
	Country string
	Carrier string
	From    int
	To      int
}

// transits are the answers of the carrier in one operation, those that are on their way included: each country is asked
// for once, by whichever fetch needs it first, and never for another caller.
//
// It is the cache of the loaders that load makes.
type transits struct {
	carrier *upstream.Client

	mu     sync.Mutex // guards the field below
	thunks map[string]dataloader.Thunk[*transit]
}

// transitsKey is the key of the transits of an operation.
type transitsKey struct{}

// transits returns those of the operation that ctx belongs to.
func (r *Resolver) transits(ctx context.Context) *transits {
	return local.State(ctx, transitsKey{}, func() *transits {
		return &transits{carrier: r.Carrier, thunks: map[string]dataloader.Thunk[*transit]{}}
	})
}

// load returns the way to each of the countries; nil for one that the carrier does not go to, and for no country.
func (t *transits) load(ctx context.Context, countries []string) ([]*transit, error) {
	ways := make([]*transit, len(countries))
	for i, thunk := range t.dispatch(ctx, countries) {
		if thunk == nil {
			continue
		}
		way, err := thunk()
		if err != nil {
			return nil, err
		}
		ways[i] = way
	}
	return ways, nil
}

// dispatch sends for what nobody has asked for. A loader sends a batch when it is full. The usual one guesses when nobody
// will add to it, by waiting; here it is known how many countries there will be, so that is the size of this one.
func (t *transits) dispatch(ctx context.Context, countries []string) []dataloader.Thunk[*transit] {
	t.mu.Lock()
	defer t.mu.Unlock()
	missing := map[string]bool{}
	for _, c := range countries {
		if c != "" && t.thunks[c] == nil {
			missing[c] = true
		}
	}
	loader := dataloader.NewBatchedLoader(t.ask,
		dataloader.WithCache[string, *transit](t),
		dataloader.WithBatchCapacity[string, *transit](len(missing)),
		dataloader.WithInputCapacity[string, *transit](len(missing)),
		dataloader.WithWait[string, *transit](time.Hour),
	)
	thunks := make([]dataloader.Thunk[*transit], len(countries))
	for i, c := range countries {
		if c != "" {
			thunks[i] = loader.Load(ctx, c)
		}
	}
	return thunks
}

// ask asks the carrier for all countries of a batch.
func (t *transits) ask(ctx context.Context, countries []string) []*dataloader.Result[*transit] {
	results := make([]*dataloader.Result[*transit], len(countries))
	known, err := t.call(ctx, countries)
	for i, c := range countries {
		results[i] = &dataloader.Result[*transit]{Data: known[c], Error: err}
	}
	return results
}

func (t *transits) call(ctx context.Context, countries []string) (map[string]*transit, error) {
	header := http.Header{"Accept": {"application/json"}}
	// What the client sent is at hand; what is sent on is this resolver's choice.
	if language := graphql.GetOperationContext(ctx).Headers.Get("Accept-Language"); language != "" {
		header.Set("Accept-Language", language)
	}
	resp, err := t.carrier.Do(ctx, &upstream.Request{
		Method: http.MethodGet, Path: "/transit?to=" + url.QueryEscape(strings.Join(countries, ",")), Header: header,
	})
	if err != nil {
		return nil, err
	}
	defer resp.Release() // the body is on loan; what is decoded is a copy
	if resp.Status != http.StatusOK {
		return nil, fmt.Errorf("carrier: status %d", resp.Status)
	}
	var answer struct{ Transit []*transit }
	if err := json.Unmarshal(resp.Body, &answer); err != nil {
		return nil, fmt.Errorf("carrier: %w", err)
	}
	known := make(map[string]*transit, len(answer.Transit))
	for _, way := range answer.Transit {
		if way != nil {
			known[way.Country] = way
		}
	}
	return known, nil
}

// Get is part of [dataloader.Cache]. As Set, it is called by Load, while dispatch has the lock.
func (t *transits) Get(_ context.Context, country string) (dataloader.Thunk[*transit], bool) {
	thunk, ok := t.thunks[country]
	return thunk, ok
}

// Set is part of [dataloader.Cache].
func (t *transits) Set(_ context.Context, country string, thunk dataloader.Thunk[*transit]) {
	t.thunks[country] = thunk
}

// Delete is part of [dataloader.Cache]. A thunk calls it after a panic, without the lock.
func (t *transits) Delete(_ context.Context, country string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.thunks[country]
	delete(t.thunks, country)
	return ok
}

// Clear is part of [dataloader.Cache]; nothing calls it.
func (t *transits) Clear() {}
