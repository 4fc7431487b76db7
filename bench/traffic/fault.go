package main

import (
	"context"
	"errors"
)

// fault is what happens to the service.
type fault struct {
	name  string
	all   bool // to every endpoint, and not to the first alone
	begin func(*fleet) error
	end   func(context.Context, *fleet) error
}

var faults = []fault{
	{name: "killed",
		begin: func(f *fleet) error { f.members[0].kill(); return nil },
		end:   func(ctx context.Context, f *fleet) error { return f.members[0].start(ctx) }},
	{name: "frozen",
		begin: func(f *fleet) error { return f.members[0].freeze() },
		end:   func(_ context.Context, f *fleet) error { return f.members[0].thaw() }},
	answering("500", errorMode),
	answering("slow", slowMode),
	answering("cut", cutMode),
	{name: "gone", all: true,
		begin: func(f *fleet) error { f.stop(); return nil },
		end: func(ctx context.Context, f *fleet) (err error) {
			for _, m := range f.members {
				err = errors.Join(err, m.start(ctx))
			}
			return err
		}},
}

// answering is a fault of what the first endpoint answers.
func answering(name, mode string) fault {
	return fault{name: name,
		begin: func(f *fleet) error { return f.members[0].mode(mode) },
		end:   func(_ context.Context, f *fleet) error { return f.members[0].mode(wellMode) }}
}
