package local

import (
	"context"

	"github.com/sluice-gateway/sluice/execute"
)

// scopeKey is the key of an operation's scope in the contexts of its resolvers.
type scopeKey struct{}

// State returns what make returned for this key at its first call in the operation: the place for data loaders, and for
// whatever else resolvers share while they answer one operation of one caller. All fetches of the operation have it in
// common, those that run at the same time included, and no other operation does. Keys should be of an unexported type.
//
// Resolvers call it with their context. It may be called from several goroutines at once; make must be quick, and must not
// call State. Outside of an operation of the gateway, in a test of a resolver for one, make is called each time.
func State[T any](ctx context.Context, key any, make func() T) T {
	scope, ok := ctx.Value(scopeKey{}).(*execute.Scope)
	if !ok || scope == nil {
		return make()
	}
	state, ok := scope.State(key, func() any { return make() }).(T)
	if !ok { // the key is used for something else too
		return make()
	}
	return state
}
