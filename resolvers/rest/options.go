package rest

import (
	"log/slog"

	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/value"
)

// DefaultConcurrency is how many requests of one operation may be on their way to one source at a time, unless its
// [Binding] says otherwise.
const DefaultConcurrency = 32

// Options are what a driver gets from the program around it.
type Options struct {
	// Bind says how a source of a subgraph is reached. It is called by [New] only: once for each source, and with a nil
	// source for each connector that has none. Nil: every binding is empty.
	Bind func(subgraph string, source *connect.Source) Binding
	// Env returns a variable of the environment, for $env. It is called by [New] only. Nil: there are none.
	Env func(name string) (string, bool)
	// Log takes the problems of mappings and the headers that could not be made, at debug level and never more than one
	// batch a second for each connector. Nil: they are only counted.
	Log *slog.Logger
}

// Binding is how one source is reached.
type Binding struct {
	// Client is the client of the service that the source is bound to. Its endpoints replace scheme and host of the
	// source's baseURL; the path of the baseURL stays. Nil: the driver makes a client for the origin in the schema.
	Client *upstream.Client
	// Config is the value of $config, an object. Missing: an empty one.
	Config value.Value
	// MaxRequests limits the requests of one operation to this source; 0 is no limit.
	MaxRequests int
	// Concurrency limits the requests of one operation that are on their way at a time; 0 is [DefaultConcurrency].
	Concurrency int
	// RetryMissing asks once more for those objects of a batch that an answer lacks, in queries. They are null otherwise, as
	// after the second answer.
	RetryMissing bool
}
