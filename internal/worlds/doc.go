// Package worlds makes random worlds to test the gateway with: an API with its data, spread over REST services, GraphQL
// servers and Go code in such a way that together they can answer everything. What the gateway answers must be what one
// plain executor answers that sees the whole world.
//
// A world is made from a seed alone, in steps that know as little as possible of each other: the types, then how they are
// split over [Subgraph]s, then the data, as all who give a field must agree on it. Subgraphs of REST services consist of
// [Connector]s, each with what it gives ([Shape]); the others are open: they answer any selection of what they give, and
// have the whole language of federation: several keys, deep ones among them, fields that require or provide others,
// fields that were taken over, types of which they know a part, interfaces as object types. [World.SDL] writes the schema
// of a subgraph.
//
// [World.ServeHTTP] answers for the services, and a [Graph] for an open subgraph, over HTTP or as [Local] code. Both
// complain of every request that the gateway must not make. [World.Operation] makes operations; [World.Execute] is the plain
// executor.
//
// Nothing but the tests of this package uses it. It knows the gateway's schema language and nothing of the gateway.
package worlds
