package main

import (
	"context"
	"errors"

	"github.com/sluice-gateway/sluice/bench/internal/fleet"
)

// fault is what happens to the service.
type fault struct {
	name  string
	all   bool // to every endpoint, and not to the first alone
	begin func(*fleet.Fleet) error
	end   func(context.Context, *fleet.Fleet) error
}

var faults = []fault{
	{name: "killed",
		begin: func(f *fleet.Fleet) error { f.Members[0].Kill(); return nil },
		end:   func(ctx context.Context, f *fleet.Fleet) error { return f.Members[0].Start(ctx) }},
	{name: "frozen",
		begin: func(f *fleet.Fleet) error { return f.Members[0].Freeze() },
		end:   func(_ context.Context, f *fleet.Fleet) error { return f.Members[0].Thaw() }},
	answering("500", errorMode),
	answering("slow", slowMode),
	answering("cut", cutMode),
	{name: "gone", all: true,
		begin: func(f *fleet.Fleet) error { f.Stop(); return nil },
		end: func(ctx context.Context, f *fleet.Fleet) (err error) {
			for _, m := range f.Members {
				err = errors.Join(err, m.Start(ctx))
			}
			return err
		}},
}

// answering is a fault of what the first endpoint answers.
func answering(name, mode string) fault {
	return fault{name: name,
		begin: func(f *fleet.Fleet) error { return f.Members[0].Mode(mode) },
		end:   func(_ context.Context, f *fleet.Fleet) error { return f.Members[0].Mode(wellMode) }}
}
