package rest

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/mapping"
)

// problems counts what the mappings of one connector stumbled over, and shows a sample of it in the log. It is safe for
// concurrent use.
type problems struct {
	log       *slog.Logger // nil: none
	connector string
	count     atomic.Uint64
	last      atomic.Int64 // when a sample was logged, in Unix seconds
}

// finding is a problem and the text of the connector that had it.
type finding struct {
	place string // as the connect specification names the places: "Selection", "RequestBody", …
	mapping.Problem
}

// sampleSize is how many problems one sample shows: the same mistake tends to show in many places.
const sampleSize = 8

func (p *problems) note(ctx context.Context, found []finding) {
	for i := range found {
		p.count.Add(uint64(max(found[i].Count, 1)))
	}
	if p.log == nil || !p.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	now := time.Now().Unix()
	if last := p.last.Load(); last == now || !p.last.CompareAndSwap(last, now) {
		return
	}
	for _, f := range found[:min(len(found), sampleSize)] {
		p.log.LogAttrs(ctx, slog.LevelDebug, "mapping problem",
			slog.String("connector", p.connector), slog.String("place", f.place), slog.String("message", f.Message),
			slog.String("path", strings.Join(f.Path, ".")), slog.Int("count", f.Count))
	}
}
