// Package upstream is the client side of the gateway: one [Client] for each service, over all its endpoints.
//
// A client picks an endpoint, sends one request, reads the whole answer within limits of time and size, and counts. It
// works in three layers:
//
//  1. The [Client] takes a [Request], picks an endpoint through one atomic pointer to an immutable picker (package
//     balance) and says in a typed [Error] what went wrong and whose fault it was.
//  2. Each endpoint (package endpoint) has a pool of connections of its own, so that a slow one cannot use up what
//     the others need.
//  3. An exchanger, internal, makes one exchange over such a pool. It is narrow so that another HTTP
//     implementation fits behind it.
//
// The package knows HTTP and nothing of GraphQL. It does not judge what a service answers: every status, a redirect
// included, is a [Response]. Those who know what an answer means call it, the packages below resolvers first.
package upstream
