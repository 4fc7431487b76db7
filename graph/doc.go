// Package graph is Sluice's own subgraph as gqlgen generates it from schema/status.graphqls. Apart from this comment
// nothing here is written by hand; resolvers answer its fields, and resolvers/local runs it.
package graph
