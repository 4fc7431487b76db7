package upstream

import "context"

// exchanger makes exchanges with one endpoint over a pool of connections of its own. It is all that the rest of the
// package knows of the HTTP implementation below.
type exchanger interface {
	// exchange sends r, which was checked and prepared (Config.prepare) and is only read, and returns the whole answer within the limits of size. It may block as long
	// as ctx allows, and is called from any number of goroutines at once. Its errors are typed, except for the service's
	// name; an end of ctx it may report in any way, as the caller looks at ctx first.
	exchange(ctx context.Context, r *Request) (*Response, *Error)
	// close closes the idle connections. No exchange is under way, and none follows.
	close()
}
