// Package subgraph reads the schema document of one subgraph: definitions and extensions are put together, links
// resolved, the directives of the federation read and checked, and every rule that concerns this one subgraph is
// verified. All problems are reported, not the first alone.
//
// What several subgraphs say of one type is the business of package schema/merge, connectors are that of
// schema/connect. The package is called by package schema and never changes the document it is given.
package subgraph
