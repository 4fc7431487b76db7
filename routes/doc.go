// Package routes is the plain HTTP side of the gateway, for clients that do not speak GraphQL. It has two kinds of routes
// beside the path of GraphQL.
//
// An operation route binds a path to a stored GraphQL operation: its variables come from the path, the query, the headers
// and the body of a request, and its data is the answer. The operation is checked against the schema when the route is
// made, and runs through the same caches and plans as those that clients send.
//
// A plain route passes requests on to a service, and its answers back: streamed both ways, with the status and the body
// unchanged, upgrades of the protocol included.
//
// [New] makes a [Table] of both, which is immutable: a reload makes another. A server asks it who answers a request. The
// package knows HTTP and stored operations. What a service is, how its endpoints are balanced, and how an
// operation is answered it leaves to those it calls through [Engine] and [Services]. The commands in app call it.
package routes
