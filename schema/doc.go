// Package schema turns subgraphs into a supergraph: it loads SDL, resolves links and directives, composes the
// subgraphs, reports every problem with its code, place and coordinate, and gives the result in the form that
// planning and execution work on.
//
// The package knows nothing of HTTP. What stands inside @source and @connect is the business of [connect], the mapping
// language that of the package mapping.
package schema
