// Package server is the door to clients: GraphQL over HTTP (POST and GET), over server-sent events and over WebSocket, the
// middleware in front of it, and the admin listener with liveness and readiness.
//
// It knows how requests come and answers go, and nothing of where data comes from: behind it stands an [Engine], which
// prepares and executes operations. The package gateway implements it; app and programs that import Sluice as a library
// call [New].
//
// # Transports
//
// POST and GET are Sluice's own, because the answer's bytes are ready when they arrive here: they are written once, with a
// Content-Length, and not encoded again. So are server-sent events (the "distinct connections mode" of the GraphQL over
// SSE protocol). WebSocket, in both subprotocols, is gqlgen's transport on [graphql.GraphExecutor], over a connection of
// ours that adds what gqlgen leaves open: deadlines of writes, limits, close codes, and the same path for bytes. A program
// may mount more of gqlgen's transports on the same executor ([Options.Transports]).
//
// # Order
//
// What a request passes on its way in is written in one place, [Server.Handler].
//
// [graphql.GraphExecutor]: https://pkg.go.dev/github.com/99designs/gqlgen/graphql#GraphExecutor
package server
