// Package worlds makes random worlds to test the gateway with: an API with its data, spread over REST services and Go
// subgraphs in such a way that together they can answer everything. What the gateway answers must be what one plain
// executor answers that sees the whole world.
//
// A world is made from a seed alone, in steps that know as little as possible of each other: types and data
// ([World]), how they are split and which connector gives what ([Subgraph], [Connector], [Shape]), the schemas of that,
// the services that answer exactly what those connectors ask ([World.ServeHTTP]), the subgraph in Go ([World.Local]),
// and operations ([World.Operation]). The executor is [World.Execute].
//
// Nothing but the tests of this package uses it. It knows the gateway's schema language and nothing of the gateway.
package worlds
